//! What is left of a connection in TIME-WAIT, or in FIN-WAIT-2 without a descriptor.

use scenario::{RawSegment, State};

use super::{Pace, REST_DATA, Rule, TIME_WAIT_ANSWERS, TIME_WAIT_KEPT, TIME_WAIT_KILLED, TIME_WAIT_REOPENS};
use crate::connection::length;
use crate::rest::Rest;
use crate::settings::Settings;
use crate::wire::{after, before};

/// What a rest does about a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing.
    Ignore,
    /// It begins its minute anew.
    Renew,
    /// It repeats its last ACK.
    Acknowledge { pace: Pace, renews: bool },
    /// It takes in the peer's FIN: TIME-WAIT begins.
    TakeFin,
    /// It is gone.
    Die,
    /// It is gone, and the segment is answered with a reset.
    Refuse,
    /// It makes room for a new connection.
    MakeRoom,
}

/// RFC 9293 §3.10.7.4, RFC 1337, RFC 6191. Linux: `tcp_timewait_state_process`, step by step.
///
/// Seen in `write-after-peer-close`, `final-ack-lost`, `time-wait-reopen`, `time-wait-assassination`.
pub(crate) fn answer(rest: &Rest, segment: &RawSegment, settings: &Settings) -> (Answer, Option<&'static Rule>) {
    if rest.state == State::FinWait2 {
        return in_fin_wait_2(rest, segment);
    }
    in_time_wait(rest, segment, settings)
}

fn in_fin_wait_2(rest: &Rest, segment: &RawSegment) -> (Answer, Option<&'static Rule>) {
    let end = segment.seq.wrapping_add(length(segment));
    if !rest.numbers.is_in_window(segment) {
        return (Answer::Acknowledge { pace: pace(segment), renews: false }, None);
    }
    if segment.flags.rst {
        return (Answer::Die, None);
    }
    if segment.flags.syn && !before(segment.seq, rest.numbers.receive_next) {
        return (Answer::Refuse, Some(&REST_DATA));
    }
    if !segment.flags.ack || !after(end, rest.numbers.receive_next) || length(segment) == 0 {
        return (Answer::Ignore, None);
    }
    if !segment.flags.fin || end != rest.numbers.receive_next.wrapping_add(1) {
        return (Answer::Refuse, Some(&REST_DATA));
    }
    (Answer::TakeFin, None)
}

fn in_time_wait(rest: &Rest, segment: &RawSegment, settings: &Settings) -> (Answer, Option<&'static Rule>) {
    let is_next = segment.seq == rest.numbers.receive_next;
    if is_next && segment.flags.rst {
        return if settings.rfc1337 == 0 {
            (Answer::Die, Some(&TIME_WAIT_KILLED))
        } else {
            (Answer::Ignore, Some(&TIME_WAIT_KEPT))
        };
    }
    if is_next && length(segment) == 0 {
        return (Answer::Renew, None);
    }
    let is_new_syn = segment.flags.syn && !segment.flags.rst && !segment.flags.ack;
    if is_new_syn && after(segment.seq, rest.numbers.receive_next) {
        return (Answer::MakeRoom, Some(&TIME_WAIT_REOPENS));
    }
    if segment.flags.rst {
        return (Answer::Ignore, None);
    }
    (Answer::Acknowledge { pace: pace(segment), renews: segment.flags.ack }, Some(&TIME_WAIT_ANSWERS))
}

/// Data makes no loop of answers (Linux: `tcp_oow_rate_limited`).
const fn pace(segment: &RawSegment) -> Pace {
    if length(segment) > 0 && !segment.flags.syn { Pace::Always } else { Pace::Limited }
}
