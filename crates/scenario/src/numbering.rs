use crate::{Flags, Host, Link, Segment};

/// A segment with its sequence numbers as they were in its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawSegment {
    /// The sender; of a forged segment, the host in whose name it was sent.
    pub from: Host,
    /// The receiver.
    pub to: Host,
    /// The sender's port and the receiver's.
    pub ports: [u16; 2],
    /// The control bits.
    pub flags: Flags,
    /// SEG.SEQ
    pub seq: u32,
    /// SEG.ACK, meaningful with the ACK bit.
    pub ack: u32,
    /// Bytes of payload.
    pub len: u32,
    /// The window in bytes (scaled).
    pub win: u32,
}

/// One side of a pair of ports: the link, the ports at its ends, and the side's host.
type Side = (Link, [u16; 2], Host);

/// Turns wire numbers into relative ones: each side counts from its initial sequence number.
///
/// A pair of ports that is used again has several initial sequence numbers a side, one for each incarnation.
/// A number belongs to the one that it is nearest to: they are random, and runs are short.
#[derive(Clone, Debug, Default)]
pub struct Numbering {
    /// The ISNs seen, with whose they are, the newest last.
    isns: Vec<(Side, u32)>,
}

/// Beyond this a number belongs to no ISN that was seen, and is shown as it is. No run sends so much; and of a kernel's
/// random ISNs one in 128 is so near to 0, which is what a forger says who knows no number.
const DISTANCE_MAX: u32 = 1 << 24;

impl Numbering {
    /// Nothing seen yet.
    pub const fn new() -> Self {
        Self { isns: Vec::new() }
    }

    /// Learns from a forged segment: a SYN of a side that has sent none gives the numbers of that side until it does, for
    /// its receiver counts from it. Others rebase nothing.
    pub fn note_forged(&mut self, raw: &RawSegment) {
        if self.of_side(side(raw, raw.from)).next().is_none() {
            self.note(raw);
        }
    }

    /// Learns from a segment that a host sent by itself.
    pub fn note(&mut self, raw: &RawSegment) {
        if !raw.flags.syn {
            return;
        }
        let side = side(raw, raw.from);
        if self.of_side(side).next() != Some(raw.seq) {
            self.isns.push((side, raw.seq));
        }
    }

    /// The ISNs of a side, the newest first.
    fn of_side(&self, side: Side) -> impl Iterator<Item = u32> + '_ {
        self.isns.iter().rev().filter(move |(known, _)| *known == side).map(|(_, isn)| *isn)
    }

    /// The segment with relative numbers.
    pub fn relative(&self, raw: &RawSegment) -> Segment {
        Segment {
            flags: raw.flags,
            seq: self.number(raw, raw.from, raw.seq),
            ack: raw.flags.ack.then(|| self.number(raw, raw.to, raw.ack)),
            len: raw.len,
            win: raw.win,
        }
    }

    fn number(&self, raw: &RawSegment, host: Host, number: u32) -> i64 {
        // `R.` from a host without a connection has no sequence number to give: RFC 9293 §3.5.2 says 0.
        if raw.flags == Flags::RST_ACK && host == raw.from && number == 0 {
            return 0;
        }
        self.of_side(side(raw, host))
            .map(|isn| i64::from(number.wrapping_sub(isn).cast_signed()))
            .filter(|distance| distance.unsigned_abs() < u64::from(DISTANCE_MAX))
            .min_by_key(|distance| distance.unsigned_abs())
            .unwrap_or_else(|| i64::from(number))
    }
}

/// The side of a segment's pair of ports that is this host's.
const fn side(raw: &RawSegment, host: Host) -> Side {
    let link = Link::between(raw.from, raw.to);
    (link, link.pair(raw.from, raw.ports), host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(from: Host, flags: Flags, seq: u32, ack: u32) -> RawSegment {
        let ports = if from == Host::Client { [40_000, 80] } else { [80, 40_000] };
        RawSegment { from, to: Link::ClientServer.peer(from), ports, flags, seq, ack, len: 0, win: 0 }
    }

    #[test]
    fn each_side_counts_from_its_own_isn_and_each_incarnation_anew() {
        let mut numbering = Numbering::new();
        let syn = raw(Host::Client, Flags::SYN, u32::MAX, 0);
        let syn_ack = raw(Host::Server, Flags::SYN_ACK, 1000, 0);
        numbering.note(&syn);
        numbering.note(&syn_ack);
        assert_eq!(numbering.relative(&syn).seq, 0);
        let segment = numbering.relative(&raw(Host::Client, Flags::FIN, 4, 1001));
        assert_eq!((segment.seq, segment.ack), (5, Some(1)), "the numbers wrap around");

        numbering.note(&raw(Host::Client, Flags::SYN, 2_000_000_000, 0));
        let old = numbering.relative(&raw(Host::Server, Flags::ACK, 1001, 7));
        assert_eq!((old.seq, old.ack), (1, Some(8)), "the old connection still answers in its own numbers");
        let new = numbering.relative(&raw(Host::Client, Flags::RST, 2_000_000_001, 0));
        assert_eq!((new.seq, new.ack), (1, None));
    }

    #[test]
    fn a_forged_syn_gives_the_numbers_of_a_side_that_has_sent_none() {
        let mut numbering = Numbering::new();
        numbering.note(&raw(Host::Client, Flags::SYN, 77, 0));
        numbering.note_forged(&raw(Host::Server, Flags::SYN_ACK, 0, 78));
        numbering.note(&raw(Host::Server, Flags::SYN_ACK, 90_000_000, 78));
        assert_eq!(numbering.relative(&raw(Host::Client, Flags::ACK, 78, 1)).ack, Some(1));
        numbering.note_forged(&raw(Host::Server, Flags::SYN, 90_000_005, 0));
        assert_eq!(numbering.relative(&raw(Host::Server, Flags::ACK, 90_000_009, 78)).seq, 9);
    }

    #[test]
    fn a_refusal_has_the_number_zero() {
        let mut numbering = Numbering::new();
        numbering.note(&raw(Host::Client, Flags::SYN, 77, 0));
        let refusal = numbering.relative(&raw(Host::Server, Flags::RST_ACK, 0, 78));
        assert_eq!((refusal.seq, refusal.ack), (0, Some(1)));
    }
}
