//! Who performs a script that the reader has changed.

use js_sys::{Function, Promise};
use sim::Rules;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::packed::unpack;
use crate::run::{NoRun, Shown};
use crate::texts;

/// Who performs scripts.
#[derive(Clone)]
pub(crate) enum Performer {
    /// The page: this function of script and rules loads the stack at its first call, and promises a packed run.
    Page(Function),
    /// This program, which has the stack in it.
    #[cfg(feature = "playground")]
    Here,
}

impl Performer {
    /// Performs a script.
    ///
    /// # Errors
    /// What is wrong with the script, which bound the run reached, or that the stack could not be loaded.
    pub(crate) async fn perform(&self, text: &str, rules: Rules) -> Result<Shown, NoRun> {
        match self {
            Self::Page(stack) => {
                let rules = if rules == Rules::Linux { "linux" } else { "bare" };
                let no_stack = || NoRun { line: None, what: texts::NO_STACK.to_owned() };
                let packed = fetched(stack, text, rules).await.ok_or_else(no_stack)?;
                unpack(&packed).unwrap_or_else(|| Err(no_stack()))
            }
            #[cfg(feature = "playground")]
            Self::Here => crate::run::Run::of(text, rules).map(|run| Shown::of(&run)),
        }
    }
}

async fn fetched(stack: &Function, text: &str, rules: &str) -> Option<String> {
    let promise = stack.call2(&JsValue::NULL, &text.into(), &rules.into()).ok()?;
    JsFuture::from(promise.dyn_into::<Promise>().ok()?).await.ok()?.as_string()
}
