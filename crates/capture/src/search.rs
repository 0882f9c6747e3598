//! A search for a word, for the programs of the page: the standard library's is seven hundred bytes of each, and
//! `str::contains` has it within, whatever it looks for.

/// What stands before a word and what stands behind it, as `str::split_once` has them.
///
/// # Panics
/// The word is empty.
pub fn around<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let at = text.as_bytes().windows(word.len()).position(|part| part == word.as_bytes())?;
    // An index that could be wrong is a message with the text in it, and that two kilobytes more.
    let (before, rest) = text.split_at_checked(at)?;
    Some((before, rest.get(word.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_what_the_standard_library_finds() {
        for text in ["", "a", "→", "x → y", "a → b → c", "seq 1:6, ack 1", "seqseq", "é→"] {
            for word in ["→", " → ", "seq ", "ack", "é", "a", "seq 1:6, ack 1 and more"] {
                assert_eq!(around(text, word), text.split_once(word), "{word} in {text}");
            }
        }
    }
}
