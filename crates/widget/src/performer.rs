//! Who performs a script that the reader has changed.

use sim::Rules;

use crate::run::{NoRun, Shown};

/// Who performs scripts.
#[derive(Clone)]
pub(crate) enum Performer {
    /// The page: this function of script and rules loads the stack at its first call, and promises a packed run.
    #[cfg(feature = "chapter")]
    Page(js_sys::Function),
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
            #[cfg(feature = "chapter")]
            Self::Page(stack) => {
                let rules = if rules == Rules::Linux { "linux" } else { "bare" };
                let packed = promised(stack, text, rules).await;
                let no_stack = || NoRun { line: None, what: crate::texts::NO_STACK.to_owned() };
                packed.as_deref().and_then(crate::packed::unpack).unwrap_or_else(|| Err(no_stack()))
            }
            #[cfg(feature = "playground")]
            Self::Here => crate::run::Run::of(text, rules).map(|run| Shown::of(&run)),
        }
    }
}

#[cfg(feature = "chapter")]
async fn promised(stack: &js_sys::Function, text: &str, rules: &str) -> Option<String> {
    use wasm_bindgen::{JsCast, JsValue};

    let promise = stack.call2(&JsValue::NULL, &text.into(), &rules.into()).ok()?;
    let promise = promise.dyn_into::<js_sys::Promise>().ok()?;
    wasm_bindgen_futures::JsFuture::from(promise).await.ok()?.as_string()
}
