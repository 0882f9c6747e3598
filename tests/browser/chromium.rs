//! Chromium over its debugging protocol: JSON messages, each ended by a zero byte, through two pipes.
//!
//! The pipes are the browser's file descriptors 3 and 4. It ends when they are closed, so it never outlives the tests.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use crate::page::{PATIENCE, Scripts, text};

const ARGUMENTS: [&str; 16] = [
    "--headless",
    "--remote-debugging-pipe",
    // The pages are our own, and as root there is no sandbox.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    // A turn of the wheel is done with the next frame.
    "--disable-smooth-scrolling",
    // Many pages at once, and each is one that a reader looks at: none waits because another one is in front.
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
];

/// One browser for all tests of the process; each test has pages with a profile of their own.
static BROWSER: LazyLock<Browser> = LazyLock::new(Browser::start);

struct Browser {
    stdin: Mutex<ChildStdin>,
    routes: Routes,
    next_id: AtomicU64,
    /// The browser itself: where pages are opened.
    itself: Mutex<Session>,
    _process: Child,
}

/// Who gets which message: by session, the browser itself under "". A session is known from its first message on.
type Routes = Arc<Mutex<BTreeMap<String, (Sender<Value>, Option<Receiver<Value>>)>>>;

impl Browser {
    fn start() -> Self {
        let Some(chrome) = std::env::var_os("CHROME") else {
            panic!("the environment names no browser (CHROME): run cargo xtask test");
        };
        let profile = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("chromium");
        // Left over from the last run; there may be none.
        let _ = std::fs::remove_dir_all(&profile);
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null"])
            .arg(&chrome)
            .args(ARGUMENTS)
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", chrome.display()));
        let stdin = process.stdin.take().expect("stdin was asked for");
        let stdout = process.stdout.take().expect("stdout was asked for");
        let routes = Routes::default();
        let itself = Session { id: String::new(), incoming: route(&routes, ""), events: Vec::new() };
        thread::spawn({
            let routes = Arc::clone(&routes);
            move || {
                for message in BufReader::new(stdout).split(0).map_while(Result::ok) {
                    let message: Value = serde_json::from_slice(&message).expect("the browser speaks JSON");
                    let session = message["sessionId"].as_str().unwrap_or_default();
                    let mut routes = routes.lock().expect("no thread panics while it holds the routes");
                    let (sender, _) = routes.entry(session.to_owned()).or_insert_with(new_route);
                    // A page that was closed has nobody left to hear of it.
                    let _ = sender.send(message);
                }
                routes.lock().expect("no thread panics while it holds the routes").clear();
            }
        });
        Self {
            stdin: Mutex::new(stdin),
            routes,
            next_id: AtomicU64::new(1),
            itself: Mutex::new(itself),
            _process: process,
        }
    }

    fn send(&self, message: &Value) {
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        let mut stdin = self.stdin.lock().expect("no thread panics while it writes");
        stdin.write_all(&bytes).expect("the browser is there (does $CHROME start on its own?)");
    }
}

fn new_route() -> (Sender<Value>, Option<Receiver<Value>>) {
    let (sender, receiver) = channel();
    (sender, Some(receiver))
}

fn route(routes: &Routes, session: &str) -> Receiver<Value> {
    let mut routes = routes.lock().expect("no thread panics while it holds the routes");
    routes.entry(session.to_owned()).or_insert_with(new_route).1.take().expect("a session is opened once")
}

/// One conversation: requests and their answers, and the events that come in between.
struct Session {
    id: String,
    incoming: Receiver<Value>,
    events: Vec<Value>,
}

impl Session {
    /// # Panics
    /// The browser refuses, or does not answer.
    fn call(&mut self, browser: &Browser, method: &str, params: Value) -> Value {
        let id = browser.next_id.fetch_add(1, Ordering::Relaxed);
        let mut request = json!({ "id": id, "method": method, "params": params });
        if !self.id.is_empty() {
            request["sessionId"] = json!(self.id);
        }
        browser.send(&request);
        loop {
            let mut message = self
                .incoming
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|error| panic!("no answer from the browser to {method}: {error}"));
            if message["id"] != id {
                self.events.push(message);
            } else if message["error"].is_null() {
                return message["result"].take();
            } else {
                panic!("{method}: {}", message["error"]);
            }
        }
    }
}

/// A page of Chromium's, in a profile of its own.
pub(crate) struct Tab {
    session: Session,
    context: String,
}

