//! What the page fetches when it is first wanted: the stack (`stack.rs`), which performs a script that the reader has
//! changed and makes files of its run; and what runtimes print.

use js_sys::{Error, Function, Promise};
use sim::Rules;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::export::Form;
use crate::run::{NoRun, Shown};
use crate::texts;

/// What the page has for it: a function of what is wanted, the script, the rules, a file's ending and its name.
#[derive(Clone)]
pub(crate) struct Performer(pub(crate) Function);

impl Performer {
    /// Performs a script. This program has the stack in it.
    ///
    /// # Errors
    /// What is wrong with the script, or which bound the run reached.
    #[cfg(feature = "playground")]
    #[expect(clippy::unused_async, reason = "in the chapters it waits for the stack")]
    pub(crate) async fn perform(&self, text: &str, rules: Rules) -> Result<Shown, NoRun> {
        crate::run::Run::of(text, rules).map(|run| Shown::of(&run))
    }

    /// Performs a script.
    ///
    /// # Errors
    /// What is wrong with the script, which bound the run reached, or that the stack could not be loaded.
    #[cfg(not(feature = "playground"))]
    pub(crate) async fn perform(&self, text: &str, rules: Rules) -> Result<Shown, NoRun> {
        let packed = self.ask(["perform", text, word(rules), "", ""]).await;
        let packed = packed.ok().and_then(|packed| packed.as_string());
        let no_stack = || NoRun { line: None, what: texts::NO_STACK.to_owned() };
        packed.as_deref().and_then(crate::packed::unpack).unwrap_or_else(|| Err(no_stack()))
    }

    /// Hands the reader a file of a script's run.
    ///
    /// # Errors
    /// What the form cannot hold, or that the stack could not be loaded.
    pub(crate) async fn take(&self, text: &str, rules: Rules, form: Form, stem: &str) -> Result<(), String> {
        let name = format!("{stem}{}", form.ending());
        let taken = self.ask(["take", text, word(rules), form.ending(), &name]).await;
        taken.map(drop).map_err(|why| match why.dyn_into::<Error>() {
            // The stack's own message. Whatever else goes wrong is one of the page.
            Ok(error) if error.name() == "Error" => error.message().into(),
            _ => texts::NO_STACK.to_owned(),
        })
    }

    /// What runtimes print (`spoken.rs`); `None` if it cannot be had.
    pub(crate) async fn texts(&self) -> Option<String> {
        self.ask(["texts", "", "", "", ""]).await.ok()?.as_string()
    }

    async fn ask(&self, what: [&str; 5]) -> Result<JsValue, JsValue> {
        let promise = self.0.apply(&JsValue::NULL, &what.into_iter().map(JsValue::from).collect())?;
        JsFuture::from(promise.dyn_into::<Promise>()?).await
    }
}

fn word(rules: Rules) -> &'static str {
    if rules == Rules::Linux { "linux" } else { "bare" }
}
