//! A text in the form in which it is compared: small letters, plain quotes, single spaces; with the way back.

use std::borrow::Cow;
use std::ops::Range;

/// At most so much of a pasted text is looked at, in bytes; what is behind it is left out.
pub const BYTES_MAX: usize = 200_000;
/// ESC: with `[` behind it a colour of a terminal begins.
const ESCAPE: char = '\u{1b}';

/// A text to compare, and where each byte of it stood in the original.
#[derive(Clone, Debug, Default)]
pub(super) struct Plain {
    text: String,
    /// For each byte of `text` the place of its letter in the original; and one more, for the end.
    places: Vec<usize>,
    /// Where each line begins in `text`, the first included.
    lines: Vec<usize>,
}

impl Plain {
    pub(super) fn of(original: &str) -> Self {
        let mut plain = Self { lines: vec![0], ..Self::default() };
        let mut letters = original.char_indices().peekable();
        let mut end = 0;
        while let Some((place, letter)) = letters.next() {
            if place >= BYTES_MAX {
                break;
            }
            end = place + letter.len_utf8();
            match letter {
                // A colour of a terminal: ESC [ … and a letter.
                ESCAPE if letters.peek().is_some_and(|(_, next)| *next == '[') => {
                    while letters.next_if(|(_, next)| !next.is_ascii_alphabetic()).is_some() {}
                    letters.next();
                }
                '\n' => {
                    plain.space(place);
                    plain.lines.push(plain.text.len());
                }
                letter if letter.is_whitespace() || letter.is_control() => plain.space(place),
                '‘' | '’' => plain.push('\'', place),
                '“' | '”' => plain.push('"', place),
                letter => letter.to_lowercase().for_each(|small| plain.push(small, place)),
            }
        }
        if plain.text.ends_with(' ') {
            plain.text.pop();
            plain.places.pop();
        }
        plain.places.push(end);
        let length = plain.text.len();
        plain.lines.retain(|begin| *begin < length);
        plain
    }

    fn space(&mut self, place: usize) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.push(' ', place);
        }
    }

    fn push(&mut self, letter: char, place: usize) {
        self.text.push(letter);
        self.places.resize(self.text.len(), place);
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The lines, each as a place in the text.
    pub(super) fn lines(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.lines.iter().enumerate().map(|(index, begin)| {
            let end = self.lines.get(index + 1).copied().unwrap_or(self.text.len());
            *begin..end
        })
    }

    /// The same place in the original.
    pub(super) fn original(&self, place: &Range<usize>) -> Range<usize> {
        // The last letter's own end is not kept: the next letter's beginning is it, less the space between them.
        self.places[place.start]..self.places[place.end]
    }
}

/// The text without a terminal's colours.
pub(crate) fn without_colours(text: &str) -> Cow<'_, str> {
    if !text.as_bytes().contains(&(ESCAPE as u8)) {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split(ESCAPE);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain += match part.strip_prefix('[') {
            Some(colour) => colour.split_once(|letter: char| letter.is_ascii_alphabetic()).map_or("", |(_, text)| text),
            None => part,
        };
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_compares_what_looks_alike_and_finds_the_way_back() {
        let original = "  \u{1b}[31mError:\u{1b}[0m\tCan’t  read\nÉcole ";
        let plain = Plain::of(original);
        assert_eq!(plain.text(), "error: can't read école");
        let place = plain.text().find("can't").expect("it is there");
        assert_eq!(&original[plain.original(&(place..place + 5))], "Can’t");
        assert_eq!(plain.lines().map(|line| &plain.text()[line]).collect::<Vec<_>>(), ["error: can't read ", "école"]);
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(Plain::of(" \n\t ").text(), "");
        assert_eq!(Plain::of("").lines().count(), 0);
    }

    #[test]
    fn a_text_without_end_is_cut() {
        assert_eq!(Plain::of(&"é".repeat(BYTES_MAX)).text().len(), BYTES_MAX);
    }
}
