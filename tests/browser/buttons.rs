//! Every button of every kind of page, pressed once: nothing breaks, the page stays where it is, the keyboard too.

use serde_json::{Value, json};

use crate::book::{origin, scenarios_of};
use crate::captures::choose;
use crate::page::{Page, Scripts};
use crate::playground::downloads;
use crate::widget::{enliven_first, enliven_playground};

/// Nobody has so many of them on one page.
const BUTTONS_MAX: usize = 250;

/// The next button that was not pressed yet, by what it is called and where it stands; the pictures of a page have the
/// same ones. The machine that the handle for Linux starts has tests of its own, and so have buttons that lead to another
/// page, as those of a form with an address.
const NEXT: &str = "(() => {
    window.pressed ??= new Set();
    const name = (it) => `${it.closest('.sc-tools, .sc-desk, .sc-beside, .pg-shelf, .scenario, main').className || 'page'}: ${it.ariaLabel ?? it.textContent.trim()}`;
    window.it = [...document.querySelectorAll('main button')].find((it) => it.checkVisibility({ visibilityProperty: true }) && !it.disabled
      && !it.closest('linux-here, form[action]') && !pressed.has(name(it)));
    if (!window.it) return null;
    pressed.add(name(it));
    return name(it);
})()";

/// Whether the current row, or what has the focus, is in view.
const SHOWS: &str = "[it.closest('.scenario')?.querySelector('.sc-now'), document.activeElement].some((shown) => {
    const { top, bottom } = shown?.getBoundingClientRect() ?? {}; return bottom > 0 && top < innerHeight; })";

fn press_every_button(address: &str, width: u32, height: u32) {
    press_every_button_of(open(address, width, height), address, width);
}

fn open(address: &str, width: u32, height: u32) -> Page {
    let mut page = Page::new(Scripts::On);
    downloads(&mut page, &format!("every-button-{width}-{}", address.replace('/', "-")));
    page.resize(width, height);
    page.open(&format!("{}/{address}", origin()));
    enliven_first(scenarios_of(address), &mut page, address);
    enliven_playground(&mut page);
    page
}

fn press_every_button_of(mut page: Page, address: &str, width: u32) {
    let mut wrong = Vec::new();
    let mut pressed = 0;
    while let Value::String(name) = page.value(NEXT) {
        pressed += 1;
        assert!(pressed < BUTTONS_MAX, "{address}: there is no end of buttons");
        let place = page.middle("it");
        let before = page.number("scrollY");
        page.click_at(place);
        page.value("new Promise((resolve) => setTimeout(resolve, 60))");
        let moved = page.value("(async () => { let last; while (last !== (last = scrollY)) await new Promise((resolve) => setTimeout(resolve, 80)); return last; })()");
        let moved = moved.as_f64().expect("a number") - before;
        if page.value("document.fullscreenElement !== null") == true {
            page.value("document.exitFullscreen()");
        }
        // It goes to what it shows, and no further: the current row, or what has the focus now.
        if moved.abs() > 2.0 && page.value(SHOWS) != true {
            wrong.push(format!("{name}: the page went by {moved} pixels, to nothing"));
        }
        if page.value("document.activeElement === document.body") == true {
            wrong.push(format!("{name}: the focus is nowhere"));
        }
        wrong.extend(page.complaints().into_iter().map(|complaint| format!("{name}: {complaint}")));
        if !wrong.is_empty() && wrong.len() > 40 {
            break;
        }
    }
    println!("{address} at {width}: {pressed} buttons");
    assert!(pressed > 0, "{address} has buttons");
    assert!(wrong.is_empty(), "{address} at {width}, of {pressed} buttons: {wrong:#?}");
}

#[test]
fn of_the_front_page() {
    press_every_button("introduction.html", 1440, 900);
    press_every_button("introduction.html", 375, 812);
}

#[test]
fn of_a_chapter() {
    press_every_button("reset/write-after-close.html", 1440, 900);
    press_every_button("reset/write-after-close.html", 375, 812);
}

