//! What the kernel itself says of a run: which of its counters rise, and what they are said to mean.
//!
//! The table says what the kernel's source lets expect (net/ipv4/tcp.c, tcp_input.c, tcp_timer.c, tcp_minisocks.c;
//! Linux 6.18): which function ends the connection, and what it counts. A run is held against it.

use scenario::{Counter, Event, Host, Trace};

/// Counters that tell why a connection ended. Others (retransmissions, probes for loss) depend on the moment.
const TELLING: [&str; 17] = [
    "TcpAttemptFails",
    "TcpEstabResets",
    "TcpOutRsts",
    "TcpExtTCPAbortOnClose",
    "TcpExtTCPAbortOnData",
    "TcpExtTCPAbortOnLinger",
    "TcpExtTCPAbortOnMemory",
    "TcpExtTCPAbortOnTimeout",
    "TcpExtTCPAbortFailed",
    "TcpExtTCPChallengeACK",
    "TcpExtTCPSYNChallenge",
    "TcpExtEmbryonicRsts",
    "TcpExtListenOverflows",
    "TcpExtTCPTimeWaitOverflow",
    "TcpExtTCPKeepAlive",
    "TcpExtTCPWinProbe",
    "TcpExtPAWSEstab",
];

/// What is expected of a scenario: the telling counters that rise on the client, and those on the server.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// The scenario's id.
    pub scenario: &'static str,
    /// On the client, in the order of the list above.
    pub client: &'static [&'static str],
    /// On the server.
    pub server: &'static [&'static str],
}

macro_rules! expected {
    ($($scenario:literal: [$($client:literal)*] [$($server:literal)*];)*) => {
        &[$(Expected { scenario: $scenario, client: &[$($client),*], server: &[$($server),*] },)*]
    };
}

