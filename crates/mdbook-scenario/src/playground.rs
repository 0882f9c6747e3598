//! The playground's place in its page: the list of all scenarios, and the loader's attributes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use catalogue::{CATALOGUE, Family};
use mdbook_preprocessor::book::{Book, BookItem};
use player::catalogue::written;
use player::language::listed;
use scenario::Script;

use crate::attribute::attribute;
use crate::directives;

/// Which chapters show a scenario: title, and path from the book's root.
pub(crate) type Chapters = BTreeMap<String, Vec<(String, String)>>;

/// The chapters of each scenario, in the book's order.
pub(crate) fn chapters(book: &Book) -> Chapters {
    let mut chapters = Chapters::new();
    for item in book.iter() {
        let BookItem::Chapter(chapter) = item else { continue };
        let Some(path) = &chapter.path else { continue };
        for directive in directives(&chapter.content).flatten() {
            let shown = chapters.entry(directive.id).or_default();
            let here = (chapter.name.clone(), path.display().to_string());
            if !shown.contains(&here) {
                shown.push(here);
            }
        }
    }
    chapters
}

/// The Markdown of the place. Its page lies in the book's root.
///
/// Not of class `playground`: to those mdBook's own script adds a button, and asks the Rust playground's server.
pub(crate) fn place(program: &str, chapters: &Chapters) -> String {
    let catalogue = written(CATALOGUE.iter().map(|entry| (entry.id, entry.text)));
    let mut place = format!(
        "<div class=\"tcp-playground\" data-program=\"{}\" data-catalogue=\"{}\" data-language=\"{}\">\n\n",
        attribute(program),
        attribute(&catalogue),
        attribute(&listed())
    );
    for family in Family::ALL {
        let _ = writeln!(place, "**{}**\n", family.title());
        for entry in CATALOGUE.iter().filter(|entry| entry.family == family) {
            let title = Script::parse(entry.text).map(|script| script.title).unwrap_or_default();
            let shown: Vec<String> =
                chapters.get(entry.id).into_iter().flatten().map(|(name, path)| format!("[{name}]({path})")).collect();
            let separator = if shown.is_empty() { "" } else { ": " };
            let _ = writeln!(place, "- {title} `{}`{separator}{}", entry.id, shown.join(", "));
        }
        place.push('\n');
    }
    place.push_str("</div>");
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_is_listed_with_its_chapters() {
        let chapters =
            Chapters::from([("linger-zero".to_owned(), vec![("On purpose".to_owned(), "reset/a.md".to_owned())])]);
        let place = place("p.js", &chapters);
        for entry in CATALOGUE {
            assert!(place.contains(&format!("`{}`", entry.id)), "{}", entry.id);
        }
        assert!(place.contains("`linger-zero`: [On purpose](reset/a.md)\n"), "{place}");
        assert!(place.starts_with("<div class=\"tcp-playground\" data-program=\"p.js\""));
    }
}
