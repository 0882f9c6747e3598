//! What a reader predicts, and what is made of it.

use serde_json::json;

use crate::book::{open, origin};
use crate::page::{Page, Scripts};
use crate::widget::{button, find, find_whole, meet, tab_to};

const QUESTION: &str = "here.querySelector('.sc-asked b')?.textContent";
const VERDICT: &str = "here.querySelector('.sc-verdict strong')?.textContent";
const SCORE: &str = "here.querySelector('.sc-verdict small')?.textContent";
/// The last row that can be seen, and how many there are.
const SEEN: &str = "[...here.querySelectorAll('.sc-row[data-step]')].filter((row) => row.querySelector('.sc-wire').checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) || row.closest('.sc-fold')).length";
const ROWS: &str = "here.querySelectorAll('.sc-row[data-step]').length";

fn choice(name: &str) -> String {
    format!("[...here.querySelectorAll('.sc-answer')].find((choice) => choice.textContent === '{name}')")
}

fn asks(page: &mut Page, question: &str) {
    page.wait_until(&format!("{QUESTION} === '{question}'"));
}

#[test]
fn with_the_mouse_a_right_answer_and_a_wrong_one_are_told_apart() {
    let mut page = meet("write-after-peer-close");
    page.click(&button("Predict"));
    page.wait_until(&format!("{}.ariaPressed === 'true'", button("Predict")));
    page.click(&button("Last step"));
    asks(&mut page, "server calls close(). What does it send?");
    assert_eq!(page.value(&format!("{SEEN} < {ROWS}")), true, "what comes next is hidden");
    assert_eq!(
        page.value("here.querySelector('.sc-table').checkVisibility({ visibilityProperty: true })"),
        false,
        "the table would tell it"
    );
    let seen = page.value(SEEN);
    page.click(&button("One step forward"));
    page.click(&button("Last step"));
    assert_eq!(page.value(SEEN), seen, "nobody gets past a question");
    page.click(&choice("a FIN"));
    page.wait_until(&format!("{VERDICT} === 'Right.'"));
    assert_eq!(page.value(SCORE), "1 of 1 right on this page");
    page.click(&button("Next"));
    asks(&mut page, "What does client write(\"one more\") return?");
    page.click(&choice("EPIPE"));
    page.wait_until(&format!("{VERDICT} === 'Not so: write(\"one more\") = 8.'"));
    assert_eq!(page.value(SCORE), "1 of 2 right on this page");
    page.click(&button("Predict"));
    page.wait_until(&format!("{SEEN} === {ROWS}"));
    assert_eq!(page.complaints(), [""; 0]);
}

