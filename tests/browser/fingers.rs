//! Fingers that scroll: the page goes as far as the finger went, wherever it began.

use serde_json::json;

use crate::book::origin;
use crate::page::{Page, Scripts};
use crate::wheel::{SHIFT_MAX, WATCH};
use crate::widget::{chapter_of, enliven_playground, find_whole};

const ID: &str = "write-after-peer-close";
const SLIDER: &str = "here.querySelector('.sc-controls input')";
/// A browser takes no finger for one that scrolls before it has gone some way, which on a busy machine is several steps
/// at once; in pixels.
const SLOP: f64 = 60.0;

/// Puts a finger down, draws it in small steps, holds it still, and lifts it.
fn draw(page: &mut Page, [x, y]: [f64; 2], [right, down]: [f64; 2]) {
    const STEPS: u32 = 20;
    let mut touch = |kind: &str, part: f64| {
        let points = json!([{ "x": x + right * part, "y": y + down * part }]);
        let points = if kind == "touchEnd" { json!([]) } else { points };
        page.call("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points }));
    };
    touch("touchStart", 0.0);
    for step in 1..=STEPS {
        touch("touchMove", f64::from(step) / f64::from(STEPS));
    }
    // A page that is let go in motion would go on.
    for still in [1.0, 0.999, 1.0, 0.999, 1.0] {
        std::thread::sleep(std::time::Duration::from_millis(40));
        touch("touchMove", still);
    }
    touch("touchEnd", 1.0);
    page.value("new Promise((resolve) => setTimeout(resolve, 300))");
}

/// How far the page goes when a finger begins in the middle of an element and is drawn so far downwards.
fn scrolls(page: &mut Page, element: &str, down: f64) -> f64 {
    let place = page.middle(element);
    let before = page.number("scrollY");
    draw(page, place, [0.0, down]);
    before - page.number("scrollY")
}

/// A telephone with the chapter that shows a scenario; its picture is live, and is called `here`.
fn telephone(id: &str) -> Page {
    let mut page = Page::new(Scripts::On);
    page.resize(375, 812);
    page.open(&format!("{}/{}", origin(), chapter_of(id)));
    find_whole(&mut page, id);
    page
}

#[test]
fn a_finger_that_scrolls_moves_no_slider() {
    for (id, sliders) in [(ID, ".sc-controls input"), ("keepalive-race", "input[type=range]")] {
        let mut page = telephone(id);
        let count = page.number(&format!("here.querySelectorAll('{sliders}').length"));
        let state = "[here.querySelector('.sc-now')?.dataset.step, here.offsetHeight, \
                     ...[...here.querySelectorAll('input[type=range]')].map((slider) => slider.value)].join()";
        for at in 0..count as usize {
            for down in [-250.0, 250.0] {
                let slider = format!("here.querySelectorAll('{sliders}')[{at}]");
                page.middle(&slider);
                let before = page.value(state);
                let went = scrolls(&mut page, &slider, down);
                assert!((went - down).abs() < SLOP, "{id}: the finger went by {down}, the page by {went}");
                assert_eq!(page.value(state), before, "{id}: {slider}");
            }
        }
        assert_eq!(page.complaints(), [""; 0]);
    }
}

/// Where a finger that is drawn sideways, or lifted where it was put down, leads.
#[test]
fn a_finger_that_slides_or_taps_moves_the_slider() {
    let mut page = telephone(ID);
    let now = "Number(here.querySelector('.sc-now')?.dataset.step)";
    let place = page.middle(SLIDER);
    draw(&mut page, place, [-15.0, 2.0]);
    page.wait_until(&format!("{now} >= 0"));
    let slid = page.number(now);
    assert_eq!(page.number(&format!("Number({SLIDER}.value)")), slid + 1.0);
    page.tap(SLIDER);
    page.wait_until(&format!("{now} > {slid}"));
    assert_eq!(page.complaints(), [""; 0]);
}

/// On a telephone, and on a screen that takes fingers beside a mouse.
#[test]
fn a_finger_that_scrolls_takes_no_arrow_along() {
    for width in [375, 1440] {
        let mut page = Page::new(Scripts::On);
        page.resize(width, 812);
        page.open(&format!("{}/{}", origin(), chapter_of(ID)));
        find_whole(&mut page, ID);
        let ladder = "here.querySelector('.sc-ladder').textContent";
        let before = page.value(ladder);
        let tip = "[...here.querySelectorAll('.sc-row')].find((row) => row.querySelector('.sc-label b')?.textContent === 'F.')\
                   .querySelector('.sc-tip')";
        for down in [-200.0, 200.0] {
            let went = scrolls(&mut page, tip, down);
            assert!((went - down).abs() < SLOP, "{width}: the finger went by {down}, the page by {went}");
            assert_eq!(page.value(ladder), before, "{width}: no arrow is held");
            assert_eq!(page.value("here.querySelector('.sc-changed')"), json!(null));
        }
        assert_eq!(page.complaints(), [""; 0]);
    }
}

const OURS: [&str; 3] = ["*/loader-*.js", "*/capture.js", "*/messages.js"];

/// Before the book's own scripts have come: what they show has its place.
#[test]
fn what_comes_late_has_its_place_under_a_finger() {
    for address in ["capture.html", "messages.html", "playground.html", "introduction.html"] {
        let mut page = Page::new(Scripts::On);
        page.resize(375, 812);
        page.before_each_page(WATCH);
        // The page is drawn before its scripts run.
        page.call("Fetch.enable", json!({ "patterns": OURS.map(|script| json!({ "urlPattern": script })) }));
        page.call("Page.navigate", json!({ "url": format!("{}/{address}", origin()) }));
        std::thread::sleep(std::time::Duration::from_millis(1_000));
        page.call("Fetch.disable", json!({}));
        page.wait_until("document.readyState === 'complete'");
        enliven_playground(&mut page);
        page.value("new Promise((resolve) => setTimeout(resolve, 500))");
        let moved = page.number("window.moved");
        assert!(moved < SHIFT_MAX, "{address}: {moved}: {:?}", page.list("window.shifts"));
    }
}
