//! The whole book in one file, to be opened without a server and without a network.
//!
//! Browsers load no modules from files. So the file has the programs of pictures, playground and files in itself, as text
//! that its loader makes modules of; its pages are those that mdBook prints. What needs other files still is left out:
//! the search, the finder's answers, captures, the Linux of a page.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::content_security_policy::base64;
use crate::{book, program, root};

/// Where `cargo xtask offline` puts it.
pub fn file() -> PathBuf {
    root().join("target/how-tcp-connections-end.html")
}

/// Builds the book, and the file.
///
/// # Errors
/// The book cannot be built, or something in it cannot be read.
pub fn make() -> Result<()> {
    book::build()?;
    let file = file();
    write(&book::folder(), &file)?;
    println!("The book in one file is {}", file.strip_prefix(root()).unwrap_or(&file).display());
    Ok(())
}

/// Style sheets of mdBook's frame and of its listings, and its fonts: each is followed by the reader's. And that of
/// captures, which need a server. All others are taken.
const LEFT_OUT: [&str; 7] =
    ["css/chrome-", "css/print-", "fonts/", "highlight-", "tomorrow-night-", "ayu-highlight-", "capture-"];

/// What the file may do: nothing that asks anybody.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline' data: 'wasm-unsafe-eval'; \
                      style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// What needs other files, and how the list of chapters looks.
const STYLE: &str = ".front-find, .finder, .captures, .sc-linux { display: none; } .page-wrapper { transform: none; } \
                     .offline { max-width: 75rem; margin: 3rem auto; columns: 24rem; font-size: 1.5rem; line-height: 1.7; } \
                     .offline a { display: block; break-inside: avoid; }";

/// Writes the book that lies in a folder into one file.
///
/// # Errors
/// A part of the book cannot be read, or the file cannot be written.
pub fn write(pages: &Path, to: &Path) -> Result<()> {
    let print = read(&pages.join("print.html"))?;
    let linked: Vec<&str> = values(&print, "<link rel=\"stylesheet\"", "href").collect();
    let mut style = String::new();
    for path in linked.iter().filter(|path| !LEFT_OUT.iter().any(|name| path.contains(name))) {
        style += &read(&pages.join(path))?;
    }
    let loader = values(&print, "<script ", "src").find(|path| path.contains("loader-"));
    let loader = read(&pages.join(loader.context("print.html names no loader")?))?;
    let mut programs = String::new();
    for (tag, attribute, name) in [
        ("<div class=\"scenario\"", "data-program", program::PLAYER),
        ("<div class=\"tcp-playground\"", "data-program", program::PLAYGROUND),
        ("<section class=\"captures\"", "data-here", program::HERE),
    ] {
        let address = values(&print, tag, attribute).next();
        programs += &inside(pages, address.with_context(|| format!("print.html does not name the program `{name}`"))?)?;
    }
    let files = base64(read(&pages.join("linux/files.js"))?.as_bytes());
    let (_, rest) = print.split_once("<main>").context("print.html has no <main>")?;
    let (content, _) = rest.split_once("</main>").context("print.html's <main> does not end")?;
    let content = without_files(&without_scripts(content));
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"UTF-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>How TCP Connections End</title>\n<style>{style}{STYLE}</style>\n\
         <nav class=\"offline\" aria-label=\"Chapters\">{chapters}</nav>\n\
         <div class=\"page-wrapper\"><div class=\"page\"><div class=\"content\"><main>{content}</main>\n\
         {programs}<script type=\"text/plain\" id=\"scenario-files\">{files}</script>\n<script>{loader}</script>\n\
         </div></div></div>\n</html>\n",
        chapters = chapters(&content),
    );
    fs::write(to, page).with_context(|| format!("cannot write {}", to.display()))
}

/// A program as text: its address in the book, its glue and its code.
fn inside(pages: &Path, address: &str) -> Result<String> {
    let wasm = pages.join(address.replace(".js", "_bg.wasm"));
    let wasm = fs::read(&wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    let glue = base64(read(&pages.join(address))?.as_bytes());
    Ok(format!(
        "<script type=\"text/plain\" data-program=\"{address}\" data-glue=\"{glue}\">{}</script>\n",
        base64(&wasm)
    ))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// What an attribute of each tag that begins so holds.
fn values<'a>(page: &'a str, tag: &'a str, attribute: &str) -> impl Iterator<Item = &'a str> {
    let begin = format!("{attribute}=\"");
    page.split(tag).skip(1).filter_map(move |rest| rest.split_once('>')?.0.split_once(&begin)?.1.split('"').next())
}

/// The chapters' own scripts lie in files beside them.
fn without_scripts(content: &str) -> String {
    let mut pieces = content.split("<script");
    let mut without = pieces.next().unwrap_or_default().to_owned();
    without.extend(pieces.map(|piece| piece.split_once("</script>").map_or("", |(_, behind)| behind)));
    without
}

/// Links to files of the book lead nowhere here.
fn without_files(content: &str) -> String {
    let mut pieces = content.split("<a href=\"");
    let mut without = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (address, behind) = piece.split_once('"').unwrap_or((piece, ""));
        match address.starts_with('#') || address.contains("://") {
            true => without.push_str(&format!("<a href=\"{address}\"{behind}")),
            false => without.push_str(&format!("<a title=\"{address} is not in this file\"{behind}")),
        }
    }
    without
}

/// A link to each chapter: in what mdBook prints each begins with a heading of the first rank.
fn chapters(content: &str) -> String {
    let mut links = String::new();
    for heading in content.split("<h1 id=\"").skip(1) {
        let Some((id, rest)) = heading.split_once('"') else { continue };
        let title = rest.split_once("</h1>").map_or("", |(title, _)| title);
        let title: String = title.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text).collect();
        let _ = write!(links, "<a href=\"#{id}\">{title}</a>");
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chapters_are_listed_without_their_marks() {
        let content =
            "<h1 id=\"a\"><a class=\"header\" href=\"#a\">What <code>0</code> means</a></h1>\n<h2 id=\"b\">x</h2>";
        assert_eq!(chapters(content), "<a href=\"#a\">What 0 means</a>");
    }

    #[test]
    fn scripts_go_and_text_stays() {
        assert_eq!(without_scripts("a<script src=\"x.js\" defer=\"\"></script>b<script>1</script>c"), "abc");
    }

    #[test]
    fn only_links_that_lead_somewhere_stay() {
        let content = "<a href=\"#a\">a</a> <a href=\"https://a.example\">b</a> <a href=\"c.pcap\">c</a>";
        let without =
            "<a href=\"#a\">a</a> <a href=\"https://a.example\">b</a> <a title=\"c.pcap is not in this file\">c</a>";
        assert_eq!(without_files(content), without);
    }

    #[test]
    fn attributes_are_found_in_their_own_tags() {
        let page = "<link rel=\"stylesheet\" href=\"a.css\"><link rel=\"icon\" href=\"b\"><link rel=\"stylesheet\" id=\"x\" href=\"c.css\">";
        assert_eq!(values(page, "<link rel=\"stylesheet\"", "href").collect::<Vec<_>>(), ["a.css", "c.css"]);
    }
}
