//! The finder: from a pasted text to the ending that it tells of.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::LazyLock;

use super::answer::{Answer, By, Message};
use super::found::{Found, table};
use super::pattern::{Pattern, find_word};
use super::plain::Plain;
use super::table::{Context, Ending, Line, Phrase};
use super::{codes, names, near, translations};

/// A line of the table, ready to be sought.
struct Row {
    ending: &'static Ending,
    line: &'static Line,
    pattern: Pattern,
}

fn rows() -> &'static [Row] {
    static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
        let of = |ending: &'static Ending| {
            ending.messages.iter().map(move |line| Row { ending, line, pattern: Pattern::of(&line.text) })
        };
        table().endings.iter().flat_map(of).collect()
    });
    &ROWS
}

fn phrases() -> &'static [(&'static Phrase, Pattern)] {
    static PHRASES: LazyLock<Vec<(&'static Phrase, Pattern)>> =
        LazyLock::new(|| table().phrases.iter().map(|phrase| (phrase, Pattern::of(&phrase.text))).collect());
    &PHRASES
}

/// A shorter text is no text yet.
const LETTERS_MIN: usize = 3;
/// A line with fewer letters (HAProxy's `SD--`) is sought by its name alone.
const WEIGHT_MIN: usize = 3;
/// A line with fewer letters (`EOF`) yields to an errno or a status beside it.
const WEIGHT_OF_A_SENTENCE: usize = 7;
/// A phrase with fewer letters (`timeout`) may as well name a setting.
const WEIGHT_OF_A_REASON: usize = 8;
/// Between the words of a phrase so much of a line may stand.
const GAP_OF_A_PHRASE: usize = 60;
/// How many lines are shown that have the text as a part.
const PARTS_MAX: usize = 12;
/// How many other endings are named.
const ALSO_MAX: usize = 3;

/// What a text of prose, of a log or of a trace says: a line of the table, or what its errno, status or state says.
pub(super) fn message(original: &str) -> Answer {
    let plain = Plain::of(original);
    let text = plain.text();
    if text.is_empty() {
        return Answer::Empty;
    }
    if let Some((state, place)) = names::termination(original)
        && let Some(found) = Found::of_name(&state)
    {
        return told(&plain, By::Termination(state), found, vec![place], Vec::new());
    }
    let hits = hits(&plain);
    if let Some(best) = hits.first().filter(|best| best.row.pattern.weight() >= WEIGHT_OF_A_SENTENCE) {
        return of_line(&plain, best, &hits);
    }
    named(&plain)
        .or_else(|| hits.first().map(|best| of_line(&plain, best, &hits)))
        .or_else(|| part(text))
        .or_else(|| worded(&plain))
        .or_else(|| nearest(&plain))
        .unwrap_or(Answer::Nothing)
}

/// A row that stands in the text.
struct Hit {
    row: &'static Row,
    places: Vec<Range<usize>>,
    /// How much it says.
    weight: usize,
}

/// The rows that stand in the text, the one that says most first; of equals the one that stands last in the text.
fn hits(plain: &Plain) -> Vec<Hit> {
    let text = plain.text();
    let breaks: Vec<usize> = plain.lines().map(|line| line.start).collect();
    let mut hits: Vec<Hit> = rows()
        .iter()
        // A state's name is an everyday word as well (`closing`): `names` knows when it is the name.
        .filter(|row| row.pattern.weight() >= WEIGHT_MIN && row.ending.id != "states")
        .filter_map(|row| {
            let places = row.pattern.find(text, 0..text.len())?;
            let (first, last) = (places.first()?.start, places.last()?.end);
            if row.pattern.weight() < WEIGHT_OF_A_SENTENCE && is_name_of_a_number(&text[last..]) {
                return None;
            }
            let is_one_line = !breaks.iter().any(|line| first < *line && *line < last);
            // Parts that stand on several lines may have met by chance.
            let weight = if is_one_line { row.pattern.weight() } else { row.pattern.weight() * 3 / 4 };
            Some(Hit { row, places, weight })
        })
        .collect();
    let begins = |hit: &Hit| hit.places.first().map_or(0, |place| place.start);
    sort(&mut hits, |hit| Reverse((hit.weight, begins(hit))));
    hits
}

/// Sorts few things, and leaves equals in their order: the standard library's stable sort would be kilobytes of a page's
/// program.
fn sort<T, K: Ord>(all: &mut [T], key: impl Fn(&T) -> K) {
    for last in 1..all.len() {
        let at = all[..last].partition_point(|one| key(one) <= key(&all[last]));
        all[at..=last].rotate_right(1);
    }
}

/// Whether what stands behind a word makes it a field's name: `eof:0`.
fn is_name_of_a_number(behind: &str) -> bool {
    let value = behind.strip_prefix([':', '=']);
    value.is_some_and(|value| value.starts_with(|letter: char| letter.is_ascii_digit()))
}

fn of_line(plain: &Plain, best: &Hit, hits: &[Hit]) -> Answer {
    let overlaps = |hit: &Hit| hit.places.iter().any(|one| best.places.iter().any(|other| meet(one, other)));
    let mut also: Vec<Found> = Vec::new();
    for hit in hits.iter().filter(|hit| hit.weight * 3 >= best.weight && !overlaps(hit)) {
        let is_new =
            hit.row.ending.id != best.row.ending.id && also.iter().all(|found| found.ending.id != hit.row.ending.id);
        if is_new && also.len() < ALSO_MAX {
            also.push(Found { ending: hit.row.ending, line: Some(hit.row.line) });
        }
    }
    let found = Found { ending: best.row.ending, line: Some(best.row.line) };
    told(plain, By::Line, found, best.places.iter().map(|place| plain.original(place)).collect(), also)
}

fn told(plain: &Plain, by: By, found: Found, marks: Vec<Range<usize>>, also: Vec<Found>) -> Answer {
    Answer::Message(Message { by, found, marks, also, context: context(plain.text(), found.ending) })
}

/// The surroundings that a text names, if they change the order of the causes of this ending.
fn context(text: &str, ending: &Ending) -> Option<&'static Context> {
    let is_said = |context: &&Context| context.words.iter().any(|words| find_word(text, 0, words).is_some());
    table().contexts.iter().filter(|context| context.causes.contains_key(&ending.id)).find(is_said)
}

