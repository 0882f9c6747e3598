//! Links to chapters.

use capture::html::escaped;
use capture::text::table;

/// A link to a chapter under its title. The page lies in the book's root.
pub(crate) fn chapter(path: &str) -> String {
    let title = table().titles.get(path).map_or(path, String::as_str);
    let page = path.strip_suffix(".md").unwrap_or(path);
    format!("<a href=\"{}.html\">{}</a>", escaped(page), escaped(title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chapter_is_linked_under_its_title() {
        assert_eq!(
            chapter("reset/keep-alive-race.md"),
            "<a href=\"reset/keep-alive-race.html\">Why does a request fail on a connection that was fine?</a>"
        );
    }
}
