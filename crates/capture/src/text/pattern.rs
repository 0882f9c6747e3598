//! Whether a line of the table stands in a text, and where.

use std::ops::Range;

use super::plain::Plain;

/// Between the parts of a line (`…`) at most so much of the text may stand: a stack trace's length.
const GAP_MAX: usize = 1500;

/// A line of the table, ready to be sought.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    whole: String,
    /// What must stand in the text, in this order.
    parts: Vec<String>,
}

impl Pattern {
    /// Of a line as the table has it; `…` stands for anything.
    pub(super) fn of(line: &str) -> Self {
        let plain = Plain::of(line);
        let whole = without_package(plain.text(), line).to_owned();
        let parts = whole.split('…').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Self { whole, parts }
    }

    /// The line in the form in which it is compared.
    pub(super) fn whole(&self) -> &str {
        &self.whole
    }

    /// The longest part without a gap, if it is most of the line: a small one tells of other lines as well.
    pub(super) fn main_part(&self) -> Option<&str> {
        let longest = self.parts.iter().max_by_key(|part| part.len())?;
        let all: usize = self.parts.iter().map(String::len).sum();
        (longest.len() * 4 >= all * 3).then_some(longest)
    }

    /// How much of it says something: letters and digits.
    pub(super) fn weight(&self) -> usize {
        self.parts.iter().flat_map(|part| part.chars()).filter(|letter| letter.is_alphanumeric()).count()
    }

    /// Where its parts stand, if all of them do, within `range` of the text. The last occurrence counts: the end of
    /// a trace or of a log is nearer to the matter than its beginning.
    pub(super) fn find(&self, text: &str, range: Range<usize>) -> Option<Vec<Range<usize>>> {
        let text = &text[..range.end];
        let mut behind = range.start;
        let mut found = None;
        // Each first part with what follows it; a first part that leads nowhere is passed over.
        while let Some(first) = find_word(text, behind, self.parts.first()?) {
            behind = first.end;
            let mut places = vec![first];
            let complete = self.parts[1..].iter().all(|part| {
                let last = places.last().map_or(0, |place: &Range<usize>| place.end);
                match find_word(text, last, part) {
                    Some(next) if next.start - last <= GAP_MAX => {
                        places.push(next);
                        true
                    }
                    _ => false,
                }
            });
            if complete {
                found = Some(places);
            }
        }
        found
    }
}

/// Java and .NET print a class with its package, and people quote it without: `SocketException: …`.
fn without_package<'p>(plain: &'p str, line: &str) -> &'p str {
    let Some(name) = line.split([':', ' ']).next() else { return plain };
    let Some(dot) = name.rfind('.') else { return plain };
    let is_class = name[dot + 1..].starts_with(|letter: char| letter.is_ascii_uppercase());
    let is_package = name[..dot].split('.').all(|part| part.chars().all(|letter| letter.is_ascii_alphanumeric()));
    if is_class && is_package && plain.len() > dot + 1 { &plain[dot + 1..] } else { plain }
}

/// The next place of a part that neither begins nor ends within a word.
pub(super) fn find_word(text: &str, from: usize, part: &str) -> Option<Range<usize>> {
    let mut from = from;
    while let Some(at) = text.get(from..)?.find(part) {
        let place = from + at..from + at + part.len();
        let letter_before = text[..place.start].chars().next_back().is_some_and(is_of_a_word);
        let letter_behind = text[place.end..].chars().next().is_some_and(is_of_a_word);
        let begins_within = letter_before && part.chars().next().is_some_and(is_of_a_word);
        let ends_within = letter_behind && part.chars().next_back().is_some_and(is_of_a_word);
        if !begins_within && !ends_within {
            return Some(place);
        }
        from = place.start + part.chars().next().map_or(1, char::len_utf8);
    }
    None
}

fn is_of_a_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str, text: &str) -> Option<Vec<String>> {
        let plain = Plain::of(text);
        let places = Pattern::of(line).find(plain.text(), 0..plain.text().len())?;
        Some(places.iter().map(|place| text[plain.original(place)].to_owned()).collect())
    }

    #[test]
    fn the_parts_stand_in_their_order() {
        let line = "read tcp …: read: connection reset by peer";
        let text = "2026/01/01 proxy: read tcp 10.0.0.1:1->10.0.0.2:2: read: connection reset by peer";
        assert_eq!(found(line, text), Some(vec!["read tcp".to_owned(), ": read: connection reset by peer".to_owned()]));
        assert_eq!(found(line, ": read: connection reset by peer, read tcp"), None);
    }

    #[test]
    fn a_part_is_whole_words() {
        assert_eq!(found("EOF", "unexpected EOFs"), None);
        assert_eq!(found("EOF", "err=EOF"), Some(vec!["EOF".to_owned()]));
        assert_eq!(found("ConnectionReset", "ConnectionResetError"), None);
    }

    #[test]
    fn a_class_may_come_without_its_package() {
        let line = "java.net.SocketException: Connection reset";
        assert_eq!(found(line, "SocketException: Connection reset"), found(line, "SocketException: Connection reset"));
        assert!(found(line, "Caused by: java.net.SocketException: Connection reset").is_some());
        assert!(
            found("http.client.RemoteDisconnected: Remote end closed", "RemoteDisconnected: Remote end closed")
                .is_some()
        );
    }

    #[test]
    fn a_gap_is_no_longer_than_a_trace() {
        let near = format!("fetch failed {} read ECONNRESET", "x ".repeat(300));
        let far = format!("fetch failed {} read ECONNRESET", "x ".repeat(GAP_MAX));
        assert!(found("fetch failed … read ECONNRESET", &near).is_some());
        assert_eq!(found("fetch failed … read ECONNRESET", &far), None);
    }
}
