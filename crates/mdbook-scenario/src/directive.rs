//! Finds `{{#scenario ID}}` and `{{#vary ID …}}`, each with what may stand behind the id, `{{#playground}}`, `{{#finder}}` and `{{#captures}}`, in a
//! chapter's Markdown.

const SCENARIO: &str = "{{#scenario";
const VARY: &str = "{{#vary";
/// Stands for itself: it has no arguments.
const PLAYGROUND: &str = "{{#playground}}";
const FINDER: &str = "{{#finder}}";
const CAPTURES: &str = "{{#captures}}";

/// A directive on a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Counted from 1.
    pub line: usize,
    /// What it names. Whether there is such a scenario is not known here.
    pub id: String,
    /// What is to stand in its place.
    pub shows: Shows,
}

/// What stands in the place of a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The picture of the scenario's run.
    Picture {
        /// How its widget begins (`predict`).
        begin: Begin,
        /// Whether a handshake is hidden that is like every other (`whole`).
        opening: Opening,
    },
    /// A slider for one number of the script, and what every value gives.
    Handle(Handle),
}

/// How a widget begins. Without JavaScript it is the whole picture in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// With the whole picture.
    Overview,
    /// With the reader's predictions (`predict`).
    Predicting,
    /// It plays once by itself, as soon as it is in view (`play`).
    Playing,
}

impl Begin {
    /// As it stands in the page.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Predicting => "predict",
            Self::Playing => "play",
        }
    }
}

/// How much of a run's beginning is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// The handshake, and what an earlier picture of the page has shown, is one row that can be opened.
    Folded,
    /// Every row is seen (`whole`).
    Seen,
}

/// One number of a script, and the values that it takes: `{{#vary ID STEP FROM..TO by BY: LABEL}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle {
    /// The name of the step whose statement has the number (`view::step`); the number is the last in its arguments.
    pub step: String,
    /// The first value, in the number's own unit.
    pub from: u32,
    /// The last value.
    pub to: u32,
    /// From one value to the next.
    pub by: u32,
    /// What the number means to a reader.
    pub label: String,
}

/// So many values are performed at most, when the book is built and in the page.
const VALUES_MAX: u32 = 500;

impl Handle {
    /// Every value, rising.
    pub fn values(&self) -> impl Iterator<Item = u32> {
        (self.from..=self.to).step_by(self.by as usize)
    }

    /// Reads what stands behind the id.
    fn parse(text: &str) -> Result<Self, String> {
        let form = || format!("found `{}`, expected STEP FROM..TO by BY: LABEL", text.trim());
        let (numbers, label) = text.split_once(':').ok_or_else(form)?;
        let &[step, range, "by", by] = &numbers.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(form());
        };
        let (from, to) = range.split_once("..").ok_or_else(form)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| format!("found `{text}`, expected a whole number"));
        let (from, to, by) = (number(from)?, number(to)?, number(by)?);
        if to <= from || by == 0 {
            return Err(format!("found {from}..{to} by {by}, expected a range that rises"));
        }
        if (to - from) / by >= VALUES_MAX {
            return Err(format!("found {} values, expected at most {VALUES_MAX}", (to - from) / by + 1));
        }
        match label.trim() {
            "" => Err(form()),
            label => Ok(Self { step: step.to_owned(), from, to, by, label: label.to_owned() }),
        }
    }
}

/// A directive that cannot be one, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// Counted from 1.
    pub line: usize,
    /// What was found and what would be right.
    pub why: String,
}

/// The lines on which the playground is to stand, counted from 1.
pub fn playgrounds(chapter: &str) -> impl Iterator<Item = usize> {
    lines_of(chapter, PLAYGROUND)
}

/// The lines on which the finder's field is to stand, counted from 1.
pub fn finders(chapter: &str) -> impl Iterator<Item = usize> {
    lines_of(chapter, FINDER)
}

/// The lines on which the place for captures is to stand, counted from 1.
pub fn captures(chapter: &str) -> impl Iterator<Item = usize> {
    lines_of(chapter, CAPTURES)
}

fn lines_of(chapter: &str, directive: &'static str) -> impl Iterator<Item = usize> {
    let mut fence = None;
    chapter.lines().enumerate().filter_map(move |(index, text)| {
        let in_code = is_code(text, &mut fence);
        (!in_code && text.trim() == directive).then_some(index + 1)
    })
}

/// The directives of a chapter, in its order. Code, in blocks or between backticks, has none.
pub fn directives(chapter: &str) -> impl Iterator<Item = Result<Directive, Misplaced>> {
    let mut fence = None;
    chapter.lines().enumerate().filter_map(move |(index, text)| {
        let in_code = is_code(text, &mut fence);
        if in_code { None } else { directive(index + 1, text) }
    })
}

fn directive(line: usize, text: &str) -> Option<Result<Directive, Misplaced>> {
    let (at, opening) = [SCENARIO, VARY].into_iter().find_map(|opening| Some((text.find(opening)?, opening)))?;
    // `\{{#scenario ID}}` is mdBook's way of writing it without meaning it; between backticks it is code.
    if text[..at].ends_with('\\') || text[..at].matches('`').count() % 2 == 1 {
        return None;
    }
    let form = if opening == VARY { "ID STEP FROM..TO by BY: LABEL" } else { "ID" };
    let misplaced = |why: String| Some(Err(Misplaced { line, why }));
    let Some(inside) = text.trim().strip_prefix(opening).and_then(|rest| rest.strip_suffix("}}")) else {
        return misplaced(format!("found `{}`, but {opening} {form}}}}} needs a line of its own", text.trim()));
    };
    let (id, options) = inside.trim().split_once(char::is_whitespace).unwrap_or_else(|| (inside.trim(), ""));
    if !inside.starts_with(char::is_whitespace) || id.is_empty() {
        return misplaced(format!("found `{}`, expected {opening} {form}}}}}", text.trim()));
    }
    let shows = if opening == VARY { Handle::parse(options).map(Shows::Handle) } else { picture(options) };
    match shows {
        Ok(shows) => Some(Ok(Directive { line, id: id.to_owned(), shows })),
        Err(why) => misplaced(why),
    }
}

