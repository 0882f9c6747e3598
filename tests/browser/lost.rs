//! A reader who does not know where to go: the search, and the page for addresses that are none.

use crate::book::{open, origin};
use crate::chapter::inaccessible;
use crate::page::{Page, Scripts};

/// What readers type, and the pages of which one must be among the first answers. mdBook's search splits at spaces and
/// hyphens alone, so both spellings of a state must stand in the text.
const QUERIES: &str = include_str!("../queries.txt");
/// So many pages are looked at, however many of their sections are found.
const FIRST: usize = 3;

#[test]
fn the_search_finds_what_readers_type() {
    let queries: Vec<(&str, &str)> = QUERIES
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(" -> ").unwrap_or_else(|| panic!("tests/queries.txt: `{line}`")))
        .collect();
    assert!(queries.len() >= 60, "tests/queries.txt has {} queries", queries.len());
    let mut missed = Vec::new();
    for (words, wanted) in queries {
        let mut page = open(&format!("introduction.html?search={}", words.replace(' ', "+")), Scripts::On);
        page.wait_until("/search result/.test(document.getElementById('mdbook-searchresults-header').textContent)");
        let found = page.list(
            "[...new Set([...document.querySelectorAll('#mdbook-searchresults a')]\
             .map((link) => new URL(link.href).pathname.slice(1).replace('.html', '')))]",
        );
        if !wanted.split(' ').any(|wanted| found.iter().take(FIRST).any(|page| page == wanted)) {
            missed.push(format!("`{words}` finds none of {wanted} among the first {FIRST}: {found:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// The links of the text, and of all around it, as far as they lead into the book.
const LINKS: &str = "[...new Set([...document.querySelectorAll('a[href]')].map((link) => link.href.split('#')[0]))]\
                     .filter((link) => link.startsWith(location.origin))";

#[test]
fn an_address_that_is_none_leads_back_into_the_book() {
    let address = format!("{}/no/such/page.html", origin());
    let mut page = Page::new(Scripts::On);
    page.open(&address);
    assert_eq!(page.value("document.querySelector('main h1').textContent.trim()"), "This page is not here");
    page.wait_until("document.querySelectorAll('#mdbook-sidebar a').length > 30");
    // What the page asks for, it finds, deep as the address is.
    let astray: Vec<String> =
        page.requests().into_iter().filter(|asked| *asked != address && asked.contains("/no/such/")).collect();
    assert_eq!(astray, [""; 0]);
    let dead = page.list(&format!(
        "Promise.all({LINKS}.map(async (link) => (await fetch(link)).ok ? [] : [link])).then((dead) => dead.flat())"
    ));
    assert_eq!(dead.into_iter().filter(|link| *link != address).collect::<Vec<_>>(), [""; 0]);
    assert_eq!(inaccessible(&mut page), [""; 0]);
    page.follow("[...document.querySelectorAll('main a')].find((link) => /Which message/.test(link.textContent))");
    assert_eq!(page.value("location.pathname"), "/messages.html");
}
