//! Zeek's words for a connection: its history and its `conn_state`, for people who know them.
//!
//! Written from Zeek's documentation of `conn.log`; tests hold it against what Zeek says of public captures.

use std::fmt;

use crate::read::{Packet, bit};

/// What Zeek's state machine knows of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Endpoint {
    #[default]
    Inactive,
    SynSent,
    SynAckSent,
    Partial,
    Established,
    Closed,
    Reset,
}

/// One side's letters so far.
#[derive(Clone, Copy, Debug, Default)]
struct Letters {
    seen: u8,
    syn: u32,
    fin: u32,
    rst: u32,
    /// The highest number sent, to know retransmissions.
    next: Option<u32>,
    retransmissions: u32,
    zero_windows: u32,
    payload: bool,
}

const SYN: u8 = 1;
const FIN: u8 = 2;
const RST: u8 = 4;
const DATA: u8 = 8;
const ACK: u8 = 16;
const MULTI: u8 = 32;
const SYN_ACK: u8 = 64;

/// A history is as long as this at most.
const HISTORY_MAX: usize = 40;

/// Zeek's view of a connection. Index 0 is the originator.
#[derive(Clone, Debug, Default)]
pub(crate) struct Zeek {
    endpoints: [Endpoint; 2],
    letters: [Letters; 2],
    history: Vec<u8>,
    is_over: bool,
}

impl Zeek {
    /// Takes a segment of side `from`.
    pub(crate) fn take(&mut self, from: usize, packet: &Packet) {
        self.note(from, packet);
        self.step(from, packet);
    }

    /// The originator was the other one.
    pub(crate) fn flip(&mut self) {
        self.endpoints.swap(0, 1);
        self.letters.swap(0, 1);
        for letter in &mut self.history {
            *letter =
                if letter.is_ascii_uppercase() { letter.to_ascii_lowercase() } else { letter.to_ascii_uppercase() };
        }
        self.history.insert(0, b'^');
    }

    /// The originator was guessed from its port, and it did not send first.
    pub(crate) fn turned(&mut self) {
        self.history.push(b'^');
    }

    fn write(&mut self, from: usize, letter: u8) {
        if self.history.len() < HISTORY_MAX {
            self.history.push(if from == 0 { letter } else { letter.to_ascii_lowercase() });
        }
    }

    /// Writes the letter the first time.
    fn once(&mut self, from: usize, kind: u8, letter: u8) -> bool {
        let first = self.letters[from].seen & kind == 0;
        self.letters[from].seen |= kind;
        if first {
            self.write(from, letter);
        }
        first
    }

    fn note(&mut self, from: usize, packet: &Packet) {
        let flags = packet.bits & (bit::SYN | bit::FIN | bit::RST);
        match flags {
            0 if packet.len > 0 => {
                self.once(from, DATA, b'D');
            }
            0 => {
                if packet.has(bit::ACK) {
                    self.once(from, ACK, b'A');
                }
            }
            bit::SYN => {
                let (kind, letter) = if packet.has(bit::ACK) { (SYN_ACK, b'H') } else { (SYN, b'S') };
                if !self.once(from, kind, letter) && self.letters[from].syn != packet.seq {
                    self.write(from, letter);
                }
                self.letters[from].syn = packet.seq;
            }
            bit::FIN => {
                let end = packet.seq.wrapping_add(packet.len);
                if !self.once(from, FIN, b'F') && self.letters[from].fin != end {
                    self.write(from, b'F');
                }
                self.letters[from].fin = end;
            }
            bit::RST => {
                if !self.once(from, RST, b'R') && self.letters[from].rst != packet.seq {
                    self.write(from, b'R');
                }
                self.letters[from].rst = packet.seq;
            }
            both => {
                self.once(from, MULTI, if both & bit::SYN == 0 { b'I' } else { b'Q' });
            }
        }
        let letters = &mut self.letters[from];
        let zero_window = packet.window == 0 && packet.has(bit::ACK) && flags & bit::RST == 0;
        let end = packet.seq.wrapping_add(packet.len);
        let again = packet.len > 0 && letters.next.is_some_and(|next| end.wrapping_sub(next).cast_signed() <= 0);
        if flags & bit::RST == 0 && !again {
            letters.next = Some(end.wrapping_add(u32::from(flags & (bit::SYN | bit::FIN) != 0)));
        }
        letters.payload |= packet.len > 0;
        if again {
            letters.retransmissions += 1;
            if is_power_of_ten(self.letters[from].retransmissions) {
                self.write(from, b'T');
            }
        }
        if zero_window {
            self.letters[from].zero_windows += 1;
            if is_power_of_ten(self.letters[from].zero_windows) {
                self.write(from, b'W');
            }
        }
    }

