//! The field for what a reader has got: paste, answer, run; by keyboard and without a mouse.

use serde_json::json;

use crate::book::{open, origin};
use crate::chapter::inaccessible;
use crate::page::{Page, Scripts};
use crate::wheel::{SHIFT_MAX, WATCH};

const FIELD: &str = "document.getElementById('finder-text')";
const CARD: &str = "document.getElementById('finder-card')";
const SAID: &str = "document.getElementById('finder-said').textContent";
const NGINX: &str = "2024/05/12 10:00:01 [error] 31#31: *1024 recv() failed (104: Connection reset by peer) while reading \
                     response header from upstream, client: 10.0.0.7, upstream: \"http://10.0.1.9:8080/v1/orders\"";

/// As a reader pastes: into the field that has the focus.
fn paste(page: &mut Page, text: &str) {
    page.click(FIELD);
    page.call("Input.insertText", json!({ "text": text }));
}

/// As a reader types, key by key.
fn type_in(page: &mut Page, text: &str) {
    page.click(FIELD);
    for letter in text.chars() {
        page.call("Input.dispatchKeyEvent", json!({ "type": "char", "text": letter.to_string() }));
    }
}

fn answered(page: &mut Page) {
    page.wait_until(&format!("!{CARD}.hidden && {CARD}.querySelector('.ev-by')"));
}

