//! What the reader has chosen once for the whole book: kept in the page's own storage, known to all its widgets.

use std::cell::{Cell, RefCell};

use catalogue::messages::Runtime;
use yew::Callback;

/// The name in the page's storage.
const RUNTIME: &str = "scenario-runtime";

thread_local! {
    static CHOSEN: Cell<Option<Runtime>> = Cell::new(stored());
    static SCORE: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
    static WIDGETS: RefCell<Vec<Callback<()>>> = const { RefCell::new(Vec::new()) };
}

/// Whose texts the reader wants; `None` if nothing was chosen.
pub(crate) fn chosen() -> Option<Runtime> {
    CHOSEN.get()
}

/// Remembers the choice and tells every widget. A page without storage forgets it when it is left.
pub(crate) fn choose_runtime(runtime: Runtime) {
    CHOSEN.set(Some(runtime));
    if let Some(storage) = storage() {
        let _ = storage.set_item(RUNTIME, runtime.name());
    }
    tell();
}

fn tell() {
    // A widget that hears of it may go, or another come: the list is not held meanwhile.
    WIDGETS.with_borrow(Clone::clone).iter().for_each(|widget| widget.emit(()));
}

/// How many predictions on this page were right, and how many there were. It leaves with the page.
pub(crate) fn score() -> (u32, u32) {
    SCORE.get()
}

/// Counts a prediction.
pub(crate) fn count(is_right: bool) {
    let (right, asked) = SCORE.get();
    SCORE.set((right + u32::from(is_right), asked + 1));
}

/// Whom to tell when a choice is made, for as long as what comes back is kept.
pub(crate) fn listen(widget: Callback<()>) -> Listens {
    WIDGETS.with_borrow_mut(|widgets| widgets.push(widget.clone()));
    Listens(widget)
}

/// A widget that is told of choices.
pub(crate) struct Listens(Callback<()>);

impl Drop for Listens {
    fn drop(&mut self) {
        WIDGETS.with_borrow_mut(|widgets| widgets.retain(|widget| *widget != self.0));
    }
}

fn stored() -> Option<Runtime> {
    let name = storage()?.get_item(RUNTIME).ok()??;
    Runtime::ALL.into_iter().find(|runtime| runtime.name() == name)
}

/// The page's own storage, if the browser lets us.
pub(crate) fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}
