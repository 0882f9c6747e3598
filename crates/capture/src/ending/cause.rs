//! The causes that an ending can have. `book/data/causes.json` names each once, also for lines of logs; of those that a
//! capture can show `build.rs` makes this type. Each of them has a paragraph in the book's page of causes.

// The type `Cause`, `ALL` of it and what is `KNOWN` of each, in one order.
include!(concat!(env!("OUT_DIR"), "/causes.rs"));

struct Known {
    id: &'static str,
    says: &'static str,
    scenario: Option<&'static str>,
    chapter: &'static str,
    next: &'static str,
}

impl Cause {
    /// All of them, in the order of the book's page.
    pub const ALL: [Self; ALL.len()] = ALL;

    const fn known(self) -> &'static Known {
        &KNOWN[self as usize]
    }

    /// Its id: the heading's anchor in the book's page of causes.
    pub const fn id(self) -> &'static str {
        self.known().id
    }

    /// What it says, in one sentence.
    pub const fn sentence(self) -> &'static str {
        self.known().says
    }

    /// The scenario of the book that shows it.
    pub const fn scenario(self) -> Option<&'static str> {
        self.known().scenario
    }

    /// The chapter of the book that explains it.
    pub const fn chapter(self) -> &'static str {
        self.known().chapter
    }

    /// What to run next to be sure of it.
    pub const fn next(self) -> &'static str {
        self.known().next
    }
}

/// The chapters that causes and kinds name, with their headings.
const HEADINGS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/headings.rs"));

/// The heading of a chapter that a verdict names; its path, if none does.
pub fn heading(chapter: &'static str) -> &'static str {
    HEADINGS.iter().find(|(path, _)| *path == chapter).map_or(chapter, |(_, heading)| heading)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_cause_has_an_id_of_its_own_and_a_scenario_that_exists() {
        let ids: BTreeSet<&str> = Cause::ALL.iter().map(|cause| cause.id()).collect();
        assert_eq!(ids.len(), Cause::ALL.len());
        for cause in Cause::ALL {
            if let Some(id) = cause.scenario() {
                assert!(catalogue::scenario(id).is_some(), "{}: no scenario {id}", cause.id());
            }
        }
    }

    /// The book's page has a row for each ending, in this order.
    #[test]
    fn every_ending_has_its_row_in_the_book() {
        let page = include_str!("../../../../book/reference/causes.md");
        let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        let names: Vec<&str> = rows.map(|(name, _)| name).collect();
        assert_eq!(names, crate::EndingKind::ALL.map(crate::EndingKind::name));
    }

    /// The book's page has a paragraph for each, in this order, which leads to its chapter.
    #[test]
    fn every_cause_has_its_paragraph_in_the_book() {
        let page = include_str!("../../../../book/reference/causes.md");
        let paragraphs: Vec<(&str, &str)> =
            page.split("\n## ").skip(1).filter_map(|paragraph| paragraph.split_once('\n')).collect();
        let ids: Vec<&str> = paragraphs.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, Cause::ALL.map(Cause::id));
        for ((id, text), cause) in paragraphs.iter().zip(Cause::ALL) {
            let chapter = cause.chapter();
            let file = chapter.strip_prefix("reference/").map_or_else(|| format!("../{chapter}"), str::to_owned);
            assert!(text.contains(&format!("]({file}")), "the paragraph on {id} does not lead to {chapter}");
        }
    }
}
