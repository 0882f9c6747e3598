//! Runs that are later than virtual time, as a machine in real time is: whether what a script shows hangs on a race.

use std::time::Duration;

use scenario::Host;

/// One tick of a kernel with HZ=250, in microseconds.
const TICK_US: u64 = 4_000;
/// Of its wait a timer of Linux is late by no more than this part (kernel/time/timer.c: the timer wheel).
const WHEEL: u64 = 8;

/// How much later than in virtual time things happen in a run. The default is not at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lateness {
    /// A statement begins so much later than the one before it lets it.
    pub statements: Duration,
    /// The same behind a statement with `&`.
    pub background: Duration,
    /// A segment arrives so much later.
    pub link: Duration,
    /// Whether the timers of a host are late, by [`Host::index`].
    pub timers: [Timers; Host::ALL.len()],
}

/// When a host's timers fire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timers {
    /// At their time.
    #[default]
    Exact,
    /// One tick and an eighth of their wait later, which is as late as Linux's timer wheel lets them be.
    Late,
}

impl Lateness {
    /// When a timer fires that is due then, and was set at `set_us` or before.
    pub(crate) const fn fires_us(&self, host: Host, set_us: u64, due_us: u64) -> u64 {
        match self.timers[host.index()] {
            Timers::Exact => due_us,
            Timers::Late => due_us + TICK_US + due_us.saturating_sub(set_us) / WHEEL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_timer_is_late_by_a_tick_and_an_eighth() {
        let late = Lateness { timers: [Timers::Late, Timers::Exact, Timers::Exact], ..Lateness::default() };
        assert_eq!(late.fires_us(Host::Client, 1_000_000, 1_800_000), 1_904_000);
        assert_eq!(late.fires_us(Host::Server, 1_000_000, 1_800_000), 1_800_000);
    }
}