    fn step(&mut self, from: usize, packet: &Packet) {
        use Endpoint::{Closed, Established, Inactive, Partial, Reset, SynAckSent, SynSent};
        if self.is_over {
            return;
        }
        let peer = 1 - from;
        if packet.has(bit::RST) {
            self.endpoints[from] = Reset;
            return;
        }
        if packet.has(bit::SYN) {
            if self.endpoints[from] == Inactive {
                self.endpoints[from] = if packet.has(bit::ACK) { SynAckSent } else { SynSent };
            }
        } else if !packet.has(bit::FIN) {
            match self.endpoints[from] {
                Inactive => {
                    self.endpoints[from] =
                        if self.endpoints[peer] == SynAckSent && from == 0 { Established } else { Partial };
                }
                SynSent | SynAckSent => {
                    if matches!(self.endpoints[peer], SynAckSent | Established) {
                        self.endpoints = [Established; 2];
                    } else if self.endpoints[from] == SynAckSent && self.endpoints[peer] == SynSent && packet.len > 0 {
                        self.endpoints[from] = Established;
                    }
                }
                Partial | Established | Closed | Reset => {}
            }
        }
        if packet.has(bit::FIN) && self.endpoints[from] != Reset {
            if self.endpoints[peer] == SynAckSent && from == 0 {
                self.endpoints[peer] = Established;
            }
            self.endpoints[from] = Closed;
            self.is_over = self.endpoints == [Closed; 2];
        }
    }

    /// Zeek's `history`.
    pub(crate) fn history(&self) -> String {
        self.history.iter().map(|letter| char::from(*letter)).collect()
    }

    /// Zeek's `conn_state`.
    pub(crate) fn conn_state(&self) -> ConnState {
        use Endpoint::{Closed, Established, Inactive, Partial, Reset, SynAckSent, SynSent};
        let payload = self.letters.iter().any(|letters| letters.payload);
        match self.endpoints {
            [SynSent | SynAckSent, Reset] => ConnState::Rej,
            [Reset, Reset] if !payload => ConnState::Rej,
            [Inactive | Partial, Reset] => ConnState::RstRh,
            [_, Reset] => ConnState::RstR,
            [Reset, Inactive] if self.is_syn_then_reset() => ConnState::RstOS0,
            [Reset, Inactive] => ConnState::Oth,
            [Reset, _] => ConnState::RstO,
            [Closed, Closed] => ConnState::Sf,
            [Closed, Inactive] => ConnState::Sh,
            [Closed, _] => ConnState::S2,
            [Inactive, Closed] => ConnState::ShR,
            [_, Closed] => ConnState::S3,
            [SynSent, Inactive] => ConnState::S0,
            [Established, Established] => ConnState::S1,
            _ => ConnState::Oth,
        }
    }

    /// `^\^?S[^HAFGIQ]*R` on the history.
    fn is_syn_then_reset(&self) -> bool {
        let history = self.history.strip_prefix(b"^").unwrap_or(&self.history);
        let Some(behind) = history.strip_prefix(b"S") else { return false };
        behind
            .iter()
            .position(|letter| *letter == b'R')
            .is_some_and(|reset| !behind[..reset].iter().any(|letter| b"HAFGIQ".contains(letter)))
    }
}

