//! Linux's timers for one connection: when it retransmits, and when it has waited long enough.
//!
//! smoltcp sends the segments; these decide when (`stack` winds its clock).

use scenario::State;

use crate::connection::Connection;
use crate::settings::Settings;

/// TCP_RTO_MIN
pub(crate) const RTO_MIN_US: u64 = 200_000;
/// tcp_rto_max_ms
const RTO_MAX_US: u64 = 120_000_000;
/// TCP_TIMEOUT_INIT (RFC 6298 §2.1)
const RTO_INITIAL_US: u64 = 1_000_000;
/// TCP_TIMEOUT_MIN: two ticks of a kernel with HZ=250.
const SOON_US: u64 = 8_000;
/// TCP_TIMEOUT_MIN_US
const PROBE_MIN_US: u64 = 2_000;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Timers {
    /// The smoothed round trip and its variation (RFC 6298 §2), once one was measured.
    round_trip_us: Option<(u64, u64)>,
    /// What is being measured: the number that ends it, and since when.
    measured: Option<(u32, u64)>,
    /// The retransmission timeout, doubled with each one in a row.
    rto_us: u64,
    pub(crate) retransmit_at: Option<u64>,
    /// Linux's icsk_retransmits.
    pub(crate) retransmits: u32,
    /// Linux's icsk_backoff: how often it was doubled.
    doublings: u32,
    /// Linux's retrans_stamp: when the first of them left.
    since_us: Option<u64>,
    /// The tail loss probe (RFC 8985 §7) has been sent since something was last acknowledged.
    probed: bool,
    /// When it is due, where more than one segment is in flight.
    pub(crate) loss_probe_at: Option<u64>,
    /// The peer has told of a gap (RFC 8985 §6): what is missing leaves again as soon as reordering is unlikely.
    gap: bool,
    /// It has left again.
    repaired: bool,
    /// Window probes (RFC 9293 §3.8.6.1): when the next leaves, since when, how many without an answer, how often doubled.
    pub(crate) window_probe_at: Option<u64>,
    window_probes_since_us: Option<u64>,
    window_probes: u32,
    window_probe_backoff: u32,
    pub(crate) keep_alive_at: Option<u64>,
    keep_alive_probes: u32,
    /// When something acceptable last arrived.
    pub(crate) received_us: u64,
    /// When the ACK of the peer's FIN leaves, if nothing else takes it along before.
    pub(crate) ack_at: Option<u64>,
    /// When an orphan in FIN-WAIT-2 that keeps its whole socket goes on to the next wait.
    pub(crate) orphan_at: Option<u64>,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            round_trip_us: None,
            measured: None,
            rto_us: RTO_INITIAL_US,
            retransmit_at: None,
            retransmits: 0,
            doublings: 0,
            since_us: None,
            probed: false,
            loss_probe_at: None,
            gap: false,
            repaired: false,
            window_probe_at: None,
            window_probes_since_us: None,
            window_probes: 0,
            window_probe_backoff: 0,
            keep_alive_at: None,
            keep_alive_probes: 0,
            received_us: 0,
            ack_at: None,
            orphan_at: None,
        }
    }
}

/// What a timer that has fired asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fired {
    /// smoltcp shall retransmit.
    Retransmit,
    /// A segment that waits for an ACK shall wait no longer.
    SendWaiting,
    /// The last segment shall leave again.
    RepeatLast,
    /// The limit is reached: the connection ends without a word.
    GiveUp,
    /// An empty segment with a number that was acknowledged long ago, to see whether the peer is there.
    Probe,
    /// The limit is reached: the connection ends with a reset.
    GiveUpAndReset,
    /// Nothing now.
    Nothing,
}

impl Timers {
    /// None fires any more.
    pub(crate) const fn stop(&mut self) {
        self.retransmit_at = None;
        self.loss_probe_at = None;
        self.window_probe_at = None;
        self.keep_alive_at = None;
        self.ack_at = None;
        self.orphan_at = None;
    }

    /// The earliest.
    pub(crate) fn next_us(&self) -> Option<u64> {
        let sending = [self.retransmit_at, self.loss_probe_at, self.window_probe_at, self.keep_alive_at];
        sending.into_iter().chain([self.ack_at, self.orphan_at]).flatten().min()
    }

    /// Whether something leaves again when a timer fires.
    pub(crate) const fn is_sending(&self) -> bool {
        self.retransmit_at.is_some() || self.loss_probe_at.is_some()
    }

