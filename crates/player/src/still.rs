//! The finished picture as HTML, for the chapter: without JavaScript, on paper, for search engines.

use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use view::fold::Fold;
use view::layout::Layout;
use yew::LocalServerRenderer;

use crate::picture::{Picture, PictureProps};

/// The finished picture of a run: a `<figure>` without controls, on one line, so that Markdown leaves it alone.
///
/// The rows are named `ANCHOR.1`, `ANCHOR.2`; an anchor is there once in a book, whose pages are printed as one.
pub fn picture(layout: Rc<Layout>, anchor: &str, fold: Option<Fold>) -> String {
    let drawn = 0..layout.rows.len();
    let props = PictureProps { anchor: anchor.to_owned().into(), fold, ..PictureProps::of(&layout, drawn, None) };
    let html = at_once(LocalServerRenderer::<Picture>::with_props(props).hydratable(false).render());
    assert!(!html.contains('\n'), "the picture {anchor} has a line break, and Markdown would end it there");
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