fn is_power_of_ten(count: u32) -> bool {
    let mut rest = count;
    while rest >= 10 && rest.is_multiple_of(10) {
        rest /= 10;
    }
    rest == 1
}

/// Zeek's `conn_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "Zeek's names; its documentation of conn.log explains them")]
pub enum ConnState {
    S0,
    S1,
    Sf,
    Rej,
    S2,
    S3,
    RstO,
    RstR,
    RstOS0,
    RstRh,
    Sh,
    ShR,
    Oth,
}

impl ConnState {
    /// Zeek's spelling.
    pub const fn name(self) -> &'static str {
        match self {
            Self::S0 => "S0",
            Self::S1 => "S1",
            Self::Sf => "SF",
            Self::Rej => "REJ",
            Self::S2 => "S2",
            Self::S3 => "S3",
            Self::RstO => "RSTO",
            Self::RstR => "RSTR",
            Self::RstOS0 => "RSTOS0",
            Self::RstRh => "RSTRH",
            Self::Sh => "SH",
            Self::ShR => "SHR",
            Self::Oth => "OTH",
        }
    }
}

impl fmt::Display for ConnState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Endpoint::{Closed, Established, Inactive, Partial, Reset, SynAckSent, SynSent};
    use super::*;

    /// Each row of Zeek's table: originator, responder, its name.
    const ROWS: [(Endpoint, Endpoint, &str); 28] = [
        (SynSent, Reset, "REJ"),
        (SynAckSent, Reset, "REJ"),
        (Inactive, Reset, "RSTRH"),
        (Partial, Reset, "RSTRH"),
        (Established, Reset, "RSTR"),
        (Closed, Reset, "RSTR"),
        (Reset, Reset, "RSTR"),
        (Reset, SynSent, "RSTO"),
        (Reset, SynAckSent, "RSTO"),
        (Reset, Partial, "RSTO"),
        (Reset, Established, "RSTO"),
        (Reset, Closed, "RSTO"),
        (Closed, Closed, "SF"),
        (Closed, Inactive, "SH"),
        (Closed, SynSent, "S2"),
        (Closed, SynAckSent, "S2"),
        (Closed, Partial, "S2"),
        (Closed, Established, "S2"),
        (Inactive, Closed, "SHR"),
        (SynSent, Closed, "S3"),
        (SynAckSent, Closed, "S3"),
        (Partial, Closed, "S3"),
        (Established, Closed, "S3"),
        (SynSent, Inactive, "S0"),
        (Established, Established, "S1"),
        (SynSent, SynAckSent, "OTH"),
        (Partial, Partial, "OTH"),
        (Partial, Inactive, "OTH"),
    ];

    fn state(originator: Endpoint, responder: Endpoint, history: &[u8], payload: bool) -> &'static str {
        let letters = Letters { payload, ..Letters::default() };
        let zeek = Zeek {
            endpoints: [originator, responder],
            letters: [letters; 2],
            history: history.to_vec(),
            is_over: false,
        };
        zeek.conn_state().name()
    }

    #[test]
    fn every_row_of_its_table() {
        for (originator, responder, name) in ROWS {
            assert_eq!(state(originator, responder, b"ShAD", true), name, "{originator:?} {responder:?}");
        }
    }

    #[test]
    fn what_hangs_on_payload_and_history() {
        assert_eq!(state(Reset, Reset, b"SrR", false), "REJ");
        for (history, name) in [("SR", "RSTOS0"), ("^SR", "RSTOS0"), ("SAR", "OTH"), ("R", "OTH"), ("SDR", "RSTOS0")] {
            assert_eq!(state(Reset, Inactive, history.as_bytes(), false), name, "{history}");
        }
    }
}
