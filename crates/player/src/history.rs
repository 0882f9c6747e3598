//! What can be taken back, and brought again: scripts as they were. What is typed is taken back by words.

/// So many changes can be taken back.
const KEPT_MAX: usize = 100;

/// The rows at which a change by a click was made, before it and after it; what is typed has none.
pub type Rows = Option<[usize; 2]>;

/// The scripts before the one that stands in the editor, and those that were taken back, each with the rows of the change
/// that lies between it and the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    before: Vec<(String, Rows)>,
    after: Vec<(String, Rows)>,
    /// Whether the last change was typed, so that what is typed next may belong to it.
    is_typing: bool,
}

/// Which way a reader goes through changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the script before.
    Back,
    /// To the one that was taken back.
    Forth,
}

impl History {
    /// Notes that `before` was typed over, and `after` stands there now. Letters of one word are one change.
    pub fn typed(&mut self, before: &str, after: &str) {
        if !(self.is_typing && is_within_a_word(before, after)) {
            self.push(before, None);
        }
        self.is_typing = true;
    }

    /// Notes any other change.
    pub fn changed(&mut self, before: &str, rows: Rows) {
        self.push(before, rows);
        self.is_typing = false;
    }

    /// The script before the last change, or the one that was taken back last, and the row of the change in its run.
    /// `now` is the one that stands there.
    pub fn go(&mut self, way: Way, now: &str) -> Option<(String, Option<usize>)> {
        let (from, to) = match way {
            Way::Back => (&mut self.before, &mut self.after),
            Way::Forth => (&mut self.after, &mut self.before),
        };
        let (script, rows) = from.pop()?;
        to.push((now.to_owned(), rows));
        self.is_typing = false;
        Some((script, rows.map(|rows| rows[way as usize])))
    }

    /// Whether there is something that way.
    pub const fn leads(&self, way: Way) -> bool {
        let scripts = match way {
            Way::Back => &self.before,
            Way::Forth => &self.after,
        };
        !scripts.is_empty()
    }

    fn push(&mut self, before: &str, rows: Rows) {
        self.after.clear();
        if self.before.len() == KEPT_MAX {
            self.before.remove(0);
        }
        self.before.push((before.to_owned(), rows));
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

    /// All scripts that way, from this one on.
    fn all(history: &mut History, way: Way, now: &str) -> Vec<String> {
        let mut now = now.to_owned();
        std::iter::from_fn(|| {
            now = history.go(way, &now)?.0;
            Some(now.clone())
        })
        .collect()
    }

    #[test]
    fn what_is_typed_is_taken_back_by_words() {
        let (mut history, mut text) = (History::default(), String::new());
        typed(&mut history, &mut text, "client reaf<d()\nwait");
        assert_eq!(all(&mut history, Way::Back, &text), ["client read()", "client", ""]);
    }

    #[test]
    fn what_was_taken_back_comes_again_until_something_else_is_done() {
        let (mut history, mut text) = (History::default(), String::new());
        typed(&mut history, &mut text, "client read()");
        assert!(history.leads(Way::Back) && !history.leads(Way::Forth));
        assert_eq!(all(&mut history, Way::Back, &text), ["client", ""]);
        assert!(!history.leads(Way::Back) && history.leads(Way::Forth));
        assert_eq!(all(&mut history, Way::Forth, ""), ["client", "client read()"]);
        assert_eq!(history.go(Way::Back, &text), Some(("client".to_owned(), None)));
        history.typed("client", "client w");
        assert!(!history.leads(Way::Forth));
        assert_eq!(all(&mut history, Way::Back, "client w"), ["client", ""]);
    }

    #[test]
    fn a_click_and_a_pasted_text_are_changes_of_their_own() {
        let mut history = History::default();
        history.typed("", "a");
        history.changed("a", None);
        history.typed("a\nb", "a\nbc");
        history.typed("a\nbc", "a\nbcdef");
        assert_eq!(all(&mut history, Way::Back, "a\nbcdef"), ["a\nbc", "a\nb", "a", ""]);
    }

    #[test]
    fn each_change_has_a_row_before_it_and_one_after_it() {
        let mut history = History::default();
        history.changed("a", Some([3, 4]));
        history.changed("b", None);
        for _ in 0..2 {
            assert_eq!(history.go(Way::Back, "c"), Some(("b".to_owned(), None)));
            assert_eq!(history.go(Way::Back, "b"), Some(("a".to_owned(), Some(3))));
            assert_eq!(history.go(Way::Forth, "a"), Some(("b".to_owned(), Some(4))));
            assert_eq!(history.go(Way::Forth, "b"), Some(("c".to_owned(), None)));
        }
    }

    #[test]
    fn it_is_bounded() {
        let mut history = History::default();
        for number in 0..KEPT_MAX + 9 {
            history.changed(&number.to_string(), None);
        }
        assert_eq!(all(&mut history, Way::Back, "").len(), KEPT_MAX);
        assert_eq!(all(&mut history, Way::Forth, "").len(), KEPT_MAX);
    }
}
