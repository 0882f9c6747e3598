//! Chromium over its debugging protocol: JSON messages, each ended by a zero byte, through two pipes.
//!
//! The pipes are the browser's file descriptors 3 and 4. It ends when they are closed, so it never outlives the tests.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// No answer of the browser's takes so long, unless something is broken.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
const ARGUMENTS: [&str; 15] = [
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

/// What a page's reader has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scripts {
    /// A browser as it is.
    On,
    /// JavaScript is switched off.
    Off,
}

/// A page in a profile of its own.
pub(crate) struct Page {
    session: Session,
    context: String,
}

impl Page {
    /// An empty page, wide enough for a desk.
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
        let mut page = Self { session: Session { id: session, incoming, events: Vec::new() }, context };
        for domain in ["Page", "Runtime", "Network", "Log"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }));
        if scripts == Scripts::Off {
            page.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
        }
        page
    }

    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        self.session.call(&BROWSER, method, params)
    }

    /// Runs a script before any script of the pages that come.
    pub(crate) fn before_each_page(&mut self, script: &str) {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script }));
    }

    /// Goes to an address, and waits until it is there with all that it names.
    pub(crate) fn open(&mut self, address: &str) {
        self.session.events.clear();
        let gone = self.call("Page.navigate", json!({ "url": address }));
        assert!(gone["errorText"].is_null(), "{address}: {}", gone["errorText"]);
        self.wait_for_event("Page.loadEventFired");
    }

    /// Follows a link, and waits until the page that it leads to is there: while the one makes room for the other,
    /// nothing can be asked.
    pub(crate) fn follow(&mut self, link: &str) {
        self.session.events.clear();
        self.value(&format!("void setTimeout(() => {link}.click())"));
        self.wait_for_event("Page.loadEventFired");
    }

    fn wait_for_event(&mut self, method: &str) {
        while !self.session.events.iter().any(|event| event["method"] == method) {
            let event = self.session.incoming.recv_timeout(PATIENCE);
            self.session.events.push(event.unwrap_or_else(|error| panic!("no {method}: {error}")));
        }
    }

    /// The value of an expression in the page; a promise is awaited.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut result = self.call("Runtime.evaluate", params);
        let exception = &result["exceptionDetails"];
        assert!(exception.is_null(), "{expression}: {}", exception["exception"]["description"]);
        result["result"]["value"].take()
    }

    /// The texts that an expression lists.
    pub(crate) fn list(&mut self, expression: &str) -> Vec<String> {
        let value = self.value(expression);
        value.as_array().unwrap_or_else(|| panic!("a list was expected, not {value}")).iter().map(text).collect()
    }

    /// Waits until an expression is true in the page.
    pub(crate) fn wait_until(&mut self, expression: &str) {
        let began = Instant::now();
        while self.value(&format!("!!({expression})")) != true {
            assert!(began.elapsed() < PATIENCE, "it never came true: {expression}\n{:?}", self.complaints());
            thread::sleep(POLL);
        }
    }

    /// Clicks with the mouse into the middle of an element.
    pub(crate) fn click(&mut self, element: &str) {
        let [x, y] = self.middle(element);
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let params = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", params);
        }
    }

    /// Brings an element into view (the desk is there already), and says where its middle lies once it has come to
    /// rest: what was pressed before may still be drawing itself.
    pub(crate) fn middle(&mut self, element: &str) -> [f64; 2] {
        let middle = self.value(&format!(
            "(async () => {{ let before, rests = 0; for (let look = 0; look < 200; look++) {{ const element = {element}; \
             const {{ top, bottom }} = element.getBoundingClientRect(); \
             const is_there = element.closest('.sc-desk') && top > 60 && bottom < innerHeight; \
             if (!is_there) element.scrollIntoView({{ block: 'center', behavior: 'instant' }}); \
             const box = element.getBoundingClientRect(); \
             const middle = [box.x + box.width / 2, box.y + box.height / 2, scrollY]; \
             rests = before?.join() === middle.join() ? rests + 1 : 0; \
             if (rests === 3) return box.width && box.height ? middle : null; \
             before = middle; await new Promise((resolve) => setTimeout(resolve, 50)); }} }})()"
        ));
        [0, 1].map(|axis| middle[axis].as_f64().unwrap_or_else(|| panic!("{element} has no place")))
    }

    /// Taps with a finger into the middle of an element.
    pub(crate) fn tap(&mut self, element: &str) {
        // What is made for fingers is larger: it has its place first.
        self.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": true }));
        let [x, y] = self.middle(element);
        self.call("Input.dispatchTouchEvent", json!({ "type": "touchStart", "touchPoints": [{ "x": x, "y": y }] }));
        self.call("Input.dispatchTouchEvent", json!({ "type": "touchEnd", "touchPoints": [] }));
    }

    /// Chooses from a menu, as a reader does.
    pub(crate) fn choose(&mut self, menu: &str, value: &str) {
        self.input(menu, value);
    }

    /// Writes into a field in place of what is there, as a reader does.
    pub(crate) fn write(&mut self, field: &str, written: &str) {
        self.input(field, written);
    }

    fn input(&mut self, element: &str, value: &str) {
        self.value(&format!(
            "(() => {{ const element = {element}; element.value = {}; \
             for (const kind of ['input', 'change']) element.dispatchEvent(new Event(kind, {{ bubbles: true }})); }})()",
            json!(value)
        ));
    }

    /// Presses and releases a key, by its name in `KeyboardEvent.key`.
    pub(crate) fn press(&mut self, key: &str) {
        let code = match key {
            "ArrowLeft" => 37,
            "ArrowRight" => 39,
            "Home" => 36,
            "End" => 35,
            "Escape" => 27,
            "Tab" => 9,
            " " => 32,
            "Enter" => 13,
            "Backspace" => 8,
            _ => panic!("no key code is known for {key}"),
        };
        for kind in ["rawKeyDown", "keyUp"] {
            let code_name = if key == " " { "Space" } else { key };
            let params = json!({ "type": kind, "key": key, "code": code_name, "windowsVirtualKeyCode": code });
            self.call("Input.dispatchKeyEvent", params);
        }
    }

    /// Types a text, letter by letter, as a hand does: whatever has the focus gets it. A line's end is the Enter key.
    pub(crate) fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
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

impl Drop for Page {
    fn drop(&mut self) {
        // In a test that has failed already nothing more is asked of the browser: it ends with the process.
        if !thread::panicking()
            && let Ok(mut itself) = BROWSER.itself.lock()
        {
            itself.call(&BROWSER, "Target.disposeBrowserContext", json!({ "browserContextId": self.context }));
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text was expected, not {value}")).to_owned()
}
