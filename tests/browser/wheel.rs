//! The wheel through every page, in the hands of a reader who does not wait: a page goes as far as it was turned and
//! nowhere else, and nothing of it moves by itself.

use std::io::{self, Write as _};

use crate::book::{chapters, origin, scenarios_of};
use crate::page::{Page, Scripts};

/// The pages are looked at in four parts, so that a machine can do some of it side by side.
const PARTS: usize = 4;

#[test]
fn first_part() {
    nothing_goes_astray(0);
}

#[test]
fn second_part() {
    nothing_goes_astray(1);
}

#[test]
fn third_part() {
    nothing_goes_astray(2);
}

#[test]
fn fourth_part() {
    nothing_goes_astray(3);
}

/// The program is compiled a second after it has come.
const LATE: &str = "
    const compile = WebAssembly.instantiateStreaming;
    WebAssembly.instantiateStreaming = async (...given) => {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return compile(...given);
    };";

#[test]
fn a_playground_that_comes_late_throws_nobody() {
    for (width, height) in [(1440, 900), (375, 812)] {
        let mut page = Page::new(Scripts::On);
        page.resize(width, height);
        page.before_each_page(WATCH);
        page.before_each_page(LATE);
        page.open(&format!("{}/playground.html", origin()));
        page.wheel([f64::from(width) / 2.0, f64::from(height) / 2.0], TURN);
        page.wait_until("scrollY > 0");
        assert_eq!(page.value("document.querySelector('.tcp-playground').dataset.live ?? 'late'"), "late");
        page.wait_until("document.querySelector('.tcp-playground').dataset.live === 'yes'");
        let after = "new Promise((resolve) => setTimeout(() => resolve(scrollY), 300))";
        assert_eq!(page.number(after), TURN, "{:?}", page.list("window.astray"));
        assert_eq!(page.list("window.astray"), [""; 0], "{width}");
        let moved = page.number("window.moved");
        assert!(moved < SHIFT_MAX, "{width}: a layout shift of {moved}: {:?}", page.list("window.shifts"));
    }
}

fn nothing_goes_astray(part: usize) {
    let mut wrong = Vec::new();
    let (mut pages, mut pixels, mut most) = (0, 0.0, (0.0, String::new()));
    for chapter in chapters().iter().skip(part).step_by(PARTS) {
        for (width, height) in [(1440, 900), (375, 812)] {
            let mut page = Page::new(Scripts::On);
            page.resize(width, height);
            page.before_each_page(WATCH);
            page.open(&format!("{}/{chapter}", origin()));
            wrong.extend(wheel_through(&mut page).into_iter().map(|what| format!("{chapter} at {width}: {what}")));
            if page.value("document.activeElement === document.body") != true {
                wrong.push(format!(
                    "{chapter} at {width}: the keyboard is at {}",
                    page.value("document.activeElement.outerHTML.slice(0, 80)")
                ));
            }
            pages += 1;
            pixels += page.number("document.documentElement.scrollHeight - innerHeight");
            let moved = page.number("window.moved");
            if moved >= most.0 {
                most = (moved, format!("{chapter} at {width}"));
            }
            let live = page.number("document.querySelectorAll('.scenario[data-live=yes]').length");
            if live < scenarios_of(chapter) as f64 {
                wrong.push(format!("{chapter} at {width}: {live} of its pictures are live"));
            }
        }
    }
    // A log for whoever runs the tests: what these print is shown of those that fail alone.
    let went = if wrong.is_empty() { "none went astray, none took the keyboard".to_owned() } else { wrong.join("; ") };
    let said = format!(
        "wheel: {pages} pages, {pixels} pixels down and back: {went}; most moved: {:.4} ({})\n",
        most.0, most.1
    );
    io::stderr().write_all(said.as_bytes()).expect("there is a place for errors");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Notes where the page scrolled to without being turned, and what has moved in it without being asked to, beside
/// mdBook's bar, which comes back when one turns upwards. A turn of the wheel may be answered by less than it asks for, at the page's ends.
pub(crate) const WATCH: &str = "
    window.astray = []; window.moved = 0; window.shifts = [];
    let owed = 0, last = 0;
    // A browser may answer a turn when the next one has come; more than two are never on their way.
    addEventListener('wheel', ({ deltaY }) => { owed = owed * deltaY > 0 ? 2 * deltaY : deltaY; }, { capture: true, passive: true });
    addEventListener('scroll', () => {
      const went = scrollY - last; last = scrollY;
      const meant = Math.min(Math.max(went, Math.min(owed, 0)), Math.max(owed, 0)); owed -= meant;
      if (Math.abs(went - meant) > 2) astray.push(`from ${last - went} to ${last}, where the wheel asked for ${meant}`);
    });
    const isOurs = ({ node }) => !(node instanceof Element ? node : node?.parentElement)?.closest('#mdbook-menu-bar');
    if (PerformanceObserver.supportedEntryTypes.includes('layout-shift')) new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
      if (entry.hadRecentInput || !entry.sources.some(isOurs)) return;
      window.moved += entry.value;
      shifts.push(`${entry.value.toFixed(3)}: ${entry.sources.filter(isOurs).map(({ node, previousRect, currentRect }) => `${node?.nodeName} ${node?.className ?? ''} ${node?.textContent.trim().slice(0, 20)} ${previousRect.top} → ${currentRect.top}`)}`);
    })).observe({ type: 'layout-shift', buffered: true });";

/// What may move of a page while it is read through: nothing that anybody would see.
pub(crate) const SHIFT_MAX: f64 = 0.01;
/// What one turn of the wheel asks for, in pixels.
const TURN: f64 = 480.0;
/// No page is as long as so many turns.
const TURNS_MAX: usize = 200;

/// Turns the wheel from a page's beginning to its end and back: what went wrong on the way.
pub(crate) fn wheel_through(page: &mut Page) -> Vec<String> {
    let place = page.value("(() => { const { x, width } = document.querySelector('main').getBoundingClientRect(); return [x + width / 2, innerHeight / 2]; })()");
    let place = [0, 1].map(|axis| place[axis].as_f64().expect("the text has a place"));
    for (down, is_over) in
        [(TURN, "scrollY + innerHeight >= document.documentElement.scrollHeight - 1"), (-TURN, "scrollY <= 0")]
    {
        let mut turns = 0;
        // Two frames: what was turned is there, and what came into view has heard of it.
        let turned = format!(
            "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve({is_over}))))"
        );
        while page.value(&turned) != true {
            page.wheel(place, down);
            turns += 1;
            if turns == TURNS_MAX {
                return vec![format!("after {turns} turns of the wheel the page is at {}", page.value("scrollY"))];
            }
        }
    }
    let mut wrong = page.list("window.astray");
    let moved = page.number("window.moved");
    if moved >= SHIFT_MAX {
        wrong.push(format!("a layout shift of {moved}: {:?}", page.list("window.shifts")));
    }
    wrong
}
