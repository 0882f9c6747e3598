//! The words of tables and cards.

use capture::{By, Ending, EndingKind};

/// `the server`
pub(crate) const fn who(by: By) -> &'static str {
    match by {
        By::Client => "the client",
        By::Server => "the server",
        By::Between => "somebody in between",
        By::Both => "both at once",
        By::Unknown => "nobody can tell",
    }
}

/// A card's heading: `Reset by the server`.
pub(crate) fn headline(ending: &Ending) -> String {
    let who = who(ending.by);
    let known = ending.by != By::Unknown;
    match ending.kind {
        EndingKind::Reset if known => format!("Reset by {who}"),
        EndingKind::Reset => "A reset ended it; by whom, this capture does not show".to_owned(),
        EndingKind::Refused if known => format!("Refused by {who}"),
        EndingKind::Refused => "Refused; by whom, this capture does not show".to_owned(),
        EndingKind::Orderly if ending.by == By::Both => "Both sides closed, at once".to_owned(),
        EndingKind::Orderly if known => format!("Both sides closed, {who} first"),
        EndingKind::Orderly => "Both sides closed; who was first, this capture does not show".to_owned(),
        EndingKind::HalfClosed if known => {
            format!("The {} has closed, the other side has not", who.strip_prefix("the ").unwrap_or(who))
        }
        EndingKind::HalfClosed => "One side has closed, the other has not".to_owned(),
        EndingKind::NoAnswer => "Nobody answered the SYN".to_owned(),
        EndingKind::HandshakeOnly => "A handshake, and nothing behind it".to_owned(),
        EndingKind::Vanished => "One side repeats itself into silence".to_owned(),
        EndingKind::Stalled if known => format!("Stalled: {who} does not read"),
        EndingKind::Stalled => "Stalled before a closed window".to_owned(),
        EndingKind::Open => "It had not ended when the capture did".to_owned(),
        EndingKind::CannotTell => "Too little of it was captured".to_owned(),
    }
}

/// `1,234`
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `0.050 s`, of microseconds.
pub(crate) fn seconds(us: u64) -> String {
    format!("{}.{:03} s", us / 1_000_000, us % 1_000_000 / 1000)
}

/// `16:04:05.001`, of microseconds since 1970.
pub(crate) fn time_of_day(us: u64) -> String {
    let seconds = us / 1_000_000 % 86_400;
    let [hours, minutes, seconds] = [seconds / 3600, seconds / 60 % 60, seconds % 60];
    format!("{hours:02}:{minutes:02}:{seconds:02}.{:03}", us % 1_000_000 / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_can_be_read() {
        assert_eq!([0, 12, 1234, 1_234_567].map(count), ["0", "12", "1,234", "1,234,567"]);
        assert_eq!(seconds(1_050_400), "1.050 s");
        assert_eq!(time_of_day(1_750_000_000_123_456), "15:06:40.123");
    }
}