fn first_cause(page: &mut Page) -> String {
    let cause = page.value(&format!("{CARD}.querySelector('.ev-causes > li')?.dataset.cause ?? ''"));
    cause.as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_field_of_the_front_page_leads_to_the_answer() {
    for (width, height) in [(1440, 900), (375, 812)] {
        for key in ["Enter", "Tab"] {
            let mut page = Page::new(Scripts::On);
            page.resize(width, height);
            page.before_each_page(WATCH);
            page.open(&format!("{}/introduction.html", origin()));
            // mdBook's search is there, and would keep the form from being sent.
            page.wait_until("window.search?.hasFocus");
            page.click("document.getElementById('front-line')");
            page.type_text("write tcp: broken pipe");
            if key == "Tab" {
                page.press(key);
                assert_eq!(page.value("document.activeElement.textContent"), "Who was it?");
            }
            page.leave_by_key("Enter");
            assert!(page.value("location.href").to_string().contains("/messages.html?q=write+tcp%3A+broken+pipe"));
            answered(&mut page);
            page.wait_until("document.querySelector('.ev-run .sc-live') && !document.querySelector('.ev-awaited')");
            let moved = page.number("window.moved");
            assert!(moved < SHIFT_MAX, "{width}: a layout shift of {moved}: {:?}", page.list("window.shifts"));
            assert_eq!(page.complaints(), [""; 0]);
        }
    }
}

#[test]
fn a_pasted_line_gets_its_answer_with_the_run_live_and_nothing_moves() {
    let mut page = open("messages.html", Scripts::On);
    paste(&mut page, NGINX);
    answered(&mut page);
    assert_eq!(first_cause(&mut page), "keep-alive-race");
    let marked = page.value(&format!("{CARD}.querySelector('mark').textContent")).to_string();
    assert!(marked.contains("recv() failed (104: Connection reset by peer)"), "{marked}");
    let by = page.value(&format!("{CARD}.querySelector('.ev-by').textContent")).to_string();
    assert!(by.contains("nginx, before the answer") && by.contains("seen in a run"), "{by}");
    page.wait_until(&format!("{CARD}.querySelector('.ev-run .sc-call')"));
    assert!(page.value(&format!("{CARD}.querySelector('.ev-run').textContent")).to_string().contains("ECONNRESET"));
    assert_eq!(page.value("scrollY"), 0);
    assert_eq!(page.value("document.activeElement.id"), "finder-text");
    assert!(page.value(SAID).to_string().contains("6 causes"));
    // The address is for a colleague.
    let address = page.value("location.pathname + location.search").to_string();
    let mut other = open(address.trim_matches(['"', '/']), Scripts::On);
    answered(&mut other);
    assert_eq!(first_cause(&mut other), "keep-alive-race");
    assert_eq!(other.value("document.activeElement === document.body"), true, "it takes no focus");
    assert_eq!(other.value("scrollY"), 0);
    assert_eq!(page.complaints(), [""; 0]);
    assert_eq!(other.complaints(), [""; 0]);
}

#[test]
fn a_slip_is_forgiven_and_keys_stay_in_the_field() {
    let mut page = open("messages.html", Scripts::On);
    type_in(&mut page, "econreset");
    answered(&mut page);
    let by = page.value(&format!("{CARD}.querySelector('.ev-by').textContent")).to_string();
    assert!(by.contains("Perhaps it is ECONNRESET"), "{by}");
    for key in ["ArrowLeft", "ArrowRight"] {
        page.press(key);
    }
    assert_eq!(page.value("location.pathname"), "/messages.html");
    assert_eq!(page.value(&format!("{FIELD}.value")), "econreset");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn causes_are_told_apart_by_the_keyboard_alone() {
    let mut page = open("messages.html", Scripts::On);
    paste(&mut page, "Error: socket hang up");
    answered(&mut page);
    let say = |cause: u32, say: &str| {
        format!("{CARD}.querySelectorAll('.ev-causes > li')[{cause}].querySelector('[data-say={say}]')")
    };
    page.value(&format!("{}.focus()", say(0, "no")));
    page.press(" ");
    page.wait_until(&format!("{}.getAttribute('aria-pressed') === 'true'", say(0, "no")));
    assert!(page.value(SAID).to_string().contains("Next: "));
    page.press("Tab");
    page.value(&format!("{}.focus()", say(1, "yes")));
    page.press(" ");
    page.wait_until(&format!("{SAID}.startsWith('It speaks for: ')"));
    // Pressed again it is taken back.
    page.press(" ");
    page.wait_until(&format!("{}.getAttribute('aria-pressed') === 'false'", say(1, "yes")));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn lists_of_sockets_and_counters_are_read() {
    let mut page = open("messages.html", Scripts::On);
    paste(
        &mut page,
        "State Recv-Q Send-Q Local Address:Port Peer Address:Port\nCLOSE-WAIT 1 0 10.0.0.1:80 10.0.0.2:4000\nLISTEN 129 128 0.0.0.0:80 0.0.0.0:*\n",
    );
    answered(&mut page);
    let card = page.value(&format!("{CARD}.textContent")).to_string();
    assert!(card.contains("CLOSE-WAIT") && card.contains("the accept queue is full"), "{card}");
    page.write(FIELD, "#kernel\nTcpOutRsts 12 0.0\nTcpExtTCPAbortOnClose 12 0.0\n");
    page.wait_until(&format!("{CARD}.textContent.includes('TcpExtTCPAbortOnClose')"));
    page.write(FIELD, "hello world");
    page.wait_until(&format!("{CARD}.textContent.includes('Nothing in this text is known here')"));
    page.write(FIELD, "");
    page.wait_until(&format!("{CARD}.hidden && location.search === ''"));
    assert_eq!(page.complaints(), [""; 0]);
}

/// What people have in hand of a host, and a part of the answer to it.
const IN_HAND: [(&str, &str); 5] = [
    ("TcpExtListenOverflows", "TcpExtListenOverflows"),
    (
        "#kernel\nTcpOutRsts                      301                0.0\nTcpExtTCPAbortOnClose           17                 0.0\n",
        "TcpExtTCPAbortOnClose",
    ),
    (
        "State      Recv-Q Send-Q Local Address:Port  Peer Address:Port\nCLOSE-WAIT 1      0      10.0.0.1:80         10.0.0.2:4000\n",
        "CLOSE-WAIT",
    ),
    ("TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 8 9\n", "TcpExtListenOverflows"),
    ("CLOSE_WAIT", "CLOSE-WAIT"),
];

#[test]
fn counters_and_lists_are_read_from_the_field_of_the_front_page() {
    for (text, part) in IN_HAND {
        let mut page = Page::new(Scripts::On);
        page.open(&format!("{}/introduction.html", origin()));
        page.wait_until("window.search?.hasFocus");
        page.click("document.getElementById('front-line')");
        if text.contains('\n') {
            page.call("Input.insertText", json!({ "text": text }));
        } else {
            page.type_text(text);
        }
        page.leave_by_key("Enter");
        answered(&mut page);
        assert!(page.value(&format!("{CARD}.textContent")).to_string().contains(part), "{text}");
        assert_eq!(page.value(&format!("{FIELD}.value")).as_str().map(str::trim_end), Some(text.trim_end()));
        // The address is for a colleague.
        let address = page.value("location.pathname + location.search").to_string();
        let mut other = open(address.trim_matches(['"', '/']), Scripts::On);
        answered(&mut other);
        assert!(other.value(&format!("{CARD}.textContent")).to_string().contains(part), "{text}");
        assert_eq!(page.complaints(), [""; 0]);
    }
}

#[test]
fn counters_and_lists_are_read_while_they_are_typed() {
    let mut page = open("messages.html", Scripts::On);
    for (text, part) in IN_HAND {
        page.write(FIELD, "");
        page.wait_until(&format!("{CARD}.hidden"));
        page.click(FIELD);
        page.type_text(text);
        page.wait_until(&format!("{CARD}.textContent.includes('{part}')"));
        assert_eq!(page.value(&format!("{FIELD}.value")), text);
    }
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_text_that_is_too_long_for_an_address_comes_whole() {
    let mut page = Page::new(Scripts::On);
    page.open(&format!("{}/introduction.html", origin()));
    page.wait_until("window.search?.hasFocus");
    page.click("document.getElementById('front-line')");
    let trace = "    at com.example.Service.call(Service.java:1)\n".repeat(200);
    let text = format!("{trace}Caused by: java.net.SocketException: Broken pipe\n");
    page.call("Input.insertText", json!({ "text": text }));
    page.leave_by_key("Enter");
    answered(&mut page);
    assert_eq!(page.value("location.search"), "");
    assert_eq!(page.value(&format!("{FIELD}.value")), text);
    assert!(page.value(&format!("{CARD}.querySelector('mark').textContent")).to_string().contains("Broken pipe"));
    // Once it was handed over it is forgotten.
    assert_eq!(page.value("sessionStorage.length"), 0);
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_hostile_text_is_text() {
    let hostile = "%3Cimg%20src%3Dx%20onerror%3D%22document.title%3D'owned'%22%3E%20connection%20reset%20by%20peer";
    let mut page = open(&format!("messages.html?q={hostile}"), Scripts::On);
    answered(&mut page);
    assert_eq!(page.value(&format!("{CARD}.querySelectorAll('img').length")), 0);
    assert!(page.value(&format!("{CARD}.querySelector('.ev-line').textContent")).to_string().contains("<img src=x"));
    assert_ne!(page.value("document.title"), "owned");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn without_javascript_it_is_the_list() {
    let mut page = open("messages.html", Scripts::Off);
    assert_eq!(page.value("getComputedStyle(document.querySelector('.finder')).display"), "none");
    let rows = page.value("document.querySelectorAll('main tbody tr').length").as_u64().unwrap_or_default();
    assert!(rows > 400, "{rows} lines");
}

#[test]
fn the_answer_can_be_read_in_every_theme_and_on_a_telephone() {
    let mut page = open("messages.html", Scripts::On);
    paste(&mut page, NGINX);
    page.wait_until(&format!("{CARD}.querySelector('.ev-run .sc-call')"));
    assert_eq!(inaccessible(&mut page), [""; 0]);
    page.call(
        "Emulation.setDeviceMetricsOverride",
        json!({ "width": 375, "height": 700, "deviceScaleFactor": 1, "mobile": true }),
    );
    page.wait_until("innerWidth === 375");
    assert_eq!(page.value("document.documentElement.scrollWidth"), 375);
}
