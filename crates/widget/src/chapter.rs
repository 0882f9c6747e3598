//! The chapters' program: a widget in the place of each picture.

use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::Element;

use crate::live::{Begin, Live, LiveProps, Place};
use crate::packed::unpack;
use crate::performer::Performer;
use crate::texts;

/// Puts the live widget into `root`, in place of whatever is there.
///
/// `run` is the script's run, packed (`packed.rs`); `stack` is what performs others (`performer.rs`);
/// `begin` is `predict`, or nothing to begin with the whole picture.
///
/// # Errors
/// `run` is no run. Nothing was changed then.
#[wasm_bindgen]
pub fn mount(
    root: Element,
    id: String,
    script: String,
    run: String,
    stack: js_sys::Function,
    begin: String,
) -> Result<(), JsError> {
    let Some(Ok(shown)) = unpack(&run) else { return Err(JsError::new(texts::NO_RUN)) };
    let begin = if begin == "predict" { Begin::Predicting } else { Begin::Overview };
    let (text, shown) = (script.into(), Rc::new(shown));
    let props = LiveProps { id, text, shown, performer: Performer(stack), place: Place::Chapter(begin) };
    yew::Renderer::<Live>::with_root_and_props(root, props).render();
    Ok(())
}
