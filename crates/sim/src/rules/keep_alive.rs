//! Keep-alive (RFC 9293 §3.8.4).

use scenario::RuleId;

use super::Decision;
use crate::socket_options::{KeepAlive, SocketOptions};

/// What a keep-alive timer that has fired asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// It is switched off.
    Stop,
    /// Not now, but in so long.
    Wait { us: u64 },
    /// An empty segment with a number that was acknowledged long ago; the next look in so long.
    Probe { next_us: u64 },
    /// ETIMEDOUT, and a reset leaves.
    GiveUp,
}

/// Whether something else is under way that would show the peer's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sending {
    Idle,
    Busy,
}

/// RFC 9293 §3.8.4 (MUST-25 ff.). Linux: `tcp_keepalive_timer`. Seen in `keepalive-dead`.
/// `idle_us`: since something acceptable last arrived; `probes`: sent since then.
pub(crate) fn on_timeout(options: &SocketOptions, sending: Sending, idle_us: u64, probes: u32) -> Decision<Action> {
    if options.keep_alive == KeepAlive::Off {
        return (Action::Stop, None);
    }
    if sending == Sending::Busy {
        return (Action::Wait { us: options.keep_idle_us }, None);
    }
    if idle_us < options.keep_idle_us {
        return (Action::Wait { us: options.keep_idle_us - idle_us }, None);
    }
    let is_over = match options.user_timeout_us {
        Some(user_timeout_us) => idle_us >= user_timeout_us && probes > 0,
        None => probes >= options.keep_count,
    };
    if is_over {
        return (Action::GiveUp, Some(RuleId::KeepAliveGiveUp));
    }
    (Action::Probe { next_us: options.keep_interval_us }, Some(RuleId::KeepAlive))
}

/// How long the first look waits when SO_KEEPALIVE was switched on: a whole idle time, however long the connection has
/// been idle before.
///
/// Linux: `tcp_set_keepalive`.
pub(crate) const fn after_switching_on_us(options: &SocketOptions) -> u64 {
    options.keep_idle_us
}

/// How long the next look waits when TCP_KEEPIDLE was set on a connection that has SO_KEEPALIVE.
///
/// Linux: `tcp_sock_set_keepidle_locked`.
pub(crate) const fn after_setting_idle_us(options: &SocketOptions, idle_us: u64) -> u64 {
    options.keep_idle_us.saturating_sub(idle_us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_probes_when_idle_and_gives_up_after_the_last_probe() {
        let on = SocketOptions { keep_alive: KeepAlive::On, keep_count: 2, ..SocketOptions::default() };
        let idle = on.keep_idle_us;
        assert_eq!(on_timeout(&on, Sending::Idle, idle - 5, 0).0, Action::Wait { us: 5 });
        assert_eq!(on_timeout(&on, Sending::Busy, idle, 0).0, Action::Wait { us: idle });
        assert_eq!(on_timeout(&on, Sending::Idle, idle, 1).0, Action::Probe { next_us: on.keep_interval_us });
        assert_eq!(on_timeout(&on, Sending::Idle, idle, 2).0, Action::GiveUp);
        assert_eq!(on_timeout(&SocketOptions::default(), Sending::Idle, idle, 2).0, Action::Stop);
    }

    #[test]
    fn tcp_user_timeout_takes_the_place_of_the_count() {
        let on =
            SocketOptions { keep_alive: KeepAlive::On, user_timeout_us: Some(9_000_000), ..SocketOptions::default() };
        let idle = on.keep_idle_us;
        assert_eq!(on_timeout(&on, Sending::Idle, idle, 0).0, Action::Probe { next_us: on.keep_interval_us });
        assert_eq!(on_timeout(&on, Sending::Idle, idle, 1).0, Action::GiveUp);
    }
}
