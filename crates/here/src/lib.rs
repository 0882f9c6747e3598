//! What a Linux kernel in the page gave for a script, drawn beside the model's run.
//!
//! The page's third program: `book/linux/panel.js` loads it when a reader wants such a run, together with the kernel.
//! It has the components of the picture, the simulator for the run to compare with, and a reader of JSON.

use player::here::{KernelRun, Shown, draw};
use scenario::{Script, Trace};
use sim::Rules;
use wasm_bindgen::prelude::*;
use web_sys::Element;

/// A run that is drawn.
#[wasm_bindgen]
pub struct Drawn {
    shown: Shown,
}

#[wasm_bindgen]
impl Drawn {
    /// How much it has otherwise than the model's run, in a sentence.
    #[wasm_bindgen(getter)]
    pub fn said(&self) -> String {
        self.shown.said().to_owned()
    }

    /// Takes it out of the page.
    pub fn remove(self) {
        self.shown.remove();
    }
}

/// Draws into `place` what a kernel gave for a script, with what the model has otherwise; `trace` is the kernel's, as
/// JSON. The model's rules are Linux's, or none if `rules` is `bare`, as in an address.
///
/// # Errors
/// What is wrong with the script or the trace, or why the model has no run.
#[wasm_bindgen]
pub fn show(place: Element, script: &str, rules: Option<String>, trace: &str) -> Result<Drawn, JsError> {
    let rules = if rules.as_deref() == Some("bare") { Rules::Bare } else { Rules::Linux };
    let run = compared(script, rules, trace).map_err(|why| JsError::new(&why))?;
    Ok(Drawn { shown: draw(place, run) })
}

fn compared(text: &str, rules: Rules, trace: &str) -> Result<KernelRun, String> {
    let script =
        Script::parse(text).map_err(|error| format!("line {}: {}, {}", error.line, error.found, error.right))?;
    let trace = Trace::from_json(trace).map_err(|error| format!("the kernel's answer is no trace: {error}"))?;
    let model = sim::run("here", &script, rules).map_err(|error| format!("the model has no run: {error}"))?;
    Ok(KernelRun::of(&script, &model, trace))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "server listen()\nclient connect()\nserver accept()\nclient write(5)\nserver close()\n";

    /// What a kernel that does as the model gives.
    fn kernel(rules: Rules) -> String {
        let script = Script::parse(SCRIPT).expect("it is a script");
        sim::run("here", &script, rules).expect("it runs").to_json()
    }

    #[test]
    fn a_kernel_s_trace_is_read_and_what_the_model_has_otherwise_is_counted() {
        let run = |rules| compared(SCRIPT, rules, &kernel(Rules::Linux)).expect("a run");
        assert_eq!(run(Rules::Linux).differences(), 0);
        // Linux resets a connection that is closed with unread data; smoltcp by itself sends a FIN.
        assert_ne!(run(Rules::Bare).differences(), 0);
    }

    #[test]
    fn what_cannot_be_compared_is_said() {
        let wrong = |text, trace| compared(text, Rules::Linux, trace).map(|_| ()).expect_err("nothing to show");
        assert!(wrong("client sing()", "").starts_with("line 1: "));
        assert!(wrong(SCRIPT, "{}").starts_with("the kernel's answer is no trace: "));
    }
}
