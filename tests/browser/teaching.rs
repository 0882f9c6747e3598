//! What a class is given: each task's link opens it unsolved, each link of the key opens it solved.

use serde_json::json;

use crate::book::{open, origin};
use crate::page::{Page, Scripts};
use crate::widget::enliven_playground;

/// What is marked in the playground's run because the script says something else.
const MARKED: &str = "document.querySelectorAll('.sc-figure .sc-differs').length";

/// Follows every link of a page into the playground: with what its run is left, in the page's order.
fn follow(chapter: &str, mut each: impl FnMut(&mut Page, &str)) -> usize {
    let links = "[...document.querySelectorAll('main a[href*=\"playground.html#\"]')]";
    let mut page = open(chapter, Scripts::On);
    let count = page.list(&format!("{links}.map(({{ href }}) => href)")).len();
    for index in 0..count {
        page.open(&format!("{}/{chapter}", origin()));
        let name = page.value(&format!("{links}[{index}].textContent")).to_string();
        page.follow(&format!("{links}[{index}]"));
        assert!(enliven_playground(&mut page), "{chapter}: {name} leads to the playground");
        page.wait_until("document.querySelector('.sc-ladder .sc-row[data-step]')");
        each(&mut page, &name);
        assert_eq!(page.complaints(), [""; 0], "{chapter}: {name}");
    }
    count
}

#[test]
fn every_task_opens_unsolved_and_every_answer_solved() {
    let tasks = follow("teaching/sheet.html", |page, name| {
        assert!(page.number(MARKED) > 0.0, "{name}: nothing is left to be done");
    });
    let answers = follow("teaching/answers.html", |page, name| {
        assert_eq!(page.number(MARKED), 0.0, "{name}: its run is not as its script says");
        assert_eq!(page.value("document.querySelector('.sc-writing [role=status]').textContent"), "", "{name}");
    });
    assert!(tasks >= 7 && tasks == answers, "{tasks} tasks, {answers} answers");
}

#[test]
fn every_slide_opens_its_run() {
    let mut at_a_step = 0;
    let slides = follow("teaching/slides.html", |page, name| {
        assert_eq!(page.number(MARKED), 0.0, "{name}");
        assert_ne!(page.value("document.querySelector('.sc-present')"), json!(null), "{name} can be presented");
        if page.value("location.hash.includes('step=')") == true {
            at_a_step += 1;
            page.wait_until("document.querySelector('.sc-now')?.textContent.includes('write(\"one more\") = 8')");
        }
    });
    assert!(slides >= 4 && at_a_step == 1, "{slides} slides lead to the playground, {at_a_step} to a step");
}