fn picture(options: &str) -> Result<Shows, String> {
    let (mut begin, mut opening) = (Begin::Overview, Opening::Folded);
    for option in options.split_whitespace() {
        match option {
            "predict" if begin == Begin::Overview => begin = Begin::Predicting,
            "play" if begin == Begin::Overview => begin = Begin::Playing,
            "whole" if opening == Opening::Folded => opening = Opening::Seen,
            "predict" | "play" | "whole" => return Err(format!("found option `{option}` twice")),
            _ => {
                return Err(format!(
                    "found option `{option}`, but a scenario's options are `predict`, `play` and `whole`"
                ));
            }
        }
    }
    Ok(Shows::Picture { begin, opening })
}

/// Whether a line belongs to a code block. `fence` is the run of characters that began the block, if inside one.
pub(crate) fn is_code(text: &str, fence: &mut Option<String>) -> bool {
    let marks: String = {
        let text = text.trim_start();
        let first = text.chars().next().filter(|first| matches!(first, '`' | '~'));
        text.chars().take_while(|next| Some(*next) == first).collect()
    };
    match fence {
        Some(opening) => {
            if marks.starts_with(opening.as_str()) && text.trim() == marks {
                *fence = None;
            }
            true
        }
        None if marks.len() >= 3 => {
            *fence = Some(marks);
            true
        }
        None => text.starts_with("    ") || text.starts_with('\t'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(chapter: &str) -> Vec<Result<(usize, String), usize>> {
        directives(chapter)
            .map(|found| found.map(|directive| (directive.line, directive.id)).map_err(|misplaced| misplaced.line))
            .collect()
    }

    #[test]
    fn a_directive_is_found_on_a_line_of_its_own() {
        assert_eq!(
            found("# T\n\n{{#scenario one}}\n  {{#scenario  two }}\n"),
            [Ok((3, "one".into())), Ok((4, "two".into()))]
        );
    }

    #[test]
    fn a_picture_has_options() {
        let shows = |chapter: &str| directives(chapter).map(|found| found.map(|it| it.shows)).collect::<Vec<_>>();
        let picture = |begin, opening| Ok(Shows::Picture { begin, opening });
        assert_eq!(
            shows("{{#scenario a}}\n{{#scenario b predict}}\n{{#scenario c whole predict}}\n{{#scenario d play}}\n"),
            [
                picture(Begin::Overview, Opening::Folded),
                picture(Begin::Predicting, Opening::Folded),
                picture(Begin::Predicting, Opening::Seen),
                picture(Begin::Playing, Opening::Folded)
            ]
        );
        assert_eq!(found("{{#scenario a predict predict}}\n{{#scenario a predict play}}\n"), [Err(1), Err(2)]);
    }

    #[test]
    fn a_number_can_be_given_a_handle() {
        let of = |options: &str| {
            let mut all = directives(options).collect::<Vec<_>>();
            assert_eq!(all.len(), 1);
            all.remove(0)
        };
        let directive = of("{{#vary race link.wait.2 0..200 by 20: the timer fires, ms after the request}}");
        let Ok(Directive { id, shows: Shows::Handle(handle), .. }) = directive else { panic!("{directive:?}") };
        assert_eq!((id.as_str(), handle.step.as_str()), ("race", "link.wait.2"));
        assert_eq!(handle.label, "the timer fires, ms after the request");
        assert_eq!(handle.values().collect::<Vec<_>>(), (0..11).map(|step| step * 20).collect::<Vec<_>>());
        for (options, why) in [
            ("link.wait 0..200 by 20", "expected STEP FROM..TO by BY: LABEL"),
            ("link.wait 0..200: x", "expected STEP FROM..TO by BY: LABEL"),
            ("link.wait 9..2 by 1: x", "expected a range that rises"),
            ("link.wait 0..2 by 0: x", "expected a range that rises"),
            ("link.wait 0..x by 1: x", "found `x`, expected a whole number"),
            ("link.wait 0..900 by 1: x", "found 901 values, expected at most 500"),
        ] {
            let error = of(&format!("{{{{#vary race {options}}}}}")).expect_err(options);
            assert!(error.why.contains(why), "{}", error.why);
        }
    }

    #[test]
    fn the_playground_stands_alone_and_not_in_code() {
        let chapter = "{{#playground}}\n```\n{{#playground}}\n```\nsee {{#playground}}\n";
        assert_eq!(playgrounds(chapter).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn code_is_left_alone() {
        let chapter = "```text\n{{#scenario a}}\n```\n~~~~\n~~~\n{{#scenario b}}\n~~~~\n    {{#scenario c}}\nwrite `{{#scenario d}}`\n\\{{#scenario e}}\n{{#scenario f}}\n";
        assert_eq!(found(chapter), [Ok((11, "f".into()))]);
    }

    #[test]
    fn a_fence_ends_with_a_fence_alone() {
        assert_eq!(found("```\n```text\n{{#scenario a}}\n```\n{{#scenario b}}\n"), [Ok((5, "b".into()))]);
    }

    #[test]
    fn what_is_no_directive_is_said() {
        assert_eq!(
            found("see {{#scenario a}} here\n{{#scenario}}\n{{#scenario a guess}}\n{{#scenario a\n{{#scenarios a}}\n"),
            [Err(1), Err(2), Err(3), Err(4), Err(5)]
        );
    }
}
