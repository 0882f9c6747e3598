//! Finds `{{#draw KIND ID/STEP STEP…: TITLE}}` in a chapter, and performs what it names.
//!
//! KIND is `buffers`, `queues`, `table`, `timers` or `chain`. A step without an id belongs to the scenario before it.

use std::rc::Rc;

use view::drawn::buffers::{Buffers, buffers};
use view::drawn::chain::{Chain, chain};
use view::drawn::clock::{Clock, clock};
use view::drawn::flows::{Flow, flows};
use view::drawn::queues::{Queues, queues};
use view::layout::Layout;
use view::step::Step;

use crate::directive::is_code;
use crate::perform::perform;

const DRAW: &str = "{{#draw";
const FORM: &str = "{{#draw buffers|queues|table|timers|chain ID/STEP STEP…: TITLE}}";

/// A picture other than the ladder.
#[derive(Clone, Debug)]
pub(crate) struct Drawing {
    /// What stands over it.
    pub(crate) title: String,
    /// In the order in which they are named.
    pub(crate) frames: Vec<Frame>,
}

/// One moment of a run, or one wait.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// The scenario's id.
    pub(crate) id: &'static str,
    /// Its run.
    pub(crate) layout: Rc<Layout>,
    /// The name of its row.
    pub(crate) step: Step,
    /// Its row.
    pub(crate) row: usize,
    /// What is drawn of it.
    pub(crate) shows: Shows,
}

/// What is drawn.
#[derive(Clone, Debug)]
pub(crate) enum Shows {
    /// Where the bytes are when the row is over.
    Buffers(Buffers),
    /// What the listener's queues hold when the row is over.
    Queues(Queues),
    /// What a box on the link remembers when the row is over.
    Table(Vec<Flow>),
    /// What the row's host sends from there on, until something ends its waiting.
    Clock(Clock),
    /// How long each end of the run's connections waits from there on, and which closes first.
    Chain(Chain),
}

/// The drawings of a chapter by line, each performed or with what is wrong. Code has none.
pub(crate) fn drawings(chapter: &str) -> Vec<(usize, Result<Drawing, String>)> {
    let mut fence = None;
    let mut found = Vec::new();
    for (index, text) in chapter.lines().enumerate() {
        let is_code = is_code(text, &mut fence);
        if let Some(inside) = text.trim().strip_prefix(DRAW).filter(|_| !is_code) {
            found.push((index + 1, drawing(inside)));
        }
    }
    found
}

fn drawing(inside: &str) -> Result<Drawing, String> {
    let wrong = || format!("found `{DRAW}{inside}`, expected {FORM}");
    let (names, title) = inside.strip_suffix("}}").and_then(|inside| inside.split_once(": ")).ok_or_else(wrong)?;
    let mut names = names.split_whitespace();
    let kind = names.next().ok_or_else(wrong)?;
    let mut frames: Vec<Frame> = Vec::new();
    for name in names {
        let before = frames.last();
        let (id, layout, step) = match (name.split_once('/'), before) {
            (Some((id, step)), _) => {
                let of = perform(id).map_err(|error| error.to_string())?;
                (of.id, of.layout, step)
            }
            (None, Some(before)) => (before.id, before.layout.clone(), name),
            (None, None) => return Err(wrong()),
        };
        let step = Step::parse(step).map_err(|error| error.to_string())?;
        let row = step.find(&layout).map_err(|error| format!("{id}: {error}"))?;
        let since = before.filter(|before| before.id == id).map(|before| before.row);
        let shows = match kind {
            "buffers" => buffers(&layout, since, row).map(Shows::Buffers),
            "queues" => queues(&layout, row).map(Shows::Queues),
            "table" => flows(&layout, row).map(Shows::Table),
            "timers" => clock(&layout, row).map(Shows::Clock),
            "chain" => chain(&layout, row).map(Shows::Chain),
            _ => return Err(format!("found `{kind}`, expected buffers, queues, table, timers or chain")),
        };
        frames.push(Frame { id, row, step, shows: shows.map_err(|error| format!("{id}: {error}"))?, layout });
    }
    if frames.is_empty() || title.trim().is_empty() {
        return Err(wrong());
    }
    Ok(Drawing { title: title.trim().to_owned(), frames })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        let mut found = drawings(text);
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0).1.expect_err(text)
    }

    #[test]
    fn a_drawing_has_a_kind_steps_and_a_title() {
        let found = drawings(
            "# T\n\n{{#draw buffers write-after-peer-close/client.write.2 client.data.2: Where eight bytes are}}\n\n\
             ```text\n{{#draw buffers a/b.c: code}}\n```\n",
        );
        assert_eq!(found.len(), 1);
        let (line, Ok(drawing)) = &found[0] else { panic!("{found:?}") };
        assert_eq!((*line, drawing.title.as_str(), drawing.frames.len()), (3, "Where eight bytes are", 2));
        assert!(matches!(drawing.frames[1].shows, Shows::Buffers(_)));
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        assert!(wrong("{{#draw buffers write-after-peer-close/client.write.2}}").contains("expected {{#draw"));
        assert!(wrong("{{#draw buffers client.write.2: x}}").contains("expected {{#draw"));
        assert!(
            wrong("{{#draw clouds write-after-peer-close/client.write.2: x}}").contains("expected buffers, queues")
        );
        assert!(wrong("{{#draw buffers write-after-pear/client.write: x}}").contains("the nearest id is"));
        assert!(wrong("{{#draw buffers write-after-peer-close/client.RST: x}}").contains("no step `client.RST`"));
        assert!(wrong("{{#draw buffers accept-queue-full/four.write: x}}").contains("several connections"));
        assert!(wrong("{{#draw timers nat-idle-drop/link.forget: x}}").contains("a step of a host"));
    }
}
