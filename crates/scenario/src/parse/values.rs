//! What stands for a value in a statement: a number, a time, one of some words.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::Result;
use super::line::{Reader, one_of};

/// The most that is written, read, or set for a buffer.
pub(super) const BYTES_MAX: i64 = 16 * 1024 * 1024;
const DURATION_MAX_US: u64 = 24 * 60 * 60 * 1_000_000;

/// A number of a type that holds all of the range.
pub(super) fn number<T: TryFrom<i64>>(reader: &mut Reader<'_, '_>, range: RangeInclusive<i64>) -> Result<T> {
    let Ok(number) = T::try_from(integer(reader, range)?) else { unreachable!("the range fits the type") };
    Ok(number)
}

// Apart from `number`, so that the page has it once and not for each type.
fn integer(reader: &mut Reader<'_, '_>, range: RangeInclusive<i64>) -> Result<i64> {
    let next = reader.next_word();
    if let Some(number) = next.and_then(|(_, word)| word.parse().ok()).filter(|number| range.contains(number)) {
        return Ok(number);
    }
    let right = format!("a number from {} to {} would be right", range.start(), range.end());
    Err(match next {
        Some((column, word)) => reader.error(column, format_args!("found `{word}`"), right),
        None => reader.unexpected(right),
    })
}

/// What the next word means, of those that are known.
pub(super) fn choice<T: Clone>(reader: &mut Reader<'_, '_>, known: &[(&str, T)]) -> Result<T> {
    which(reader, known.len(), &|at| known[at].0).map(|at| known[at].1.clone())
}

/// The next word, which is one of these.
pub(super) fn one_word(reader: &mut Reader<'_, '_>, known: &[&'static str]) -> Result<&'static str> {
    which(reader, known.len(), &|at| known[at]).map(|at| known[at])
}

/// Which of so many words comes next. Apart from `choice`, so that the page has it once and not for each type.
pub(super) fn which<'w>(reader: &mut Reader<'_, '_>, count: usize, word: &dyn Fn(usize) -> &'w str) -> Result<usize> {
    let next = reader.next_word();
    if let Some((_, next)) = next
        && let Some(at) = (0..count).find(|at| word(*at) == next)
    {
        return Ok(at);
    }
    let mut words = Vec::new();
    for at in 0..count {
        words.push(word(at));
    }
    Err(match next {
        Some((column, word)) => reader.error(column, format_args!("found `{word}`"), one_of(word, &words)),
        None => reader.unexpected(format_args!("possible: {}", words.join(", "))),
    })
}

pub(super) fn duration(reader: &mut Reader<'_, '_>, right: &str) -> Result<Duration> {
    let (column, word) = reader.word(right)?;
    let (digits, unit_us) = match (word.strip_suffix("ms"), word.strip_suffix('s')) {
        (Some(digits), _) => (digits, 1_000),
        (None, Some(digits)) => (digits, 1_000_000),
        (None, None) => {
            let is_other_unit = word.ends_with(|c: char| c.is_ascii_alphabetic());
            let what = if is_other_unit { "a time is in `s` or `ms`" } else { "a time has a unit" };
            return Err(reader.error(column, format_args!("found `{word}`"), format_args!("{what}: {right}")));
        }
    };
    match decimal(digits, unit_us) {
        Some(micros) if micros <= DURATION_MAX_US => Ok(Duration::from_micros(micros)),
        Some(_) => Err(reader.error(column, format_args!("found `{word}`"), "a time is at most 86400s, a day")),
        None => Err(reader.error(column, format_args!("found `{word}`"), right)),
    }
}

/// `1.5` of a unit, in millionths of a second, what is beyond them left out; `None` if these are no digits.
/// By hand and not by way of `f64`: its tables are a twentieth of the page's program.
fn decimal(digits: &str, unit_us: u64) -> Option<u64> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() {
        return None;
    }
    let digit = |letter: u8| letter.is_ascii_digit().then(|| u64::from(letter - b'0'));
    let mut micros: u64 = 0;
    for letter in whole.bytes() {
        micros = micros.saturating_mul(10).saturating_add(digit(letter)? * unit_us);
    }
    let mut unit_us = unit_us;
    for letter in fraction.bytes() {
        unit_us /= 10;
        micros = micros.saturating_add(digit(letter)? * unit_us);
    }
    Some(micros)
}
