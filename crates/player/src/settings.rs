//! What the reader has chosen once for the whole book: kept in the page's own storage, known to all its pictures.

use std::cell::{Cell, RefCell};

use catalogue::messages::Runtime;
use yew::Callback;

use crate::page::storage;

/// The name in the page's storage.
const RUNTIME: &str = "scenario-runtime";

thread_local! {
    static CHOSEN: Cell<Option<Runtime>> = Cell::new(stored());
    static SCORE: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
    static LISTENERS: RefCell<Vec<Callback<()>>> = const { RefCell::new(Vec::new()) };
}

/// Whose texts the reader wants; `None` if nothing was chosen.
pub(crate) fn chosen() -> Option<Runtime> {
    CHOSEN.get()
}

/// Remembers the choice and tells every picture. A page without storage forgets it when it is left.
pub(crate) fn choose_runtime(runtime: Runtime) {
    CHOSEN.set(Some(runtime));
    if let Some(storage) = storage() {
        let _ = storage.set_item(RUNTIME, runtime.name());
    }
    // One that hears of it may go, or another come: the list is not held meanwhile.
    LISTENERS.with_borrow(Clone::clone).iter().for_each(|listener| listener.emit(()));
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
pub(crate) fn listen(listener: Callback<()>) -> Listens {
    LISTENERS.with_borrow_mut(|listeners| listeners.push(listener.clone()));
    Listens(listener)
}

/// Somebody who is told of choices.
pub(crate) struct Listens(Callback<()>);

impl Drop for Listens {
    fn drop(&mut self) {
        LISTENERS.with_borrow_mut(|listeners| listeners.retain(|listener| *listener != self.0));
    }
}

fn stored() -> Option<Runtime> {
    let name = storage()?.get_item(RUNTIME).ok()??;
    Runtime::ALL.into_iter().find(|runtime| runtime.name() == name)
}
