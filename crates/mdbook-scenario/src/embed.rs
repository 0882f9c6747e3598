//! The place of a picture in a chapter: what stands there without JavaScript, and what the loader needs.

use std::path::Path;

use view::fold::Fold;

use crate::attribute::attribute;
use crate::directive::Begin;
use crate::handle::Varied;
use crate::perform::Performed;

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

#[cfg(test)]
mod tests {
    use catalogue::CATALOGUE;

    use super::*;
    use crate::perform::perform;

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