/// Scenario: the client's counters, the server's.
pub const EXPECTED: &[Expected] = expected! {
    // An orderly end counts nothing of the kind.
    "graceful-four-segments": [] [];
    "graceful-three-segments": [] [];
    "half-close-request": [] [];
    "simultaneous-close": [] [];
    "sigkill-clean": [] [];
    "lingering-close": [] [];
    "shutdown-rd-ignored": [] [];
    "shutdown-rdwr-unread": [] [];
    // Unread data: __tcp_close counts TCPAbortOnClose and sends the RST.
    "close-with-unread-data": ["TcpEstabResets"] ["TcpEstabResets" "TcpOutRsts" "TcpExtTCPAbortOnClose"];
    "partial-read-then-close": ["TcpEstabResets"] ["TcpEstabResets" "TcpOutRsts" "TcpExtTCPAbortOnClose"];
    "sigkill-unread": ["TcpEstabResets"] ["TcpEstabResets" "TcpOutRsts" "TcpExtTCPAbortOnClose"];
    "keepalive-race-unread": ["TcpEstabResets"] ["TcpEstabResets" "TcpOutRsts" "TcpExtTCPAbortOnClose"];
    "early-reply-reset-read-first": ["TcpEstabResets"] ["TcpEstabResets" "TcpOutRsts" "TcpExtTCPAbortOnClose"];
    // The same after shutdown(WR): FIN-WAIT-1 does not count as established.
    "close-with-unread-data-fin-first": ["TcpEstabResets"] ["TcpOutRsts" "TcpExtTCPAbortOnClose"];
    // Data for an orphan in FIN-WAIT-2 meets the small socket that is left of it: a RST, and no counter of its own.
    "write-after-peer-close": ["TcpEstabResets"] ["TcpOutRsts"];
    "stale-pooled-connection": ["TcpEstabResets"] ["TcpOutRsts"];
    // Data in FIN-WAIT-1, or after shutdown(RDWR): tcp_rcv_state_process counts TCPAbortOnData.
    "fin-lost-data-first": ["TcpEstabResets"] ["TcpOutRsts" "TcpExtTCPAbortOnData"];
    "keepalive-race-fin": ["TcpEstabResets"] ["TcpOutRsts" "TcpExtTCPAbortOnData"];
    "shutdown-rdwr-then-data": ["TcpEstabResets"] ["TcpOutRsts" "TcpExtTCPAbortOnData"];
    // SO_LINGER {1,0} counts as TCPAbortOnData, too, and not as TCPAbortOnLinger; so does TCP_LINGER2 below 0.
    "linger-zero": ["TcpEstabResets"] ["TcpEstabResets" "TcpOutRsts" "TcpExtTCPAbortOnData"];
    "linger2-negative": ["TcpEstabResets"] ["TcpOutRsts" "TcpExtTCPAbortOnData"];
    // A listener's queue: inet_csk_listen_stop goes through tcp_disconnect, which has no counter of its own.
    "listener-closed-with-backlog": ["TcpEstabResets"] ["TcpEstabResets" "TcpOutRsts"];
    "accept-queue-full-abort": ["TcpEstabResets"] ["TcpOutRsts" "TcpExtEmbryonicRsts" "TcpExtListenOverflows"];
    // Silence: tcp_write_err counts TCPAbortOnTimeout and sends nothing; the keep-alive's timer sends a RST before it.
    "peer-vanished-write": ["TcpEstabResets" "TcpExtTCPAbortOnTimeout"] [];
    "peer-vanished-read": [] [];
    "last-ack-stuck": ["TcpExtTCPAbortOnTimeout"] [];
    "fin-wait1-orphan": ["TcpExtTCPAbortOnTimeout"] [];
    "syn-blackhole": ["TcpAttemptFails" "TcpExtTCPAbortOnTimeout"] [];
    "keepalive-dead": ["TcpEstabResets" "TcpOutRsts" "TcpExtTCPAbortOnTimeout" "TcpExtTCPKeepAlive"] [];
    "keepalive-one-lost-probe":
        ["TcpEstabResets" "TcpOutRsts" "TcpExtTCPAbortOnTimeout" "TcpExtTCPKeepAlive"] ["TcpEstabResets"];
    "keepalive-behind-data": ["TcpEstabResets" "TcpExtTCPAbortOnTimeout"] [];
    "zero-window-stall": ["TcpEstabResets" "TcpExtTCPAbortOnTimeout" "TcpExtTCPWinProbe"] [];
    // No socket: the answer counts as a RST sent, nothing else.
    "peer-reboot-half-open": ["TcpEstabResets"] ["TcpOutRsts"];
    // RFC 5961.
    "rst-in-window-challenge": ["TcpExtTCPChallengeACK"] [];
    "syn-in-established": ["TcpOutRsts"] ["TcpEstabResets" "TcpExtTCPChallengeACK" "TcpExtTCPSYNChallenge"];
    "forged-reset-exact": ["TcpEstabResets" "TcpOutRsts"] ["TcpEstabResets"];
    "time-wait-overflow": [] ["TcpOutRsts" "TcpExtTCPTimeWaitOverflow"];
};

/// Holds a kernel's run against the table; a scenario that is not in it passes.
///
/// # Errors
/// Which host's counters are others.
pub fn judge(trace: &Trace) -> Result<(), String> {
    let Some(expected) = EXPECTED.iter().find(|expected| expected.scenario == trace.scenario) else { return Ok(()) };
    for (host, expected) in [(Host::Client, expected.client), (Host::Server, expected.server)] {
        let rose = telling(trace, host);
        if rose != expected {
            return Err(format!("the {host}'s counters: {expected:?} expected, {rose:?} rose"));
        }
    }
    Ok(())
}

fn telling(trace: &Trace, on: Host) -> Vec<&'static str> {
    let rose = |wanted: &str| {
        trace
            .events
            .iter()
            .any(|event| matches!(event, Event::Counter { host, counter: Counter::Snmp(name), .. } if *host == on && name == wanted))
    };
    TELLING.into_iter().filter(|name| rose(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expectation_is_of_a_scenario_and_of_telling_counters() {
        for expected in EXPECTED {
            assert!(catalogue::scenario(expected.scenario).is_some(), "{}: no such scenario", expected.scenario);
            for name in expected.client.iter().chain(expected.server) {
                assert!(TELLING.contains(name), "{}: {name} is no telling counter", expected.scenario);
            }
        }
    }
}
