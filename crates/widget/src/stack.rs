//! The stack on its own: parser and simulator without a picture. A page loads it when its reader changes something.

use sim::Rules;
use wasm_bindgen::prelude::*;

use crate::packed::pack;
use crate::run::{Run, Shown};

/// Performs a script by `linux`'s rules, or by any other name as smoltcp does without them; the run, packed.
#[wasm_bindgen]
pub fn perform(script: String, rules: String) -> String {
    let rules = if rules == "linux" { Rules::Linux } else { Rules::Bare };
    pack(&Run::of(&script, rules).map(|run| Shown::of(&run)))
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
