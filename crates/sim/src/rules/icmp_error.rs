//! ICMP errors (RFC 9293 §3.9.2.2): a box or a router says that a segment was not delivered.

use scenario::{Errno, Icmp, RuleId, State};

use super::Decision;
use crate::seq::{after, before};
use crate::tcp::{Backoff, SendSequence};

/// What a rule knows of the connection that the message is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) state: State,
    pub(crate) phase: Phase,
    pub(crate) snd: &'a SendSequence,
    pub(crate) backoff: &'a Backoff,
}

/// Which version of ICMP speaks: Linux treats the two differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V4,
    V6,
}

/// Whether a listener has begun it and it is no socket yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Request,
    Socket,
}

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Ignore,
    /// The handshake is forgotten.
    Destroy,
    /// The attempt to connect ends with this error.
    Abort(Errno),
    /// The error is noted: for SO_ERROR, and for when the connection is given up.
    Note(Errno),
}

/// What becomes of a connection whose segment with that number the message quotes.
///
/// In SYN-SENT, and in SYN-RECEIVED behind it, each of these messages ends the connection, whatever RFC 9293 says of
/// soft and hard ones (MUST-56, SHLD-26); behind the handshake none does.
///
/// Linux: `tcp_v4_err`, `tcp_req_err`. Seen in `icmp-refused`, `icmp-soft-error`.
pub(crate) fn decide(facts: &Facts<'_>, version: Version, icmp: Icmp, seq: u32) -> Decision<Action> {
    let snd = facts.snd;
    if facts.phase == Phase::Request {
        let ends = seq == snd.iss && ends_request(version, icmp);
        return if ends { (Action::Destroy, Some(RuleId::IcmpEndsHandshake)) } else { (Action::Ignore, None) };
    }
    if before(seq, snd.una) || after(seq, snd.nxt) {
        return (Action::Ignore, Some(RuleId::IcmpLate));
    }
    let errno = errno(version, icmp);
    match facts.state {
        State::SynSent | State::SynReceived => (Action::Abort(errno), Some(RuleId::IcmpEndsAttempt)),
        _ => (Action::Note(errno), Some(RuleId::IcmpNoted)),
    }
}

/// What becomes of a message that a segment was too long for the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TooLong {
    Ignore,
    /// Segments are shorter from now on, and what was too long leaves again.
    Shrink,
}

/// A link on the path, that takes packets of `told` bytes, has lost the segment with that number; `known` is what the
/// path was believed to take.
///
/// RFC 1191 §3, RFC 8201 §4. Linux: `tcp_v4_err`, `tcp_v4_mtu_reduced`, `tcp_v6_mtu_reduced`.
pub(crate) fn on_too_long(snd: &SendSequence, known: u16, told: u16, seq: u32) -> Decision<TooLong> {
    if before(seq, snd.una) || after(seq, snd.nxt) {
        (TooLong::Ignore, Some(RuleId::IcmpLate))
    } else if told >= known {
        (TooLong::Ignore, None)
    } else {
        (TooLong::Shrink, Some(RuleId::PathNarrows))
    }
}

/// Whether what leaves again because it was too long carries the time at which the connection last sent something: no
/// clock is looked at on that path, and nothing has arrived since.
///
/// No RFC. Linux: `tcp_v4_mtu_reduced` has no `tcp_mstamp_refresh`.
pub(crate) const fn is_dated_back(received_us: u64, sent_us: u64) -> bool {
    received_us <= sent_us
}

/// Whether the message takes back a doubling of the timeout: it was the way that was broken, and not a full network.
///
/// RFC 6069. Linux: `tcp_ld_RTO_revert`; with IPv6 for "no route" only, which is not among these. Seen in
/// `icmp-soft-error`.
pub(crate) fn takes_back(facts: &Facts<'_>, version: Version, icmp: Icmp, seq: u32) -> Option<RuleId> {
    let Backoff { retransmits, doublings, .. } = *facts.backoff;
    let takes = version == Version::V4
        && icmp == Icmp::Unreachable
        && seq == facts.snd.una
        && facts.snd.is_in_flight()
        && retransmits > 0
        && doublings > 0;
    takes.then_some(RuleId::IcmpTakesBack)
}

/// When the retransmission timer is due that was due at `due_us`, where the timeout was `before_us` and is `rto_us` now: it
/// counts from when the segment left.
///
/// RFC 6069 §4.2. Linux: `tcp_ld_RTO_revert`.
pub(crate) fn due_after_taking_back_us(now_us: u64, due_us: u64, before_us: u64, rto_us: u64) -> u64 {
    (due_us - (before_us - rto_us)).max(now_us)
}

