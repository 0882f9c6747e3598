//! A chapter with its directives and its links to steps replaced.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use view::fold::Fold;
use view::layout::Layout;
use view::palette::Hue;
use view::step::Step;

use crate::attribute::attribute;
use crate::directive::{Begin, Directive, Opening, Shows, captures, directives, finders, playgrounds};
use crate::drawing;
use crate::drawn;
use crate::embed::Picture;
use crate::handle::Varied;
use crate::perform::perform;
use crate::step_link::{StepLink, step_links};

/// What is wrong in a chapter: the line, and why.
pub(crate) type Wrong = (usize, String);

/// What stands the same in every chapter.
pub(crate) struct Built<'a> {
    /// The program's address, relative to the book's root.
    pub(crate) program: &'a str,
    /// What stands in the place of `{{#playground}}`, if its program has been built.
    pub(crate) playground: Result<&'a str, &'a str>,
    /// What stands in the place of `{{#finder}}`, if its program has been built.
    pub(crate) finder: Result<&'a str, &'a str>,
    /// What stands in the place of `{{#captures}}`, if its program has been built.
    pub(crate) captures: Result<&'a str, &'a str>,
    /// Where each scenario is shown.
    pub(crate) shown: &'a Shown,
}

/// The first numbered chapter that shows a scenario, by the scenario's id: there a link leads from pages that do not
/// show it.
pub(crate) type Shown = BTreeMap<String, PathBuf>;

/// Where each scenario is shown; `chapters` are the numbered ones, in the book's order.
pub(crate) fn shown<'a>(chapters: impl Iterator<Item = (&'a Path, &'a str)>) -> Shown {
    let mut shown = Shown::new();
    for (path, text) in chapters {
        for Directive { id, .. } in directives(text).flatten() {
            shown.entry(id).or_insert_with(|| path.to_owned());
        }
    }
    shown
}

/// The chapter at `path`, relative to the book's root, with its directives replaced.
///
/// # Errors
/// Everything that is wrong, each with its line.
pub(crate) fn replace(path: &Path, chapter: &str, built: &Built<'_>) -> Result<String, Vec<Wrong>> {
    let (pictures, mut wrong) = pictures(path, chapter);
    let mut text = chapter.to_owned();
    // From the end, so that the places before stay right. A link stays on its lines.
    for link in step_links(chapter).iter().rev() {
        match followed(link, path, chapter, &pictures, built.shown) {
            Ok(html) => text.replace_range(link.range.clone(), &html),
            Err(why) => wrong.push((link.line, why)),
        }
    }
    for (line, place) in [
        (playgrounds(chapter).next(), built.playground),
        (finders(chapter).next(), built.finder),
        (captures(chapter).next(), built.captures),
    ] {
        if let (Some(line), Err(why)) = (line, place) {
            wrong.push((line, why.to_owned()));
        }
    }
    let mut drawings = BTreeMap::new();
    for (line, drawing) in drawing::drawings(chapter) {
        match drawing {
            Ok(drawing) => {
                drawings.insert(line, drawing);
            }
            Err(why) => wrong.push((line, why)),
        }
    }
    if !wrong.is_empty() {
        wrong.sort();
        return Err(wrong);
    }
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for line in playgrounds(chapter) {
        built.playground.unwrap_or_default().clone_into(&mut lines[line - 1]);
    }
    for line in finders(chapter) {
        built.finder.unwrap_or_default().clone_into(&mut lines[line - 1]);
    }
    for line in captures(chapter) {
        built.captures.unwrap_or_default().clone_into(&mut lines[line - 1]);
    }
    for (line, picture) in &pictures {
        lines[line - 1] = picture.html(built.program);
    }
    for (line, drawing) in &drawings {
        lines[line - 1] = drawn::html(drawing, |id, row| {
            let picture = pictures.values().find(|picture| picture.of.id == id)?;
            Some(format!("{}.{}", picture.anchor, row + 1))
        });
    }
    Ok(lines.join("\n") + "\n")
}

/// The pictures of a chapter by line, and the directives that cannot be one.
fn pictures(path: &Path, chapter: &str) -> (BTreeMap<usize, Picture>, Vec<Wrong>) {
    let mut pictures: BTreeMap<usize, Picture> = BTreeMap::new();
    let mut wrong = Vec::new();
    for found in directives(chapter) {
        let Directive { line, id, shows } = match found {
            Ok(directive) => directive,
            Err(misplaced) => {
                wrong.push((misplaced.line, misplaced.why));
                continue;
            }
        };
        let of = match perform(&id) {
            Ok(of) => of,
            Err(error) => {
                wrong.push((line, error.to_string()));
                continue;
            }
        };
        let (begin, opening, handle) = match shows {
            Shows::Picture { begin, opening } => (begin, opening, None),
            Shows::Handle(handle) => match Varied::of(&of, handle) {
                Ok(varied) => (Begin::Overview, Opening::Folded, Some(varied)),
                Err(why) => {
                    wrong.push((line, why));
                    continue;
                }
            },
        };
        let earlier: Vec<&Layout> = pictures.values().map(|picture| &*picture.of.layout).collect();
        let fold = match opening {
            Opening::Folded => Fold::of(&of.layout, &earlier),
            Opening::Seen => None,
        };
        let again = pictures.values().filter(|picture| picture.of.id == of.id).count();
        let anchor = anchor(path, of.id, again);
        pictures.insert(line, Picture { of, begin, anchor, fold, handle });
    }
    (pictures, wrong)
}

