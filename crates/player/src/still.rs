//! The finished picture as HTML, for the chapter: without JavaScript, on paper, for search engines.

use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use scenario::{Script, Trace};
use view::layout::Layout;
use yew::LocalServerRenderer;

use crate::picture::{Picture, PictureProps};

/// The finished picture of a run: a `<figure>` without controls, on one line, so that Markdown leaves it alone.
///
/// The `id` names the scenario. Nothing in the picture has an id of its own: one page may hold many of them.
pub fn picture(id: &str, script: &Script, trace: &Trace) -> String {
    let layout = Rc::new(Layout::of(script, trace));
    let drawn = 0..layout.rows.len();
    let props = PictureProps { layout, cursor: None, drawn, runtime: None };
    let html = at_once(LocalServerRenderer::<Picture>::with_props(props).hydratable(false).render());
    assert!(!html.contains('\n'), "the picture of {id} has a line break, and Markdown would end it there");
    html
}

/// Rendering waits for nothing: no component suspends. So each poll makes progress, and no runtime is needed.
fn at_once<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