#[test]
fn of_a_chapter_that_asks_first() {
    press_every_button("orderly/close-wait.html", 1440, 900);
}

#[test]
fn of_a_chapter_with_a_handle() {
    press_every_button("reset/keep-alive-race.html", 1440, 900);
    press_every_button("reset/keep-alive-race.html", 375, 812);
}

#[test]
fn of_a_chapter_with_a_proxy() {
    press_every_button("practice/proxies.html", 1440, 900);
}

#[test]
fn of_the_playground() {
    press_every_button("playground.html", 1440, 900);
    press_every_button("playground.html", 375, 812);
}

#[test]
fn of_the_messages() {
    let mut page = open("messages.html", 1440, 900);
    page.click("document.getElementById('finder-text')");
    page.type_text("read: connection reset by peer");
    page.wait_until("document.querySelector('.ev-card button')");
    page.wait_until("document.querySelector('.ev-card .sc-live')");
    press_every_button_of(page, "messages.html", 1440);
}

#[test]
fn of_the_page_for_captures() {
    let mut page = open("capture.html", 1440, 900);
    choose(&mut page, &["close-with-unread-data.pcap"]);
    page.wait_until("document.querySelector('.cap-work').hidden && document.querySelector('.cap-found td button')?.checkVisibility()");
    press_every_button_of(page, "capture.html", 1440);
}

/// What a finger cannot hit: smaller than 44 pixels either way. Links in a sentence are as high as it is.
const TOO_SMALL: &str = "[...document.querySelectorAll('main :is(button, select, summary, input, textarea), .scenario a:not(p a, td a), .front-doors a')]
    .filter((it) => it.checkVisibility({ visibilityProperty: true }) && it.type !== 'hidden' && !it.closest('.sc-unseen'))
    .map((it) => [it, it.getBoundingClientRect()])
    .filter(([, { width, height }]) => width > 1 && Math.min(width, height) < 43.9)
    .map(([it, { width, height }]) => `${it.className || it.tagName} ${(it.ariaLabel ?? it.textContent).trim().slice(0, 30)}: ${Math.round(width)} × ${Math.round(height)}`)";

#[test]
fn on_a_telephone_a_finger_hits_what_there_is_to_press() {
    let mut wrong = Vec::new();
    for address in [
        "introduction.html",
        "reset/write-after-close.html",
        "reset/keep-alive-race.html",
        "orderly/close-wait.html",
        "practice/proxies.html",
        "playground.html",
        "messages.html",
        "capture.html",
        "teaching/captures.html",
    ] {
        let mut page = Page::new(Scripts::On);
        page.resize(375, 812);
        page.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": true }));
        page.open(&format!("{}/{address}", origin()));
        assert_eq!(page.value("matchMedia('(pointer: coarse)').matches"), true);
        enliven_first(scenarios_of(address), &mut page, address);
        enliven_playground(&mut page);
        // Everything that opens is open.
        page.value(
            "(async () => { for (const handle of document.querySelectorAll('main [aria-expanded=false]')) { if (!handle.closest('linux-here')) handle.click(); \
             await new Promise((resolve) => setTimeout(resolve, 30)); } \
             document.querySelectorAll('main details').forEach((details) => { details.open = true; }); \
             await new Promise((resolve) => setTimeout(resolve, 200)); })()",
        );
        wrong.extend(page.list(TOO_SMALL).into_iter().map(|what| format!("{address}: {what}")));
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{} are too small: {wrong:#?}", wrong.len());
}

#[test]
fn on_a_telephone_the_front_page_is_no_longer_than_a_screen_and_a_half() {
    let mut page = Page::new(Scripts::On);
    page.resize(375, 812);
    page.open(&format!("{}/introduction.html", origin()));
    let height = "document.documentElement.scrollHeight";
    let mut highest = page.number(height);
    enliven_first(1, &mut page, "introduction.html");
    // While it plays, and at its end.
    for _ in 0..20 {
        page.value("new Promise((resolve) => setTimeout(resolve, 300))");
        highest = highest.max(page.number(height));
    }
    assert!(highest <= 1.5 * 812.0, "{highest} pixels");
}
