//! What the host's sockets hold, as Linux says it in TCP_INFO and sock_diag(7) (`tcp_get_info`, `inet_sk_diag_fill`).

use scenario::{Info, Timer as InfoTimer};

use super::Kernel;
use super::connection::{Connection, Holder};
use super::effect::Effect;
use super::listener::Listener;
use crate::tcp::Timer;

/// What was last told of a socket.
pub(super) struct Reported {
    id: u32,
    name: String,
    info: Info,
}

impl Kernel {
    /// Tells of every socket that holds something else than when it was told of last.
    pub(crate) fn report_tcp_info(&mut self) {
        let Self { listeners, connections, time_waits, reported, effects, .. } = self;
        // Also of an orphan in FIN-WAIT-2: it has become as small as TIME-WAIT.
        let timewait = Info { timer: Some(InfoTimer::Timewait), ..Info::default() };
        let listeners = listeners.iter().map(|listener| (listener.id, &listener.name, of_listener(listener)));
        let connections = connections.iter().map(|known| (known.id, &known.name, of_connection(known)));
        let time_waits = time_waits.iter().map(|socket| (socket.id, &socket.name, timewait));
        let mut now: Vec<(u32, &String, Info)> = Vec::new();
        for holds in listeners.chain(connections).chain(time_waits) {
            // What has shrunk is there twice for a moment, where a program still holds the rest: the last one counts.
            match now.binary_search_by_key(&holds.0, |(id, ..)| *id) {
                Ok(at) => now[at] = holds,
                Err(at) => now.insert(at, holds),
            }
        }
        reported.retain(|Reported { id, name, info }| {
            let is_there = now.iter().any(|(known, ..)| known == id);
            // What is gone holds nothing.
            if !is_there && !info.is_empty() {
                effects.push(Effect::Info { id: *id, name: name.clone(), info: Info::default() });
            }
            is_there
        });
        for (id, name, info) in now {
            let at = reported.iter().position(|reported| reported.id == id);
            if info != at.map_or_else(Info::default, |at| reported[at].info) {
                effects.push(Effect::Info { id, name: name.clone(), info });
            }
            match at {
                Some(at) => reported[at].info = info,
                None => reported.push(Reported { id, name: name.clone(), info }),
            }
        }
    }
}

fn of_listener(listener: &Listener) -> Info {
    Info { queued: listener.queue.len() as u32, ..Info::default() }
}

fn of_connection(connection: &Connection) -> Info {
    let unread = connection.unread as u32;
    let Some(tcb) = &connection.tcb else {
        return Info { unread, error: connection.error, ..Info::default() };
    };
    let timers = &connection.timers;
    let timer = if tcb.snd.is_in_flight() && (timers.is_set(Timer::Retransmission) || timers.is_set(Timer::LossProbe)) {
        Some(InfoTimer::On)
    } else if timers.is_set(Timer::WindowProbe) {
        Some(InfoTimer::Persist)
    } else if timers.is_set(Timer::KeepAlive) || timers.is_set(Timer::FinWait2) {
        Some(InfoTimer::Keepalive)
    } else {
        None
    };
    let retransmits = connection.backoff.retransmits;
    if matches!(connection.holder, Holder::Handshake(_)) {
        // No whole socket yet, and no TCP_INFO (Linux: `inet_req_diag_fill`).
        return Info { retransmits, timer, ..Info::default() };
    }
    Info {
        unread,
        unsent: tcb.unsent(),
        unacked: tcb.queue.packets_out(),
        retransmits,
        probes: connection.window_probes.sent.max(connection.keep_alive_probes),
        backoff: connection.backoff.doublings.max(connection.window_probes.doublings),
        queued: 0,
        timer,
        error: connection.error,
    }
}
