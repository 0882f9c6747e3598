//! What may leave, one segment at a time (Linux: `tcp_write_xmit`, `tcp_xmit_retransmit_queue`).

use crate::seq::after;
use crate::socket_options::Nagle;
use crate::tcp::{Believed, Next, SendSequence, Standing};

/// What becomes of the one segment that the endpoint would send next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    Send,
    /// It has left, and does not leave again; the next may.
    Skip,
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
}

/// New segments leave while the congestion window and the peer's window have room, and small ones one by one; what is
/// lost leaves again while the congestion window has room.
///
/// RFC 9293 §3.7.4 (Nagle) holds a small segment back while anything is unacknowledged; Linux only while another small
/// one is, and never one with FIN. Linux: `tcp_cwnd_test`, `tcp_snd_wnd_test`, `tcp_nagle_test`, `tcp_minshall_check`.
pub(crate) fn gate(next: &Next, snd: &SendSequence, in_network: u32, congestion_window: u32, nagle: Nagle) -> Gate {
    match next.standing {
        Standing::Handshake => return Gate::Send,
        Standing::Again(Believed::InNetwork | Believed::Arrived) => return Gate::Skip,
        Standing::Again(Believed::Lost) | Standing::New => {}
    }
    if in_network >= congestion_window {
        return Gate::Hold(Hold::Congestion);
    }
    if next.standing != Standing::New {
        return Gate::Send;
    }
    if !fits(next, snd) {
        return Gate::Hold(Hold::Window);
    }
    if nagle == Nagle::On && next.len < snd.mss && !next.fin && after(snd.small_end, snd.una) {
        return Gate::Hold(Hold::Nagle);
    }
    Gate::Send
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

    fn sending() -> SendSequence {
        SendSequence { una: 1, nxt: 101, small_end: 1, wnd: 10_000, ..SendSequence::new(0, 1448) }
    }

    #[test]
    fn a_small_segment_waits_for_another_small_one_and_a_fin_for_none() {
        let mut snd = sending();
        assert_eq!(gate(&new(101, 50, false), &snd, 1, 10, Nagle::On), Gate::Send);
        snd.small_end = 101;
        assert_eq!(gate(&new(101, 50, false), &snd, 1, 10, Nagle::On), Gate::Hold(Hold::Nagle));
        assert_eq!(gate(&new(101, 50, false), &snd, 1, 10, Nagle::Off), Gate::Send);
        assert_eq!(gate(&new(101, 1448, false), &snd, 1, 10, Nagle::On), Gate::Send);
        assert_eq!(gate(&new(101, 50, true), &snd, 1, 10, Nagle::On), Gate::Send);
    }

    #[test]
    fn the_peers_window_must_have_room_for_all_of_a_new_segment() {
        let snd = SendSequence { wnd: 1_000, ..sending() };
        assert_eq!(gate(&new(101, 900, false), &snd, 1, 10, Nagle::On), Gate::Send);
        assert_eq!(gate(&new(101, 901, false), &snd, 1, 10, Nagle::On), Gate::Hold(Hold::Window));
    }

    #[test]
    fn what_is_lost_needs_the_congestion_window_only() {
        let snd = SendSequence { wnd: 0, ..sending() };
        let lost = Next { standing: Standing::Again(Believed::Lost), ..new(1, 100, false) };
        assert_eq!(gate(&lost, &snd, 0, 1, Nagle::On), Gate::Send);
        assert_eq!(gate(&lost, &snd, 1, 1, Nagle::On), Gate::Hold(Hold::Congestion));
        let arrived = Next { standing: Standing::Again(Believed::Arrived), ..lost };
        assert_eq!(gate(&arrived, &snd, 1, 1, Nagle::On), Gate::Skip);
    }
}
