//! What the host's sockets hold, as Linux says it in TCP_INFO and sock_diag(7) (`tcp_get_info`, `inet_sk_diag_fill`).

use std::rc::Rc;

use scenario::{Info, Timer as InfoTimer};

use super::Kernel;
use super::connection::{Connection, Holder};
use super::effect::Effect;
use super::listener::Listener;
use crate::tcp::Timer;

/// What a socket holds, or held when it was last told of.
pub(super) struct Reported {
    id: u32,
    name: Rc<str>,
    info: Info,
}

impl Kernel {
    /// Records every socket that holds something else than the trace says.
    pub(crate) fn report_tcp_info(&mut self) {
        let Self { listeners, connections, time_waits, reported, held_now, effects, .. } = self;
        // Also of an orphan in FIN-WAIT-2: it has become as small as TIME-WAIT.
        let timewait = Info { timer: Some(InfoTimer::Timewait), ..Info::default() };
        held_now.clear();
        for listener in listeners {
            put(held_now, listener.id, &listener.name, of_listener(listener));
        }
        for connection in connections {
            put(held_now, connection.id, &connection.name, of_connection(connection));
        }
        for socket in time_waits {
            put(held_now, socket.id, &socket.name, timewait);
        }
        let mut note = |Reported { id, name, .. }: &Reported, info| {
            effects.push(Effect::Info { id: *id, name: Rc::clone(name), info });
        };
        // What is gone holds nothing.
        for gone in reported.iter().filter(|known| place(held_now, known.id).is_err() && !known.info.is_empty()) {
            note(gone, Info::default());
        }
        for holds in held_now.iter() {
            let before = place(reported, holds.id).map_or_else(|_| Info::default(), |at| reported[at].info);
            if holds.info != before {
                note(holds, holds.info);
            }
        }
        std::mem::swap(reported, held_now);
    }
}

/// Puts in what a socket holds. A connection in TIME-WAIT is there twice while a program holds its descriptor: the last
/// one counts.
fn put(held: &mut Vec<Reported>, id: u32, name: &Rc<str>, info: Info) {
    let holds = Reported { id, name: Rc::clone(name), info };
    match place(held, id) {
        Ok(at) => held[at] = holds,
        Err(at) => held.insert(at, holds),
    }
}

/// Where the socket of that number stands, or would: they are in the order of their numbers.
fn place(sockets: &[Reported], id: u32) -> Result<usize, usize> {
    sockets.binary_search_by_key(&id, |known| known.id)
}

fn of_listener(listener: &Listener) -> Info {
    Info { queued: listener.queue.len() as u32, ..Info::default() }
}

/// SIOCINQ: what has been received and not read, a FIN's number not counted (Linux: `tcp_inq`).
fn unread(connection: &Connection) -> u32 {
    let numbers = connection.unread + connection.unread_fins;
    numbers.saturating_sub(usize::from(connection.stream_ended)) as u32
}

fn of_connection(connection: &Connection) -> Info {
    let unread = unread(connection);
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
