//! mdBook's preprocessor for the book's pictures.
//!
//! `{{#scenario ID}}` on a line of its own becomes the run of `book/scenarios/ID.tcp`: a picture that needs no
//! JavaScript, and beside it (in `data-` attributes) what `loader.js` needs to put the live widget in its place.
//! `{{#scenario ID predict}}` is the same, and its widget begins by asking what comes next.
//! A run that is not as its script says stops the build: no picture can be wrong.
//! `{{#playground}}` becomes the list of all scenarios, in whose place the loader puts the playground.
//!
//! Map of the code: [`directives()`] finds the lines (`directive.rs`), [`embed()`] makes the HTML (`embed.rs`),
//! `playground.rs` the list,
//! [`ScenarioPreprocessor`] is what mdBook calls.

mod directive;
mod embed;
mod playground;

use std::path::Path;

use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::errors::{Error, Result};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

pub use directive::{Begin, Directive, Misplaced, directives, playgrounds};
pub use embed::{EmbedError, embed, program};

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
        let program = program(&folder).map_err(Error::msg)?;
        let playground = playground::place(&program, &playground::chapters(&book));
        let mut complaints = Vec::new();
        book.for_each_mut(|item| {
            let BookItem::Chapter(chapter) = item else { return };
            let Some(path) = &chapter.source_path else { return };
            match replace(&chapter.content, &program, &playground) {
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

/// A chapter with its directives replaced; or the lines that are wrong, and why.
fn replace(chapter: &str, program: &str, playground: &str) -> std::result::Result<String, Vec<(usize, String)>> {
    let mut wrong = Vec::new();
    let mut replaced: Vec<String> = chapter.lines().map(str::to_owned).collect();
    for line in playgrounds(chapter) {
        replaced[line - 1] = playground.to_owned();
    }
    for found in directives(chapter) {
        match found {
            Ok(directive) => match embed(&directive.id, directive.begin, program) {
                Ok(html) => replaced[directive.line - 1] = html,
                Err(error) => wrong.push((directive.line, error.to_string())),
            },
            Err(misplaced) => wrong.push((misplaced.line, misplaced.why)),
        }
    }
    if wrong.is_empty() { Ok(replaced.join("\n") + "\n") } else { Err(wrong) }
}

/// Where scripts lie, for messages.
fn script_path(id: &str) -> String {
    Path::new("book/scenarios").join(id).with_extension("tcp").display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_becomes_a_picture_and_the_rest_stays() {
        let chapter = "# Title\n\n{{#scenario write-after-peer-close}}\n\nText.\n";
        let page = replace(chapter, "player/player-0.js", "").expect("the scenario is known and runs as written");
        assert!(
            page.starts_with("# Title\n\n<div class=\"scenario\" data-scenario=\"write-after-peer-close\""),
            "{page}"
        );
        assert!(page.ends_with("</div></div>\n\nText.\n"), "{page}");
    }

    #[test]
    fn every_mistake_of_a_chapter_is_reported_with_its_line() {
        let chapter = "{{#scenario no-such-thing}}\n\nsee {{#scenario write-after-peer-close}}\n";
        let wrong = replace(chapter, "player/player-0.js", "").expect_err("both directives are wrong");
        assert_eq!(wrong.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3]);
    }
}
