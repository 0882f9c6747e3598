//! What new segments may leave, one at a time (Linux: `tcp_write_xmit`).

use crate::seq::after;
use crate::socket_options::Nagle;
use crate::tcp::{Next, Phase, Seen, SendSequence, Standing};

/// NSEC_PER_MSEC, in `tcp_tso_should_defer`.
const SILENCE_US: u64 = 1_000;

/// What becomes of the one segment that the endpoint would send next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    Send,
    Hold(Hold),
}

/// Why a segment does not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// It does not fit in the peer's window.
    Window,
    /// The congestion window is full.
    Congestion,
    /// It is small, and another small one is not acknowledged.
    Nagle,
    /// The congestion window has room for half of what is to leave in one piece, and an ACK may soon make more.
    Deferral,
    /// It is too long for a path of which another connection was told: it was cut before the host looked at the path.
    Path,
}

/// What is in flight, and what waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flight {
    /// Segments that are believed to be under way.
    pub(crate) in_network: u32,
    /// The congestion window, in segments.
    pub(crate) congestion_window: u32,
    pub(crate) phase: Phase,
    /// How long ago the first that is not acknowledged has left, in microseconds.
    pub(crate) head_age_us: Option<u64>,
    /// How long ago the last segment has left, an ACK too.
    pub(crate) silent_us: u64,
    /// SRTT
    pub(crate) smoothed_us: Option<u64>,
    /// Bytes that have never left, of the piece that the next segment is cut from (Linux: sk_buff).
    pub(crate) piece: u32,
    pub(crate) burst: Burst,
    /// Another connection was told that the path is narrower, and nothing has left since.
    pub(crate) path_narrowed: Seen,
}

/// Full segments of one piece leave two by two (Linux: `tcp_tso_autosize`, at the round trips of these links).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Burst {
    First,
    Second,
}

impl Burst {
    /// What the segment behind this one is, where so many bytes of the piece have not left before this one.
    pub(crate) const fn after(self, len: u32, piece: u32) -> Self {
        if matches!(self, Self::First) && len < piece { Self::Second } else { Self::First }
    }
}

/// New segments leave while the congestion window and the peer's window have room, and small ones one by one.
///
/// RFC 9293 §3.7.4 (Nagle) holds a small segment back while anything is unacknowledged; Linux only while another small
/// one is, and never one with FIN. Linux: `tcp_cwnd_test`, `tcp_snd_wnd_test`, `tcp_nagle_test`, `tcp_minshall_check`.
pub(crate) fn gate(next: &Next, snd: &SendSequence, flight: &Flight, nagle: Nagle) -> Gate {
    if next.standing == Standing::Handshake {
        return Gate::Send;
    }
    if flight.in_network >= flight.congestion_window {
        return Gate::Hold(Hold::Congestion);
    }
    if !fits(next, snd) {
        return Gate::Hold(Hold::Window);
    }
    if nagle == Nagle::On && next.len < snd.mss && !next.fin && after(snd.small_end, snd.una) {
        return Gate::Hold(Hold::Nagle);
    }
    if is_deferred(next, snd, flight) {
        Gate::Hold(Hold::Deferral)
    } else if is_too_long(snd, flight) {
        Gate::Hold(Hold::Path)
    } else {
        Gate::Send
    }
}

/// The first segment that is too long for a path of which another connection was told does not leave, and no timer of
/// its own brings it: that of window probes does. Only then are segments shorter.
///
/// No RFC. Linux: `tcp_current_mss` has the old path still, `ip_fragment` refuses (EMSGSIZE), `tcp_check_probe_timer`.
fn is_too_long(snd: &SendSequence, flight: &Flight) -> bool {
    flight.path_narrowed == Seen::Yes && flight.piece > snd.mss
}

/// Of two segments for which the congestion window has no room together, the first waits too, while an ACK is due: half
/// a round trip after the first that is not acknowledged. After a silence of a millisecond nothing waits.
///
/// No RFC. Linux: `tcp_tso_should_defer`; a third of the window (tcp_tso_win_divisor) always leaves.
fn is_deferred(next: &Next, snd: &SendSequence, flight: &Flight) -> bool {
    let is_calm = matches!(flight.phase, Phase::Open | Phase::Disorder);
    let has_room_for_one = flight.in_network + 1 == flight.congestion_window;
    let is_half = has_room_for_one && flight.burst == Burst::First && next.len == snd.mss && flight.piece > snd.mss;
    let third = snd.wnd.min(flight.congestion_window * snd.mss) / 3;
    let goes_on = flight.silent_us <= SILENCE_US;
    let is_due = flight.head_age_us.zip(flight.smoothed_us).is_some_and(|(age, smoothed)| age >= smoothed / 2);
    is_calm && is_half && next.len < third && is_due && goes_on
}