    /// Linux's icsk_probes_out: probes of the window or of keep-alive that were not answered.
    pub(crate) fn probes(&self) -> u32 {
        self.window_probes.max(self.keep_alive_probes)
    }

    /// Linux's icsk_backoff, which retransmissions and window probes share.
    pub(crate) fn backoff(&self) -> u32 {
        self.doublings.max(self.window_probe_backoff)
    }

    /// The retransmission timeout without doublings.
    pub(crate) fn base_rto_us(&self) -> u64 {
        match self.round_trip_us {
            None => RTO_INITIAL_US,
            Some((smoothed, variation)) => (smoothed + RTO_MIN_US.max(4 * variation)).min(RTO_MAX_US),
        }
    }

    /// Three and a half of them: no wait of an orphan is shorter (Linux: `tcp_fin_time`, `tcp_time_wait`).
    pub(crate) fn orphan_min_us(&self) -> u64 {
        self.rto_us * 7 / 2
    }

    /// Something that takes up sequence numbers, ending before `end`, has left.
    pub(crate) fn note_sent(&mut self, now_us: u64, end: u32) {
        // With timestamps, as on Linux, a retransmitted segment is measured too: from when it last left.
        if self.measured.is_none_or(|(measured, _)| measured == end) {
            self.measured = Some((end, now_us));
        }
        if self.retransmit_at.is_none() {
            self.retransmit_at = Some(now_us + self.rto_us);
        }
    }

    /// Something new has left, or was acknowledged: two round trips from now the peer should have answered
    /// (RFC 8985 §7.2; Linux: `tcp_schedule_loss_probe`).
    pub(crate) fn plan_loss_probe(&mut self, now_us: u64, in_flight: InFlight) {
        let is_calm = self.retransmits == 0 && !self.probed && !self.gap;
        self.loss_probe_at = match (self.round_trip_us, self.retransmit_at) {
            (Some((smoothed, _)), Some(at_us)) if is_calm && in_flight == InFlight::Several => {
                Some(at_us.min(now_us + 2 * smoothed + PROBE_MIN_US))
            }
            _ => None,
        };
    }

    /// Something new was acknowledged, up to `ack`; `in_flight`: not all of it.
    pub(crate) fn note_acknowledged(&mut self, now_us: u64, ack: u32, in_flight: InFlight) {
        if let Some((end, since)) = self.measured
            && !crate::wire::before(ack, end)
        {
            self.measure(now_us - since);
            self.measured = None;
        }
        self.rto_us = self.base_rto_us();
        self.retransmits = 0;
        self.doublings = 0;
        self.since_us = None;
        self.probed = false;
        self.gap = false;
        self.repaired = false;
        self.retransmit_at = (in_flight != InFlight::Nothing).then(|| now_us + self.rto_us);
        self.plan_loss_probe(now_us, in_flight);
    }

    /// The peer has something behind a gap: a quarter of a round trip later the gap counts as a loss, once
    /// (RFC 8985 §6.2; Linux: `tcp_rack_detect_loss`).
    pub(crate) fn note_gap(&mut self, now_us: u64) {
        if let (Some((smoothed, _)), false, Some(planned)) = (self.round_trip_us, self.gap, self.retransmit_at) {
            self.gap = true;
            self.retransmit_at = Some(planned.min(now_us + smoothed / 4));
        }
    }

    /// Something has left again by itself, for three ACKs alike: the gap needs no timer any more.
    pub(crate) const fn note_repeated(&mut self, now_us: u64) {
        if self.gap && !self.repaired {
            self.repaired = true;
            self.retransmit_at = Some(now_us + self.rto_us);
        }
    }

    /// Something acceptable arrived.
    pub(crate) const fn note_received(&mut self, now_us: u64) {
        self.received_us = now_us;
        self.window_probes = 0;
        self.keep_alive_probes = 0;
    }

    /// RFC 6298 §2.2 and §2.3.
    fn measure(&mut self, round_trip_us: u64) {
        self.round_trip_us = Some(match self.round_trip_us {
            None => (round_trip_us, round_trip_us / 2),
            Some((smoothed, variation)) => {
                ((7 * smoothed + round_trip_us) / 8, (3 * variation + smoothed.abs_diff(round_trip_us)) / 4)
            }
        });
    }

