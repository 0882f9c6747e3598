//! Where the reader changes the script, and takes away what came of it.

use sim::Rules;
use view::change::{Change, LINES, possible};
use view::export::Form;
use view::layout::Layout;
use yew::prelude::*;

use crate::controls::{button, menu, option, pressed};
use crate::dom::{element, text};
use crate::editor::editor;
use crate::explain::{folded, unfolded};
use crate::link::{Holds, Link};
use crate::live::Place;
use crate::run::NoRun;
use crate::texts;

/// What the workshop shows.
pub(crate) struct Workshop<'a> {
    /// The scenario's id.
    pub(crate) id: &'a str,
    /// The script as it stands in the editor.
    pub(crate) text: &'a str,
    /// The last run; of an older script if this one cannot run.
    pub(crate) layout: &'a Layout,
    /// Which rules it followed.
    pub(crate) rules: Rules,
    /// Whether it is shown without Linux's rules as well.
    pub(crate) compares: bool,
    /// What is wrong with the script.
    pub(crate) wrong: Option<&'a NoRun>,
    /// What is wrong with the link that led here.
    pub(crate) complaint: Option<&'a str>,
    /// Why a file could not be taken.
    pub(crate) notice: Option<&'a str>,
    /// Whether there is a change to take back.
    pub(crate) is_changed: bool,
    /// The current step.
    pub(crate) cursor: Option<usize>,
}

impl Workshop<'_> {
    /// Change the script: by a click at the current step, or in the editor.
    pub(crate) fn change(&self, place: &Place) -> Html {
        let mut clicks = element("p", "sc-choices");
        if let Some(step) = self.cursor.filter(|_| self.wrong.is_none()) {
            for change in possible(self.layout, step) {
                let (does, name) = match change {
                    Change::Lose => ("lose", texts::LOSE),
                    Change::Hold => ("hold", texts::HOLD),
                    Change::Twice => ("twice", texts::TWICE),
                    Change::Remove | Change::Insert(_) => ("remove", texts::REMOVE),
                };
                clicks = clicks.child(button(does).text(name).end());
            }
            let first =
                element("option", "").with("value", "".into()).with("selected", "".into()).text(texts::PUT_IN).end();
            let mut lines = menu("", texts::PUT_IN).child(first);
            for line in LINES {
                lines = lines.child(option(line, false));
            }
            clicks = clicks.child(lines.end());
        } else {
            clicks = clicks.text(texts::CHOOSE_STEP);
        }
        let mut back = element("p", "sc-choices");
        if self.is_changed {
            back = back
                .child(button("undo").text(texts::UNDO).end())
                .child(button("original").text(texts::ORIGINAL).end());
        }
        back = back.child(pressed("bare", texts::BARE, self.rules == Rules::Bare));
        if self.rules == Rules::Linux && place.is_chapter() {
            back = back.child(pressed("compare", texts::COMPARE, self.compares));
        }
        let editor = editor(self.text, self.wrong, self.complaint);
        let inside = element("div", "").child(clicks.end()).child(back.end()).child(editor).end();
        if place.is_chapter() { folded(texts::CHANGE, inside) } else { unfolded(texts::CHANGE, inside) }
    }

    /// Take it away: a link to this step, files, and the command for one's own kernel.
    pub(crate) fn take(&self) -> Html {
        let mut links = element("p", "sc-choices");
        match self.link().encode() {
            // The id stands there in any case: it says which widget of the page is meant.
            Ok(link) => {
                let link = if self.is_changed { format!("#{link}&id={}", self.id) } else { format!("#{link}") };
                links = links.child(element("a", "").with("href", link.clone().into()).text(texts::LINK_HERE).end());
                // The loader knows where the book's root lies, and leads there.
                let more = element("a", "").with("href", link.into()).with("data-playground", "".into());
                links = links.child(more.text(texts::IN_PLAYGROUND).end());
            }
            Err(why) => links = links.text(&why.to_string()),
        }
        let path = if self.is_changed { format!("{}.tcp", self.id) } else { format!("book/scenarios/{}.tcp", self.id) };
        let command = element("p", "").text(texts::ON_YOUR_KERNEL).text(" ").child(text(
            "code",
            "",
            &format!("cargo run --example native -- {path}"),
        ));
        let notice = text("p", "sc-failed", self.notice.unwrap_or(""));
        let inside = element("div", "").child(element("div", "").with("role", "status".into()).child(notice).end());
        folded(texts::TAKE, inside.child(links.end()).child(files()).child(command.end()).end())
    }

    fn link(&self) -> Link {
        let holds = match self.is_changed {
            true => Holds::Script(self.text.to_owned()),
            false => Holds::Id(self.id.to_owned()),
        };
        Link { holds, step: self.cursor, rules: self.rules, runtime: None }
    }
}

/// A button for each file that can be taken away.
pub(crate) fn files() -> Html {
    let mut files = element("p", "sc-choices");
    for form in Form::ALL {
        let button = element("button", "").with("type", "button".into()).with("data-form", form.ending().into());
        files = files.child(button.text(texts::form(form)).end());
    }
    files.end()
}