/// Whether a message that ends an attempt to connect also lies in the socket's error queue, though nobody has asked for
/// that with IP_RECVERR: poll(2) says ERR from then on.
///
/// Linux: `ip_icmp_error`, which `tcp_v4_err` calls in any case; `ipv6_icmp_error` looks at IPV6_RECVERR first.
pub(crate) fn is_queued(version: Version) -> bool {
    version == Version::V4
}

/// Linux: `icmp_err_convert`, `icmpv6_err_convert`.
fn errno(version: Version, icmp: Icmp) -> Errno {
    match icmp {
        Icmp::Unreachable => Errno::EHOSTUNREACH,
        Icmp::PortUnreachable => Errno::ECONNREFUSED,
        Icmp::AdminProhibited if version == Version::V4 => Errno::EHOSTUNREACH,
        Icmp::AdminProhibited => Errno::EACCES,
        Icmp::FragmentationNeeded(_) => Errno::EMSGSIZE,
    }
}

/// Whether it ends what is no socket yet. With IPv4 the messages do that RFC 1122 calls soft, with IPv6 the others: so
/// it stands in `tcp_v4_err` and in `tcp_v6_err`.
fn ends_request(version: Version, icmp: Icmp) -> bool {
    (version == Version::V4) == (icmp == Icmp::Unreachable)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 bytes in flight behind 100.
    fn decided(state: State, phase: Phase, icmp: Icmp, seq: u32) -> Action {
        let snd = SendSequence { una: 100, nxt: 110, ..SendSequence::new(7, 1448) };
        let facts = Facts { state, phase, snd: &snd, backoff: &Backoff::default() };
        decide(&facts, Version::V4, icmp, seq).0
    }

    #[test]
    fn what_is_cut_anew_is_as_old_as_what_left_last_unless_something_has_arrived_since() {
        assert!(is_dated_back(10, 20) && is_dated_back(20, 20));
        assert!(!is_dated_back(21, 20));
    }

    #[test]
    fn behind_the_handshake_an_error_is_only_noted() {
        let noted = |seq| decided(State::Established, Phase::Socket, Icmp::PortUnreachable, seq);
        assert_eq!([noted(100), noted(110)], [Action::Note(Errno::ECONNREFUSED); 2]);
        assert_eq!([noted(99), noted(111)], [Action::Ignore; 2]);
        let ended = decided(State::SynSent, Phase::Socket, Icmp::AdminProhibited, 100);
        assert_eq!(ended, Action::Abort(Errno::EHOSTUNREACH));
    }

    #[test]
    fn a_request_ends_by_its_own_number_alone() {
        let request = |icmp, seq| decided(State::SynReceived, Phase::Request, icmp, seq);
        assert_eq!(request(Icmp::Unreachable, 7), Action::Destroy);
        assert_eq!(request(Icmp::Unreachable, 8), Action::Ignore);
        assert_eq!(request(Icmp::PortUnreachable, 7), Action::Ignore);
    }

    #[test]
    fn only_a_message_of_a_narrower_path_about_what_is_in_flight_counts() {
        let snd = SendSequence { una: 100, nxt: 110, ..SendSequence::new(7, 1448) };
        let told = |told, seq| on_too_long(&snd, 1_500, told, seq).0;
        assert_eq!(
            [told(1_280, 100), told(1_500, 100), told(1_280, 99)],
            [TooLong::Shrink, TooLong::Ignore, TooLong::Ignore]
        );
    }

    #[test]
    fn only_what_was_repeated_is_taken_back() {
        let snd = SendSequence { una: 100, nxt: 110, ..SendSequence::new(7, 1448) };
        let taken = |retransmits, doublings, seq| {
            let backoff = Backoff { retransmits, doublings, ..Backoff::default() };
            let facts = Facts { state: State::Established, phase: Phase::Socket, snd: &snd, backoff: &backoff };
            takes_back(&facts, Version::V4, Icmp::Unreachable, seq).is_some()
        };
        assert!(taken(1, 1, 100));
        assert_eq!(due_after_taking_back_us(300, 1_000, 800, 400), 600);
        assert_eq!(due_after_taking_back_us(700, 1_000, 800, 400), 700, "it would have fired");
        assert!(!taken(0, 0, 100) && !taken(1, 1, 105) && !taken(1, 0, 100));
    }
}
