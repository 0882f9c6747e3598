//! What the host's sockets hold, as Linux says it in TCP_INFO and sock_diag(7) (`tcp_get_info`, `inet_sk_diag_fill`).

use scenario::{Info, Map, Timer as InfoTimer};

use super::Kernel;
use super::connection::{Connection, Holder};
use super::effect::Effect;
use super::listener::Listener;
use crate::tcp::Timer;

impl Kernel {
    /// Tells of every socket that holds something else than when it was told of last.
    pub(crate) fn report_tcp_info(&mut self) {
        let mut now: Map<u32, (String, Info)> = Map::new();
        for listener in &self.listeners {
            now.insert(listener.id, (listener.name.clone(), of_listener(listener)));
        }
        for connection in &self.connections {
            now.insert(connection.id, (connection.name.clone(), of_connection(connection)));
        }
        for socket in &self.time_waits {
            // Also of an orphan in FIN-WAIT-2: it has become as small as that.
            let info = Info { timer: Some(InfoTimer::Timewait), ..Info::default() };
            now.insert(socket.id, (socket.name.clone(), info));
        }
        let before = std::mem::take(&mut self.reported);
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
        self.reported = now;
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
