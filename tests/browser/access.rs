//! For whom mouse, sharp eyes or calm eyes are missing: axe-core's rules while a widget is used, the keyboard's way
//! through it, reduced motion.

use serde_json::json;

use crate::book::origin;
use crate::chapter::{TOO_WIDE, faint_chapters, inaccessible};
use crate::page::{Page, Scripts};
use crate::widget::{button, chapter_of, find_whole, meet, unfold};

const ID: &str = "write-after-peer-close";
const DRAWERS: [&str; 5] = ["Script", "States", "Sockets", "Header", "Take away"];
const EDITOR: &str = "here.querySelector('.sc-editor textarea')";

#[test]
fn with_all_unfolded_nothing_is_wrong_in_any_theme() {
    let mut page = meet(ID);
    page.click("here.querySelector('.sc-row[data-step=\"13\"]')");
    page.wait_until("here.querySelector('.sc-tools')");
    for drawer in DRAWERS {
        unfold(&mut page, drawer);
        assert_eq!(inaccessible(&mut page), [""; 0], "{drawer}");
    }
}

#[test]
fn while_a_reader_predicts_nothing_is_wrong_in_any_theme() {
    let mut page = meet(ID);
    page.click(&button("Predict"));
    page.wait_until("here.querySelector('.sc-quiz')");
    page.press("End");
    page.wait_until("here.querySelector('.sc-answer')");
    assert_eq!(inaccessible(&mut page), [""; 0]);
    page.click("here.querySelector('.sc-answer')");
    page.wait_until("here.querySelector('.sc-verdict strong')");
    assert_eq!(inaccessible(&mut page), [""; 0], "with a verdict");
}

#[test]
fn after_a_change_and_after_a_mistake_nothing_is_wrong_in_any_theme() {
    let mut page = meet(ID);
    unfold(&mut page, "Script");
    let script = catalogue::scenario(ID).expect("it is in the book").text;
    page.choose("here.querySelector('.sc-runtimes')", "Python 3.11");
    page.write(EDITOR, &script.replace("= EPIPE", "= ECONNRESET"));
    page.wait_until("here.querySelector('.sc-ladder .sc-differs')");
    assert_eq!(inaccessible(&mut page), [""; 0], "with a mark on what came out differently");
    page.click(&button("Side by side: Linux, and smoltcp as it is"));
    page.wait_until("here.querySelector('.sc-bare')");
    assert_eq!(inaccessible(&mut page), [""; 0], "with two pictures");
    page.write(EDITOR, &script.replace("close()", "klose()"));
    page.wait_until("here.querySelector('.sc-editor b')");
    assert_eq!(inaccessible(&mut page), [""; 0], "with a message at the line");
}

/// The chapter that is open stands out there, and can be read.
#[test]
fn the_list_of_chapters_can_be_read_in_every_theme() {
    let mut page = meet(ID);
    page.resize(1440, 900);
    assert_eq!(page.value("document.querySelector('#mdbook-sidebar a.active').checkVisibility()"), true);
    assert_eq!(faint_chapters(&mut page), [""; 0]);
}

#[test]
fn on_a_telephone_nothing_runs_out_of_the_page_with_all_unfolded() {
    let mut page = Page::new(Scripts::On);
    let telephone = json!({ "width": 375, "height": 812, "deviceScaleFactor": 2, "mobile": true });
    page.call("Emulation.setDeviceMetricsOverride", telephone);
    page.open(&format!("{}/{}", origin(), chapter_of(ID)));
    find_whole(&mut page, ID);
    page.choose("here.querySelector('.sc-runtimes')", "Java SocketChannel, JDK 17");
    for step in 0..23 {
        page.value(&format!("here.querySelector('.sc-row[data-step=\"{step}\"]').click()"));
        page.wait_until(&format!("here.querySelector('.sc-now')?.dataset.step === '{step}'"));
        assert_eq!(page.list(&format!("{TOO_WIDE}.slice(0, 5)")), [""; 0], "step {step}");
    }
    for drawer in DRAWERS {
        unfold(&mut page, drawer);
        assert_eq!(page.list(&format!("{TOO_WIDE}.slice(0, 5)")), [""; 0], "{drawer}");
    }
}

/// What has the focus, as a reader would call it, and whether it can be seen that it has.
const FOCUS: &str = "(() => { const it = document.activeElement; \
    if (!here.contains(it)) return null; \
    const { outlineStyle, outlineWidth } = getComputedStyle(it); \
    const name = it.ariaLabel ?? it.textContent; \
    const seen = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1; \
    return `${it.tagName.toLowerCase()} ${name.slice(0, 40)}${seen ? '' : ', not to be seen'}`; })()";

#[test]
fn the_tab_key_leads_through_all_of_it_and_out_again() {
    let mut page = meet(ID);
    // Whoever has used the mouse until now is shown no focus.
    page.press("Tab");
    page.value("here.querySelector('.sc-live').focus()");
    let mut way = vec![page.value(FOCUS).as_str().expect("the widget has it").to_owned()];
    for _ in 0..60 {
        page.press("Tab");
        let Some(next) = page.value(FOCUS).as_str().map(str::to_owned) else { break };
        way.push(next);
    }
    assert_eq!(
        way,
        [
            "div What happens when I write to someone who",
            "summary 8 steps: the connection opens",
            "summary The same as a table",
            "button First step",
            "button One step back",
            "button Play",
            "button One step forward",
            "button Last step",
            "input Step",
            "button Change",
            "button Predict",
            "button Script",
            "button States",
            "button Sockets",
            "button Header",
            "button Take away",
            "select Messages as printed by",
            "button Present",
            "select Speed",
        ]
    );
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn whoever_wants_no_motion_gets_none() {
    let mut page = meet(ID);
    let motion = "getComputedStyle(here.querySelector('.sc-now .sc-z2 > svg')).animationName";
    page.value("here.querySelector('.sc-row[data-step=\"13\"]').click()");
    page.wait_until("here.querySelector('.sc-now')?.dataset.step === '13'");
    assert_eq!(page.value(motion), "sc-fly-back", "the FIN flies");
    let calm = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
    page.call("Emulation.setEmulatedMedia", calm);
    assert_eq!(page.value(motion), "none");
}
