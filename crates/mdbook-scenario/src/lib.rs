//! mdBook's preprocessor for the book's pictures.
//!
//! `{{#scenario ID}}` on a line of its own becomes the run of `book/scenarios/ID.tcp`: a picture that needs no
//! JavaScript, and beside it (in `data-` attributes) what `loader.js` needs to put the live widget in its place.
//! `{{#scenario ID predict}}` is the same, and its widget begins by asking what comes next; with `whole` its handshake is
//! not folded. `[the reset](step:server.RST)` becomes a link to a row of it; where the page does not show the scenario that
//! is named, to the chapter that does.
//! `{{#draw buffers|queues|table|timers ID/STEP STEP…: TITLE}}` draws something else of a run than the ladder.
//! A run that is not as its script says stops the build: no picture can be wrong.
//! `{{#playground}}` becomes the place into which the loader puts the playground, and
//! `{{#finder}}` the field for pasted text, `{{#captures}}` the place for captures.
//!
//! Map of the code; [`ScenarioPreprocessor`] is what mdBook calls:
//! - `page.rs`: puts a chapter together
//! - `directive.rs`, `drawing.rs`, `step_link.rs`: find what is to be replaced
//! - `perform.rs`: a scenario's layout; `embed.rs`: its picture's place; `handle.rs`: the table of one of its numbers
//! - `drawn.rs`: other pictures than the ladder
//! - `playground.rs`, `finder.rs`, `captures.rs`: the places for the playground, for pasted text and for captures
//! - `attribute.rs`: texts as attributes of HTML

mod attribute;
mod captures;
mod directive;
mod drawing;
mod drawn;
mod embed;
mod finder;
mod handle;
mod page;
mod perform;
mod playground;
mod step_link;

use std::path::Path;

use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::errors::{Error, Result};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

pub use directive::{Begin, Directive, Handle, Misplaced, Opening, Shows, captures, directives, finders, playgrounds};
pub use embed::program;
use page::{Built, replace, shown};
pub use perform::EmbedError;

/// Replaces the scenario directives of a book.
#[derive(Clone, Copy, Debug)]
pub struct ScenarioPreprocessor;

impl Preprocessor for ScenarioPreprocessor {
    fn name(&self) -> &str {
        "scenario"
    }

    /// # Errors
    /// Every directive of the book that cannot be replaced, each with its chapter, its line and what would be right.
    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let source = &context.config.book.src;
        let folder = context.root.join(source);
        let player = program(&folder, "player").map_err(Error::msg)?;
        let playground = program(&folder, "playground").map(|own| playground::place(&own));
        let playground = playground.as_deref().map_err(String::as_str);
        let finder = program(&folder, "evidence").map(|evidence| finder::place(&evidence, &player));
        let finder = finder.as_deref().map_err(String::as_str);
        let captures = program(&folder, "analyzer")
            .and_then(|analyzer| Ok(captures::place(&analyzer, &program(&folder, "here")?)));
        let captures = captures.as_deref().map_err(String::as_str);
        let numbered = book.chapters().filter(|chapter| chapter.number.is_some());
        let shown =
            shown(numbered.filter_map(|chapter| Some((chapter.source_path.as_deref()?, chapter.content.as_str()))));
        let built = Built { program: &player, playground, finder, captures, shown: &shown };
        let mut complaints = Vec::new();
        book.for_each_mut(|item| {
            let BookItem::Chapter(chapter) = item else { return };
            let Some(path) = &chapter.source_path else { return };
            match replace(path, &chapter.content, &built) {
                Ok(content) => chapter.content = content,
                Err(wrong) => complaints.extend(
                    wrong.into_iter().map(|(line, why)| format!("{}:{line}: {why}", source.join(path).display())),
                ),
            }
        });
        if complaints.is_empty() { Ok(book) } else { Err(Error::msg(complaints.join("\n"))) }
    }

    fn supports_renderer(&self, renderer: &str) -> Result<bool> {
        Ok(renderer == "html")
    }
}

/// Where scripts lie, for messages.
fn script_path(id: &str) -> String {
    Path::new("book/scenarios").join(id).with_extension("tcp").display().to_string()
}
