//! The script as the reader writes it: numbered lines, and what is wrong behind the line that is wrong.

use yew::prelude::*;

use crate::dom::{element, text};
use crate::run::NoRun;
use crate::texts;

/// The editor. What is wrong stands twice: behind its line, where the eye is, and below, where a screen reader is told.
pub(crate) fn editor(script: &str, wrong: Option<&NoRun>, complaint: Option<&str>) -> Html {
    let line = wrong.and_then(|wrong| wrong.line);
    let mut numbers = element("pre", "sc-numbers").with("aria-hidden", "true".into());
    let count = script.lines().count() + usize::from(script.is_empty() || script.ends_with('\n'));
    for number in 1..=count {
        let is_wrong = line.is_some_and(|line| line as usize == number);
        let shown = format!("{number}\n");
        numbers = if is_wrong { numbers.child(text("b", "", &shown)) } else { numbers.text(&shown) };
    }
    let paper = element("div", "sc-paper").child(
        element("textarea", "")
            .with("aria-label", texts::SCRIPT.into())
            .with("spellcheck", "false".into())
            .with("autocapitalize", "off".into())
            .with("aria-invalid", wrong.is_some().to_string().into())
            .with("rows", count.max(3).to_string().into())
            .value(script.to_owned())
            .end(),
    );
    // It stands there always: an element that comes and goes would make Yew replace the one that the reader types in.
    let mut behind = element("pre", "sc-behind").with("aria-hidden", "true".into());
    if let (Some(line), Some(why)) = (line, wrong) {
        // In the editor's own letters and lines, so that it stands behind the text without being measured.
        // A caption that stands there may be covered: it is not what is wrong.
        let statement = script.lines().nth(line as usize - 1).and_then(|text| text.split('#').next()).unwrap_or("");
        let before = statement.trim_end().chars().count();
        let place = "\n".repeat(line as usize - 1) + &" ".repeat(before + 1);
        behind = behind.text(&place).child(text("b", "", &why.what));
    }
    let paper = paper.child(behind.end());
    let said = wrong.map(|why| texts::wrong_line(&why.what, line)).or_else(|| complaint.map(str::to_owned));
    element("div", "")
        .child(element("div", "sc-editor").child(numbers.end()).child(paper.end()).end())
        .child(element("p", "sc-failed").with("role", "status".into()).text(said.as_deref().unwrap_or("")).end())
        .end()
}
