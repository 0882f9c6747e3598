//! Finds `{{#scenario ID}}`, `{{#scenario ID predict}}` and `{{#playground}}` in a chapter's Markdown.

const OPENING: &str = "{{#scenario";
/// Stands for itself: it has no arguments.
const PLAYGROUND: &str = "{{#playground}}";

/// A directive on a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Counted from 1.
    pub line: usize,
    /// What it names. Whether there is such a scenario is not known here.
    pub id: String,
    /// How its widget begins.
    pub begin: Begin,
}

/// How a widget begins. Without JavaScript it is the whole picture in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// With the whole picture.
    Overview,
    /// With the reader's predictions (`predict`).
    Predicting,
}

impl Begin {
    /// As it stands in the page.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Predicting => "predict",
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
    let mut fence = None;
    chapter.lines().enumerate().filter_map(move |(index, text)| {
        let in_code = is_code(text, &mut fence);
        (!in_code && text.trim() == PLAYGROUND).then_some(index + 1)
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
    let at = text.find(OPENING)?;
    // `\{{#scenario ID}}` is mdBook's way of writing it without meaning it; between backticks it is code.
    if text[..at].ends_with('\\') || text[..at].matches('`').count() % 2 == 1 {
        return None;
    }
    let misplaced = |why: String| Some(Err(Misplaced { line, why }));
    let Some(inside) = text.trim().strip_prefix(OPENING).and_then(|rest| rest.strip_suffix("}}")) else {
        return misplaced(format!("found `{}`, but {OPENING} ID}}}} needs a line of its own", text.trim()));
    };
    match inside.split_whitespace().collect::<Vec<_>>()[..] {
        _ if !inside.starts_with(char::is_whitespace) => {
            misplaced(format!("found `{}`, expected {OPENING} ID}}}}", text.trim()))
        }
        [id] => Some(Ok(Directive { line, id: id.to_owned(), begin: Begin::Overview })),
        [id, "predict"] => Some(Ok(Directive { line, id: id.to_owned(), begin: Begin::Predicting })),
        [_, option, ..] => {
            misplaced(format!("found option `{option}`, but a scenario has an id and at most the option `predict`"))
        }
        _ => misplaced(format!("found `{}`, expected {OPENING} ID}}}}", text.trim())),
    }
}

/// Whether a line belongs to a code block. `fence` is the run of characters that began the block, if inside one.
fn is_code(text: &str, fence: &mut Option<String>) -> bool {
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
    fn a_widget_can_begin_with_a_question() {
        let begins =
            |chapter: &str| directives(chapter).map(|found| found.expect("it is right").begin).collect::<Vec<_>>();
        assert_eq!(begins("{{#scenario a}}\n{{#scenario b predict}}\n"), [Begin::Overview, Begin::Predicting]);
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
