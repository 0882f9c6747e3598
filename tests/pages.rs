//! The built book as files: nothing left unbuilt, and every link inside it leads somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use mdbook_driver::MDBook;
use tests::root;
use xtask::policy;

/// A page's place below the book's folder, with `/`, and its HTML.
type Pages = BTreeMap<String, String>;

fn folder() -> PathBuf {
    let Some(folder) = std::env::var_os("BOOK_PAGES") else {
        panic!("the environment names no built book (BOOK_PAGES): run cargo xtask test");
    };
    folder.into()
}

fn pages() -> Pages {
    pages_in(&folder())
}

fn pages_in(folder: &Path) -> Pages {
    let mut pages = Pages::new();
    collect(folder, folder, &mut pages);
    assert!(pages.contains_key("index.html"), "{} holds a book", folder.display());
    pages
}

fn collect(folder: &Path, root: &Path, pages: &mut Pages) {
    for entry in
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}, run cargo xtask test", folder.display()))
    {
        let path = entry.expect("the folder stays as it is").path();
        if path.is_dir() {
            collect(&path, root, pages);
        } else if path.extension().is_some_and(|ending| ending == "html") {
            let html = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let name = path.strip_prefix(root).expect("it lies below the root").to_string_lossy().replace('\\', "/");
            pages.insert(name, html);
        }
    }
}

/// What `mdbook build` does, which knows the preprocessor as the command in book.toml alone.
#[test]
fn plain_mdbook_builds_the_same_pages() {
    let mut book = MDBook::load(root()).expect("the book can be read");
    book.config.build.build_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plain-book");
    book.build().expect("plain mdBook builds it");
    let plain = pages_in(&book.config.build.build_dir);
    let ours = pages();
    assert_eq!(plain.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>());
    for (name, html) in &ours {
        // Only the policy is the build's own: it names scripts that mdBook has written.
        assert!(html.contains("Content-Security-Policy"), "{name} has no policy");
        assert!(plain[name] == policy::without(html), "{name} differs");
    }
}

#[test]
fn no_directive_is_left() {
    for (name, html) in pages() {
        for (index, _) in html.match_indices("{{#") {
            // In a listing it is a text about directives.
            let before = &html[..index];
            let in_code = before
                .rfind("<code")
                .is_some_and(|opened| before.rfind("</code>").is_none_or(|closed| closed < opened));
            assert!(in_code, "{name}: {}", html[index..].lines().next().unwrap_or_default());
        }
    }
}

#[test]
fn every_link_inside_the_book_leads_somewhere() {
    let pages = pages();
    let ids: BTreeMap<&str, BTreeSet<&str>> =
        pages.iter().map(|(name, html)| (name.as_str(), attributes(html, "id").collect())).collect();
    let mut dead = Vec::new();
    // print.html repeats the chapters; 404.html is served at any address.
    for (name, html) in pages.iter().filter(|(name, _)| !["print.html", "404.html"].contains(&name.as_str())) {
        for link in attributes(html, "href").chain(attributes(html, "src")) {
            let is_elsewhere = ["http:", "https:", "mailto:", "data:"].iter().any(|scheme| link.starts_with(scheme));
            if !is_elsewhere && !leads_somewhere(name, link, &ids) {
                dead.push(format!("{name}: {link}"));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

fn leads_somewhere(page: &str, link: &str, ids: &BTreeMap<&str, BTreeSet<&str>>) -> bool {
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let path = path.split('?').next().unwrap_or_default();
    let target = if path.is_empty() { page.to_owned() } else { joined(page, path) };
    let target = if folder().join(&target).is_dir() { joined(&format!("{target}/x"), "index.html") } else { target };
    if fragment.is_empty() {
        return folder().join(&target).is_file();
    }
    ids.get(target.as_str()).is_some_and(|ids| ids.contains(fragment))
}

/// An address relative to a page, as a path below the book's folder.
fn joined(page: &str, path: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// The values of an attribute; mdBook writes all of them between double quotes.
fn attributes<'a>(html: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let opening = format!(" {name}=\"");
    let starts: Vec<usize> = html.match_indices(&opening).map(|(at, _)| at + opening.len()).collect();
    starts.into_iter().filter_map(move |start| html[start..].split('"').next())
}
