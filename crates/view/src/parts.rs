//! What is written on an arrow, part by part: `P.`, `6:14(8)`, `ack 2`, each with its meaning.

use crate::layout::Flight;

/// A part of a segment's label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// As it stands in the label.
    pub text: String,
    /// What it says.
    pub meaning: String,
}

/// The parts of a segment's label, in their order; with a space between them they are the label.
pub fn parts(flight: &Flight) -> Vec<Part> {
    let segment = &flight.segment;
    let mut parts = vec![Part { text: segment.flags.to_string(), meaning: flags(flight) }];
    let end = segment.seq + i64::from(segment.len);
    parts.push(Part { text: format!("{}:{end}({})", segment.seq, segment.len), meaning: numbers(flight) });
    if let Some(ack) = segment.ack {
        let peer = flight.to;
        let meaning = format!("all before number {ack} of the {peer}'s direction has arrived; {ack} is expected next");
        parts.push(Part { text: format!("ack {ack}"), meaning });
    }
    parts
}

fn flags(flight: &Flight) -> String {
    let flags = flight.segment.flags;
    let words: Vec<&str> = [
        (flags.syn, "S is SYN: it opens this direction"),
        (flags.fin, "F is FIN: it ends this direction"),
        (flags.rst, "R is RST: it ends the connection at once"),
        (flags.psh, "P is PSH: no more data waits behind it"),
        (flags.ack, "the dot is ACK: the number behind `ack` counts"),
    ]
    .into_iter()
    .filter_map(|(set, word)| set.then_some(word))
    .collect();
    match &words[..] {
        [] => "no flag is set".to_owned(),
        words => words.join("; "),
    }
}

fn numbers(flight: &Flight) -> String {
    let segment = &flight.segment;
    let (first, next) = (segment.seq, segment.seq + i64::from(segment.len));
    let mut meaning = match segment.len {
        0 => format!("no bytes; the next byte of the {}'s direction has the number {first}", flight.from),
        1 => format!("one byte, number {first} of the {}'s direction", flight.from),
        len => format!("{len} bytes, numbers {first} to {} of the {}'s direction", next - 1, flight.from),
    };
    if segment.flags.syn {
        meaning = format!(
            "the {}'s direction begins: the SYN itself takes number {first}, the first byte is {}",
            flight.from,
            next + 1
        );
    } else if segment.flags.fin {
        let bytes = if segment.len == 0 { "no bytes".to_owned() } else { meaning };
        meaning = format!("{bytes}; the FIN itself takes number {next}");
    } else if segment.len > 0 {
        meaning += &format!("; {next} comes next");
    }
    meaning
}

#[cfg(test)]
mod tests {
    use scenario::{Fate, Flags, Host, Segment};

    use super::*;

    fn meanings(flags: Flags, seq: i64, ack: Option<i64>, len: u32) -> Vec<String> {
        let segment = Segment { flags, seq, ack, len, win: 1000 };
        let flight = Flight {
            from: Host::Client,
            to: Host::Server,
            segment,
            ports: [1, 2],
            is_one_of_several: false,
            fate: Fate::Delivered,
            at_us: 0,
            arrives_us: None,
            row: 0,
            last: 0,
        };
        let parts = parts(&flight);
        let written: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(written.join(" "), segment.to_string().split_whitespace().collect::<Vec<_>>().join(" "));
        parts.into_iter().map(|part| part.meaning).collect()
    }

    #[test]
    fn each_part_of_a_label_says_what_it_means() {
        let data = meanings(Flags::DATA, 6, Some(2), 8);
        assert_eq!(data[1], "8 bytes, numbers 6 to 13 of the client's direction; 14 comes next");
        assert_eq!(data[2], "all before number 2 of the server's direction has arrived; 2 is expected next");
        let fin = meanings(Flags::FIN, 6, Some(1), 0);
        assert_eq!(fin[1], "no bytes; the FIN itself takes number 6");
        let syn = meanings(Flags::SYN, 0, None, 0);
        assert_eq!(syn[1], "the client's direction begins: the SYN itself takes number 0, the first byte is 1");
        assert_eq!(syn.len(), 2, "without the flag there is no ack");
        assert!(meanings(Flags::RST_ACK, 1, Some(6), 0)[0].starts_with("R is RST"));
    }
}
