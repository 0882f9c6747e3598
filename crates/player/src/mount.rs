//! What the page's loader calls.

use scenario::Script;
use wasm_bindgen::prelude::*;
use web_sys::Element;

use crate::chapter::{Begin, Chapter, ChapterProps};
use crate::playground::{Playground, PlaygroundProps};
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

/// Puts the playground into `root`. `catalogue` has the book's scenarios ([`crate::catalogue`]), `language` the list of
/// statements ([`crate::language`]): what this page alone needs stands in it.
#[wasm_bindgen]
pub fn playground(root: Element, catalogue: String, language: String) {
    let props = PlaygroundProps { catalogue: catalogue.into(), language: language.into() };
    yew::Renderer::<Playground>::with_root_and_props(root, props).render();
}

/// The capture of a script's run by Linux's rules, as a file; nothing, if it cannot be performed. It needs no page: a
/// worker may call it.
#[wasm_bindgen]
pub fn capture(script: &str) -> Option<Vec<u8>> {
    let script = Script::parse(script).ok()?;
    let (_, frames) = sim::capture("script", &script, sim::Rules::Linux).ok()?;
    Some(sim::pcap(&frames))
}

/// The run of a script as text.
///
/// # Errors
/// What is wrong with the script, or which bound the run reached.
#[wasm_bindgen]
pub fn trace(script: String) -> Result<String, JsError> {
    let run = crate::run::Run::of(&script, sim::Rules::Linux).map_err(|why| JsError::new(&why.to_string()))?;
    Ok(run.trace.to_string())
}