/// What is still to come is nowhere under the mouse: no frame, no other pointer, nothing that can be drawn down; nor is it
/// told by what differs from the book's run.
#[test]
fn nothing_of_what_comes_is_told_by_pointing_or_by_marks() {
    let mut page = meet("write-after-peer-close");
    page.click("[...here.querySelectorAll('.sc-row')].find((row) => row.querySelector('.sc-label b')?.textContent === 'R').querySelector('.sc-label')");
    page.wait_until("here.querySelector('.sc-tools')");
    page.click("here.querySelector('.sc-tools button')");
    page.wait_until("here.querySelector('.sc-other') && here.querySelector('.sc-gone-row')");
    page.click(&button("Predict"));
    page.wait_until("here.querySelector('.sc-answer')");
    assert_eq!(page.value("here.querySelector('.sc-other, .sc-gone-row')"), json!(null));
    let hidden = page.number("here.querySelectorAll('.sc-later').length");
    assert!(hidden > 5.0, "{hidden} rows are still to come");
    let script = page.value("here.querySelector('.sc-changed').textContent");
    for at in 0..hidden as usize {
        let row = format!("here.querySelectorAll('.sc-later')[{at}]");
        page.value(&format!("{row}.scrollIntoView({{ block: 'center', behavior: 'instant' }})"));
        for part in ["", ".querySelector('.sc-wire')", ".querySelector('.sc-grip circle')"] {
            let place = page.value(&format!(
                "(() => {{ const box = {row}{part}?.getBoundingClientRect(); return box && [box.x + box.width / 2, box.y + box.height / 2]; }})()"
            ));
            let [Some(x), Some(y)] = [0, 1].map(|axis| place[axis].as_f64()) else { continue };
            let pointed = "document.elementFromPoint(X, Y)?.closest('.sc-later') ?? null";
            let pointed = pointed.replace('X', &x.to_string()).replace('Y', &y.to_string());
            assert_eq!(page.value(&pointed), json!(null), "row {at} of those to come, {part}");
            page.click_at([x, y]);
            // What the mouse is over is found anew a moment after the page has changed.
            page.wait_until("!here.querySelector('.sc-later:hover')");
        }
    }
    assert_eq!(page.value("here.querySelector('.sc-changed').textContent"), script);
    assert_eq!(page.value("!!here.querySelector('.sc-answer')"), true, "it still asks");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn with_the_keyboard_alone_and_the_score_leaves_with_the_page() {
    let mut page = meet("write-after-peer-close");
    page.value("here.querySelector('.sc-live').focus()");
    tab_to(&mut page, &button("Predict"));
    page.press(" ");
    page.press("End");
    asks(&mut page, "server calls close(). What does it send?");
    tab_to(&mut page, &choice("a reset"));
    page.press(" ");
    page.wait_until(&format!("{VERDICT}?.startsWith('Not so: a FIN')"));
    assert_eq!(page.value(SCORE), "0 of 1 right on this page");
    // The button that was pressed is gone, the keyboard goes on where the way goes on.
    page.wait_until("document.activeElement.textContent === 'Next'");
    page.press(" ");
    asks(&mut page, "What does client write(\"one more\") return?");
    tab_to(&mut page, &choice("8"));
    page.press(" ");
    page.wait_until(&format!("{VERDICT} === 'Right.'"));
    assert_eq!(page.value(SCORE), "1 of 2 right on this page");

    let address = page.value("location.href");
    page.open(address.as_str().expect("an address"));
    find_whole(&mut page, "write-after-peer-close");
    page.click(&button("Predict"));
    page.wait_until(&format!("{}.ariaPressed === 'true'", button("Predict")));
    page.click(&button("Last step"));
    asks(&mut page, "server calls close(). What does it send?");
    page.click(&choice("a FIN"));
    page.wait_until(&format!("{SCORE} === '1 of 1 right on this page'"));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn at_the_end_there_is_a_result_and_the_whole_run() {
    let mut page = meet("write-after-peer-close");
    page.click(&button("Predict"));
    for right in ["a FIN", "8", "a reset", "ECONNRESET", "0"] {
        page.wait_until("here.querySelector('.sc-answer')");
        page.click(&choice(right));
        page.wait_until("here.querySelector('.sc-verdict strong')");
        if page.value(&button("Next")) != json!(null) {
            page.click(&button("Next"));
        }
    }
    page.wait_until("here.querySelector('.sc-verdict').textContent.includes('4 of 5 right in this run')");
    page.click(&button("See the whole run"));
    page.wait_until(&format!("{SEEN} === {ROWS} && !here.querySelector('.sc-quiz')"));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_chapter_s_picture_may_begin_with_its_question_and_is_whole_on_paper() {
    let mut page = open("reset/write-after-close.html", Scripts::On);
    find(&mut page, "write-after-peer-close");
    asks(&mut page, "server calls close(). What does it send?");
    let seen = page.value(SEEN).as_u64().expect("a number");
    assert!(seen > 5, "what came before the question can be seen: {seen} rows");
    assert_eq!(page.value(&format!("{SEEN} < {ROWS}")), true, "what comes next is hidden");
    page.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    assert_eq!(page.value(&format!("{SEEN} === {ROWS}")), true, "on paper nothing is hidden");
    assert_eq!(page.complaints(), [""; 0]);
}

/// How large what a finger presses is, in pixels.
const FINGER: f64 = 44.0;

/// What is asked about, and every answer, are seen together on a telephone: nothing is behind the bar. The way on is where
/// the answers were.
#[test]
fn on_a_telephone_the_bar_hides_neither_the_row_nor_an_answer() {
    let mut page = Page::new(Scripts::On);
    page.resize(375, 812);
    page.open(&format!("{}/reset/write-after-close.html", origin()));
    find(&mut page, "write-after-peer-close");
    let hit = "window.hit = (it) => { const { left, top, width, height } = it.getBoundingClientRect(); \
               return it.contains(document.elementFromPoint(left + width / 2, top + height / 2)); }; 0";
    page.value(hit);
    // One that is at rest.
    let rests = "(async () => { let last; do { last = scrollY; await new Promise((resolve) => setTimeout(resolve, 150)); } while (scrollY !== last); })()";
    let row = "here.querySelector('.sc-now')";
    let mut asked = 0;
    let mut answers = [0.0; 2];
    // The reader comes to the first question by scrolling, to all others by what is pressed.
    page.value(&format!("{row}.scrollIntoView({{ block: 'center', behavior: 'instant' }})"));
    loop {
        page.wait_until("here.querySelector('.sc-answer')");
        asked += 1;
        for (what, place) in [
            ("the question", "here.querySelectorAll('.sc-answer')"),
            ("the verdict", "here.querySelectorAll('.sc-next')"),
        ] {
            page.value(rests);
            page.wait_until(&format!("{place}.length > 0"));
            assert_eq!(page.value(&format!("[...{place}].every(hit)")), true, "{what} {asked} can be pressed");
            assert_eq!(
                page.value(&format!(
                    "{row}.getBoundingClientRect().top >= 0 \
                     && {row}.getBoundingClientRect().bottom <= here.querySelector('.sc-desk').getBoundingClientRect().top"
                )),
                true,
                "{what} {asked} is asked with its row in view"
            );
            if what == "the verdict" {
                let next = page.number(
                    "(({ top, bottom }) => (top + bottom) / 2)(here.querySelector('.sc-next').getBoundingClientRect())",
                );
                assert!(
                    (answers[0] - FINGER..=answers[1] + FINGER).contains(&next),
                    "{what} {asked} is at {next}, where {answers:?} were"
                );
            } else {
                answers = ["at(0).top", "at(-1).bottom"]
                    .map(|edge| page.number(&format!("[...{place}].map((it) => it.getBoundingClientRect()).{edge}")));
                page.tap("here.querySelector('.sc-answer')");
            }
        }
        if page.value("here.querySelector('.sc-next').textContent") != "Next" {
            break;
        }
        page.tap(&button("Next"));
    }
    assert!(asked > 3, "only {asked} questions");
    page.tap(&button("See the whole run"));
    page.wait_until("!here.querySelector('.sc-quiz')");
    assert_eq!(page.complaints(), [""; 0]);
}
