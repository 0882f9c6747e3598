//! Near misses: what was meant by a text with a slip in it.

use std::ops::Range;

use strsim::{damerau_levenshtein, normalized_damerau_levenshtein};

use super::names::{ERRNOS, words};

/// In letters: a near miss is sought of a shorter text only, as a line typed from memory is.
const LENGTH_MAX: usize = 200;
/// So many letters of a word may hold one slip.
const LETTERS_A_SLIP: usize = 4;
/// With more words around it a single one is not sought.
const WORDS_OF_A_NAME_MAX: usize = 3;
/// A short word is like many others.
const LETTERS_MIN: usize = 6;

/// How like the nearest words of a text are to `sought`, from 0 to 1, and where they stand, if each of them is like
/// its counterpart.
pub(super) fn likeness(text: &str, sought: &str) -> Option<(f64, Range<usize>)> {
    if text.len() > LENGTH_MAX || sought.len() < LETTERS_MIN {
        return None;
    }
    let wanted: Vec<&str> = words(sought).into_iter().map(|place| &sought[place]).collect();
    let words = words(text);
    // One word is like too many others, unless somebody has typed it almost alone.
    if wanted.len() < 2 && words.len() > WORDS_OF_A_NAME_MAX {
        return None;
    }
    words
        .windows(wanted.len().max(1))
        .filter(|span| span.iter().zip(&wanted).all(|(place, wanted)| is_like(&text[place.clone()], wanted)))
        .map(|span| span[0].start..span[span.len() - 1].end)
        .map(|place| (normalized_damerau_levenshtein(&text[place.clone()], sought), place))
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
}

/// A word of fewer than four letters must be the same.
fn is_like(word: &str, wanted: &str) -> bool {
    word == wanted || damerau_levenshtein(word, wanted) <= wanted.chars().count() / LETTERS_A_SLIP
}

/// The errno whose name is nearest to a word of the text.
pub(super) fn errno(text: &str) -> Option<(&'static super::names::Errno, f64, Range<usize>)> {
    ERRNOS
        .iter()
        .filter_map(|errno| {
            let (likeness, place) = likeness(text, &errno.name.to_ascii_lowercase())?;
            Some((errno, likeness, place))
        })
        .max_by(|(_, one, _), (_, other, _)| one.total_cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_forgiven_and_another_word_is_not() {
        assert!(likeness("the connection rest by peer", "connection reset by peer").is_some());
        assert!(likeness("connektion reset", "connection reset").is_some());
        assert!(likeness("connection closed by peer", "connection reset by peer").is_none());
        assert_eq!(errno("read econreset").map(|(errno, ..)| errno.name), Some("ECONNRESET"));
        assert!(errno("reset").is_none());
    }
}
