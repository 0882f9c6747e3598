//! The Linux of the pages (`book/linux/`): under the book's policy, in a worker, and always the same bytes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::Value;
use tests::root;

use crate::book::{folder, open, origin};
use crate::page::{Page, Scripts};
use crate::widget::{enliven_playground, meet, unfold};

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

/// Set to `all`, it has every scenario performed, not a dozen: `cargo xtask linux --check` does so where there is no Node.
const HOW_MANY: &str = "LINUX_SCENARIOS";

#[test]
fn scenarios_have_the_recorded_bytes() {
    let ids: Vec<&str> = match std::env::var(HOW_MANY).as_deref() {
        Ok("all") => catalogue::CATALOGUE.iter().map(|entry| entry.id).collect(),
        Ok(other) => panic!("{HOW_MANY}={other}: `all` would be right, or nothing for a dozen"),
        Err(_) => DOZEN.into(),
    };
    let recorded = fs::read_to_string(root().join("tests/linux.sha256")).expect("cargo xtask linux --check wrote it");
    let mut page = open("playground.html", Scripts::On);
    page.value(
        "globalThis.frames = []; let last = performance.now(); requestAnimationFrame(function next(now) { \
         frames.push(now - last); last = now; requestAnimationFrame(next); }); null",
    );
    let mut wrong = Vec::new();
    let mut took = Vec::new();
    for id in ids {
        let script = catalogue::scenario(id).expect("a scenario").text;
        let result = perform(&mut page, id, script);
        let line = format!("{} {id}", result["sha256"].as_str().unwrap_or_default());
        took.push(result["took"].as_f64().unwrap_or_default());
        if result["kind"] != "result" || result["code"] != 0 || !recorded.lines().any(|known| known == line) {
            wrong.push(format!("{id}: {result}"));
        }
    }
    println!("scripts, ms each: {}", spread(took));
    let frames = page.value("frames");
    let frames = frames.as_array().expect("a list").iter().filter_map(Value::as_f64).collect();
    println!("the page's frames meanwhile, ms each: {}", spread(frames));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(page.complaints(), [""; 0]);
}