impl Tab {
    pub(crate) fn new(scripts: Scripts) -> Self {
        let browser = &*BROWSER;
        let (context, session) = {
            let mut itself = browser.itself.lock().expect("another test could not open its page");
            let context = itself.call(browser, "Target.createBrowserContext", json!({}))["browserContextId"].clone();
            let target = json!({ "url": "about:blank", "browserContextId": context, "width": 1200, "height": 900, "newWindow": true });
            let target = itself.call(browser, "Target.createTarget", target)["targetId"].clone();
            let attach = json!({ "targetId": target, "flatten": true });
            let session = itself.call(browser, "Target.attachToTarget", attach)["sessionId"].clone();
            (text(&context), text(&session))
        };
        let incoming = route(&browser.routes, &session);
        let mut tab = Self { session: Session { id: session, incoming, events: Vec::new() }, context };
        for domain in ["Page", "Runtime", "Network", "Log"] {
            tab.call(&format!("{domain}.enable"), json!({}));
        }
        tab.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }));
        if scripts == Scripts::Off {
            tab.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
        }
        tab
    }

    /// Says something in the browser's own words.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        self.session.call(&BROWSER, method, params)
    }

    pub(crate) fn before_each_page(&mut self, script: &str) {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script }));
    }

    pub(crate) fn open(&mut self, address: &str) {
        self.session.events.clear();
        let gone = self.call("Page.navigate", json!({ "url": address }));
        assert!(gone["errorText"].is_null(), "{address}: {}", gone["errorText"]);
        self.wait_for_load();
    }

    /// Follows a link, and waits until the page that it leads to is there: while the one makes room for the other,
    /// nothing can be asked.
    pub(crate) fn follow(&mut self, link: &str) {
        self.leave_by(|tab| {
            tab.value(&format!("void setTimeout(() => {link}.click())"));
        });
    }

    /// Does something that leads to another page, and waits until that is there.
    pub(crate) fn leave_by(&mut self, act: impl FnOnce(&mut Self)) {
        self.session.events.clear();
        act(self);
        self.wait_for_load();
    }

    /// Goes back or forward among the pages that were open, and waits until that page is there.
    pub(crate) fn travel(&mut self, pages: i32) {
        let seen = self.session.events.len();
        self.value(&format!("void setTimeout(() => history.go({pages}))"));
        self.wait_for_load_behind(seen);
    }

    fn wait_for_load(&mut self) {
        self.wait_for_load_behind(0);
    }

    /// Waits until a page is loaded, or is back from the browser's memory; the first so many events are of earlier ones.
    fn wait_for_load_behind(&mut self, seen: usize) {
        let is_load = |event: &Value| {
            event["method"] == "Page.loadEventFired" || event["params"]["type"] == "BackForwardCacheRestore"
        };
        while !self.session.events[seen..].iter().any(is_load) {
            let event = self.session.incoming.recv_timeout(PATIENCE);
            self.session.events.push(event.unwrap_or_else(|error| panic!("the page is never loaded: {error}")));
        }
    }

    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut result = self.call("Runtime.evaluate", params);
        let exception = &result["exceptionDetails"];
        assert!(exception.is_null(), "{expression}: {}", exception["exception"]["description"]);
        result["result"]["value"].take()
    }

    pub(crate) fn click_at(&mut self, [x, y]: [f64; 2]) {
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let params = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", params);
        }
    }

    /// Turns the wheel over a place, by so many pixels downwards.
    pub(crate) fn wheel(&mut self, [x, y]: [f64; 2], down: f64) {
        let params = json!({ "type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": down });
        self.call("Input.dispatchMouseEvent", params);
    }

    pub(crate) fn press(&mut self, key: &str) {
        let code = match key {
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            "Home" => 36,
            "End" => 35,
            "PageDown" => 34,
            "Escape" => 27,
            "Tab" => 9,
            " " => 32,
            "Enter" => 13,
            "Backspace" => 8,
            _ => panic!("no key code is known for {key}"),
        };
        let down =
            if key == "Enter" { json!({ "type": "keyDown", "text": "\r" }) } else { json!({ "type": "rawKeyDown" }) };
        for mut params in [down, json!({ "type": "keyUp" })] {
            params["key"] = json!(key);
            params["code"] = json!(if key == " " { "Space" } else { key });
            params["windowsVirtualKeyCode"] = json!(code);
            self.call("Input.dispatchKeyEvent", params);
        }
    }

    pub(crate) fn type_letter(&mut self, letter: char) {
        let (key, written) = if letter == '\n' {
            ("Enter".to_owned(), "\r".to_owned())
        } else {
            (letter.to_string(), letter.to_string())
        };
        // Signs have no key of their own on every keyboard; the code of `(` is that of an arrow key.
        let code = match letter {
            '\n' => 13,
            _ if letter.is_ascii_alphanumeric() || letter == ' ' => u32::from(letter.to_ascii_uppercase()),
            _ => 0,
        };
        let down = json!({ "type": "keyDown", "key": key, "text": written, "windowsVirtualKeyCode": code });
        self.call("Input.dispatchKeyEvent", down);
        self.call("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code }));
    }

    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.call("Emulation.setDeviceMetricsOverride", screen);
        // What is made for fingers has other heights.
        self.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": width < 500 }));
    }

    /// What went wrong since the page was opened: exceptions, and errors in the console.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        self.value("0"); // whatever the page has said until now comes before this answer
        let complaint = |event: &Value| match event["method"].as_str()? {
            "Runtime.exceptionThrown" => Some(event["params"]["exceptionDetails"].to_string()),
            "Runtime.consoleAPICalled" if event["params"]["type"] == "error" => {
                Some(event["params"]["args"].to_string())
            }
            "Log.entryAdded" if event["params"]["entry"]["level"] == "error" => {
                Some(event["params"]["entry"].to_string())
            }
            _ => None,
        };
        self.session.events.iter().filter_map(complaint).collect()
    }

    /// The addresses that were asked for since the page was opened.
    pub(crate) fn requests(&mut self) -> Vec<String> {
        self.value("0");
        let address = |event: &Value| {
            (event["method"] == "Network.requestWillBeSent").then(|| text(&event["params"]["request"]["url"]))
        };
        self.session.events.iter().filter_map(address).collect()
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        // In a test that has failed already nothing more is asked of the browser: it ends with the process.
        if !thread::panicking()
            && let Ok(mut itself) = BROWSER.itself.lock()
        {
            itself.call(&BROWSER, "Target.disposeBrowserContext", json!({ "browserContextId": self.context }));
        }
    }
}
