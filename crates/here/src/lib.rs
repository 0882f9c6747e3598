//! What a page loads only when its reader asks for it: what a Linux kernel in the page gave for a script, drawn beside
//! the model's run, the files that can be taken away ([`files`]), and runs without a picture.
//!
//! The page's third program. `book/linux/panel.js` loads it together with the kernel, `book/linux/files.js` for a file,
//! `book/capture-worker.js` to perform the ways to end a connection. It has the components of the picture, the simulator
//! for the run to compare with, and a reader of JSON.

pub mod files;

use player::here::{KernelRun, Shown, draw};
use player::run::Run;
use scenario::{Script, Trace};
use sim::Stack;
use view::export::Form;
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
    let stack = stack_of(rules.as_deref());
    let run = compared(script, stack, trace).map_err(|why| JsError::new(&why))?;
    Ok(Drawn { shown: draw(place, run) })
}

/// Whether the page's own parser reads a script. Where it does and the kernel's runner does not, that one is older.
#[wasm_bindgen]
pub fn reads(script: &str) -> bool {
    Script::parse(script).is_ok()
}

/// A file of a script's run, by the ending of its name (`.pcap`).
///
/// # Errors
/// What is wrong with the script or the ending, or what this run has that such a file cannot hold.
#[wasm_bindgen]
pub fn file(script: &str, rules: Option<String>, ending: &str) -> Result<Vec<u8>, JsError> {
    let form = Form::of_ending(ending).ok_or_else(|| JsError::new("there is no such file"))?;
    let run = Run::of(script, stack_of(rules.as_deref())).map_err(|why| JsError::new(&why.to_string()))?;
    files::file(&run, form).map_err(|why| JsError::new(&why))
}

/// The media type of such files (RFC 6838); none if there are none.
#[wasm_bindgen]
pub fn media_type(ending: &str) -> Option<String> {
    Form::of_ending(ending).map(|form| form.media_type().to_owned())
}

/// The capture of a script's run by Linux's rules; nothing, if it cannot be performed. It needs no page: a worker may
/// call it.
#[wasm_bindgen]
pub fn capture(script: &str) -> Option<Vec<u8>> {
    let run = Run::of(script, Stack::Linux).ok()?;
    Some(sim::pcap(&run.frames))
}

/// The run of a script by Linux's rules as text.
///
/// # Errors
/// What is wrong with the script, or which bound the run reached.
#[wasm_bindgen]
pub fn trace(script: &str) -> Result<String, JsError> {
    let run = Run::of(script, Stack::Linux).map_err(|why| JsError::new(&why.to_string()))?;
    Ok(run.trace.to_string())
}

fn stack_of(name: Option<&str>) -> Stack {
    if name == Some("bare") { Stack::Bare } else { Stack::Linux }
}

fn compared(text: &str, stack: Stack, trace: &str) -> Result<KernelRun, String> {
    let script =
        Script::parse(text).map_err(|error| format!("line {}: {}, {}", error.line, error.found, error.right))?;
    let trace = Trace::from_json(trace).map_err(|error| format!("the kernel's answer is no trace: {error}"))?;
    let model = sim::run("here", &script, stack).map_err(|error| format!("the model has no run: {error}"))?;
    // A name that is given twice is one socket in the kernel's trace.
    let model = model.through_json().map_err(|error| format!("the model's run is no trace: {error}"))?;
    Ok(KernelRun::of(&script, &model, trace))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "server listen()\nclient connect()\nserver accept()\nclient write(5)\nserver close()\n";

    /// What a kernel that does as the model gives.
    fn kernel(text: &str, stack: Stack) -> String {
        let script = Script::parse(text).expect("it is a script");
        sim::run("here", &script, stack).expect("it runs").to_json()
    }

    #[test]
    fn a_kernel_s_trace_is_read_and_what_the_model_has_otherwise_is_counted() {
        let run = |stack| compared(SCRIPT, stack, &kernel(SCRIPT, Stack::Linux)).expect("a run");
        assert_eq!(run(Stack::Linux).differences(), 0);
        // Linux resets a connection that is closed with unread data; smoltcp by itself sends a FIN.
        assert_ne!(run(Stack::Bare).differences(), 0);
    }

    #[test]
    fn a_name_that_is_given_twice_is_one_socket_on_both_sides() {
        // The first connection waits in FIN-WAIT-2 while the second one has its name.
        let again = format!("{SCRIPT}client connect() as other\nserver accept()\n").replace("client write(5)\n", "");
        let run = compared(&again, Stack::Linux, &kernel(&again, Stack::Linux)).expect("a run");
        assert_eq!(run.differences(), 0);
    }

    #[test]
    fn whether_the_page_reads_a_script_is_asked_of_its_own_parser() {
        assert!(reads(SCRIPT) && !reads("client sing()"));
    }

    #[test]
    fn what_cannot_be_compared_is_said() {
        let wrong = |text, trace| compared(text, Stack::Linux, trace).map(|_| ()).expect_err("nothing to show");
        assert!(wrong("client sing()", "").starts_with("line 1: "));
        assert!(wrong(SCRIPT, "{}").starts_with("the kernel's answer is no trace: "));
    }
}
