//! The timers of a connection: when each is due. What happens then is decided in `rules/`.

use crate::micros::earlier;

/// One of a connection's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// A tail loss probe (RFC 8985 §7; Linux: ICSK_TIME_LOSS_PROBE).
    LossProbe,
    /// What may only be late counts as lost (RFC 8985 §6.2; ICSK_TIME_REO_TIMEOUT).
    Reordering,
    /// The retransmission timeout (RFC 6298; ICSK_TIME_RETRANS).
    Retransmission,
    /// The persist timer (RFC 9293 §3.8.6.1; ICSK_TIME_PROBE0).
    WindowProbe,
    /// Keep-alive (RFC 9293 §3.8.4; sk_timer).
    KeepAlive,
    /// A delayed ACK (RFC 9293 §3.8.6.3; icsk_delack_timer).
    DelayedAck,
    /// The end of FIN-WAIT-2 for an orphan that keeps its whole socket (sk_timer).
    FinWait2,
}

/// When each is due, in microseconds of the run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timers {
    due_us: [Option<u64>; Timer::ALL.len()],
}

impl Timer {
    /// All timers, in the order in which those of one moment fire.
    pub(crate) const ALL: [Self; 7] = [
        Self::LossProbe,
        Self::Reordering,
        Self::Retransmission,
        Self::WindowProbe,
        Self::KeepAlive,
        Self::DelayedAck,
        Self::FinWait2,
    ];
}

impl Timers {
    pub(crate) const fn due_us(&self, timer: Timer) -> Option<u64> {
        self.due_us[timer as usize]
    }

    pub(crate) const fn is_set(&self, timer: Timer) -> bool {
        self.due_us(timer).is_some()
    }

    pub(crate) const fn is_due(&self, timer: Timer, now_us: u64) -> bool {
        match self.due_us(timer) {
            Some(due_us) => due_us <= now_us,
            None => false,
        }
    }

    pub(crate) const fn set(&mut self, timer: Timer, due_us: u64) {
        self.due_us[timer as usize] = Some(due_us);
    }

    pub(crate) const fn clear(&mut self, timer: Timer) {
        self.due_us[timer as usize] = None;
    }

    /// Clears every timer.
    pub(crate) const fn clear_all(&mut self) {
        self.due_us = [None; Timer::ALL.len()];
    }

    /// When the earliest is due, in microseconds.
    pub(crate) fn next_us(&self) -> Option<u64> {
        self.due_us.into_iter().fold(None, earlier)
    }
}
