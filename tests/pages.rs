//! The built book as files: nothing left unbuilt, and every link inside it leads somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use mdbook_driver::MDBook;
use player::link::Link;
use tests::root;
use xtask::{content_security_policy, headings, page_head, social_card};

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
        // Only these are the build's own: the policy, which names scripts that mdBook has written, the end of the head,
        // and the list of headings.
        assert!(html.contains("Content-Security-Policy"), "{name} has no policy");
        let completed = page_head::completed(&headings::listed(&plain[name], name), name, address().as_deref());
        assert!(completed == content_security_policy::without(html), "{name} differs");
    }
}

/// Where the book will stand on the web, if this build was told.
fn address() -> Option<String> {
    let book = MDBook::load(root()).expect("the book can be read");
    page_head::address(book.config.html_config().unwrap_or_default().site_url.as_deref())
}

/// What a page may weigh before its program comes, sent with gzip as every web server does it; in bytes.
const PAGE_MAX: usize = 300_000;

/// The program comes when a picture does; fonts are not waited for. All chapters on one page, for paper, weigh more.
#[test]
fn no_page_weighs_much_before_its_program() {
    let folder = folder();
    let mut known: BTreeMap<PathBuf, usize> = BTreeMap::new();
    let mut fonts = 0;
    for entry in fs::read_dir(folder.join("fonts")).expect("the book has fonts") {
        let path = entry.expect("the folder stays as it is").path();
        if path.extension().is_some_and(|ending| ending == "woff2") {
            fonts += fs::metadata(&path).expect("it is there").len() as usize;
        } else if path.extension().is_some_and(|ending| ending == "css") {
            let css = fs::read_to_string(&path).expect("it is text");
            let waits = css.matches("@font-face").count() - css.matches("font-display: optional").count();
            assert_eq!(waits, 0, "no letter is waited for, and none moves the page when it comes");
        }
    }
    assert!(fonts > 0, "the fonts are found");
    let mut weights: Vec<(usize, String)> = Vec::new();
    for (name, html) in pages().iter().filter(|(name, _)| name.as_str() != "print.html") {
        let scripts = html.split("<script src=\"").skip(1);
        let styles = html.split("<link rel=\"stylesheet\"").skip(1).filter_map(|rest| rest.split_once("href=\""));
        let addresses = scripts.chain(styles.map(|(_, rest)| rest)).filter_map(|rest| rest.split('"').next());
        let mut weight = gzip(html.as_bytes()) + fonts;
        let mut parts = 0;
        for address in addresses {
            let path = folder.join(name).parent().expect("it lies in a folder").join(address);
            weight += *known.entry(path).or_insert_with_key(|path| {
                gzip(&fs::read(path).unwrap_or_else(|error| panic!("{name}: {}: {error}", path.display())))
            });
            parts += 1;
        }
        assert!(parts >= 10 || name == "toc.html", "{name}: only {parts} scripts and styles are found");
        weights.push((weight, name.clone()));
    }
    weights.sort();
    let heaviest = weights.last().expect("the book has pages");
    println!("the heaviest page before its program: {} with {} bytes", heaviest.1, heaviest.0);
    let heavy: Vec<_> = weights.iter().filter(|(weight, _)| *weight > PAGE_MAX).collect();
    assert!(heavy.is_empty(), "over {PAGE_MAX} bytes: {heavy:?}");
}

fn gzip(bytes: &[u8]) -> usize {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(bytes).expect("memory takes it");
    packed.finish().expect("memory takes it").len()
}