fn meet(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// By errno, code, status or state.
fn named(plain: &Plain) -> Option<Answer> {
    let text = plain.text();
    let answer = |by, found, place| Some(told(plain, by, found, vec![plain.original(&place)], Vec::new()));
    if let Some((errno, system, place)) = names::errno(text) {
        let found = Found { ending: ending(errno.ending)?, line: None };
        return answer(By::Errno { errno, system }, found, place);
    }
    if let Some((errno, words, place)) = translations::errno(text) {
        let found = Found { ending: ending(errno.ending)?, line: None };
        return answer(By::Translated(errno, words), found, place);
    }
    if let Some((code, place)) = codes::code(text) {
        let found = Found::of_name(&code)?;
        return answer(By::Code(code), found, place);
    }
    if let Some((status, place)) = names::status(text) {
        return answer(By::Status(status), Found::of_name(status)?, place);
    }
    let (state, place) = names::state_in(text)?;
    answer(By::State(state), Found::of_name(state)?, place)
}

/// The ending with that id.
pub(super) fn ending(id: &str) -> Option<&'static Ending> {
    table().endings.iter().find(|ending| ending.id == id)
}

/// The lines of which the text is a part, as while a line is typed; [`PARTS_MAX`] at most.
fn part(text: &str) -> Option<Answer> {
    if text.len() < LETTERS_MIN {
        return None;
    }
    let mut holding: Vec<&Row> = rows().iter().filter(|row| row.pattern.whole().contains(text)).collect();
    sort(&mut holding, |row| row.pattern.weight());
    holding.truncate(PARTS_MAX);
    let found: Vec<Found> = holding.iter().map(|row| Found { ending: row.ending, line: Some(row.line) }).collect();
    (!found.is_empty()).then_some(Answer::Part(found))
}

/// By words of a program's own sentence: the longest of those that stand on one line.
fn worded(plain: &Plain) -> Option<Answer> {
    let text = plain.text();
    let of_line = |line: Range<usize>| {
        phrases().iter().filter_map(move |(phrase, pattern)| {
            let places = pattern.find(text, line.clone())?;
            let is_together = places.windows(2).all(|pair| pair[1].start - pair[0].end <= GAP_OF_A_PHRASE);
            is_together.then_some((*phrase, pattern.weight(), places))
        })
    };
    // "Timed out" says more than "disconnected" beside it.
    let says_how = |phrase: &Phrase, weight: usize| {
        weight >= WEIGHT_OF_A_REASON && !matches!(phrase.ending.as_str(), "end-of-stream" | "cannot-connect")
    };
    let (phrase, _, places) =
        plain.lines().flat_map(of_line).max_by_key(|(phrase, weight, _)| (says_how(phrase, *weight), *weight))?;
    let found = Found { ending: ending(&phrase.ending)?, line: None };
    let marks = places.iter().map(|place| plain.original(place)).collect();
    Some(told(plain, By::Words(phrase), found, marks, Vec::new()))
}

fn nearest(plain: &Plain) -> Option<Answer> {
    let text = plain.text();
    let by_errno = near::errno(text).and_then(|(errno, likeness, place)| {
        let found = Found { ending: ending(errno.ending)?, line: None };
        Some((likeness, place, errno.name, found))
    });
    let by_line = rows()
        .iter()
        .filter_map(|row| {
            let (likeness, place) = near::likeness(text, row.pattern.main_part()?)?;
            // Of equals the longer says more.
            Some((likeness, row.pattern.weight(), place, row))
        })
        .max_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)))
        .map(|(likeness, _, place, row)| {
            (likeness, place, row.line.text.as_str(), Found { ending: row.ending, line: Some(row.line) })
        });
    let (_, place, meant, found) = match (by_errno, by_line) {
        (Some(errno), Some(line)) if line.0 > errno.0 => line,
        (Some(errno), _) => errno,
        (None, line) => line?,
    };
    Some(told(plain, By::Near(meant), found, vec![plain.original(&place)], Vec::new()))
}
