use crate::{Flags, RawSegment};

/// The reset that answers a segment nobody is there for, or `None` where none may be sent. Hosts send it, and boxes in
/// their name (Linux: `tcp_v4_send_reset`, `nf_send_reset`).
///
/// RFC 9293 §3.5.2, first group: never an answer to a RST; with an ACK number to take over a bare `R` at that number,
/// else `R.` with sequence number 0.
pub fn reset(to: &RawSegment) -> Option<RawSegment> {
    if to.flags.rst {
        return None;
    }
    let end = to.seq.wrapping_add(to.len + u32::from(to.flags.syn) + u32::from(to.flags.fin));
    let (flags, seq, ack) = if to.flags.ack { (Flags::RST, to.ack, 0) } else { (Flags::RST_ACK, 0, end) };
    Some(RawSegment { from: to.to, to: to.from, ports: [to.ports[1], to.ports[0]], flags, seq, ack, len: 0, win: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Host;

    #[test]
    fn a_reset_is_never_answered_with_a_reset() {
        let rst = RawSegment {
            from: Host::Client,
            to: Host::Server,
            ports: [1, 2],
            flags: Flags::RST,
            seq: 0,
            ack: 0,
            len: 0,
            win: 0,
        };
        assert_eq!(reset(&rst), None);
        let data = RawSegment { flags: Flags::DATA, ack: 9, ..rst };
        assert_eq!(reset(&data).map(|reset| (reset.flags, reset.seq)), Some((Flags::RST, 9)));
        let syn = RawSegment { flags: Flags::SYN, seq: 4, ..rst };
        assert_eq!(
            reset(&syn).map(|reset| (reset.flags, reset.seq, reset.ack)),
            Some((Flags::RST_ACK, 0, 5)),
            "nothing to take a number from: 0, and what the SYN is acknowledged with"
        );
    }
}