/// Whether the peer's window has room for all of the segment.
fn fits(next: &Next, snd: &SendSequence) -> bool {
    !after(next.end(), snd.right_edge())
}

/// Whether the segment could be a loss probe: new, and the peer's window has room (Linux: `tcp_send_loss_probe`).
pub(crate) fn may_probe(next: &Next, snd: &SendSequence) -> bool {
    next.standing == Standing::New && fits(next, snd)
}

/// Whether a segment carries PSH: it is the last of what was written, and its FIN may have joined it
/// (Linux: `tcp_mark_push`).
pub(crate) const fn pushes(next: &Next) -> bool {
    next.fin && next.len > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(seq: u32, len: u32, fin: bool) -> Next {
        Next { seq, len, fin, standing: Standing::New }
    }

    const FLIGHT: Flight = Flight {
        in_network: 1,
        congestion_window: 10,
        phase: Phase::Open,
        head_age_us: Some(0),
        silent_us: 0,
        smoothed_us: Some(20_000),
        piece: 1_000,
        burst: Burst::First,
        path_narrowed: Seen::No,
    };

    fn sending() -> SendSequence {
        SendSequence { una: 1, nxt: 101, small_end: 1, wnd: 10_000, ..SendSequence::new(0, 1448) }
    }

    #[test]
    fn a_small_segment_waits_for_another_small_one_and_a_fin_for_none() {
        let mut snd = sending();
        assert_eq!(gate(&new(101, 50, false), &snd, &FLIGHT, Nagle::On), Gate::Send);
        snd.small_end = 101;
        assert_eq!(gate(&new(101, 50, false), &snd, &FLIGHT, Nagle::On), Gate::Hold(Hold::Nagle));
        assert_eq!(gate(&new(101, 50, false), &snd, &FLIGHT, Nagle::Off), Gate::Send);
        assert_eq!(gate(&new(101, 1448, false), &snd, &FLIGHT, Nagle::On), Gate::Send);
        assert_eq!(gate(&new(101, 50, true), &snd, &FLIGHT, Nagle::On), Gate::Send);
    }

    #[test]
    fn full_segments_of_a_piece_leave_two_by_two() {
        assert_eq!(Burst::First.after(1448, 4_000), Burst::Second);
        assert_eq!(Burst::Second.after(1448, 2_552), Burst::First);
        assert_eq!(Burst::First.after(1104, 1_104), Burst::First, "the piece is over");
    }

    #[test]
    fn the_peers_window_must_have_room_for_all_of_a_new_segment() {
        let snd = SendSequence { wnd: 1_000, ..sending() };
        assert_eq!(gate(&new(101, 900, false), &snd, &FLIGHT, Nagle::On), Gate::Send);
        assert_eq!(gate(&new(101, 901, false), &snd, &FLIGHT, Nagle::On), Gate::Hold(Hold::Window));
    }

    #[test]
    fn what_is_too_long_for_a_path_that_another_connection_was_told_of_waits() {
        let narrow = SendSequence { mss: 1_348, ..sending() };
        let told = |piece, path_narrowed| {
            gate(&new(101, 1_348, false), &narrow, &Flight { piece, path_narrowed, ..FLIGHT }, Nagle::On)
        };
        assert_eq!(told(1_349, Seen::Yes), Gate::Hold(Hold::Path));
        assert_eq!([told(1_348, Seen::Yes), told(1_349, Seen::No)], [Gate::Send; 2]);
    }

    #[test]
    fn half_of_two_segments_waits_for_the_ack_that_is_due() {
        let snd = sending();
        let full = Flight { in_network: 9, piece: 2_896, ..FLIGHT };
        assert_eq!(gate(&new(101, 1448, false), &snd, &full, Nagle::On), Gate::Send, "no ACK is due yet");
        let due = Flight { head_age_us: Some(100_000), ..full };
        assert_eq!(gate(&new(101, 1448, false), &snd, &due, Nagle::On), Gate::Hold(Hold::Deferral));
        assert_eq!(gate(&new(101, 1448, false), &snd, &Flight { piece: 1_448, ..due }, Nagle::On), Gate::Send);
        let after_silence = Flight { silent_us: 1_001, ..due };
        assert_eq!(gate(&new(101, 1448, false), &snd, &after_silence, Nagle::On), Gate::Send);
        let second = Flight { burst: Burst::Second, ..due };
        assert_eq!(gate(&new(101, 1448, false), &snd, &second, Nagle::On), Gate::Send, "there was room for both");
        let narrow = SendSequence { wnd: 3 * 1448, ..snd };
        assert_eq!(gate(&new(101, 1448, false), &narrow, &due, Nagle::On), Gate::Send, "a third of the window");
        assert_eq!(gate(&new(101, 1448, false), &snd, &Flight { in_network: 8, ..due }, Nagle::On), Gate::Send);
    }
}
