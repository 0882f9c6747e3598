//! What is left of a connection when nobody needs the whole of it (Linux: `tcp_timewait_sock`).

use std::rc::Rc;

use scenario::link;
use scenario::{Flags, Host, RawSegment, State};

use super::Kernel;
use super::effect::{Effect, note_rule};
use crate::rules::acceptable::newer;
use crate::rules::bind::{Listening, Reuse};
use crate::rules::time_wait::{self, Action, Facts, Minute, TIME_WAIT_US};
use crate::rules::{Pace, initial_sequence_number};
use crate::tcp::{ReceiveSequence, Recent, SendSequence};

pub(crate) struct TimeWaitSocket {
    /// The connection's number.
    pub(crate) id: u32,
    pub(crate) name: Rc<str>,
    /// TIME-WAIT or FIN-WAIT-2.
    pub(crate) state: State,
    pub(crate) peer: Host,
    pub(crate) ports: [u16; 2],
    pub(crate) snd: SendSequence,
    pub(crate) rcv: ReceiveSequence,
    pub(crate) recent: Recent,
    pub(crate) reuse: Reuse,
    /// When TIME-WAIT began, in microseconds.
    pub(crate) since_us: u64,
    pub(crate) ends_us: u64,
    pub(crate) answered_us: Option<u64>,
}

impl TimeWaitSocket {
    /// The last ACK, once more.
    const fn acknowledgement(&self, host: Host) -> RawSegment {
        RawSegment {
            from: host,
            to: self.peer,
            ports: self.ports,
            flags: Flags::ACK,
            seq: self.snd.nxt,
            ack: self.rcv.nxt,
            len: 0,
            win: self.rcv.window_left(),
        }
    }
}

/// What becomes of a segment for a socket in TIME-WAIT.
pub(crate) enum Arrival {
    Done,
    /// TIME-WAIT is gone, and a new connection begins with this sequence number.
    MakeRoom {
        iss: u32,
    },
}

impl Kernel {
    pub(super) fn arrive_at_time_wait(&mut self, at: usize, segment: &RawSegment) -> Arrival {
        let timestamp = self.timestamps.map(|option| option.value);
        let socket = &self.time_waits[at];
        let age_ms = socket.recent.age_ms(timestamp);
        let listening = if self.listener_on(segment.ports[1]).is_some() { Listening::Yes } else { Listening::No };
        let facts = Facts { state: socket.state, rcv: &socket.rcv, age_ms, rfc1337: self.sysctls.rfc1337, listening };
        let (action, rule) = time_wait::decide(&facts, segment);
        let (now_us, host) = (self.now_us, self.host);
        let socket = &mut self.time_waits[at];
        let mut reply = None;
        match action {
            Action::Ignore => {}
            Action::Restart => {
                socket.ends_us = now_us + TIME_WAIT_US;
                socket.recent = newer(socket.recent, timestamp);
            }
            Action::MakeRoom => {
                let iss = initial_sequence_number::after_time_wait(socket.snd.nxt);
                note_rule(&mut self.effects, rule);
                self.end_time_wait(at);
                return Arrival::MakeRoom { iss };
            }
            Action::Acknowledge { pace, minute } => {
                if minute == Minute::BeginsAnew {
                    socket.ends_us = now_us + TIME_WAIT_US;
                }
                if pace.allows(socket.answered_us, now_us) {
                    if pace == Pace::Limited {
                        socket.answered_us = Some(now_us);
                    }
                    reply = Some(socket.acknowledgement(host));
                }
            }
            Action::TakeFin => {
                socket.rcv.nxt = socket.rcv.nxt.wrapping_add(1);
                socket.rcv.note_told(socket.rcv.nxt, socket.rcv.wnd);
                socket.ends_us = now_us + TIME_WAIT_US;
                socket.recent = newer(socket.recent, timestamp);
                reply = Some(socket.acknowledgement(host));
                let (id, name, from) = (socket.id, socket.name.clone(), socket.state);
                socket.state = State::TimeWait;
                self.effects.push(Effect::State { id, name, from, to: State::TimeWait });
            }
            Action::Destroy | Action::Refuse => {
                if action == Action::Refuse {
                    reply = link::reset(segment);
                }
                note_rule(&mut self.effects, rule);
                self.end_time_wait(at);
                self.send(reply);
                return Arrival::Done;
            }
        }
        note_rule(&mut self.effects, rule);
        self.send(reply);
        Arrival::Done
    }

    pub(super) fn end_time_wait(&mut self, at: usize) {
        let TimeWaitSocket { id, name, state: from, .. } = self.time_waits.remove(at);
        self.effects.push(Effect::State { id, name, from, to: State::Closed });
    }

    /// Ends the sockets whose time is over.
    pub(super) fn reap_time_waits(&mut self) {
        while let Some(at) = self.time_waits.iter().position(|socket| socket.ends_us <= self.now_us) {
            self.effects.push(Effect::Rule(time_wait::ends(self.time_waits[at].state)));
            self.end_time_wait(at);
        }
    }

    /// Only what TIME-WAIT needs stays of the connection (Linux: `tcp_time_wait`).
    pub(super) fn shrink(&mut self, at: usize, wait_us: u64) {
        if let Some(rule) = time_wait::no_room(self.time_waits.len(), self.sysctls.max_tw_buckets) {
            self.effects.push(Effect::Rule(rule));
            return self.with(at, |connection, cx| connection.destroy(cx));
        }
        let connection = &mut self.connections[at];
        let Some(tcb) = &mut connection.tcb else { return };
        self.time_waits.push(TimeWaitSocket {
            id: connection.id,
            name: connection.name.clone(),
            state: connection.state,
            peer: connection.peer,
            ports: connection.ports,
            snd: tcb.snd,
            rcv: std::mem::take(&mut tcb.rcv),
            recent: connection.recent,
            reuse: connection.reuse,
            since_us: self.now_us,
            ends_us: self.now_us + wait_us,
            answered_us: None,
        });
        connection.drop_tcb();
        connection.sending_ended = true;
        connection.reading_ended = true;
        // The state goes on in what is left.
        connection.state = State::Closed;
    }
}
