//! What hands do: keys through a mistake and back, back and forward, the first Tab, an arrow drawn down.

use serde_json::json;

use crate::book::{chapters_with_scenarios, open, origin};
use crate::page::{Page, Scripts};
use crate::wheel::{SHIFT_MAX, WATCH};
use crate::widget::{button, chapter_of, enliven, find, find_whole, meet, tab_to, unfold};

pub(crate) const ID: &str = "write-after-peer-close";
const EDITOR: &str = "here.querySelector('.sc-editor textarea')";

/// Puts the caret behind the line that begins so.
fn caret_behind(page: &mut Page, line: &str) {
    page.value(&format!(
        "(() => {{ const field = {EDITOR}; const at = field.value.indexOf('\\n', field.value.indexOf({})); \
         field.focus(); field.setSelectionRange(at, at); window.typedIn = field; }})()",
        json!(line)
    ));
}

#[test]
fn whoever_types_through_a_mistake_keeps_the_keyboard_and_the_page() {
    types_through_a_mistake_and_back(meet(ID));
}

/// The run of `ID` is live, and is called `here`.
pub(crate) fn types_through_a_mistake_and_back(mut page: Page) {
    unfold(&mut page, "Script");
    caret_behind(&mut page, "server read() = 5");
    let address = page.value("location.href");
    // Rows come and go above the editor; the browser keeps the line in its place.
    let place = format!("{EDITOR}.getBoundingClientRect().top");
    let before = page.value(&place).as_f64().expect("a height");
    page.type_text("\nclient write(\"x y\") = 3");
    let script = page.value(&format!("{EDITOR}.value"));
    assert!(script.as_str().is_some_and(|script| script.contains("= 5\nclient write(\"x y\") = 3\n")), "{script}");
    assert_eq!(page.value(&format!("{EDITOR} === window.typedIn && document.activeElement === window.typedIn")), true);
    assert_eq!(page.value("location.href"), address, "no key has gone to the page");
    let moved = page.value(&place).as_f64().expect("a height") - before;
    assert!(moved.abs() < 100.0, "the editor moved by {moved} pixels");
    page.wait_until("[...here.querySelectorAll('.sc-call')].some((call) => call.textContent.includes('x y'))");
    // A mistake is said when the reader pauses, and not before.
    page.type_text("0k");
    assert_eq!(page.value("here.querySelector('.sc-writing [role=status]').textContent"), "");
    page.wait_until("here.querySelector('.sc-editor b')");
    page.press("Backspace");
    page.press("Backspace");
    page.wait_until("!here.querySelector('.sc-editor b')");
    assert_eq!(page.value("document.activeElement === window.typedIn"), true, "nor when it is mended");
    // Undo takes a word back.
    page.click(&button("Undo"));
    page.wait_until(&format!("!{EDITOR}.value.includes('= 3')"));
    assert_eq!(page.value(&format!("{EDITOR}.value.includes('client write')")), true);
    caret_behind(&mut page, "server read() = 5");
    page.press("Tab");
    assert_ne!(page.value("document.activeElement.tagName"), "TEXTAREA", "Tab leaves the editor");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_line_begun_below_a_picture_is_completed_by_keys_alone() {
    let mut page = meet(ID);
    unfold(&mut page, "Script");
    caret_behind(&mut page, "server read() = 5");
    page.type_text("\nclient wri");
    let first = "here.querySelector('.sc-proposed button')";
    page.wait_until(&format!("{first}?.textContent === 'client write(\"more\")'"));
    page.press("Tab");
    assert_eq!(page.value(&format!("document.activeElement === {first}")), true, "Tab leaves the field for them");
    page.press(" ");
    page.wait_until(&format!("{EDITOR}.value.includes('= 5\\nclient write(\"more\")\\nserver close')"));
    page.wait_until(&format!("document.activeElement === {EDITOR} && !{first}"));
    page.click(&button("Undo"));
    page.wait_until(&format!("{EDITOR}.value.includes('client wri\\n')"));
    assert_eq!(page.complaints(), [""; 0]);
}

/// Real keys: Ctrl+Z goes back by words, and over what a click has put in; Ctrl+Shift+Z and Ctrl+Y go forth again. The
/// caret stays where the change was.
#[test]
fn ctrl_z_takes_back_words_and_what_a_click_has_put_in() {
    for address in [format!("{}#v=1&id={ID}", "playground.html"), chapter_of(ID)] {
        let mut page = Page::new(Scripts::On);
        page.resize(1440, 900);
        page.open(&format!("{}/{address}", origin()));
        if address.starts_with("playground") {
            page.wait_until("document.querySelector('.tcp-playground').dataset.live");
            page.value("window.here = document.querySelector('.pg'); 0");
        } else {
            find_whole(&mut page, ID);
            unfold(&mut page, "Script");
        }
        let value = format!("{EDITOR}.value");
        let first = page.value(&value);
        caret_behind(&mut page, "server read() = 5");
        page.type_text("\nclient read() = 0");
        let typed = page.value(&value);
        page.type_text("\nclient wri");
        // A slow machine has letters drawn late: Tab leads to what is proposed for all of them.
        page.wait_until("here.querySelector('.sc-proposed button')?.textContent.startsWith('client write(')");
        page.press("Tab");
        page.press(" ");
        page.wait_until(&format!("{value}.includes('client write(')"));
        let mut seen = vec![page.value(&value)];
        for _ in 0..20 {
            let before = seen.last().expect("it begins with one").clone();
            if before == first {
                break;
            }
            page.value("new Promise((resolve) => setTimeout(resolve, 60))");
            page.press_with_ctrl('z');
            page.wait_until(&format!("{value} !== {before}"));
            seen.push(page.value(&value));
            // The caret is not at the end.
            page.wait_until(&format!("{EDITOR}.selectionEnd < {value}.length - 20"));
            assert_eq!(page.value(&format!("document.activeElement === {EDITOR}")), true);
        }
        assert_eq!(seen.last(), Some(&first), "all of it is taken back");
        assert!(seen.contains(&typed), "line by line");
        assert!(seen.len() < 14, "by words, not by letters: {}", seen.len());
        for (at, script) in seen.iter().rev().skip(1).enumerate() {
            page.press_with_ctrl(if at % 2 == 0 { 'Z' } else { 'y' });
            page.wait_until(&format!("{value} === {script}"));
            page.wait_until(&format!("{EDITOR}.selectionEnd < {value}.length - 20"));
        }
        assert_eq!(page.value("here.querySelector('.sc-redo')"), json!(null), "all of it is there again");
        assert_eq!(page.complaints(), [""; 0]);
    }
}

/// Who has changed the run by clicks has the focus at the picture: the same keys are heard there. Nobody loses what he has
/// done by going back to the book's run.
#[test]
fn ctrl_z_is_heard_at_the_picture_too() {
    let mut page = meet(ID);
    let script = "here.querySelector('take-files')?.getAttribute('script')";
    unfold(&mut page, "Take away");
    let first = page.value(script);
    page.click("[...here.querySelectorAll('.sc-label')].find((label) => label.textContent.startsWith('F.'))");
    page.wait_until("here.querySelector('.sc-tools')");
    page.click("here.querySelector('.sc-tools button')");
    page.wait_until("here.querySelector('.sc-changed')");
    let changed = page.value(script);
    // On a slow machine a button that was pressed may be gone a moment before the picture has the focus.
    let is_heard = "here.contains(document.activeElement)";
    page.wait_until(is_heard);
    page.press_with_ctrl('z');
    page.wait_until(&format!("{script} === {first} && {is_heard}"));
    page.press_with_ctrl('Z');
    page.wait_until(&format!("{script} === {changed}"));
    page.click(&button("Back to the book's run"));
    page.wait_until(&format!("{script} === {first} && {is_heard}"));
    page.press_with_ctrl('z');
    page.wait_until(&format!("{script} === {changed}"));
    // The same by buttons, and by the keyboard at them.
    tab_to(&mut page, &button("Redo"));
    page.press(" ");
    page.wait_until(&format!("{script} === {first}"));
    page.click(&button("Undo"));
    page.wait_until(&format!("{script} === {changed} && {is_heard}"));
    assert_eq!(page.complaints(), [""; 0]);
}

/// On a slow machine several keys come before any of them is drawn. What is put in or taken back then is put into, or
/// taken from, what stands in the field.
#[test]
fn keys_that_come_before_they_are_drawn_are_in_nobody_s_way() {
    for address in [format!("{}#v=1&id={ID}", "playground.html"), chapter_of(ID)] {
        let mut page = Page::new(Scripts::On);
        page.open(&format!("{}/{address}", origin()));
        if address.starts_with("playground") {
            page.wait_until("document.querySelector('.tcp-playground').dataset.live");
            page.value("window.here = document.querySelector('.pg'); 0");
        } else {
            find_whole(&mut page, ID);
            unfold(&mut page, "Script");
        }
        let first = page.value(&format!("{EDITOR}.value"));
        caret_behind(&mut page, "server read() = 5");
        page.type_text("\nclient ");
        page.wait_until("here.querySelectorAll('.sc-proposed button').length > 1");
        // All in one turn: nothing is drawn meanwhile.
        page.value(&format!(
            "(() => {{ const field = {EDITOR}; \
             for (const letter of 'wri') {{ field.setRangeText(letter, field.selectionEnd, field.selectionEnd, 'end'); \
             field.dispatchEvent(new Event('input', {{ bubbles: true }})); }} \
             here.querySelector('.sc-proposed button').click(); }})()"
        ));
        let lines = "[...here.querySelectorAll('.sc-editor span')].map((line) => line.textContent)";
        page.wait_until(&format!("({lines}).join('\\n') === {EDITOR}.value && {EDITOR}.value !== {first}"));
        let put_in = page.value("here.querySelector('.sc-editor textarea').value.split('\\n')");
        let before: Vec<_> = first.as_str().expect("a text").split('\n').collect();
        let is_new = |line: &&serde_json::Value| !before.iter().any(|known| **line == *known);
        let lines = put_in.as_array().expect("lines");
        assert_eq!(lines.iter().filter(is_new).count(), 1, "one line is another: {lines:?}");
        assert_eq!(lines.len(), before.len() + 1, "and none is gone: {lines:?}");
        // A letter that is taken back before it was drawn.
        let whole = page.value(&format!("{EDITOR}.value"));
        page.value(&format!(
            "(() => {{ const field = {EDITOR}; field.setRangeText(' x', field.selectionEnd, field.selectionEnd, 'end'); \
             field.dispatchEvent(new Event('input', {{ bubbles: true }})); here.querySelector('.sc-undo').click(); }})()"
        ));
        page.wait_until(&format!("{EDITOR}.value === {whole}"));
        assert_eq!(page.complaints(), [""; 0]);
    }
}

/// Whoever takes a change back is where it was made, wherever the reader has gone meanwhile.
#[test]
fn a_change_is_taken_back_where_it_was_made() {
    for (width, height) in [(1440, 900), (375, 812)] {
        let mut page = Page::new(Scripts::On);
        page.resize(width, height);
        page.open(&format!("{}/{}", origin(), chapter_of(ID)));
        find_whole(&mut page, ID);
        let fin = "[...here.querySelectorAll('.sc-label')].find((label) => label.textContent.startsWith('F.'))";
        let row = page.value(&format!("{fin}.closest('.sc-row').dataset.step"));
        let is_there = format!(
            "here.querySelector('.sc-now')?.dataset.step === {row} && (() => {{ \
             const {{ top, bottom }} = here.querySelector('.sc-now').getBoundingClientRect(); \
             return top >= 0 && bottom <= here.querySelector('.sc-desk').getBoundingClientRect().top; }})()"
        );
        for name in ["Lose it", "Delay it", "Send it twice"] {
            page.click(fin);
            page.wait_until("here.querySelector('.sc-tools')");
            page.click(&button(name));
            page.wait_until("here.querySelector('.sc-changed')");
            page.wait_until("here.contains(document.activeElement)");
            page.press("Home");
            page.wait_until("here.querySelector('.sc-now')?.dataset.step === '0'");
            page.press_with_ctrl('z');
            page.wait_until(&format!("!here.querySelector('.sc-changed') && {is_there}"));
        }
        assert_eq!(page.complaints(), [""; 0]);
    }
}

/// By the keyboard alone, at a desk and on a telephone: the list below a title leads to each heading, and moves nothing.
#[test]
fn the_list_of_headings_leads_there() {
    for (width, height) in [(1440, 900), (375, 812)] {
        let mut page = Page::new(Scripts::On);
        page.resize(width, height);
        page.before_each_page(WATCH);
        page.open(&format!("{}/orderly/half-close.html", origin()));
        let list = "document.querySelector('main > .headings')";
        page.value("document.querySelector('main').focus()");
        tab_to(&mut page, &format!("{list}.firstElementChild"));
        page.press("Enter");
        page.wait_until(&format!("{list}.open"));
        page.value(&format!("window.links = [...{list}.querySelectorAll('a')]; 0"));
        let texts = |them: &str| format!("[...document.querySelectorAll('{them}')].map((it) => it.textContent)");
        assert_eq!(page.list(&texts("main .headings a")), page.list(&texts("main h2")));
        for _ in 0..3 {
            page.press("Tab");
        }
        assert_eq!(page.value("document.activeElement === links[2]"), true);
        page.press("Enter");
        page.wait_until("location.hash === links[2].hash");
        page.value("window.links = [document.getElementById(location.hash.slice(1))]; 0");
        assert_eq!(page.list(ASTRAY), [""; 0], "{width}");
        let moved = page.number("window.moved");
        assert!(moved < SHIFT_MAX, "{width}: {moved}: {:?}", page.list("window.shifts"));
        assert_eq!(page.complaints(), [""; 0]);
    }
}

/// How far each heading of a page is from the place to which a link to it must lead, if that is a pixel or more: some
/// room below the page's top, or wherever it is when the page is at its end.
const ASTRAY: &str = "(async () => {
    const drawn = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const astray = (heading) => {
      const end = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
      const away = heading.getBoundingClientRect().top - parseFloat(getComputedStyle(heading).scrollMarginTop);
      return end && away >= 0 ? 0 : away;
    };
    const wrong = [];
    for (const heading of links) {
      history.replaceState(null, '', location.pathname);
      scrollTo(0, 0);
      await drawn();
      location.hash = heading.id;
      await drawn();
      const away = astray(heading);
      if (Math.abs(away) >= 1) wrong.push(`#${heading.id}: ${away} pixels away`);
    }
    return wrong;
  })()";

