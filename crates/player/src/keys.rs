//! Keys. They belong to the picture that has the focus, else to the one that is in view, else to nobody: where a page
//! has pictures, mdBook's own arrow keys would take their reader to another chapter in the middle of a run.

use std::cell::{OnceCell, RefCell};

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent};
use yew::{Callback, NodeRef};

use crate::session::{Act, Tools};
use crate::state::Action;

/// Where the focus is, as seen from a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// Somewhere else on the page.
    Elsewhere,
    /// On the picture itself.
    Picture,
    /// On a control of its own that takes no text.
    Control,
    /// Where letters and arrows are typed.
    Field,
}

/// What a key does to a picture; `None` if it is not for it.
pub fn act(key: &str, focus: Focus) -> Option<Act> {
    let act = match (key, focus) {
        (_, Focus::Field) => return None,
        ("ArrowLeft", _) => Act::Step(Action::Back),
        ("ArrowRight", _) => Act::Step(Action::Forward),
        (_, Focus::Elsewhere) => return None,
        ("Home", _) => Act::Step(Action::First),
        ("End", _) => Act::Step(Action::Last),
        ("Escape", _) => Act::Open(None),
        (" ", Focus::Picture) => Act::Step(Action::PlayOrPause),
        ("Enter", Focus::Picture) => Act::Open(Some(Tools::Row)),
        _ => return None,
    };
    Some(act)
}

/// A picture that hears keys, for as long as it is kept.
pub(crate) struct Hears(NodeRef);

impl Drop for Hears {
    fn drop(&mut self) {
        PICTURES.with_borrow_mut(|pictures| pictures.retain(|(root, _)| *root != self.0));
    }
}

thread_local! {
    static PICTURES: RefCell<Vec<(NodeRef, Callback<Act>)>> = const { RefCell::new(Vec::new()) };
    static LISTENER: OnceCell<EventListener> = const { OnceCell::new() };
}

/// Gives a picture the keys that are for it.
pub(crate) fn hear(root: NodeRef, does: Callback<Act>) -> Hears {
    PICTURES.with_borrow_mut(|pictures| pictures.push((root.clone(), does)));
    LISTENER.with(|listener| {
        listener.get_or_init(|| {
            let window = web_sys::window().unwrap_or_else(|| unreachable!("a picture is in a window"));
            let early = EventListenerOptions::run_in_capture_phase();
            let early = EventListenerOptions { passive: false, ..early };
            EventListener::new_with_options(&window, "keydown", early, on_key)
        });
    });
    Hears(root)
}

fn on_key(event: &Event) {
    let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
    if event.ctrl_key() || event.alt_key() || event.meta_key() || event.shift_key() {
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some((does, focus)) = target.and_then(|target| whose(&target)) else { return };
    if let Some(act) = act(&event.key(), focus) {
        event.prevent_default();
        event.stop_propagation();
        does.emit(act);
    }
}

/// The picture that a key belongs to.
fn whose(target: &Element) -> Option<(Callback<Act>, Focus)> {
    let is_field = matches!(target.tag_name().as_str(), "INPUT" | "SELECT" | "TEXTAREA")
        || target.dyn_ref::<HtmlElement>().is_some_and(HtmlElement::is_content_editable);
    PICTURES.with_borrow(|pictures| {
        let roots = || pictures.iter().filter_map(|(root, does)| Some((root.cast::<Element>()?, does)));
        let (root, does) = match roots().find(|(root, _)| root.contains(Some(target))) {
            Some(own) => own,
            None => {
                roots()
                    .map(|own| (seen(&own.0), own))
                    .filter(|(seen, _)| *seen > 0.0)
                    .max_by(|a, b| a.0.total_cmp(&b.0))?
                    .1
            }
        };
        let focus = match () {
            () if is_field => Focus::Field,
            () if root == *target => Focus::Picture,
            () if root.contains(Some(target)) => Focus::Control,
            () => Focus::Elsewhere,
        };
        Some((does.clone(), focus))
    })
}

/// How much of a picture can be seen, in pixels of its height; 0 if it is next to nothing.
fn seen(root: &Element) -> f64 {
    const LITTLE: f64 = 100.0;
    let height = web_sys::window().and_then(|window| window.inner_height().ok()?.as_f64()).unwrap_or(0.0);
    let place = root.get_bounding_client_rect();
    let seen = place.bottom().min(height) - place.top().max(0.0);
    if seen < LITTLE.min(place.height()) { 0.0 } else { seen }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_step_wherever_the_focus_is_but_never_where_one_types() {
        for focus in [Focus::Elsewhere, Focus::Picture, Focus::Control] {
            assert_eq!(act("ArrowRight", focus), Some(Act::Step(Action::Forward)));
            assert_eq!(act("ArrowLeft", focus), Some(Act::Step(Action::Back)));
        }
        for key in ["ArrowRight", "ArrowLeft", "Home", "End", " ", "Enter", "Escape", "a"] {
            assert_eq!(act(key, Focus::Field), None, "{key}");
        }
    }

    #[test]
    fn other_keys_need_the_focus_and_buttons_keep_theirs() {
        for key in ["Home", "End", " ", "Enter", "Escape"] {
            assert_eq!(act(key, Focus::Elsewhere), None, "{key}");
        }
        assert_eq!(act(" ", Focus::Picture), Some(Act::Step(Action::PlayOrPause)));
        assert_eq!(act("Enter", Focus::Picture), Some(Act::Open(Some(Tools::Row))));
        assert_eq!(act(" ", Focus::Control), None, "it presses the button");
        assert_eq!(act("Enter", Focus::Control), None);
        assert_eq!(act("Escape", Focus::Control), Some(Act::Open(None)));
    }
}