/// What most of these numbers are below.
fn spread(mut numbers: Vec<f64>) -> String {
    numbers.sort_by(f64::total_cmp);
    let last = numbers.len() - 1;
    let below = |percent: usize| numbers[last * percent / 100];
    let [median, most, nearly_all, all] = [50, 95, 99, 100].map(below);
    format!("{} of them, median {median:.1}, 95 % {most:.1}, 99 % {nearly_all:.1}, most {all:.1}", numbers.len())
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

#[test]
fn a_reader_has_the_playground_s_script_performed_and_the_difference_said() {
    let mut page = playground("linger-zero");
    press(&mut page, HANDLE);
    page.wait_until(&format!("{HERE}.textContent.includes('3 MB, once')"));
    let loaded = page.requests();
    let heavy: Vec<&String> =
        loaded.iter().filter(|address| address.contains("/here/") || address.ends_with(".zst")).collect();
    assert!(heavy.is_empty(), "nobody has asked yet: {heavy:?}");
    press(&mut page, "Run it");
    wait_for_status(&mut page, "No difference to the model's run.");
    let beside = page.value(&format!("{HERE}.querySelector('.sc-kernel').textContent")).to_string();
    for part in ["On Linux 7.2.13, 32 bit", "clock counts instructions", "ECONNRESET", "tcp_send_reset:"] {
        assert!(beside.contains(part), "{part}: {beside}");
    }
    // What it gave is no longer there when the script is another.
    page.write("document.querySelector('.sc-editor textarea')", "server listen()\nclient connect()\n");
    page.wait_until(&format!("{HERE}.querySelector('.sc-kernel').childElementCount === 0"));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn what_the_model_has_otherwise_is_marked_in_the_kernel_s_run() {
    let mut page = playground("write-after-peer-close");
    press(&mut page, "smoltcp without Linux's rules");
    press(&mut page, HANDLE);
    press(&mut page, "Run it");
    wait_for_status(&mut page, " from the model's run.");
    let marked = page.value(&format!("{HERE}.querySelectorAll('.sc-kernel .sc-other').length"));
    assert!(marked.as_u64().is_some_and(|marked| marked > 0), "{marked}");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn below_a_chapter_s_picture_there_is_the_same() {
    let mut page = meet("write-after-peer-close");
    unfold(&mut page, "Script");
    page.click("here.querySelector('linux-here button')");
    page.wait_until("here.querySelector('linux-here .sc-handles ~ div button')");
    page.click("here.querySelector('linux-here div button')");
    wait_for_status(&mut page, "No difference to the model's run.");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_reader_can_stop_it_and_is_told_in_words_what_cannot_be() {
    let mut page = playground("linger-zero");
    press(&mut page, HANDLE);
    press(&mut page, "Run it");
    press(&mut page, "Stop");
    wait_for_status(&mut page, "Stopped.");
    // A script that the kernel's runner does not take.
    page.write("document.querySelector('.sc-editor textarea')", "client sing()\n");
    press(&mut page, "Run it");
    wait_for_status(&mut page, "No run: line 1:");
    // An old browser.
    page.value("globalThis.Worker = class { constructor() { throw new Error('no workers here'); } }; null");
    press(&mut page, "Run it");
    wait_for_status(&mut page, "No run: no workers here.");
    assert_eq!(page.value(&format!("{HERE}.querySelector('.sc-kernel').childElementCount")), 0);
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_statement_that_its_linux_is_too_old_for_is_said() {
    let mut page = playground("linger-zero");
    // What a runner answers whose parser does not know a statement of the script.
    page.value(
        "globalThis.Worker = class { postMessage() { setTimeout(() => this.onmessage({ data: { kind: 'result', code: 2, \
         trace: '', notes: 'here:3: found `so_linger`, expected one of keepalive, nodelay\\n' } })); } terminate() {} }; \
         null",
    );
    press(&mut page, HANDLE);
    press(&mut page, "Run it");
    wait_for_status(
        &mut page,
        "No run: the Linux of this page was made before the script language had this, and does not know it: line 3: found",
    );
    assert_eq!(page.value(&format!("{HERE}.querySelector('.sc-kernel').childElementCount")), 0);
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn without_a_network_it_says_so_and_the_picture_stays() {
    let mut page = playground("linger-zero");
    let offline = |page: &mut Page, is_offline: bool| {
        let conditions = serde_json::json!({
            "offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1
        });
        page.call("Network.emulateNetworkConditions", conditions);
    };
    offline(&mut page, true);
    press(&mut page, HANDLE);
    page.wait_until(&format!("{HERE}.querySelector('button').title === 'It cannot be loaded now.'"));
    offline(&mut page, false);
    press(&mut page, HANDLE);
    page.wait_until(&format!("{HERE}.textContent.includes('3 MB, once')"));
    offline(&mut page, true);
    press(&mut page, "Run it");
    wait_for_status(&mut page, "No run: ");
    offline(&mut page, false);
    assert_eq!(page.value("document.querySelectorAll('.pg-picture .sc-figure').length"), 1);
    press(&mut page, "Run it");
    wait_for_status(&mut page, "No difference to the model's run.");
}

/// A host that has not got the state, one that answers with something else, one whose bytes are not those that were made.
#[test]
fn what_comes_wrong_is_said_and_the_next_try_is_whole() {
    let (host, state) = host_of_its_own();
    let whole = fs::read(folder().join("linux").join(state.file_name().expect("a file"))).expect("the book has it");
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    let mut page = Page::new(Scripts::On);
    page.open(&format!("{host}/playground.html#v=1&id=linger-zero"));
    assert!(enliven_playground(&mut page), "the page has a playground");
    press(&mut page, HANDLE);
    for (bytes, said) in [
        (None, ".zst cannot be fetched: 404 Not Found."),
        (Some("<!DOCTYPE html>".as_bytes()), ".zst has 15 bytes, expected "),
        (Some(&damaged), ".zst came damaged: its SHA-256 is not the one that machine.json has."),
        (Some(&whole), "No difference to the model's run."),
    ] {
        match bytes {
            Some(bytes) => fs::write(&state, bytes).expect("the folder for tests can be written"),
            None => assert!(!state.exists(), "nobody has written it yet"),
        }
        press(&mut page, "Run it");
        wait_for_status(&mut page, said);
    }
    assert_eq!(page.value("document.querySelectorAll('.pg-picture .sc-figure').length"), 1);
}

/// The book on a host of its own, without the state of its Linux: the address, and where the state would be.
fn host_of_its_own() -> (String, PathBuf) {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("host-without-linux");
    // Left over from the last run; there may be none.
    let _ = fs::remove_dir_all(&copy);
    let mut state = None;
    for (from, to) in [(folder(), copy.clone()), (folder().join("linux"), copy.join("linux"))] {
        fs::create_dir_all(&to).expect("the folder for tests can be written");
        for entry in fs::read_dir(from).expect("the book is there") {
            let path = entry.expect("the folder stays as it is").path();
            let own = to.join(path.file_name().expect("it has a name"));
            if path.extension().is_some_and(|ending| ending == "zst") {
                state = Some(own);
            } else if !path.ends_with("linux") {
                std::os::unix::fs::symlink(path, own).expect("the folder for tests can be written");
            }
        }
    }
    let address = xtask::server::start(copy, 0).expect("any free port will do");
    (format!("http://{address}"), state.expect("the book has a Linux"))
}

#[test]
fn on_a_slow_telephone_a_run_is_stopped_left_and_begun_again() {
    let mut page = open("playground.html#v=1&id=linger-zero", Scripts::On);
    let telephone = serde_json::json!({ "width": 375, "height": 667, "deviceScaleFactor": 2, "mobile": true });
    page.call("Emulation.setDeviceMetricsOverride", telephone);
    page.call("Emulation.setCPUThrottlingRate", serde_json::json!({ "rate": 4 }));
    assert!(enliven_playground(&mut page), "the page has a playground");
    press(&mut page, HANDLE);
    press(&mut page, "Run it");
    wait_for_status(&mut page, "Running.");
    press(&mut page, "Stop");
    wait_for_status(&mut page, "Stopped.");
    press(&mut page, "Run it");
    wait_for_status(&mut page, "Running.");
    // Its reader goes elsewhere, and comes back.
    page.open("about:blank");
    page.open(&format!("{}/playground.html#v=1&id=linger-zero", origin()));
    assert!(enliven_playground(&mut page), "the page has a playground");
    press(&mut page, HANDLE);
    press(&mut page, "Run it");
    wait_for_status(&mut page, "No difference to the model's run.");
    assert_eq!(page.value("document.documentElement.scrollWidth"), 375, "nothing is wider than the telephone");
    assert_eq!(page.complaints(), [""; 0]);
}

const HANDLE: &str = "On Linux 7.2, here";
const HERE: &str = "document.querySelector('linux-here')";

fn playground(id: &str) -> Page {
    let mut page = open(&format!("playground.html#v=1&id={id}"), Scripts::On);
    assert!(enliven_playground(&mut page), "the page has a playground");
    page
}

fn press(page: &mut Page, name: &str) {
    let name = serde_json::json!(name);
    let button =
        format!("[...document.querySelectorAll('.pg button')].find((button) => button.textContent === {name})");
    page.wait_until(&format!("{button}?.disabled === false"));
    // Without a mouse: the pane scrolls by itself, and where a button comes to rest in it hangs on the picture beside it.
    page.value(&format!("{button}.click()"));
}

fn wait_for_status(page: &mut Page, said: &str) {
    let began = Instant::now();
    loop {
        let status = page.value(&format!("{HERE}.querySelector('[role=status]').textContent")).to_string();
        if status.contains(said) {
            return;
        }
        assert!(began.elapsed() < PATIENCE && !status.contains("No run"), "{status}");
        thread::sleep(Duration::from_millis(100));
    }
}

const START: &str = "const worker = new Worker('linux/worker.js?use-scheduling-api', { type: 'module' }); worker.onerror = (event) => \
     resolve({ kind: 'failed', message: event.message });";

/// No run takes so long, unless something is broken: a busy machine emulates slowly.
const PATIENCE: Duration = Duration::from_secs(300);

/// Has a page perform a script, and gives the worker's last message, with the trace's hash in place of the trace.
fn perform(page: &mut Page, id: &str, script: &str) -> Value {
    let request = serde_json::json!({ "kind": "perform", "id": id, "script": script, "reasons": true });
    page.value(&format!(
        "globalThis.said = null; new Promise((resolve) => {{ const began = performance.now(); {START} worker.onmessage = async ({{ data }}) => {{ \
         if (data.kind !== 'result' && data.kind !== 'error') return; worker.terminate(); \
         const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(data.trace ?? '')); \
         const sha256 = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join(''); \
         resolve({{ ...data, trace: undefined, sha256, took: performance.now() - began }}); }}; worker.postMessage({request}); \
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
