//! The list of a page's headings, folded away below its title.
//!
//! mdBook writes one into the list of chapters when that is drawn already, and all chapters below it move. This one
//! stands in the page from the beginning.

use std::fmt::Write as _;

/// A page with fewer is seen at a glance.
const HEADINGS_MIN: usize = 4;

/// The page `name` as mdBook has written it, with the list of its headings of the second rank. All chapters on one page
/// have none.
pub fn listed(page: &str, name: &str) -> String {
    if name == "print.html" {
        return page.to_owned();
    }
    let Some((before, content)) = page.split_once("<main>") else { return page.to_owned() };
    let Some((title, text)) = content.split_once("</h1>") else { return page.to_owned() };
    let headings: Vec<(&str, &str)> = text.split("<h2 id=\"").skip(1).filter_map(heading).collect();
    if headings.len() < HEADINGS_MIN {
        return page.to_owned();
    }
    let mut list = String::new();
    for (id, words) in headings {
        let _ = write!(list, "<li><a href=\"#{id}\">{words}</a></li>");
    }
    format!(
        "{before}<main>{title}</h1>\n<details class=\"headings\"><summary>On this page</summary><ul>{list}</ul></details>{text}"
    )
}

/// The name of a heading and what it says, of the text behind `<h2 id="`. A heading is a link to itself; a list of links
/// takes it without that.
fn heading(rest: &str) -> Option<(&str, &str)> {
    let (id, rest) = rest.split_once('"')?;
    let (_, rest) = rest.split_once("<a class=\"header\" href=\"#")?.1.split_once('>')?;
    Some((id, rest.split_once("</a></h2>")?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(ids: &[&str]) -> String {
        let mut page = "<h1 class=\"menu-title\">The book</h1>\n<main>\n<h1 id=\"t\"><a class=\"header\" href=\"#t\">Title</a></h1>\n<p>Text.</p>\n".to_owned();
        for id in ids {
            let _ =
                writeln!(page, "<h2 id=\"{id}\"><a class=\"header\" href=\"#{id}\">What <code>{id}</code> is</a></h2>");
        }
        page + "</main>\n"
    }

    #[test]
    fn a_page_s_headings_stand_below_its_title() {
        let listed = listed(&page(&["a", "b", "c", "d"]), "a.html");
        let (before, behind) = listed.split_once("<details class=\"headings\">").expect("it has a list");
        assert!(before.ends_with("Title</a></h1>\n"), "{before}");
        assert!(
            behind.starts_with("<summary>On this page</summary><ul><li><a href=\"#a\">What <code>a</code> is</a></li>")
        );
        assert!(behind.contains(
            "<li><a href=\"#d\">What <code>d</code> is</a></li></ul></details>\n<p>Text.</p>\n<h2 id=\"a\">"
        ));
    }

    #[test]
    fn a_short_page_stays_as_it_is_and_so_does_one_that_is_no_page() {
        for page in [page(&["a", "b", "c"]), "<nav></nav>".to_owned(), "<main></main>".to_owned()] {
            assert_eq!(listed(&page, "a.html"), page);
        }
        let all = page(&["a", "b", "c", "d"]);
        assert_eq!(listed(&all, "print.html"), all);
    }
}