    /// A segment in SYN-SENT acknowledged what was never sent: the SYN is repeated soon, but once only
    /// (Linux: `tcp_rcv_synsent_state_process`, `reset_and_undo`).
    pub(crate) fn hurry(&mut self, now_us: u64) {
        if self.retransmits == 0 {
            self.retransmit_at = Some(now_us + SOON_US);
        }
    }

    /// The peer's window is closed, nothing is in flight, and there is something to send: or no longer so.
    pub(crate) fn watch_window(&mut self, now_us: u64, blocked: Blocked) {
        match blocked {
            Blocked::No => {
                self.window_probe_at = None;
                self.window_probe_backoff = 0;
            }
            Blocked::Yes if self.window_probe_at.is_none() => {
                self.window_probes_since_us = None;
                self.window_probe_at = Some(now_us + self.base_rto_us());
            }
            Blocked::Yes => {}
        }
    }

    /// A window was offered: while it stays closed, the next probe leaves a full wait after this answer
    /// (Linux: `tcp_ack_probe`).
    pub(crate) fn note_window(&mut self, now_us: u64, window: u32) {
        if window == 0 && self.window_probe_at.is_some() {
            self.window_probe_at = Some(now_us + self.window_probe_us());
        }
    }

    fn window_probe_us(&self) -> u64 {
        (self.base_rto_us() << self.window_probe_backoff.min(20)).min(RTO_MAX_US)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InFlight {
    Nothing,
    OneSegment,
    Several,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blocked {
    No,
    Yes,
}

/// The retransmission timer has fired (Linux: `tcp_retransmit_timer`, `tcp_write_timeout`; in SYN-RECEIVED
/// `reqsk_timer_handler`).
pub(crate) fn retransmission(connection: &mut Connection, settings: &Settings, now_us: u64, orphan: Orphan) -> Fired {
    let state = connection.state;
    let one_segment = connection.flight() == InFlight::OneSegment;
    let waits = connection.has_waiting_segment();
    let user_timeout_us = connection.options.user_timeout_us;
    let timers = &mut connection.timers;
    if gave_up(timers, settings, now_us, state, orphan, user_timeout_us) {
        timers.retransmit_at = None;
        return Fired::GiveUp;
    }
    let is_handshake = matches!(state, State::SynSent | State::SynReceived);
    if timers.gap && timers.retransmits == 0 && !timers.repaired {
        timers.repaired = true;
    } else if !is_handshake && one_segment && !timers.probed && !timers.repaired && timers.retransmits == 0 {
        // A single segment in flight has its tail loss probe no sooner than its timeout; it does not count as one.
        timers.probed = true;
        if waits {
            timers.retransmit_at = Some(now_us + timers.rto_us);
            return Fired::SendWaiting;
        }
    } else {
        timers.since_us.get_or_insert(now_us);
        timers.retransmits += 1;
        let is_linear = state == State::SynSent && timers.retransmits <= settings.syn_linear_timeouts;
        if !is_linear {
            timers.rto_us = (timers.rto_us * 2).min(RTO_MAX_US);
            timers.doublings += 1;
        }
    }
    let mut wait_us = timers.rto_us;
    if user_timeout_us > 0
        && let Some(since) = timers.since_us
    {
        wait_us = wait_us.min((since + user_timeout_us).saturating_sub(now_us).max(1));
    }
    timers.retransmit_at = Some(now_us + wait_us);
    Fired::Retransmit
}

/// Two round trips have passed without an answer: what waits for one leaves now, or else the last segment again, once
/// (RFC 8985 §7.3; Linux: `tcp_send_loss_probe`).
pub(crate) fn loss_probe(connection: &mut Connection, now_us: u64) -> Fired {
    let waits = connection.has_waiting_segment();
    let timers = &mut connection.timers;
    timers.loss_probe_at = None;
    if timers.probed || timers.gap || timers.retransmits > 0 {
        return Fired::Nothing;
    }
    timers.probed = true;
    timers.retransmit_at = Some(now_us + timers.rto_us);
    if waits { Fired::SendWaiting } else { Fired::RepeatLast }
}

fn gave_up(
    timers: &Timers,
    settings: &Settings,
    now_us: u64,
    state: State,
    orphan: Orphan,
    user_timeout_us: u64,
) -> bool {
    let elapsed_us = timers.since_us.map_or(0, |since| now_us - since);
    match state {
        State::SynSent if timers.retransmits >= settings.syn_retries + settings.syn_linear_timeouts => return true,
        State::SynReceived => return timers.retransmits >= settings.synack_retries,
        _ => {}
    }
    if timers.retransmits == 0 {
        return false;
    }
    if user_timeout_us > 0 {
        return elapsed_us >= user_timeout_us;
    }
    if state == State::SynSent {
        return false;
    }
    let retries = match orphan {
        Orphan::No => settings.retries2,
        Orphan::Yes => settings.orphan_retries(timers.rto_us < RTO_MAX_US),
    };
    elapsed_us >= model_timeout_us(retries)
}

/// How long so many doublings of the shortest timeout take (Linux: `tcp_model_timeout`): 15 are 924.6 s.
fn model_timeout_us(retries: u32) -> u64 {
    const DOUBLINGS_MAX: u32 = (RTO_MAX_US / RTO_MIN_US).ilog2();
    let doublings = retries.min(DOUBLINGS_MAX);
    ((2 << doublings) - 1) * RTO_MIN_US + u64::from(retries - doublings) * RTO_MAX_US
}

/// Whether nobody would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Orphan {
    No,
    Yes,
}

/// The timer of the closed window has fired (Linux: `tcp_probe_timer`).
pub(crate) fn window_probe(connection: &mut Connection, settings: &Settings, now_us: u64, orphan: Orphan) -> Fired {
    let user_timeout_us = connection.options.user_timeout_us;
    let timers = &mut connection.timers;
    let most = match orphan {
        Orphan::No => settings.retries2,
        Orphan::Yes => settings.orphan_retries(timers.window_probe_us() < RTO_MAX_US),
    };
    let waited_us = now_us - *timers.window_probes_since_us.get_or_insert(now_us);
    if (user_timeout_us > 0 && waited_us >= user_timeout_us) || timers.window_probes >= most {
        timers.window_probe_at = None;
        return Fired::GiveUp;
    }
    timers.window_probes += 1;
    timers.window_probe_backoff = (timers.window_probe_backoff + 1).min(settings.retries2);
    let mut wait_us = timers.window_probe_us();
    if user_timeout_us > 0 {
        wait_us = wait_us.min((user_timeout_us - waited_us).max(1));
    }
    timers.window_probe_at = Some(now_us + wait_us);
    Fired::Probe
}

/// SO_KEEPALIVE was set or cleared, or its times were.
pub(crate) fn watch_keep_alive(connection: &mut Connection, now_us: u64) {
    let options = &connection.options;
    let lives = connection.stack.is_some() && !matches!(connection.actual_state(), State::Closed | State::Listen);
    connection.timers.keep_alive_at =
        (options.keep_alive && lives).then(|| (connection.timers.received_us + options.keep_idle_us).max(now_us + 1));
}

/// The keep-alive timer has fired (Linux: `tcp_keepalive_timer`).
pub(crate) fn keep_alive(connection: &mut Connection, now_us: u64) -> Fired {
    let options = connection.options;
    let busy = connection.numbers.is_in_flight() || connection.queued() > 0 || connection.state == State::SynSent;
    let timers = &mut connection.timers;
    if !options.keep_alive {
        timers.keep_alive_at = None;
        return Fired::Nothing;
    }
    let idle_us = now_us - timers.received_us;
    if busy || idle_us < options.keep_idle_us {
        let wait_us = if busy { options.keep_idle_us } else { options.keep_idle_us - idle_us };
        timers.keep_alive_at = Some(now_us + wait_us);
        return Fired::Nothing;
    }
    let too_often = if options.user_timeout_us > 0 {
        idle_us >= options.user_timeout_us && timers.keep_alive_probes > 0
    } else {
        timers.keep_alive_probes >= options.keep_count
    };
    if too_often {
        timers.keep_alive_at = None;
        return Fired::GiveUpAndReset;
    }
    timers.keep_alive_probes += 1;
    timers.keep_alive_at = Some(now_us + options.keep_interval_us);
    Fired::Probe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifteen_retries_are_the_924_seconds_of_the_manual() {
        assert_eq!(model_timeout_us(15), 924_600_000);
        assert_eq!(model_timeout_us(3), 3_000_000);
    }

    #[test]
    fn no_timeout_is_shorter_than_200_ms_over_the_round_trip() {
        let mut timers = Timers::default();
        assert_eq!(timers.base_rto_us(), 1_000_000, "nothing measured yet");
        timers.note_sent(0, 1);
        timers.note_acknowledged(20_000, 1, InFlight::Nothing);
        assert_eq!(timers.base_rto_us(), 220_000);
    }
}
