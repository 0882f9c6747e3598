//! The picture that a shared link shows: the book's name beside a run of its own, as a PNG.
//!
//! It is made on request and kept in the repository, for no two browsers draw the same pixels.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use player::run::Run;
use view::export::svg;

use crate::browser::CHROMIUM;
use crate::{root, run};

/// Below the book's root.
pub const FILE: &str = "card.png";
/// In pixels: the form that the networks ask for.
pub const WIDTH: u32 = 1200;
/// See [`WIDTH`].
pub const HEIGHT: u32 = 630;
/// What it shows, for those who do not see it.
pub const ALT: &str = "How TCP Connections End. Beside the title a run: the server closes with bytes \
                       unread, a RST leaves, the client reads ECONNRESET.";
/// What links to it is fetched by machines with little patience.
pub const BYTES_MAX: usize = 100_000;

const SCENARIO: &str = "close-with-unread-data";

/// Draws the picture with a browser, and writes it to `book/card.png`.
///
/// # Errors
/// There is no browser, or it did not draw, or the picture is too heavy.
pub fn draw() -> Result<()> {
    let entry = catalogue::scenario(SCENARIO).context("the catalogue has the card's scenario")?;
    let run_of_it = Run::of(entry.text, sim::Stack::Linux).map_err(|error| anyhow!("{SCENARIO}: {error}"))?;
    let svg = svg(&run_of_it.layout);
    let page = root().join("target/card.html");
    fs::write(&page, html(&svg)).with_context(|| format!("cannot write {}", page.display()))?;

    let picture = root().join("book").join(FILE);
    let mut chrome = Command::new(CHROMIUM.ensure()?);
    chrome
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"])
        .arg(format!("--window-size={WIDTH},{HEIGHT}"))
        .arg(format!("--screenshot={}", picture.display()))
        .arg(format!("file://{}", page.display()));
    // What a headless browser says of the desktop that it misses is nothing to a reader.
    run(chrome.stdout(Stdio::null()).stderr(Stdio::null()))?;
    let bytes = fs::read(&picture).with_context(|| format!("cannot read {}", picture.display()))?.len();
    if bytes > BYTES_MAX {
        bail!("book/{FILE} has {bytes} bytes, at most {BYTES_MAX} are right");
    }
    println!("book/{FILE}: {bytes} bytes. Look at it before you commit it.");
    Ok(())
}

fn html(svg: &str) -> String {
    let [x, y, width, height] = PART;
    // The picture's own size and view are the first that it names.
    let svg = svg.replacen("viewBox=\"0 0 ", &format!("viewBox=\"{x} {y} {width} {height}\" data-whole=\""), 1);
    format!(
        "<!DOCTYPE html><meta charset=\"UTF-8\"><style>{STYLE}</style>\
         <h1>How TCP Connections End</h1><p>Who did it, and why. Every picture is a run.</p>{svg}"
    )
}

/// What is shown of the run: from the close to the error that it makes; left, top, width and height in its pixels.
const PART: [u32; 4] = [108, 499, 790, 302];
const STYLE: &str = "\
    body { margin: 0; width: 1200px; height: 630px; overflow: hidden; position: relative; background: #fff; \
           color: #1b1f24; font-family: 'Liberation Sans', 'DejaVu Sans', sans-serif } \
    h1 { margin: 0; padding: 44px 0 10px 64px; font-size: 58px; line-height: 1.1 } \
    p { margin: 0; padding-left: 66px; font-size: 27px; color: #57606a } \
    body > svg { position: absolute; left: 0; bottom: 0; width: 1200px; height: 459px }";
