//! The built book, served, and its pages.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::page::{Page, Scripts};

/// Where the book is served; it is the same for all tests.
static ORIGIN: LazyLock<String> = LazyLock::new(|| {
    let address = xtask::server::start(folder(), 0).expect("any free port will do");
    format!("http://{address}")
});

/// The built pages' folder.
pub(crate) fn folder() -> PathBuf {
    let Some(folder) = std::env::var_os("BOOK_PAGES") else {
        panic!("the environment names no built book (BOOK_PAGES): run cargo xtask test");
    };
    folder.into()
}

/// The address of the book, without a slash at its end.
pub(crate) fn origin() -> &'static str {
    &ORIGIN
}

/// A page of the book, opened.
pub(crate) fn open(path: &str, scripts: Scripts) -> Page {
    let mut page = Page::new(scripts);
    page.open(&format!("{}/{path}", origin()));
    page
}

/// The chapters as files, from the book's root, in the order of their names; print.html and the like are left out.
pub(crate) fn chapters() -> Vec<String> {
    let mut found = Vec::new();
    collect(&folder(), &folder(), &mut found);
    found.retain(|path| !["404.html", "index.html", "print.html", "toc.html"].contains(&path.as_str()));
    found.sort();
    assert!(!found.is_empty(), "the book in {} has chapters", folder().display());
    found
}

/// The chapters with at least one scenario.
pub(crate) fn chapters_with_scenarios() -> Vec<String> {
    let mut chapters = chapters();
    chapters.retain(|chapter| scenarios_of(chapter) > 0);
    assert!(!chapters.is_empty(), "the book in {} has pictures", folder().display());
    chapters
}

/// How many scenarios a page holds, as its file says.
pub(crate) fn scenarios_of(page: &str) -> usize {
    let html = fs::read_to_string(folder().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
    html.matches("data-scenario=").count()
}

fn collect(folder: &Path, root: &Path, found: &mut Vec<String>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}, run cargo xtask test", folder.display()));
    for path in entries.map(|entry| entry.expect("the folder stays as it is").path()) {
        if path.is_dir() {
            collect(&path, root, found);
        } else if path.extension().is_some_and(|extension| extension == "html") {
            let path = path.strip_prefix(root).expect("it lies below the root");
            found.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
}
