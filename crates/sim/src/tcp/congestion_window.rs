//! The congestion window, in segments, and the phase of loss recovery, as they are known; what becomes of them is decided
//! in `rules/congestion_control.rs` and `rules/loss_recovery.rs`.

/// TCP_INIT_CWND (RFC 6928)
pub(crate) const INITIAL_WINDOW: u32 = 10;

#[derive(Clone, Copy, Debug)]
pub(crate) struct CongestionWindow {
    pub(crate) segments: u32,
    pub(crate) slow_start_threshold: u32,
    /// Segments acknowledged since it last grew beyond the threshold (Linux: `snd_cwnd_cnt`).
    pub(crate) grown_by: u32,
    /// Whether the window, and not the program, held something back (Linux: `is_cwnd_limited`), and the most segments
    /// that were in flight, both until `usage_until` is acknowledged.
    pub(crate) was_limited: bool,
    pub(crate) most_in_flight: u32,
    pub(crate) usage_until: u32,
    /// The most segments in flight since the window was last made use of or grown, and when that was, in microseconds
    /// (Linux: `snd_cwnd_used`, `snd_cwnd_stamp`).
    pub(crate) used: u32,
    pub(crate) used_us: u64,
    pub(crate) phase: Phase,
    /// SND.NXT when the phase began: recovery ends when that is acknowledged (Linux: `high_seq`).
    pub(crate) high: u32,
    /// Of the loss that is being repaired.
    pub(crate) undo: Option<Undo>,
    /// Segments delivered, and sent, since recovery has begun (Linux: `prr_delivered`, `prr_out`); and the window before
    /// it.
    pub(crate) delivered: u32,
    pub(crate) sent: u32,
    pub(crate) prior: u32,
    /// Whether a timeout may turn out to have been none.
    pub(crate) spurious: Spurious,
    /// A tail loss probe that nothing has answered.
    pub(crate) probe: Option<Probe>,
}

/// Linux: `tcp_ca_state`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing is missing.
    Open,
    /// SACK has told of a gap, or something has left again.
    Disorder,
    /// Losses are repaired that SACK has told of.
    Recovery,
    /// The retransmission timer has fired.
    Loss,
}

/// F-RTO (RFC 5682): what has left before a timeout may still arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spurious {
    Possible,
    No,
}

/// What was before a loss (Linux: `undo_marker`, `prior_cwnd`, `prior_ssthresh`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Undo {
    pub(crate) segments: u32,
    pub(crate) slow_start_threshold: u32,
    /// Segments that have left again and that the peer has not got twice; none yet (Linux: `undo_retrans`).
    pub(crate) again: Option<u32>,
}

/// A tail loss probe (RFC 8985 §7).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    /// SND.NXT behind it (Linux: `tlp_high_seq`).
    pub(crate) high: u32,
    pub(crate) kind: ProbeKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProbeKind {
    New,
    Again,
}

impl CongestionWindow {
    pub(crate) const fn new(iss: u32) -> Self {
        Self {
            segments: INITIAL_WINDOW,
            slow_start_threshold: u32::MAX,
            grown_by: 0,
            was_limited: false,
            most_in_flight: 0,
            usage_until: iss,
            used: 0,
            used_us: 0,
            phase: Phase::Open,
            high: iss,
            undo: None,
            delivered: 0,
            sent: 0,
            prior: 0,
            spurious: Spurious::No,
            probe: None,
        }
    }

    /// The peer has got a segment twice.
    pub(crate) const fn note_duplicate(&mut self) {
        if let Some(Undo { again: Some(again), .. }) = &mut self.undo {
            *again = again.saturating_sub(1);
        }
    }

    /// A segment has left again.
    pub(crate) const fn note_sent_again(&mut self) {
        if let Some(undo) = &mut self.undo {
            undo.again = match undo.again {
                None => Some(1),
                Some(again) => Some(again + 1),
            };
        }
        self.note_sent();
    }

    /// A segment has left, new or again.
    pub(crate) const fn note_sent(&mut self) {
        if matches!(self.phase, Phase::Recovery) {
            self.sent += 1;
        }
    }
}