#[test]
fn a_link_to_a_heading_leads_there_to_the_pixel_with_every_picture_live() {
    let mut wrong = Vec::new();
    let mut followed = 0.0;
    for (index, chapter) in chapters_with_scenarios().into_iter().enumerate() {
        let mut page = Page::new(Scripts::On);
        let (width, height) = [(1440, 900), (375, 812)][index % 2];
        page.resize(width, height);
        page.open(&format!("{}/{chapter}", origin()));
        let headings = "window.links = [...document.querySelectorAll('main h2[id]')]; 0";
        page.value(headings);
        let ids = page.list("links.map((heading) => heading.id)");
        // From another page, while the pictures come; then from the page itself, when all of them are there.
        for id in [ids.first(), ids.last()].into_iter().flatten() {
            page.open(&format!("{}/404.html", origin()));
            page.open(&format!("{}/{chapter}#{id}", origin()));
            page.value("new Promise((resolve) => setTimeout(resolve, 700))");
            let away = page.number(&format!(
                "(() => {{ const heading = document.getElementById({}); \
                 const end = scrollY + innerHeight >= document.documentElement.scrollHeight - 2; \
                 const away = heading.getBoundingClientRect().top - parseFloat(getComputedStyle(heading).scrollMarginTop); \
                 return end && away >= 0 ? 0 : away; }})()",
                json!(id)
            ));
            if away.abs() >= 1.0 {
                wrong.push(format!("{chapter}#{id} at {width}, opened: {away} pixels away"));
            }
        }
        enliven(&mut page, &chapter);
        page.value(headings);
        followed += page.number("links.length");
        wrong.extend(page.list(ASTRAY).into_iter().map(|what| format!("{chapter} at {width}: {what}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(followed > 100.0, "only {followed} headings");
}

/// Backwards to a place of the same page: mdBook's bar lies at the page's top, or is not seen.
#[test]
fn a_jump_upwards_leaves_no_bar_over_the_text() {
    for width in [1440, 375] {
        let mut page = Page::new(Scripts::On);
        page.resize(width, 812);
        page.open(&format!("{}/orderly/half-close.html", origin()));
        for (from, to) in [(2_600, 2_400), (2_600, 2_100), (2_600, 1_900)] {
            for place in [from, to] {
                page.value(&format!("scrollTo({{ top: {place}, behavior: 'instant' }})"));
                page.value("new Promise((resolve) => setTimeout(resolve, 200))");
            }
            let top = page.number("document.getElementById('mdbook-menu-bar').getBoundingClientRect().top");
            assert!(top <= 0.0, "{width}: from {from} to {to} it is at {top}");
        }
        assert_eq!(page.complaints(), [""; 0]);
    }
}

#[test]
fn back_and_forward_bring_a_change_back() {
    change_goes_and_comes_back(meet(ID));
}

/// The run of `ID` is live, and is called `here`.
pub(crate) fn change_goes_and_comes_back(mut page: Page) {
    page.click("here.querySelectorAll('.sc-row .sc-label')[3]");
    page.wait_until("here.querySelector('.sc-tools')");
    page.click("here.querySelector('.sc-tools button')");
    page.wait_until("here.querySelector('.sc-changed')");
    let script = page.value("here.querySelector('.sc-changed span').textContent");
    let address = page.value("location.href");
    page.open(&format!("{}/reference/glossary.html", origin()));
    for _ in 0..2 {
        page.travel(-1);
        page.wait_until(&format!("location.href === {address} && document.readyState === 'complete'"));
        find(&mut page, ID);
        page.wait_until(&format!("here.querySelector('.sc-changed span')?.textContent === {script}"));
        page.travel(1);
        page.wait_until("location.pathname.endsWith('/glossary.html') && document.readyState === 'complete'");
    }
    page.travel(-1);
    page.wait_until(&format!("location.href === {address} && document.readyState === 'complete'"));
    find(&mut page, ID);
    page.click(&button("Back to the book's run"));
    page.wait_until("!here.querySelector('.sc-changed')");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn the_first_thing_that_the_tab_key_finds_leads_past_the_list_of_chapters() {
    let mut page = open(&chapter_of(ID), Scripts::On);
    let link = "document.querySelector('.sc-skip')";
    let place = |page: &mut Page| page.value(&format!("getComputedStyle({link}).clipPath"));
    assert_ne!(place(&mut page), "none", "nobody sees it before");
    page.press("Tab");
    assert_eq!(page.value(&format!("document.activeElement === {link}")), true);
    assert_eq!(place(&mut page), "none", "it is seen when it has the focus");
    assert_eq!(page.value(&format!("{link}.textContent")), "To the text");
    page.press("Enter");
    page.wait_until("document.activeElement === document.querySelector('main')");
    page.press("Tab");
    assert_eq!(
        page.value("document.querySelector('main').contains(document.activeElement)"),
        true,
        "and goes on there"
    );
    assert_eq!(page.value("document.activeElement.closest('.sidebar') === null"), true);
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn the_end_of_an_arrow_can_be_drawn_down() {
    let mut page = meet(ID);
    unfold(&mut page, "Script");
    let grip = "[...here.querySelectorAll('.sc-row')].find((row) => row.querySelector('.sc-label b')?.textContent === 'F.')\
                .querySelector('.sc-grip circle')";
    page.value(&format!("{grip}.scrollIntoView({{ block: 'center', behavior: 'instant' }})"));
    let place = page.value(&format!("(() => {{ const {{ x, y, width, height }} = {grip}.getBoundingClientRect(); return [x + width / 2, y + height / 2]; }})()"));
    let [x, y] = [0, 1].map(|axis| place[axis].as_f64().expect("it has a place"));
    for (kind, down) in [
        ("mouseMoved", 0.0),
        ("mousePressed", 0.0),
        ("mouseMoved", 30.0),
        ("mouseMoved", 60.0),
        ("mouseReleased", 60.0),
    ] {
        let params = json!({ "type": kind, "x": x, "y": y + down, "button": "left", "buttons": 1, "clickCount": 1 });
        page.call("Input.dispatchMouseEvent", params);
    }
    page.wait_until(&format!("{EDITOR}.value.includes('link hold next FIN from server 300ms')"));
    page.wait_until("here.querySelector('.sc-now .sc-label b')?.textContent === 'F.'");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_click_asks_for_tools_and_a_link_of_the_text_does_not() {
    let mut page = open(&chapter_of(ID), Scripts::On);
    find_whole(&mut page, ID);
    page.value("here.querySelector('.sc-row[data-step=\"12\"]').click()");
    page.wait_until("here.querySelector('.sc-now')?.dataset.step === '12'");
    assert_eq!(page.value("here.querySelector('.sc-tools')"), json!(null));
    page.click("here.querySelector('.sc-row[data-step=\"12\"] .sc-label, .sc-row[data-step=\"12\"] .sc-call')");
    page.wait_until("here.querySelector('.sc-tools')");
    // The keyboard's way: Enter at the picture opens them, the first has the focus, Escape closes them.
    page.press("Escape");
    page.wait_until("!here.querySelector('.sc-tools')");
    page.value("here.querySelector('.sc-live').focus()");
    page.press("ArrowRight");
    page.press("Enter");
    page.wait_until("here.querySelector('.sc-tools')?.contains(document.activeElement)");
    page.press("Escape");
    page.wait_until("!here.querySelector('.sc-tools')");
    assert_eq!(page.complaints(), [""; 0]);
}

/// One picture, full screen, in large letters; keys are enough, and nothing but the picture can be pressed.
#[test]
fn who_presents_needs_keys_alone() {
    let mut page = meet(ID);
    let stage = "here.querySelector('.sc-live')";
    let size = format!("{stage}.querySelector('.sc-call').getBoundingClientRect().height");
    let before = page.number(&size);
    page.click(&button("Present"));
    page.wait_until(&format!("document.fullscreenElement === {stage} && document.activeElement === {stage}"));
    page.wait_until(&format!("{size} > {before} * 1.4"));
    let now = "Number(here.querySelector('.sc-now')?.dataset.step)";
    let last = page.number("here.querySelectorAll('.sc-row[data-step]').length") - 1.0;
    for (key, expected) in [("Home", 0.0), ("ArrowRight", 1.0), ("ArrowRight", 2.0), ("ArrowLeft", 1.0), ("End", last)]
    {
        page.press(key);
        page.wait_until(&format!("{now} === {expected}"));
        page.wait_until(&format!(
            "(() => {{ const row = here.querySelector('.sc-now').getBoundingClientRect(); \
             return row.height === 0 || (row.top >= 0 && row.bottom <= {stage}.querySelector('.sc-desk').getBoundingClientRect().top); }})()"
        ));
    }
    page.press("Home");
    page.wait_until(&format!("{now} === 0"));
    page.press(" ");
    page.wait_until(&format!("{now} > 1"));
    page.press(" ");
    let controls =
        "[...document.fullscreenElement.querySelectorAll('.sc-controls, .sc-handles, .sc-table, .sc-editor')]";
    assert_eq!(page.value(&format!("{controls}.some((it) => it.checkVisibility())")), false, "controls are in the way");
    page.value("document.exitFullscreen()");
    page.wait_until(&format!("!document.fullscreenElement && {size} < {before} * 1.1"));
    assert_eq!(
        page.value(&format!("document.activeElement === {stage}")),
        true,
        "and the keys are still the picture's"
    );
    // The page was left at the button, which stands below the picture.
    let row = "(() => { const { top, bottom } = here.querySelector('.sc-now').getBoundingClientRect(); \
               return top > 60 && bottom < here.querySelector('.sc-desk').getBoundingClientRect().top; })()";
    page.wait_until(row);
    page.press("ArrowRight");
    page.wait_until(row);
    assert_eq!(page.complaints(), [""; 0]);
}

/// The run of the front page plays once by itself, and takes neither the page nor the keyboard; one button changes it.
#[test]
fn the_front_page_s_run_plays_once_and_one_button_changes_its_end() {
    for (width, height) in [(1440, 900), (375, 812)] {
        let mut page = Page::new(Scripts::On);
        page.resize(width, height);
        page.open(&format!("{}/introduction.html", origin()));
        find(&mut page, "close-with-unread-data");
        page.value("scrollTo(0, 0)");
        let last = "[...here.querySelectorAll('.sc-row[data-step]')].at(-1)";
        page.wait_until("here.querySelector('.sc-now')");
        page.wait_until(&format!("{last}.classList.contains('sc-now')"));
        page.value("new Promise((resolve) => setTimeout(resolve, 1500))");
        assert_eq!(page.value(&format!("{last}.classList.contains('sc-now')")), true, "it plays once");
        assert_eq!(page.value("scrollY"), 0);
        assert_eq!(page.value("document.activeElement === document.body"), true);
        let ends = "[...here.querySelectorAll('.sc-call .sc-errno')].map((errno) => errno.textContent).join()";
        assert!(page.value(ends).to_string().contains("ECONNRESET"));
        assert_eq!(page.value("here.querySelectorAll('.sc-try button').length"), 1, "one button");
        page.click("here.querySelector('.sc-try button')");
        page.wait_until(&format!("!({ends}).includes('ECONNRESET')"));
        page.wait_until("here.querySelector('.sc-changed')?.textContent.includes('differ')");
        assert_eq!(page.complaints(), [""; 0]);
    }
    // Whoever wants no motion starts it.
    let mut page = Page::new(Scripts::On);
    let calm = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
    page.call("Emulation.setEmulatedMedia", calm);
    page.open(&format!("{}/introduction.html", origin()));
    find(&mut page, "close-with-unread-data");
    page.value("new Promise((resolve) => setTimeout(resolve, 2500))");
    assert_eq!(page.value("here.querySelector('.sc-now')"), json!(null));
}
