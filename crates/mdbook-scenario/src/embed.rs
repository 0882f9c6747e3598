//! From a scenario's id to the HTML that stands in the chapter.

use std::fmt;
use std::path::Path;
use std::rc::Rc;

use catalogue::CATALOGUE;
use scenario::{Failed, Script, ScriptError};
use view::fold::Fold;
use view::layout::Layout;

use crate::directive::Begin;
use crate::handle::Varied;
use crate::script_path;

/// Why a scenario cannot stand in a chapter.
#[derive(Debug)]
pub enum EmbedError {
    /// The catalogue has no such id.
    Unknown {
        /// What was asked for.
        id: String,
        /// The id that is most like it.
        nearest: &'static str,
    },
    /// The script cannot be read.
    Unreadable {
        /// Whose script.
        id: String,
        /// What is wrong with it.
        error: ScriptError,
    },
    /// The script cannot be performed to its end.
    CannotRun {
        /// Whose script.
        id: String,
        /// Which bound was reached.
        error: sim::Error,
    },
    /// The run is not what the script says.
    NotAsWritten {
        /// Whose script.
        id: String,
        /// Where they differ.
        failed: Vec<Failed>,
    },
}

impl fmt::Display for EmbedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { id, nearest } => write!(
                f,
                "no scenario `{id}` in the catalogue (crates/scenario/src/catalogue.rs), the nearest id is `{nearest}`"
            ),
            Self::Unreadable { id, error } => write!(f, "{}:{error}", script_path(id)),
            Self::CannotRun { id, error } => write!(f, "{}: cannot run: {error}", script_path(id)),
            Self::NotAsWritten { id, failed } => {
                for (index, Failed { line, expected, got }) in failed.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "; " };
                    write!(f, "{separator}{}:{line}: {expected} is written, the run gave {got}", script_path(id))?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for EmbedError {}

/// The address of a program (`player`, `evidence`), relative to the book's root.
///
/// # Errors
/// It has not been built.
pub fn program(source: &Path, name: &str) -> Result<String, String> {
    let folder = source.join(name);
    let begins = format!("{name}-");
    let mut found: Vec<String> = std::fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|file| file.starts_with(&begins) && file.ends_with(".js"))
        .collect();
    match (found.pop(), found.is_empty()) {
        (Some(file), true) => Ok(format!("{name}/{file}")),
        (None, _) => Err(format!("no {name}-*.js in {}, run `cargo xtask build` first", folder.display())),
        (Some(_), false) => {
            Err(format!("more than one {name}-*.js in {}, run `cargo xtask build` again", folder.display()))
        }
    }
}

/// A scenario of the book, performed.
#[derive(Clone, Debug)]
pub(crate) struct Performed {
    /// Its id.
    pub(crate) id: &'static str,
    /// The script's text.
    pub(crate) text: &'static str,
    /// Its run.
    pub(crate) layout: Rc<Layout>,
}

/// Performs a scenario of the book.
///
/// # Errors
/// There is no such scenario, or its run is not what its script says.
pub(crate) fn perform(id: &str) -> Result<Performed, EmbedError> {
    let Some(entry) = catalogue::scenario(id) else {
        return Err(EmbedError::Unknown { id: id.to_owned(), nearest: nearest(id) });
    };
    let script = Script::parse(entry.text).map_err(|error| EmbedError::Unreadable { id: id.to_owned(), error })?;
    let trace =
        sim::run(id, &script, sim::Rules::Linux).map_err(|error| EmbedError::CannotRun { id: id.to_owned(), error })?;
    if !trace.as_written() {
        return Err(EmbedError::NotAsWritten { id: id.to_owned(), failed: trace.failed });
    }
    Ok(Performed { id: entry.id, text: entry.text, layout: Rc::new(Layout::of(&script, &trace)) })
}

/// A picture's place in a chapter.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    /// What it shows.
    pub(crate) of: Performed,
    /// How its widget begins.
    pub(crate) begin: Begin,
    /// What the names of its rows begin with; no other picture of the book has it.
    pub(crate) anchor: String,
    /// Rows that are hidden at first.
    pub(crate) fold: Option<Fold>,
    /// The number of its script that can be varied.
    pub(crate) handle: Option<Varied>,
}

impl Picture {
    /// Its HTML: one line, as Markdown ends raw HTML at a blank one.
    pub(crate) fn html(&self, program: &str) -> String {
        let Self { of: Performed { id, text, layout }, begin, anchor, fold, handle } = self;
        let picture = player::still::picture(layout.clone(), anchor, fold.clone());
        assert!(!picture.contains(['\n', '\r']), "the picture of {id} is one line, or Markdown would tear it");
        let fold_end = fold.as_ref().map(|fold| format!(" data-fold-end=\"{}\"", fold.rows.end)).unwrap_or_default();
        let (attributes, table) = handle.as_ref().map(Varied::html).unwrap_or_default();
        format!(
            "<div class=\"scenario\" data-scenario=\"{id}\" data-program=\"{}\" data-begin=\"{}\" \
             data-anchor=\"{anchor}\"{fold_end}{attributes} data-script=\"{}\">{table}\
             <div class=\"scenario-picture\">{picture}</div></div>",
            attribute(program),
            begin.word(),
            attribute(text),
        )
    }
}

/// A text as an attribute's value between double quotes, without a line's end.
pub(crate) fn attribute(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

fn nearest(id: &str) -> &'static str {
    CATALOGUE.iter().map(|entry| entry.id).min_by_key(|known| distance(id, known)).unwrap_or("")
}

/// How many letters have to be changed, added or left out (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_fits_into_an_attribute() {
        assert_eq!(attribute("a \"b\" & <c>\n"), "a &quot;b&quot; &amp; &lt;c&gt;&#10;");
    }

    #[test]
    fn an_embed_is_one_line_with_all_that_the_loader_needs() {
        let of = perform("close-with-unread-data").expect("runs as written");
        let fold = Fold::of(&of.layout, &[]);
        let end = fold.as_ref().expect("it begins with a handshake").rows.end;
        let picture = Picture {
            of,
            begin: Begin::Predicting,
            anchor: "reset-x.close-with-unread-data".to_owned(),
            fold,
            handle: None,
        };
        let html = picture.html("player/player-0.js");
        assert!(!html.contains('\n'));
        for part in [
            "data-program=\"player/player-0.js\"",
            "data-begin=\"predict\"",
            "data-script=\"# Why does",
            "data-anchor=\"reset-x.close-with-unread-data\"",
            &format!("data-fold-end=\"{end}\""),
            "class=\"scenario-picture\"><",
            "id=\"reset-x.close-with-unread-data.1\"",
            "<details class=\"sc-fold\"><summary",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn an_unknown_id_is_told_what_it_may_have_meant() {
        let error = perform("write-after-pear-close").expect_err("no such scenario").to_string();
        assert!(error.contains("the nearest id is `write-after-peer-close`"), "{error}");
    }

    #[test]
    fn every_scenario_of_the_book_can_be_embedded() {
        for entry in CATALOGUE {
            match perform(entry.id) {
                Ok(of) => {
                    let picture =
                        Picture { of, begin: Begin::Overview, anchor: "a".to_owned(), fold: None, handle: None };
                    assert!(picture.html("player/player-0.js").contains("class=\"sc-figure\""));
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}
