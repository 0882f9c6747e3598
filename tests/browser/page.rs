//! What a reader does with a page, in either browser.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{chromium, firefox};

/// No answer of a browser's takes so long, unless something is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// What a page's reader has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scripts {
    /// A browser as it is.
    On,
    /// JavaScript is switched off.
    Off,
}

/// A page in a profile of its own.
pub(crate) struct Page(Tab);

enum Tab {
    Chromium(chromium::Tab),
    Firefox(firefox::Tab),
}

impl Page {
    /// An empty page in Chromium, wide enough for a desk.
    pub(crate) fn new(scripts: Scripts) -> Self {
        Self(Tab::Chromium(chromium::Tab::new(scripts)))
    }

    /// An empty page in Firefox. There is one at a time.
    pub(crate) fn in_firefox() -> Self {
        Self(Tab::Firefox(firefox::Tab::new()))
    }

    fn chromium(&mut self) -> &mut chromium::Tab {
        match &mut self.0 {
            Tab::Chromium(tab) => tab,
            Tab::Firefox(_) => panic!("what this test needs only Chromium's protocol has"),
        }
    }

    /// Says something in Chromium's own words.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        self.chromium().call(method, params)
    }

    /// Runs a script before any script of the pages that come.
    pub(crate) fn before_each_page(&mut self, script: &str) {
        match &mut self.0 {
            Tab::Chromium(tab) => tab.before_each_page(script),
            Tab::Firefox(tab) => tab.before_each_page(script),
        }
    }

    /// Goes to an address, and waits until it is there with all that it names.
    pub(crate) fn open(&mut self, address: &str) {
        match &mut self.0 {
            Tab::Chromium(tab) => tab.open(address),
            Tab::Firefox(tab) => tab.open(address),
        }
    }

    /// Goes back (below 0) or forward by so many of the pages that were open, and waits until that page is there.
    pub(crate) fn travel(&mut self, pages: i32) {
        match &mut self.0 {
            Tab::Chromium(tab) => tab.travel(pages),
            Tab::Firefox(tab) => tab.travel(pages),
        }
    }

    /// Follows a link, and waits until the page that it leads to is there.
    pub(crate) fn follow(&mut self, link: &str) {
        self.chromium().follow(link);
    }

    /// Presses a key that leads to another page, and waits until that is there.
    pub(crate) fn leave_by_key(&mut self, key: &str) {
        self.chromium().leave_by(|tab| tab.press(key));
    }

    /// The value of an expression in the page; a promise is awaited.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        match &mut self.0 {
            Tab::Chromium(tab) => tab.value(expression),
            Tab::Firefox(tab) => tab.value(expression),
        }
    }

    /// The same, where it is a number.
    pub(crate) fn number(&mut self, expression: &str) -> f64 {
        let value = self.value(expression);
        value.as_f64().unwrap_or_else(|| panic!("{expression}: a number was expected, not {value}"))
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
        let place = self.middle(element);
        self.click_at(place);
    }

    /// Clicks with the mouse at a place of the window.
    pub(crate) fn click_at(&mut self, place: [f64; 2]) {
        match &mut self.0 {
            Tab::Chromium(tab) => tab.click_at(place),
            Tab::Firefox(tab) => tab.click_at(place),
        }
    }

    /// Turns the wheel over a place of the window, by so many pixels downwards.
    pub(crate) fn wheel(&mut self, place: [f64; 2], down: f64) {
        match &mut self.0 {
            Tab::Chromium(tab) => tab.wheel(place, down),
            Tab::Firefox(tab) => tab.wheel(place, down),
        }
    }

    /// Makes the window as large as that; one narrower than 500 pixels is a telephone's.
    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        match &mut self.0 {
            Tab::Chromium(tab) => tab.resize(width, height),
            Tab::Firefox(tab) => tab.resize(width, height),
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
        match &mut self.0 {
            Tab::Chromium(tab) => tab.press(key),
            Tab::Firefox(tab) => tab.press(key),
        }
    }

    /// Presses and releases a letter while the control key is held; for a capital the shift key, too.
    pub(crate) fn press_with_ctrl(&mut self, letter: char) {
        let (ctrl, shift) = (2, 8);
        let modifiers = if letter.is_ascii_uppercase() { ctrl + shift } else { ctrl };
        let code = u32::from(letter.to_ascii_uppercase());
        for kind in ["keyDown", "keyUp"] {
            let params = json!({ "type": kind, "key": letter, "modifiers": modifiers, "windowsVirtualKeyCode": code });
            self.call("Input.dispatchKeyEvent", params);
        }
    }

    /// Types a text, letter by letter, as a hand does: whatever has the focus gets it. A line's end is the Enter key.
    pub(crate) fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            match &mut self.0 {
                Tab::Chromium(tab) => tab.type_letter(letter),
                Tab::Firefox(tab) => tab.type_letter(letter),
            }
        }
    }

    /// What went wrong since the page was opened: exceptions, and errors in the console.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        match &mut self.0 {
            Tab::Chromium(tab) => tab.complaints(),
            Tab::Firefox(tab) => tab.complaints(),
        }
    }

    /// The addresses that were asked for since the page was opened.
    pub(crate) fn requests(&mut self) -> Vec<String> {
        self.chromium().requests()
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text was expected, not {value}")).to_owned()
}
