//! Zeek's words for a connection: its history and its `conn_state`, for people who know them.
//!
//! Zeek's state machine (`TCPSessionAdapter`) and table (`conn_state` in `conn/main.zeek`), written anew, without checksums
//! (C) and gaps (G). Held once against 191 lines of conn.log of Zeek's own tests: 174 states are the same, and so are 162
//! histories. Where one differs, Zeek had a timer run out, a filter, or a letter that is not written here.

use std::fmt;

use crate::read::{Packet, bit};

/// What Zeek's state machine knows of one side (`TCP_Endpoint`).
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

/// Letters, in the connection itself: each has some.
#[derive(Clone, Copy, Debug)]
struct History {
    letters: [u8; HISTORY_MAX],
    length: u8,
}

impl Default for History {
    fn default() -> Self {
        Self { letters: [0; HISTORY_MAX], length: 0 }
    }
}

impl History {
    fn letters(&self) -> &[u8] {
        &self.letters[..usize::from(self.length)]
    }

    fn push(&mut self, letter: u8) {
        if let Some(place) = self.letters.get_mut(usize::from(self.length)) {
            *place = letter;
            self.length += 1;
        }
    }

    /// The originator was the other one.
    fn flip(&mut self) {
        let before = std::mem::take(self);
        self.push(b'^');
        for letter in before.letters() {
            let is_originators = letter.is_ascii_uppercase();
            self.push(if is_originators { letter.to_ascii_lowercase() } else { letter.to_ascii_uppercase() });
        }
    }
}

