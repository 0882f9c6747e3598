//! Finds links from a sentence to a step of a picture: `[the reset](step:server.RST)`.
//!
//! Behind `step:` stands the step's name (`view::step`), and before it, where the page has several pictures,
//! the scenario's id: `[the reset](step:keepalive-race-fin/server.RST)`. Without an id the picture is the last one
//! above the link; above the first picture of a page it is that one. A scenario that the page does not show has its
//! picture in the chapter to which the link leads.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

const SCHEME: &str = "step:";

/// A link to a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StepLink {
    /// Counted from 1.
    pub(crate) line: usize,
    /// The bytes of the whole link.
    pub(crate) range: Range<usize>,
    /// The bytes of its text, which is Markdown.
    pub(crate) text: Range<usize>,
    /// The scenario's id, where the link names one.
    pub(crate) id: Option<String>,
    /// The step's name.
    pub(crate) step: String,
}

/// The links of a chapter to steps, in its order. Code has none.
pub(crate) fn step_links(chapter: &str) -> Vec<StepLink> {
    let mut links = Vec::new();
    let mut open: Option<StepLink> = None;
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_HEADING_ATTRIBUTES;
    for (event, range) in Parser::new_ext(chapter, options).into_offset_iter() {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                let Some(target) = dest_url.strip_prefix(SCHEME) else { continue };
                let (id, step) = match target.split_once('/') {
                    Some((id, step)) => (Some(id.to_owned()), step),
                    None => (None, target),
                };
                let line = chapter[..range.start].matches('\n').count() + 1;
                let text = range.end..range.start;
                open = Some(StepLink { line, range, text, id, step: step.to_owned() });
            }
            Event::End(TagEnd::Link) => links.extend(open.take()),
            _ => {
                if let Some(link) = &mut open {
                    link.text = link.text.start.min(range.start)..link.text.end.max(range.end);
                }
            }
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(chapter: &str) -> Vec<(usize, &str, Option<String>, String)> {
        step_links(chapter).into_iter().map(|it| (it.line, &chapter[it.text], it.id, it.step)).collect()
    }

    #[test]
    fn a_link_has_a_text_and_names_a_step() {
        assert_eq!(
            found("# T\n\nSee [the *reset*](step:server.RST), and\n[`read`](step:race/client.read.2).\n"),
            [
                (3, "the *reset*", None, "server.RST".to_owned()),
                (4, "`read`", Some("race".to_owned()), "client.read.2".to_owned())
            ]
        );
    }

    #[test]
    fn other_links_and_code_are_left_alone() {
        assert_eq!(found("[a](b.md) `[c](step:server.RST)`\n\n```\n[d](step:server.RST)\n```\n"), []);
    }

    #[test]
    fn links_stand_in_tables_and_lists_too() {
        let chapter = "| a | b |\n|---|---|\n| [x](step:a.b) | |\n\n- [y](step:c.d)\n";
        assert_eq!(
            found(chapter).iter().map(|(line, text, ..)| (*line, *text)).collect::<Vec<_>>(),
            [(3, "x"), (5, "y")]
        );
    }
}
