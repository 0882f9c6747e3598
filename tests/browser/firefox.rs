//! Firefox over WebDriver BiDi, which it speaks by itself: JSON messages over a WebSocket.
//!
//! The browser ends when the pipe that it watches is closed, so it never outlives the tests.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::{fs, thread};

use serde_json::{Map, Value, json};
use tungstenite::{Message, WebSocket};

use crate::page::{PATIENCE, text};

/// The shell starts Firefox, and ends it when there is no more to read.
const WATCHED: &str = "\"$0\" \"$@\" </dev/null & read -r _; kill $!";
/// What a profile of a test needs beside what the browser sets for whoever drives it.
const PREFERENCES: &str = "\
user_pref(\"browser.shell.checkDefaultBrowser\", false);
user_pref(\"browser.startup.page\", 0);
user_pref(\"datareporting.policy.dataSubmissionEnabled\", false);
user_pref(\"general.smoothScroll\", false);
user_pref(\"network.captive-portal-service.enabled\", false);
";
const ADDRESS: &str = "WebDriver BiDi listening on ";

/// One browser for all tests of the process. A window without the focus takes no keys: one test has it at a time.
static BROWSER: LazyLock<Mutex<Browser>> = LazyLock::new(|| Mutex::new(Browser::start()));

struct Browser {
    socket: WebSocket<TcpStream>,
    next_id: u64,
    /// What the page of the test has complained about.
    complaints: Vec<String>,
    _process: Child,
}

impl Browser {
    fn start() -> Self {
        let Some(firefox) = std::env::var_os("FIREFOX") else {
            panic!("the environment names no Firefox (FIREFOX): run cargo xtask test");
        };
        let profile = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("firefox");
        // Left over from the last run; there may be none.
        let _ = fs::remove_dir_all(&profile);
        fs::create_dir_all(&profile).expect("the folder for tests can be written");
        fs::write(profile.join("user.js"), PREFERENCES).expect("the folder for tests can be written");
        let mut process = Command::new("sh")
            .args(["-c", WATCHED])
            .arg(&firefox)
            .args(["--headless", "--no-remote", "--remote-debugging-port", "0", "--profile"])
            .arg(&profile)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", firefox.display()));
        let mut said = BufReader::new(process.stderr.take().expect("stderr was asked for")).lines();
        let address = said.by_ref().map_while(Result::ok).find_map(|line| Some(line.strip_prefix(ADDRESS)?.to_owned()));
        let address = address.expect("Firefox says where it listens (does $FIREFOX start on its own?)");
        // Nobody reads what else it says, and the pipe must not fill.
        thread::spawn(move || said.for_each(drop));
        let stream = TcpStream::connect(address.trim_start_matches("ws://")).expect("Firefox listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("it is not zero");
        let (socket, _) = tungstenite::client(format!("{address}/session"), stream).expect("it speaks WebSocket");
        let mut browser = Self { socket, next_id: 1, complaints: Vec::new(), _process: process };
        browser.call("session.new", json!({ "capabilities": {} }));
        browser.call("session.subscribe", json!({ "events": ["log.entryAdded"] }));
        browser
    }

    /// # Panics
    /// The browser refuses, or does not answer.
    fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.next_id;
        self.next_id += 1;
        let request = json!({ "id": id, "method": method, "params": params });
        self.socket.send(Message::text(request.to_string())).expect("the browser is there");
        loop {
            let message = self.socket.read().unwrap_or_else(|error| panic!("no answer to {method}: {error}"));
            let Message::Text(message) = message else { continue };
            let mut message: Value = serde_json::from_str(&message).expect("the browser speaks JSON");
            if message["id"] == id {
                assert!(message["type"] == "success", "{method}: {message}");
                return message["result"].take();
            }
            let said = &message["params"];
            if message["method"] == "log.entryAdded" && said["level"] == "error" {
                self.complaints.push(said["text"].to_string());
            }
        }
    }
}

/// A page of Firefox's, in a profile of its own.
pub(crate) struct Tab {
    browser: MutexGuard<'static, Browser>,
    profile: Value,
    context: Value,
}

impl Tab {
    pub(crate) fn new() -> Self {
        // A test that failed while it had the browser has left no request half said.
        let mut browser = BROWSER.lock().unwrap_or_else(PoisonError::into_inner);
        let profile = browser.call("browser.createUserContext", json!({}))["userContext"].take();
        let params = json!({ "type": "window", "userContext": profile });
        let context = browser.call("browsingContext.create", params)["context"].take();
        let mut tab = Self { browser, profile, context };
        tab.resize(1200, 900);
        tab
    }

    fn call(&mut self, method: &str, mut params: Value) -> Value {
        params["context"] = self.context.clone();
        self.browser.call(method, params)
    }

    pub(crate) fn before_each_page(&mut self, script: &str) {
        let params = json!({ "functionDeclaration": format!("() => {{ {script} }}"), "contexts": [self.context] });
        self.browser.call("script.addPreloadScript", params);
    }

    pub(crate) fn open(&mut self, address: &str) {
        self.browser.complaints.clear();
        self.call("browsingContext.navigate", json!({ "url": address, "wait": "complete" }));
    }

    /// Goes back or forward among the pages that were open, and waits until that page is shown.
    pub(crate) fn travel(&mut self, pages: i32) {
        self.call("browsingContext.traverseHistory", json!({ "delta": pages }));
    }

    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "target": { "context": self.context }, "awaitPromise": true });
        let result = self.browser.call("script.evaluate", params);
        assert!(result["type"] == "success", "{expression}: {}", result["exceptionDetails"]["text"]);
        plain(&result["result"])
    }

    fn perform(&mut self, device: Value) {
        self.call("input.performActions", json!({ "actions": [device] }));
    }

    pub(crate) fn click_at(&mut self, [x, y]: [f64; 2]) {
        let [x, y] = [x.floor(), y.floor()];
        self.perform(json!({ "type": "pointer", "id": "mouse", "actions": [
            { "type": "pointerMove", "x": x, "y": y },
            { "type": "pointerDown", "button": 0 },
            { "type": "pointerUp", "button": 0 },
        ] }));
    }

    pub(crate) fn wheel(&mut self, [x, y]: [f64; 2], down: f64) {
        let [x, y, down] = [x, y, down].map(f64::floor);
        self.perform(json!({ "type": "wheel", "id": "wheel", "actions": [
            { "type": "scroll", "x": x, "y": y, "deltaX": 0, "deltaY": down },
        ] }));
    }

    pub(crate) fn press(&mut self, key: &str) {
        self.key(match key {
            "ArrowLeft" => '\u{e012}',
            "ArrowUp" => '\u{e013}',
            "ArrowRight" => '\u{e014}',
            "ArrowDown" => '\u{e015}',
            "Home" => '\u{e011}',
            "End" => '\u{e010}',
            "PageDown" => '\u{e00f}',
            "Escape" => '\u{e00c}',
            "Tab" => '\u{e004}',
            " " => ' ',
            "Enter" => '\u{e007}',
            "Backspace" => '\u{e003}',
            _ => panic!("no key code is known for {key}"),
        });
    }

    pub(crate) fn type_letter(&mut self, letter: char) {
        self.key(if letter == '\n' { '\u{e007}' } else { letter });
    }

    fn key(&mut self, value: char) {
        self.perform(json!({ "type": "key", "id": "keyboard", "actions": [
            { "type": "keyDown", "value": value },
            { "type": "keyUp", "value": value },
        ] }));
    }

    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        self.call("browsingContext.setViewport", json!({ "viewport": { "width": width, "height": height } }));
    }

    pub(crate) fn complaints(&mut self) -> Vec<String> {
        self.value("0"); // whatever the page has said until now comes before this answer
        self.browser.complaints.clone()
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        if !thread::panicking() {
            let profile = self.profile.take();
            self.browser.call("browser.removeUserContext", json!({ "userContext": profile }));
        }
    }
}

/// A value as BiDi writes it down, as JSON. What JSON has no form for is null.
fn plain(value: &Value) -> Value {
    let items = || value["value"].as_array().map(Vec::as_slice).unwrap_or_default();
    match value["type"].as_str() {
        Some("string" | "boolean" | "number") => value["value"].clone(),
        Some("array") => items().iter().map(plain).collect(),
        Some("object") => items().iter().map(|pair| (text(&pair[0]), plain(&pair[1]))).collect::<Map<_, _>>().into(),
        _ => Value::Null,
    }
}
