//! The book: chapters, pictures and the player, as a folder of pages.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::{fmt, fs};

use anyhow::{Context, Result, bail};
use mdbook_driver::MDBook;
use mdbook_scenario::ScenarioPreprocessor;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

use crate::{content_security_policy, headings, light, page_head, program, root};

/// Where the pages are (`build-dir` in book.toml).
pub fn folder() -> PathBuf {
    root().join("target/book")
}

/// Builds the player and the book.
///
/// # Errors
/// The player does not compile, a scenario does not run as written, or mdBook has something to say.
pub fn build() -> Result<()> {
    program::build()?;
    println!("Building the book");
    pages()?;
    println!("The book is in {}", folder().strip_prefix(root()).unwrap_or(&folder()).display());
    Ok(())
}

/// Renders the pages. mdBook warns where it should stop (an include that is not there, a tag that is not closed),
/// so here its warnings are errors.
fn pages() -> Result<()> {
    let warnings = Warnings::default();
    let built = tracing::subscriber::with_default(warnings.clone(), || {
        let mut book = MDBook::load(root())?;
        // Under this name book.toml has the same preprocessor as a command; this one takes its place.
        book.with_preprocessor(ScenarioPreprocessor);
        book.build()?;
        anyhow::Ok(page_head::address(book.config.html_config().unwrap_or_default().site_url.as_deref()))
    });
    let warnings = warnings.0.lock().expect("no thread panics while it holds the warnings").join("\n");
    let address = built?;
    if !warnings.is_empty() {
        bail!("mdBook warns:\n{warnings}");
    }
    complete(&folder(), "", address.as_deref())?;
    light::write(&folder())
}

/// Completes what mdBook has written below a folder of the book (`orderly/`): each page gets the list of its headings,
/// its head, and then its policy, which names the scripts in it.
fn complete(folder: &Path, below: &str, address: Option<&str>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = format!("{below}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            complete(&path, &format!("{name}/"), address)?;
        } else if path.extension().is_some_and(|ending| ending == "html") {
            let page = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let page = page_head::completed(&headings::listed(&page, &name), &name, address);
            let page = content_security_policy::with_policy(&page)
                .with_context(|| format!("{} has no {}", path.display(), content_security_policy::CHARSET))?;
            fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}

/// Keeps what mdBook logs as a warning or an error.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().expect("no thread panics while it holds the warnings").push(message.0);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