/// Zeek's view of a connection. Index 0 is the originator.
#[derive(Clone, Debug, Default)]
pub(crate) struct Zeek {
    endpoints: [Endpoint; 2],
    /// What each of them was before.
    before: [Endpoint; 2],
    letters: [Letters; 2],
    history: History,
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
        self.before.swap(0, 1);
        self.letters.swap(0, 1);
        self.history.flip();
    }

    /// The originator was guessed from its port, and it did not send first.
    pub(crate) fn turned(&mut self) {
        self.history.push(b'^');
    }

    fn write(&mut self, from: usize, letter: u8) {
        self.history.push(if from == 0 { letter } else { letter.to_ascii_lowercase() });
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
        // Whose peer has closed needs no window.
        let reads = self.endpoints[1 - from] != Endpoint::Closed && self.endpoints[from] != Endpoint::Reset;
        let zero_window = packet.window == 0 && flags & bit::RST == 0 && reads;
        let letters = &mut self.letters[from];
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
        let peer = 1 - from;
        let [syn, ack, fin, rst] = [bit::SYN, bit::ACK, bit::FIN, bit::RST].map(|bit| packet.has(bit));
        match self.endpoints[from] {
            Inactive => {
                let asked = self.endpoints[peer];
                if syn && from == 0 {
                    self.enter(from, if ack { SynAckSent } else { SynSent });
                } else if syn {
                    if asked == SynSent {
                        self.enter(peer, Established);
                    }
                    self.enter(from, Established);
                }
                if fin {
                    self.enter(from, Closed);
                }
                if rst {
                    self.enter(from, Reset);
                }
                let only_acknowledges = from == 1 && packet.len == 0 && asked == SynSent;
                if self.endpoints[from] == Inactive && !only_acknowledges {
                    self.enter(from, if ack && asked == Established { Established } else { Partial });
                }
            }
            SynSent | SynAckSent if rst => self.enter(from, Reset),
            SynSent | SynAckSent if fin => self.enter(from, Closed),
            Established | Partial if rst => self.enter(from, Reset),
            Established | Partial if fin => {
                self.enter(from, Closed);
                // A reset behind a FIN is taken back when the other side closes as well.
                if [self.before[peer], self.endpoints[peer]] == [Closed, Reset] {
                    self.enter(peer, Closed);
                }
            }
            Partial if syn && !ack && self.endpoints[peer] == Inactive => self.enter(from, SynSent),
            Closed if rst && self.endpoints[peer] != Closed => self.enter(from, Reset),
            _ => {}
        }
    }

    fn enter(&mut self, side: usize, state: Endpoint) {
        let now = &mut self.endpoints[side];
        if *now != state {
            self.before[side] = std::mem::replace(now, state);
        }
    }

    /// Zeek's `history`.
    pub(crate) fn history(&self) -> String {
        self.history.letters().iter().map(|letter| char::from(*letter)).collect()
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
            [Reset, Inactive | Partial] if self.is_syn_then_reset() => ConnState::RstOS0,
            [Reset, Inactive | Partial] => ConnState::Oth,
            [Reset, _] => ConnState::RstO,
            [Closed, Closed] => ConnState::Sf,
            [Closed, Inactive | Partial] => ConnState::Sh,
            [Closed, _] => ConnState::S2,
            [Inactive | Partial, Closed] => ConnState::ShR,
            [_, Closed] => ConnState::S3,
            [SynSent, Inactive] => ConnState::S0,
            [Established, Established] => ConnState::S1,
            _ => ConnState::Oth,
        }
    }

    /// `^\^?S[^HAFGIQ]*R` on the history.
    fn is_syn_then_reset(&self) -> bool {
        let history = self.history.letters();
        let history = history.strip_prefix(b"^").unwrap_or(history);
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
        (Reset, Partial, "OTH"),
        (Reset, Established, "RSTO"),
        (Reset, Closed, "RSTO"),
        (Closed, Closed, "SF"),
        (Closed, Inactive, "SH"),
        (Closed, SynSent, "S2"),
        (Closed, SynAckSent, "S2"),
        (Closed, Partial, "SH"),
        (Closed, Established, "S2"),
        (Inactive, Closed, "SHR"),
        (SynSent, Closed, "S3"),
        (SynAckSent, Closed, "S3"),
        (Partial, Closed, "SHR"),
        (Established, Closed, "S3"),
        (SynSent, Inactive, "S0"),
        (Established, Established, "S1"),
        (SynSent, SynAckSent, "OTH"),
        (Partial, Partial, "OTH"),
        (Partial, Inactive, "OTH"),
    ];

    fn state(originator: Endpoint, responder: Endpoint, history: &[u8], payload: bool) -> &'static str {
        let letters = Letters { payload, ..Letters::default() };
        let mut zeek = Zeek { endpoints: [originator, responder], letters: [letters; 2], ..Zeek::default() };
        history.iter().for_each(|letter| zeek.history.push(*letter));
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

    /// Segments, and what Zeek's log would have of them: `S` the originator's SYN, `h` the responder's SYN-ACK, as in a
    /// history, and `1` data with ACK of the originator's, `2` of the responder's.
    fn log(segments: &str) -> (&'static str, String) {
        let [client, server] = ["192.0.2.1:40000", "192.0.2.2:80"].map(|address| address.parse().expect("an address"));
        let mut zeek = Zeek::default();
        for letter in segments.chars() {
            let bits = match letter.to_ascii_uppercase() {
                'S' => bit::SYN,
                'H' => bit::SYN | bit::ACK,
                'F' => bit::FIN | bit::ACK,
                'R' => bit::RST,
                _ => bit::ACK,
            };
            let from = usize::from(letter.is_ascii_lowercase() || letter == '2');
            let mut packet = Packet::of_text([client, server][from], [server, client][from], bits);
            packet.window = 100;
            packet.len = u32::from(letter.is_ascii_digit());
            packet.seq = zeek.letters[from].next.unwrap_or_default();
            zeek.take(from, &packet);
        }
        (zeek.conn_state().name(), zeek.history())
    }

    /// As Zeek's log has them, of captures in which just these segments are.
    #[test]
    fn states_and_histories_of_segments() {
        for (segments, state, history) in [
            ("S", "S0", "S"),
            ("Sh", "S1", "Sh"),
            ("ShA12Ffa", "SF", "ShADdFfa"),
            ("Sr", "REJ", "Sr"),
            ("SR", "RSTOS0", "SR"),
            ("ShAR", "RSTO", "ShAR"),
            ("ShA1dr", "RSTR", "ShADar"),
            ("ShAF", "S2", "ShAF"),
            ("ShAf", "S3", "ShAf"),
            // The reset is hidden behind both FINs, whichever came first.
            ("ShA12FRf", "SF", "ShADdFRf"),
            ("ShA12FfR", "SF", "ShADdFfR"),
            ("12", "OTH", "Dd"),
            ("1F", "SH", "DF"),
            ("2f", "SHR", "df"),
            ("12r", "RSTRH", "Ddr"),
            ("12R", "OTH", "DdR"),
        ] {
            assert_eq!(log(segments), (state, history.to_owned()), "{segments}");
        }
    }
}
