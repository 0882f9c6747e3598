//! What the page's loader calls.

use wasm_bindgen::prelude::*;
use web_sys::Element;

use crate::chapter::{Begin, Chapter, ChapterProps};
use crate::vary::{Vary, VaryProps};

/// Puts the live picture of a script into `root`, in place of whatever is there.
///
/// `begin` is `predict`, `play`, or anything else to begin with the whole picture. Its rows are named `ANCHOR.1`,
/// `ANCHOR.2`; those before `fold_end` that are no settings are one row, until the reader opens it.
#[wasm_bindgen]
pub fn mount(root: Element, id: String, script: String, begin: String, anchor: String, fold_end: Option<usize>) {
    let begin = match begin.as_str() {
        "predict" => Begin::Predicting,
        "play" => Begin::Playing,
        _ => Begin::Overview,
    };
    let props = ChapterProps { id: id.into(), text: script.into(), begin, anchor: anchor.into(), fold_end };
    yew::Renderer::<Chapter>::with_root_and_props(root, props).render();
}

/// Puts a number of a script, with its handle, into `root`. What it is stands in the attributes of its `place`.
///
/// # Errors
/// An attribute is missing, or is no number.
#[wasm_bindgen]
pub fn vary(root: Element, place: &Element) -> Result<(), JsError> {
    let text = |name: &str| place.get_attribute(name).ok_or_else(|| JsError::new(&format!("there is no {name}")));
    let number = |name: &str| -> Result<u32, JsError> {
        text(name)?.parse().map_err(|_| JsError::new(&format!("{name} is no number")))
    };
    let props = VaryProps {
        text: text("data-script")?.into(),
        line: number("data-line")?,
        from: number("data-from")?,
        to: number("data-to")?,
        by: number("data-by")?,
        label: text("data-label")?.into(),
        anchor: text("data-anchor")?.into(),
        fold_end: number("data-fold-end").ok().map(|end| end as usize),
    };
    yew::Renderer::<Vary>::with_root_and_props(root, props).render();
    Ok(())
}