/// The name of a picture in the whole book: its chapter's path, the scenario, and which of them it is there.
fn anchor(path: &Path, id: &str, again: usize) -> String {
    let chapter = path.with_extension("").to_string_lossy().replace(['/', '\\'], "-");
    if again == 0 { format!("{chapter}.{id}") } else { format!("{chapter}.{id}.{}", again + 1) }
}

/// The HTML of a link to a step: of a picture of its page, or of the chapter that shows the scenario.
fn followed(
    link: &StepLink,
    path: &Path,
    chapter: &str,
    pictures: &BTreeMap<usize, Picture>,
    shown: &Shown,
) -> Result<String, String> {
    let here = match &link.id {
        Some(id) => pictures.values().find(|picture| picture.of.id == id),
        None => {
            let above = pictures.range(..link.line).next_back();
            let below = || pictures.range(link.line..).next();
            Some(above.or_else(below).ok_or("a link to a step, but this page has no picture")?.1)
        }
    };
    let (of, page, anchor) = match (here, &link.id) {
        (Some(picture), _) => (picture.of.clone(), String::new(), picture.anchor.clone()),
        (None, Some(id)) => {
            let of = perform(id).map_err(|error| error.to_string())?;
            let there = shown.get(id).ok_or_else(|| {
                let here: Vec<&str> = pictures.values().map(|picture| picture.of.id).collect();
                format!("no chapter has a picture of `{id}`, and of this page it has {}", here.join(", "))
            })?;
            let up = "../".repeat(path.components().count() - 1);
            (of, format!("{up}{}", there.display()), anchor(there, id, 0))
        }
        (None, None) => unreachable!("a link without an id leads to a picture of its page"),
    };
    let row = Step::parse(&link.step)
        .and_then(|step| step.find(&of.layout))
        .map_err(|error| format!("{}: {error}", of.id))?;
    Ok(format!(
        "<a class=\"sc-step {}\" href=\"{}#{}.{}\">{}</a>",
        Hue::of(&of.layout, &of.layout.rows[row]).class(),
        attribute(&page),
        attribute(&anchor),
        row + 1,
        &chapter[link.text.clone()]
    ))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    const BUILT: Built<'static> = Built {
        program: "player/player-0.js",
        playground: Ok("the list"),
        finder: Ok("the field"),
        captures: Ok("the place"),
        shown: &Shown::new(),
    };

    fn page(chapter: &str) -> Result<String, Vec<Wrong>> {
        replace(Path::new("reset/a.md"), chapter, &BUILT)
    }

    fn wrong(chapter: &str) -> String {
        let wrong = page(chapter).expect_err("it is wrong");
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        format!("{}: {}", wrong[0].0, wrong[0].1)
    }

    #[test]
    fn a_directive_becomes_a_picture_and_the_rest_stays() {
        let page = page("# Title\n\n{{#scenario write-after-peer-close}}\n\nText.\n\n{{#playground}}\n")
            .expect("the scenario is known and runs as written");
        assert!(
            page.starts_with("# Title\n\n<div class=\"scenario\" data-scenario=\"write-after-peer-close\""),
            "{page}"
        );
        assert!(page.ends_with("</div></div>\n\nText.\n\nthe list\n"), "{page}");
    }

    #[test]
    fn every_mistake_of_a_chapter_is_reported_with_its_line() {
        let chapter = "{{#scenario no-such-thing}}\n\nsee {{#scenario write-after-peer-close}}\n\n[x](step:a.b)\n";
        let wrong = page(chapter).expect_err("both directives are wrong");
        assert_eq!(wrong.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3, 5]);
    }

    #[test]
    fn a_sentence_leads_to_its_row() {
        let page = page("See [the *reset*](step:server.RST).\n\n{{#scenario write-after-peer-close}}\n\nMore [`write`](step:client.write.3) and\n[this](step:write-after-peer-close/server.FIN).\n")
            .expect("all of them are there");
        let links: Vec<(&str, &str)> = page
            .match_indices("<a class=\"sc-step ")
            .map(|(at, _)| page[at..].split("href=\"#").nth(1).expect("it has an address"))
            .map(|rest| {
                (
                    &rest[..rest.find('"').expect("it ends")],
                    &rest[rest.find('>').expect("a text") + 1..rest.find("</a>").expect("an end")],
                )
            })
            .collect();
        assert_eq!(links.iter().map(|(_, text)| *text).collect::<Vec<_>>(), ["the *reset*", "`write`", "this"]);
        for (address, _) in links {
            assert!(address.starts_with("reset-a.write-after-peer-close."), "{address}");
            assert!(page.contains(&format!("id=\"{address}\"")), "{address} is a row");
        }
        assert!(page.contains("<a class=\"sc-step sc-rst\""), "{page}");
    }

    #[test]
    fn a_link_that_leads_nowhere_stops_the_build_and_says_what_would_be_right() {
        assert!(wrong("[x](step:server.RST)\n").starts_with("1: a link to a step, but this page has no picture"));
        let one = "{{#scenario write-after-peer-close}}\n\n";
        assert!(
            wrong(&format!("{one}[x](step:client.RST)\n"))
                .starts_with("3: write-after-peer-close: no step `client.RST`")
        );
        assert!(wrong(&format!("{one}[x](step:linger-zero/client.RST)\n")).contains("it has write-after-peer-close"));
        assert!(wrong(&format!("{one}[x](step:reset)\n")).contains("expected WHO.WHAT"));
    }

    #[test]
    fn what_a_page_has_shown_is_folded_and_can_be_shown_whole() {
        let both =
            page("{{#scenario stale-pooled-connection whole}}\n{{#scenario keepalive-race-fin}}\n").expect("they run");
        assert_eq!(both.matches("<details class=\"sc-fold\"").count(), 1);
        assert!(both.contains("as in the picture above"), "{both}");
    }

    /// The book's chapters: path and text.
    fn chapters(folder: &Path, chapters: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).expect("the book is there") {
            let path = entry.expect("the folder stays as it is").path();
            if path.is_dir() {
                self::chapters(&path, chapters);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                let text = fs::read_to_string(&path).expect("a chapter is text");
                chapters.push((path, text));
            }
        }
    }

    #[test]
    fn a_sentence_leads_to_a_run_of_another_chapter() {
        let chapters = [
            ("between/b.md", "{{#scenario linger-zero}}"),
            ("c.md", "{{#scenario linger-zero}}\n{{#scenario sigkill-clean}}"),
        ];
        let shown = shown(chapters.iter().map(|(path, text)| (Path::new(*path), *text)));
        let built = Built { shown: &shown, ..BUILT };
        let links = |path: &str| {
            let text = "[x](step:linger-zero/client.connect), [y](step:sigkill-clean/server.kill)\n";
            let page = replace(Path::new(path), text, &built).expect("both are shown");
            page.split("href=\"")
                .skip(1)
                .map(|rest| rest[..rest.find('"').expect("it ends")].to_owned())
                .collect::<Vec<_>>()
        };
        let from_a_folder = links("reset/a.md");
        assert!(from_a_folder[0].starts_with("../between/b.md#between-b.linger-zero."), "{from_a_folder:?}");
        assert!(from_a_folder[1].starts_with("../c.md#c.sigkill-clean."), "{from_a_folder:?}");
        assert!(links("a.md")[0].starts_with("between/b.md#between-b.linger-zero."));
    }

    #[test]
    fn every_link_of_the_book_to_a_step_leads_to_a_row() {
        let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book");
        let mut all = Vec::new();
        chapters(&book, &mut all);
        for (path, _) in &mut all {
            *path = path.strip_prefix(&book).expect("it lies in the book").to_owned();
        }
        // Any order will do; those of the introduction have no number.
        let in_folders = all.iter().filter(|(path, _)| path.components().count() > 1);
        let shown = shown(in_folders.map(|(path, text)| (path.as_path(), text.as_str())));
        let built = Built { shown: &shown, ..BUILT };
        let pages: BTreeMap<&Path, String> = all
            .iter()
            .map(|(path, text)| {
                let page = replace(path, text, &built).unwrap_or_else(|wrong| panic!("{}: {wrong:?}", path.display()));
                (path.as_path(), page)
            })
            .collect();
        let (mut here, mut elsewhere) = (BTreeMap::<&Path, usize>::new(), BTreeMap::<&Path, usize>::new());
        for (path, page) in &pages {
            for link in page.split("<a class=\"sc-step ").skip(1) {
                let (_, rest) = link.split_once("href=\"").expect("a link has an address");
                let (to, row) =
                    rest.split('"').next().and_then(|address| address.split_once('#')).expect("it names a row");
                let (target, links) = match to.trim_start_matches("../") {
                    "" => (*path, &mut here),
                    to => (Path::new(to), &mut elsewhere),
                };
                assert_eq!(
                    pages[target].matches(&format!(" id=\"{row}\"")).count(),
                    1,
                    "{}: {to}#{row}",
                    path.display()
                );
                *links.entry(path).or_default() += 1;
            }
        }
        assert!(here.values().sum::<usize>() > 150 && here.len() >= 25, "{here:?}");
        assert!(elsewhere.values().sum::<usize>() > 40 && elsewhere.len() >= 8, "{elsewhere:?}");
    }

    #[test]
    fn no_two_rows_of_a_page_have_one_name() {
        let page = page("{{#scenario sigkill-clean}}\n{{#scenario sigkill-clean}}\n").expect("they run");
        let mut names: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert!(count > 20 && names.len() == count);
    }
}
