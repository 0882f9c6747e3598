//! What can be taken back: scripts as they were. What is typed is taken back by words.

/// So many changes can be taken back.
const KEPT_MAX: usize = 100;

/// The scripts before the one that stands in the editor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    before: Vec<String>,
    /// Whether the last change was typed, so that what is typed next may belong to it.
    is_typing: bool,
}

impl History {
    /// Notes that `before` was typed over, and `after` stands there now. Letters of one word are one change.
    pub fn typed(&mut self, before: &str, after: &str) {
        if !(self.is_typing && is_within_a_word(before, after)) {
            self.push(before);
        }
        self.is_typing = true;
    }

    /// Notes any other change.
    pub fn changed(&mut self, before: &str) {
        self.push(before);
        self.is_typing = false;
    }

    /// The script before the last change.
    pub fn take_back(&mut self) -> Option<String> {
        self.is_typing = false;
        self.before.pop()
    }

    fn push(&mut self, before: &str) {
        if self.before.len() == KEPT_MAX {
            self.before.remove(0);
        }
        self.before.push(before.to_owned());
    }
}

/// Whether the texts differ in one letter of a word, put in or taken out: white space ends a word.
fn is_within_a_word(before: &str, after: &str) -> bool {
    let (short, long) = if before.len() < after.len() { (before, after) } else { (after, before) };
    let same = short.chars().zip(long.chars()).take_while(|(a, b)| a == b).count();
    let mut rest = long.chars().skip(same);
    let Some(letter) = rest.next() else { return true };
    !letter.is_whitespace() && rest.eq(short.chars().skip(same))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types letter by letter; `<` takes the last letter back.
    fn typed(history: &mut History, text: &mut String, letters: &str) {
        for letter in letters.chars() {
            let before = text.clone();
            if letter == '<' {
                text.pop();
            } else {
                text.push(letter);
            }
            history.typed(&before, text);
        }
    }

    #[test]
    fn what_is_typed_is_taken_back_by_words() {
        let (mut history, mut text) = (History::default(), String::new());
        typed(&mut history, &mut text, "client reaf<d()\nwait");
        let back: Vec<_> = std::iter::from_fn(|| history.take_back()).collect();
        assert_eq!(back, ["client read()", "client", ""]);
    }

    #[test]
    fn a_click_and_a_pasted_text_are_changes_of_their_own() {
        let mut history = History::default();
        history.typed("", "a");
        history.changed("a");
        history.typed("a\nb", "a\nbc");
        history.typed("a\nbc", "a\nbcdef");
        let back: Vec<_> = std::iter::from_fn(|| history.take_back()).collect();
        assert_eq!(back, ["a\nbc", "a\nb", "a", ""]);
    }

    #[test]
    fn it_is_bounded() {
        let mut history = History::default();
        for number in 0..KEPT_MAX + 9 {
            history.changed(&number.to_string());
        }
        assert_eq!(std::iter::from_fn(|| history.take_back()).count(), KEPT_MAX);
    }
}