#[test]
fn every_page_says_what_it_is_about() {
    let mut wrong = Vec::new();
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    // These are neither found by search engines nor shared.
    for (name, html) in
        pages().iter().filter(|(name, _)| !["print.html", "404.html", "toc.html"].contains(&name.as_str()))
    {
        let descriptions: Vec<&str> = meta(html, "name", "description").collect();
        let [about] = descriptions[..] else {
            wrong.push(format!("{name} has {} descriptions, one is right (theme/head.hbs)", descriptions.len()));
            continue;
        };
        // Apostrophes and the like are written as entities.
        let length = about.replace("&#x27;", "'").replace("&quot;", "'").replace("&#x3D;", "=").chars().count();
        if !(50..=160).contains(&length) {
            wrong.push(format!("{name}: its description has {length} characters, 50 to 160 are right"));
        }
        if let Some(other) = known.insert(about.to_owned(), name.clone())
            && [&other, name] != ["index.html", "introduction.html"]
        {
            wrong.push(format!("{name} and {other} have the same description"));
        }
        for (property, expected) in [("og:description", about), ("og:site_name", "How TCP Connections End")] {
            if meta(html, "property", property).ne([expected]) {
                wrong.push(format!("{name}: its {property} is not `{expected}`"));
            }
        }
        let titles: Vec<&str> = meta(html, "property", "og:title").collect();
        if titles.len() != 1 || titles[0].is_empty() {
            wrong.push(format!("{name}: og:title is {titles:?}, one title is right"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The contents of a page's `meta` elements of some name.
fn meta<'a>(html: &'a str, attribute: &str, name: &str) -> impl Iterator<Item = &'a str> {
    let opening = format!("<meta {attribute}=\"{name}\" content=\"");
    let starts: Vec<usize> = html.match_indices(&opening).map(|(at, _)| at + opening.len()).collect();
    starts.into_iter().filter_map(move |start| html[start..].split('"').next())
}

/// The table in theme/head.hbs names no page that is gone.
#[test]
fn every_description_has_its_page() {
    let head = fs::read_to_string(root().join("theme/head.hbs")).expect("theme/head.hbs can be read");
    let described: Vec<&str> = head
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once(".md\": ").map(|(page, _)| page))
        .collect();
    assert!(described.len() > 30, "the table was read: {described:?}");
    for page in described {
        assert!(
            folder().join(page).with_extension("html").is_file(),
            "theme/head.hbs describes {page}.md: no such page"
        );
    }
}

#[test]
fn the_picture_for_shared_links_is_what_the_pages_say() {
    let picture =
        fs::read(folder().join(social_card::FILE)).expect("book/card.png is there: cargo xtask card draws it");
    assert!(
        picture.len() <= social_card::BYTES_MAX,
        "{} bytes, at most {} are right",
        picture.len(),
        social_card::BYTES_MAX
    );
    // PNG (ISO/IEC 15948): eight bytes, then the header's chunk, which begins with width and height.
    assert_eq!(picture[..8], *b"\x89PNG\r\n\x1a\n");
    let size = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().expect("four bytes"));
    assert_eq!([size(16), size(20)], [social_card::WIDTH, social_card::HEIGHT]);
}

/// mdBook's own list of headings moves the list of chapters, and is off (book.toml).
#[test]
fn every_long_page_lists_its_headings() {
    let mut listed = 0;
    for (name, html) in pages().iter().filter(|(name, _)| name.as_str() != "print.html") {
        let Some((_, main)) = html.split_once("<main>") else { continue };
        let headings: Vec<&str> = main
            .split("<h2 id=\"")
            .skip(1)
            .filter_map(|rest| rest.split_once('"'))
            .filter(|(_, rest)| rest.starts_with("><a class=\"header\""))
            .map(|(id, _)| id)
            .collect();
        let list = main.split_once("<details class=\"headings\">").and_then(|(_, rest)| rest.split_once("</details>"));
        let list: Vec<&str> = list.map_or(Vec::new(), |(list, _)| {
            attributes(list, "href").map(|link| link.trim_start_matches('#')).collect()
        });
        let expected = if headings.len() < 4 { Vec::new() } else { headings };
        assert_eq!(list, expected, "{name}");
        listed += usize::from(!list.is_empty());
    }
    assert!(listed > 40, "only {listed} pages have a list");
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
    // A script, for the playground: what is behind the `#` must be readable there. In HTML `&` is written `&amp;`.
    let is_script = target == "playground.html" && Link::decode(&fragment.replace("&amp;", "&")).is_ok();
    if fragment.is_empty() || is_script {
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
