//! What the host's sockets hold, as Linux says it in TCP_INFO and sock_diag(7) (`tcp_get_info`, `inet_sk_diag_fill`).

use scenario::{Info, Map, Timer};
use smoltcp::socket::tcp;

use super::{Effect, Kernel, Listener};
use crate::connection::{Connection, Holder};

impl Kernel {
    /// Tells of every socket that holds something else than when it was told of last.
    pub(crate) fn inform(&mut self) {
        let mut now: Map<u32, (String, Info)> = Map::new();
        for listener in &self.listeners {
            now.insert(listener.id, (listener.name.clone(), of_listener(listener)));
        }
        for connection in &self.connections {
            now.insert(connection.id, (connection.name.clone(), of_connection(connection)));
        }
        for rest in &self.rests {
            // Also of an orphan in FIN-WAIT-2: it has become as small as that.
            now.insert(rest.id, (rest.name.clone(), Info { timer: Some(Timer::Timewait), ..Info::default() }));
        }
        let before = std::mem::take(&mut self.told);
        for (id, (name, info)) in before.iter() {
            // What is gone holds nothing.
            if !info.is_empty() && now.get(id).is_none() {
                self.effects.push(Effect::Info { id: *id, name: name.clone(), info: Info::default() });
            }
        }
        for (id, (name, info)) in now.iter() {
            if *info != before.get(id).map_or_else(Info::default, |(_, info)| *info) {
                self.effects.push(Effect::Info { id: *id, name: name.clone(), info: *info });
            }
        }
        self.told = now;
    }
}

fn of_listener(listener: &Listener) -> Info {
    Info { queued: listener.queue.len() as u32, ..Info::default() }
}

fn of_connection(connection: &Connection) -> Info {
    let timers = &connection.timers;
    let Some(stack) = &connection.stack else {
        return Info { unread: connection.unread() as u32, error: connection.error, ..Info::default() };
    };
    let timer = if connection.numbers.is_in_flight() && timers.is_sending() {
        Some(Timer::On)
    } else if timers.window_probe_at.is_some() {
        Some(Timer::Persist)
    } else if timers.keep_alive_at.is_some() || timers.orphan_at.is_some() {
        Some(Timer::Keepalive)
    } else {
        None
    };
    if matches!(connection.holder, Holder::Handshake(_)) {
        // No whole socket yet, and no TCP_INFO (Linux: `inet_req_diag_fill`).
        return Info { retransmits: timers.retransmits, timer, ..Info::default() };
    }
    let sent = connection.numbers.in_flight_without_syn() as usize;
    let given = stack.unacknowledged();
    let is_ending = matches!(stack.state(), tcp::State::FinWait1 | tcp::State::Closing | tcp::State::LastAck);
    let fin_waits = connection.fin_wanted || is_ending && sent <= given;
    let unsent = given.saturating_sub(sent) + usize::from(fin_waits);
    Info {
        unread: connection.unread() as u32,
        unsent: unsent as u32,
        unacked: connection.in_flight.len() as u32,
        retransmits: timers.retransmits,
        probes: timers.probes(),
        backoff: timers.backoff(),
        queued: 0,
        timer,
        error: connection.error,
    }
}
