//! The Linux of the pages (`book/linux/`): under the book's policy, in a worker, and always the same bytes.

use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::Value;
use tests::root;

use crate::book::open;
use crate::chrome::{Page, Scripts};

/// Of every kind one: orderly, reset, silent; two that wait for minutes of the machine's time, one over IPv6.
const DOZEN: [&str; 12] = [
    "accept-queue-full-abort",
    "close-with-unread-data",
    "connection-refused",
    "forged-data",
    "graceful-four-segments",
    "keepalive-dead",
    "linger-zero",
    "peer-vanished-write",
    "sigkill-unread",
    "syn-blackhole",
    "time-wait-minute",
    "write-after-peer-close",
];

#[test]
fn a_dozen_scenarios_have_the_recorded_bytes() {
    let recorded = fs::read_to_string(root().join("tests/linux.sha256")).expect("cargo xtask linux --check wrote it");
    let mut page = open("playground.html", Scripts::On);
    let mut wrong = Vec::new();
    for id in DOZEN {
        let script = catalogue::scenario(id).expect("a scenario").text;
        let result = perform(&mut page, id, script);
        let line = format!("{} {id}", result["sha256"].as_str().unwrap_or_default());
        if result["kind"] != "result" || result["code"] != 0 || !recorded.lines().any(|known| known == line) {
            wrong.push(format!("{id}: {result}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn what_is_no_script_is_answered_and_what_cannot_be_asked_is_said() {
    let mut page = open("playground.html", Scripts::On);
    let answer = perform(&mut page, "none", "client sing()");
    assert_eq!((&answer["kind"], &answer["code"]), (&"result".into(), &2.into()), "{answer}");
    assert!(answer["notes"].as_str().is_some_and(|notes| notes.starts_with("none:1:")), "{answer}");
    let answer = perform(&mut page, "two words", "client connect()");
    assert_eq!(answer["kind"], "error", "{answer}");
    assert!(answer["message"].as_str().is_some_and(|message| message.contains("two words")), "{answer}");
}

#[test]
fn a_run_can_be_stopped_and_the_next_one_is_whole() {
    let mut page = open("playground.html", Scripts::On);
    let stopped = page.value(&format!(
        "new Promise((resolve) => {{ {START} worker.onmessage = ({{ data }}) => {{ \
         if (data.kind === 'loading') {{ worker.terminate(); resolve('stopped'); }} }}; \
         worker.postMessage({{ kind: 'perform', id: 'x', script: 'wait 30d', reasons: false }}); }})"
    ));
    assert_eq!(stopped, "stopped");
    let script = catalogue::scenario("linger-zero").expect("a scenario").text;
    assert_eq!(perform(&mut page, "linger-zero", script)["code"], 0);
}

const START: &str = "const worker = new Worker('linux/worker.js?use-scheduling-api', { type: 'module' }); worker.onerror = (event) => \
     resolve({ kind: 'failed', message: event.message });";

/// No run takes so long, unless something is broken: a busy machine emulates slowly.
const PATIENCE: Duration = Duration::from_secs(300);

/// Has a page perform a script, and gives the worker's last message, with the trace's hash in place of the trace.
fn perform(page: &mut Page, id: &str, script: &str) -> Value {
    let request = serde_json::json!({ "kind": "perform", "id": id, "script": script, "reasons": true });
    page.value(&format!(
        "globalThis.said = null; new Promise((resolve) => {{ {START} worker.onmessage = async ({{ data }}) => {{ \
         if (data.kind !== 'result' && data.kind !== 'error') return; worker.terminate(); \
         const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(data.trace ?? '')); \
         const sha256 = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join(''); \
         resolve({{ ...data, trace: undefined, sha256 }}); }}; worker.postMessage({request}); \
         }}).then((said) => (globalThis.said = said)); null"
    ));
    let began = Instant::now();
    loop {
        match page.value("globalThis.said") {
            Value::Null if began.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(100)),
            said => return said,
        }
    }
}
