//! What a class is given: each task's link opens it unsolved, each link of the key opens it solved.

use std::fs;

use serde_json::json;

use crate::book::{open, origin};
use crate::page::{Page, Scripts};
use crate::widget::enliven_playground;

/// What is marked in the playground's run because the script says something else.
const MARKED: &str = "document.querySelectorAll('.sc-figure .sc-differs').length";

/// Whether the current row can be seen, above the words on it.
const IN_VIEW: &str = "(({ top, bottom }) => top >= 0 && bottom <= document.querySelector('.sc-desk').getBoundingClientRect().top)\
                       (document.querySelector('.sc-now').getBoundingClientRect())";
const EDITOR: &str = "document.querySelector('.sc-writing textarea')";

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

/// The marks of what differs from the run that was opened stay, so a line of its own says that a task is solved.
#[test]
fn whoever_types_the_answer_is_told_that_the_task_is_solved() {
    let task = "document.querySelector('.pg-script > p > .pg-mark').textContent";
    let mut solved = 0;
    follow("teaching/sheet.html", |page, name| {
        assert_eq!(page.value(task), "○ Not everything is as the script says yet.", "{name}");
        solved += 1;
        page.value(&format!("{EDITOR}.focus(); {EDITOR}.select()"));
        page.type_text(&answer(solved));
        page.wait_until(&format!("{task} === '✔ Everything is as the script says.'"));
        page.type_text("server klose()");
        page.wait_until(&format!("{task} === '○ Not everything is as the script says yet.'"));
    });
    assert!(solved >= 7, "{solved} tasks");
    let mut page = open("playground.html#v=1&id=linger-zero", Scripts::On);
    assert!(enliven_playground(&mut page));
    assert_eq!(page.value("document.querySelector('.pg-script > p > .pg-mark')"), json!(null), "a run is no task");
}

/// The key's script for a task, by its number.
fn answer(number: usize) -> String {
    let folder = tests::root().join("book/exercises");
    let of_task = |name: &str| name.starts_with(&format!("{number}-")) && name.ends_with(".answer.tcp");
    let names = fs::read_dir(&folder).expect("the tasks are there").map(|entry| entry.expect("it stays").file_name());
    let name = names.map(|name| name.into_string().expect("in ASCII")).find(|name| of_task(name));
    fs::read_to_string(folder.join(name.expect("each task has an answer"))).expect("it can be read")
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
            page.click("document.querySelector('.sc-present')");
            page.wait_until(&format!("document.fullscreenElement && {IN_VIEW}"));
        }
    });
    assert!(slides >= 4 && at_a_step == 1, "{slides} slides lead to the playground, {at_a_step} to a step");
}
