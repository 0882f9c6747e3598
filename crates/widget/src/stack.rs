//! The stack on its own: parser, simulator and files, without a page. It is loaded when a chapter's reader changes
//! something, and when a reader takes a file away.

use sim::Rules;
use wasm_bindgen::prelude::*;

use crate::export::{self, Form};
use crate::packed::pack;
use crate::run::{Run, Shown};

/// Performs a script by `linux`'s rules, or by any other name as smoltcp does without them; the run, packed.
#[wasm_bindgen]
pub fn perform(script: String, rules: String) -> String {
    pack(&Run::of(&script, rules_of(&rules)).map(|run| Shown::of(&run)))
}

/// A file of the run of a script; `ending` says of which form.
///
/// # Errors
/// There is no such form, what is wrong with the script, or what the form cannot hold.
#[wasm_bindgen]
pub fn file(script: String, rules: String, ending: String) -> Result<Vec<u8>, JsError> {
    let form = form_of(&ending)?;
    let run = Run::of(&script, rules_of(&rules)).map_err(|why| JsError::new(&why.to_string()))?;
    export::file(&run, form).map_err(|why| JsError::new(&why))
}

/// Its media type (RFC 6838).
///
/// # Errors
/// There is no such form.
#[wasm_bindgen]
pub fn media_type(ending: String) -> Result<String, JsError> {
    Ok(form_of(&ending)?.media_type().to_owned())
}

fn rules_of(word: &str) -> Rules {
    if word == "linux" { Rules::Linux } else { Rules::Bare }
}

fn form_of(ending: &str) -> Result<Form, JsError> {
    Form::of_ending(ending).ok_or_else(|| JsError::new("there is no such kind of file"))
}

/// The run of a script as text.
///
/// # Errors
/// What is wrong with the script, or which bound the run reached.
#[wasm_bindgen]
pub fn trace(script: String) -> Result<String, JsError> {
    let run = Run::of(&script, Rules::Linux).map_err(|why| JsError::new(&why.to_string()))?;
    Ok(run.trace.to_string())
}
