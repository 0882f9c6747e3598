//! Why a step is as it is: a sentence for each kind of call, segment, statement and change of state.
//!
//! A sentence says what the step means to the program or to the other side, never what its label says already. It is a
//! function of the run: "the FIN again" stands where the run has had that FIN before. Where one of Linux's rules acted,
//! `rules.rs` has the sentence, and this module is silent.

use scenario::{
    Action, Errno, Fate, Host, HostAction, How, LinkAction, Outcome, Ready, SocketOption, State, Sysctl, TooLong, Verb,
};

use crate::layout::{Flight, Layout, Look, Row, Thing};
use crate::rules;

/// Why a step is as it is; `None` where label and rules say it.
pub fn why(layout: &Layout, at: usize) -> Option<String> {
    let row = layout.rows.get(at)?;
    let past = Past::of(layout, at);
    match &row.thing {
        Thing::Call { call, outcome, .. } => past.call(call, *outcome),
        Thing::Segment(flight) => past.segment(&layout.flights[*flight]),
        Thing::Statement { action, .. } => statement(action).map(str::to_owned),
        Thing::Icmp { to, .. } => {
            Some(format!("Something in between says so of a segment of the {to}'s. The message quotes the segment."))
        }
        Thing::Effect if row.rules.is_empty() => past.effect().map(str::to_owned),
        Thing::Effect | Thing::Counter { .. } => None,
    }
}

/// A row and what came before it.
pub(crate) struct Past<'a> {
    layout: &'a Layout,
    at: usize,
    row: &'a Row,
}

impl<'a> Past<'a> {
    pub(crate) fn of(layout: &'a Layout, at: usize) -> Self {
        Self { layout, at, row: &layout.rows[at] }
    }

    /// The earlier calls on the row's socket, newest first.
    fn calls(&self) -> impl Iterator<Item = (&'a Verb, Outcome)> {
        let Thing::Call { socket: own, .. } = &self.row.thing else { unreachable!("only calls ask for calls") };
        let host = self.row.host;
        self.layout.rows[..self.at].iter().rev().filter(move |row| row.host == host).filter_map(move |row| {
            match &row.thing {
                Thing::Call { socket, call, outcome: Some(outcome) } if socket == own => Some((call, *outcome)),
                _ => None,
            }
        })
    }

    /// The segments that left before the row on the link that it is about, newest first.
    fn flights(&self) -> impl Iterator<Item = &'a Flight> {
        let (at, link) = (self.at, self.row.link);
        let is_before = move |flight: &&Flight| flight.row < at && link.is_none_or(|link| link == flight.link());
        self.layout.flights.iter().rev().filter(is_before)
    }

    /// The earlier segments of this flight's connection, newest first. Two ports may have had another one before: it
    /// ends where connect() is called again.
    fn of_connection(&self, flight: &Flight) -> impl Iterator<Item = &'a Flight> {
        let pair = flight.pair();
        let is_new = |it: &&Flight| {
            let past = Past::of(self.layout, it.row);
            it.segment.flags.syn
                && it.segment.ack.is_none()
                && past.causes().any(|thing| matches!(thing, Thing::Call { call: Verb::Connect { .. }, .. }))
        };
        let begins = self.flights().filter(|it| it.pair() == pair).find(is_new).map_or(0, |it| it.row);
        self.flights().filter(move |it| it.pair() == pair && it.row >= begins)
    }

    /// Whether the host has been sent a FIN that has arrived.
    pub(crate) fn has_fin(&self, host: Host) -> bool {
        let now_us = self.row.at_us;
        self.flights().any(|flight| {
            flight.from != host && flight.segment.flags.fin && flight.arrives_us.is_some_and(|at_us| at_us <= now_us)
        })
    }

    /// Whether a reset of this host's own ended its connection; one that answers what comes later does not.
    fn has_reset_itself(&self, host: Host) -> bool {
        let is_end = |row: &Row| row.host == Some(host) && row.changes.iter().any(|change| change.to == State::Closed);
        let Some(end) = self.layout.rows[..self.at].iter().rposition(is_end) else { return false };
        self.flights().any(|it| it.from == host && it.segment.flags.rst && it.fate != Fate::Injected && it.row <= end)
    }

    /// Whether something else holds the socket that is closed here: another descriptor, or a call that waits.
    fn is_held(&self) -> bool {
        let Thing::Call { socket: own, .. } = &self.row.thing else { return false };
        let own = own.as_deref();
        let of_host = || self.layout.rows[..self.at].iter().filter(|row| row.host == self.row.host);
        let is_open = |name: Option<&str>| {
            !of_host().any(|row| match &row.thing {
                Thing::Call { socket, call: Verb::Close, outcome: Some(_) } => socket.as_deref() == name,
                _ => false,
            })
        };
        let has_copy = of_host().any(|row| match &row.thing {
            Thing::Call { socket, call: Verb::Dup { copy }, outcome: Some(Outcome::Number(_)) } => {
                socket.as_deref() == own && is_open(Some(copy)) || own == Some(copy) && is_open(socket.as_deref())
            }
            _ => false,
        });
        has_copy || self.row.host.is_some_and(|host| self.row.blocked[host.index()])
    }

    /// An earlier call on the socket got the error of the connection's end.
    pub(crate) fn was_told(&self) -> bool {
        let is_end = |errno| matches!(errno, Errno::ECONNRESET | Errno::EPIPE | Errno::ETIMEDOUT | Errno::ECONNREFUSED);
        self.calls().any(|(_, outcome)| matches!(outcome, Outcome::Errno(errno) if is_end(errno)))
    }

    fn has_shut(&self, directions: &[How]) -> bool {
        self.calls().any(|(verb, outcome)| {
            matches!(verb, Verb::Shutdown(how) if directions.contains(how)) && outcome.is_success()
        })
    }

    fn call(&self, verb: &Verb, outcome: Option<Outcome>) -> Option<String> {
        let host = self.row.host?;
        let Some(outcome) = outcome else {
            return match verb {
                Verb::Connect { .. } => Some("The call waits for an answer to the SYN.".to_owned()),
                Verb::Close => Some("The call does not return yet.".to_owned()),
                _ => Some("The call waits: nothing is there that could end it yet.".to_owned()),
            };
        };
        let sentence = match (verb, outcome) {
            (_, Outcome::Errno(Errno::ETIMEDOUT)) => "The kernel has given up: for too long nothing has come back.",
            (_, Outcome::Errno(Errno::EBADF)) => "There is no such socket any more.",
            (_, Outcome::Errno(Errno::EAGAIN)) => {
                "What the call asks for is not there, and it does not wait any longer. The connection is as it was."
            }
            (Verb::Dup { .. }, Outcome::Number(_)) => {
                "Two descriptors have one socket now. It ends when both are closed."
            }
            (Verb::Close, Outcome::Number(_)) if self.is_held() => {
                "Nothing is sent: something still holds the socket, another descriptor or a call that waits."
            }
            (Verb::Socket, _) => "A socket without a connection: nothing has been sent.",
            (Verb::Bind { .. }, Outcome::Number(_)) => "The socket has its port before it connects.",
            (Verb::Disconnect, Outcome::Number(_)) => {
                "connect() with AF_UNSPEC ends the connection at once, and the socket can be used again."
            }
            (Verb::Connect { .. }, Outcome::Errno(Errno::EADDRNOTAVAIL)) => {
                "No port of this host's is free for this peer, so not even a SYN is sent."
            }
            (Verb::Connect { .. }, Outcome::Errno(Errno::EISCONN)) => {
                "The socket has had its connection, even if that is gone."
            }
            (Verb::Listen { .. }, Outcome::Number(_)) => {
                "From now on the kernel answers every SYN to this port, and keeps the connections until accept() takes them."
            }
            (Verb::Listen { .. }, Outcome::Errno(Errno::EADDRINUSE)) => {
                "The port is taken, by another socket or by a connection that the kernel still remembers."
            }
            (Verb::Connect { .. }, Outcome::Number(_)) => {
                "The SYN-ACK has come. The other side's kernel has agreed; its program may not know of it yet."
            }
            (Verb::Connect { .. }, Outcome::Errno(Errno::ECONNREFUSED)) => "A reset has answered the SYN.",
            (Verb::Connect { .. }, Outcome::Errno(Errno::EINPROGRESS)) => {
                "The call does not wait. The kernel goes on connecting without it."
            }
            (Verb::Connect { .. }, Outcome::Blocks) => {
                "No answer comes, and the SYN is repeated until the kernel gives up."
            }
            (Verb::Accept { .. }, Outcome::Number(_)) => {
                "The call takes a connection out of the listener's queue. The kernel has opened it without the program."
            }
            (Verb::Accept { .. }, Outcome::Blocks) => "No connection waits in the listener's queue.",
            (Verb::Write(_), Outcome::Number(_)) if self.state(host) == Some(State::CloseWait) => {
                "The other side's FIN says that it sends no more; whether it still reads, it does not say. So our kernel takes the bytes."
            }
            (Verb::Write(_), Outcome::Number(_)) => {
                "Our kernel has taken the bytes. That does not say that they have arrived, or ever will."
            }
            (Verb::Write(_), Outcome::Errno(Errno::ECONNRESET)) => {
                "A reset has ended the connection. This call is the first to ask, so it gets the error, and none of its bytes is sent."
            }
            (Verb::Write(_), Outcome::Errno(Errno::EPIPE)) => {
                if self.has_shut(&[How::Wr, How::RdWr]) {
                    "This program has ended its own direction with shutdown(), so it can write no more."
                } else if self.was_told() {
                    "The connection is gone, and an earlier call has been given its error. Nothing can be written any more."
                } else if self.has_fin(host) {
                    "First a FIN came, then a reset: the connection is gone, and nothing can be written any more."
                } else {
                    return None;
                }
            }
            (Verb::Write(_), Outcome::Blocks) => {
                "The send buffer is full, and the other side makes no room: the call waits."
            }
            (Verb::Read { .. }, Outcome::Number(1..)) if self.has_reset_arrived(host) => {
                "What had arrived before the reset can still be read: on Linux the bytes come first, then the error."
            }
            (Verb::Read { .. }, Outcome::Number(1..)) => "The bytes had arrived and waited in the receive queue.",
            (Verb::Read { .. }, Outcome::Number(0)) => {
                if self.has_fin(host) && !self.has_shut(&[How::Rd, How::RdWr]) {
                    "The other side's FIN has come, and everything before it is read: the end of the stream. For the kernel this is no error."
                } else if self.was_told() {
                    "An earlier call has been given the error. What is left is the end of the stream."
                } else if self.has_shut(&[How::Rd, How::RdWr]) {
                    "This program has shut down reading, and the receive queue is empty."
                } else {
                    return None;
                }
            }
            (Verb::Read { .. }, Outcome::Errno(Errno::ECONNRESET)) => {
                if self.has_reset_itself(host) {
                    "The connection was reset, here by this side's own kernel. The error is named as if the other side had done it."
                } else if self.has_fin(host) {
                    "A reset has ended the connection."
                } else {
                    "A reset has come, and no FIN before it."
                }
            }
            (Verb::Read { .. }, Outcome::Blocks) => {
                "Nothing is there to be read, and nothing says that the other side is gone. So the call waits."
            }
            (Verb::Shutdown(How::Wr), Outcome::Number(_)) => {
                "It ends one direction: the FIN says that this side sends no more. It can still read."
            }
            (Verb::Shutdown(How::Rd), Outcome::Number(_)) => {
                "Nothing is sent, so the other side does not learn of it. Here a read gives 0 once the queue is empty."
            }
            (Verb::Shutdown(How::RdWr), Outcome::Number(_)) => {
                "For the program both directions end. On the wire it is a FIN, as with shutdown(WR)."
            }
            (Verb::Shutdown(_), Outcome::Errno(Errno::ENOTCONN)) => "There is no connection any more.",
            (Verb::Close, _) if !self.row.rules.is_empty() => return None,
            (Verb::Close, Outcome::Number(_)) if self.row.changes.iter().any(|it| it.from == State::Listen) => {
                "The port is free: from now on a SYN is answered with a reset."
            }
            (Verb::Close, Outcome::Number(_)) => {
                "The program is done with this socket. What is still to be said, the kernel says alone."
            }
            (Verb::SetOption(SocketOption::Linger(Some(0))), Outcome::Number(_)) => {
                "Nothing is sent now. It changes what close() will do: throw away what is unsent, and send a reset in place of a FIN."
            }
            (Verb::SetOption(_), Outcome::Number(_)) => {
                "Nothing is sent now. It changes what the kernel will do later."
            }
            (Verb::GetError, Outcome::Number(0)) => "No error is pending.",
            (Verb::GetError, Outcome::Errno(_)) => "The call hands out the pending error, and clears it.",
            (Verb::GetPeerName, Outcome::Number(_)) => "For the kernel this socket is connected.",
            (Verb::GetPeerName, Outcome::Errno(Errno::ENOTCONN)) => {
                "For the kernel this socket is not connected, or no longer."
            }
            (Verb::Poll, Outcome::Ready(ready)) => return Some(polled(ready)),
            _ => return None,
        };
        Some(sentence.to_owned())
    }

    /// The state of the call's socket before the row, if it has a name, else that of the host's first connection.
    fn state(&self, host: Host) -> Option<State> {
        if let Thing::Call { socket: Some(name), .. } = &self.row.thing {
            let before = self.layout.rows[..self.at].iter().rev().filter(|row| row.host == Some(host));
            let mut changes = before.flat_map(|row| row.changes.iter().rev());
            return changes.find(|change| change.name == *name).map(|change| change.to);
        }
        self.row.lanes[host.index()].first().and_then(|lane| lane.before)
    }

    fn has_reset_arrived(&self, host: Host) -> bool {
        let now_us = self.row.at_us;
        self.state(host) == Some(State::Closed)
            && self.flights().any(|flight| {
                flight.from != host
                    && flight.segment.flags.rst
                    && flight.arrives_us.is_some_and(|at_us| at_us <= now_us)
            })
    }

    fn segment(&self, flight: &Flight) -> Option<String> {
        if flight.fate == Fate::Injected {
            let from = flight.from;
            return Some(format!("The {from} has not sent this. The link has made it, in the {from}'s name."));
        }
        let what = match Look::of(&flight.segment) {
            Look::Syn => Some(self.syn(flight).to_owned()),
            Look::Fin => Some(self.fin(flight)),
            // The row's own rules have their sentences.
            Look::Rst if !self.row.rules.is_empty() => None,
            Look::Rst => Some(self.reset(flight).to_owned()),
            Look::Data => Some(self.data(flight).to_owned()),
            Look::Ack => self.acknowledgement(flight),
        };
        match (what, flight.fate) {
            (what, Fate::Delivered) => what,
            (what, _) if self.is_refused(flight) => {
                Some(what.unwrap_or_default() + " It is not let through, and its sender is told so.")
            }
            (Some(what), _) => Some(what + " It is lost on the way, and its sender does not know that."),
            (None, _) => Some("It is lost on the way, and its sender does not know that.".to_owned()),
        }
    }

    /// Whether a box answers the segment, that it has not let through.
    fn is_refused(&self, flight: &Flight) -> bool {
        let answers = |it: &Flight| {
            it.fate == Fate::Injected
                && it.at_us == flight.at_us
                && it.pair() == flight.pair()
                && it.from != flight.from
        };
        self.layout.flights.iter().any(|it| it.row == flight.row + 1 && answers(it))
    }

    fn syn(&self, flight: &Flight) -> &'static str {
        let is_new = self.causes().any(|thing| matches!(thing, Thing::Call { call: Verb::Connect { .. }, .. }));
        let again = !is_new
            && self.of_connection(flight).any(|earlier| {
                earlier.from == flight.from
                    && earlier.segment.flags == flight.segment.flags
                    && earlier.segment.seq == flight.segment.seq
            });
        match (flight.segment.ack, again) {
            (None, false) => "It asks for a connection, and says at which number this side begins to count its bytes.",
            (None, true) => "The SYN again: no answer to the earlier one has come.",
            (Some(_), false) => {
                "It agrees, and says at which number this direction begins. The kernel answers; no program has been asked."
            }
            (Some(_), true) => "The SYN-ACK again: the handshake is not complete yet.",
        }
    }

    fn fin(&self, flight: &Flight) -> String {
        let again = self.of_connection(flight).any(|earlier| {
            earlier.from == flight.from
                && earlier.segment.flags.fin
                && earlier.fate != Fate::Injected
                && end(earlier) == end(flight)
        });
        let mut sentence = if again {
            "The FIN again: no ACK of the earlier one has come.".to_owned()
        } else {
            let said = self.causes().find_map(|thing| match thing {
                Thing::Call { call: Verb::Close, .. } => Some(
                    "close() says goodbye: this side will send no more. The FIN does not say whether it still reads.",
                ),
                Thing::Call { call: Verb::Shutdown(How::Wr), .. } => {
                    Some("shutdown() says goodbye in this direction. The other direction stays open.")
                }
                Thing::Call { call: Verb::Shutdown(_), .. } => {
                    Some("shutdown() says goodbye: this side will send no more.")
                }
                Thing::Statement { action: Action::Host(_, HostAction::Kill), .. } => {
                    Some("The process has ended, and the kernel closes its sockets as close() would.")
                }
                _ => None,
            });
            said.unwrap_or(
                "The FIN had to wait until what was written before it could leave. This side will send no more.",
            )
            .to_owned()
        };
        if flight.segment.len > 0 {
            sentence += " It travels in one segment with the last bytes.";
        }
        sentence
    }

    fn reset(&self, flight: &Flight) -> &'static str {
        let host = flight.from;
        let now = self.layout.rows[..self.at]
            .iter()
            .rev()
            .take_while(|row| row.at_us == self.row.at_us)
            .filter(|row| row.host == Some(host));
        if let Some(rule) = now.flat_map(|row| &row.rules).next() {
            return rules::sentence(*rule);
        }
        let answered = self.flights().find(|it| it.from != host && it.arrives_us == Some(flight.at_us));
        match answered {
            Some(answered) if answered.segment.flags.syn && answered.segment.ack.is_none() => {
                "No socket listens on this port, so the kernel refuses."
            }
            Some(_) => {
                "This host has no such connection, or no longer. It answers whatever belongs to it with a reset."
            }
            None => "It ends the connection at once, in both directions.",
        }
    }

    fn data(&self, flight: &Flight) -> &'static str {
        let again = self.of_connection(flight).any(|it| {
            it.from == flight.from && it.fate != Fate::Injected && end(it) > flight.segment.seq && it.segment.len > 0
        });
        let is_written = self.causes().any(|thing| matches!(thing, Thing::Call { call: Verb::Write(_), .. }));
        match (again, is_written) {
            (true, _) => "Bytes that were sent before, once more: no ACK of them has come.",
            (false, true) => "What write() has given to the kernel leaves at once.",
            (false, false) => "These bytes were waiting in the send buffer until they might leave.",
        }
    }

    fn acknowledgement(&self, flight: &Flight) -> Option<String> {
        if !self.row.rules.is_empty() {
            return None;
        }
        let ack = flight.segment.ack?;
        let own = |it: &&Flight| it.from == flight.from;
        let theirs = |it: &&Flight| it.from != flight.from;
        let is_fin = self.of_connection(flight).filter(theirs).any(|it| it.segment.flags.fin && end(it) + 1 == ack);
        let is_first =
            !self.of_connection(flight).filter(own).any(|it| it.segment.ack.is_some() && !it.segment.flags.syn);
        let again = self.of_connection(flight).filter(own).any(|it| it.segment == flight.segment);
        let mut sentence = if again {
            "It says the same as before: what has just come brought nothing new, or is not taken.".to_owned()
        } else if is_fin {
            "It acknowledges the FIN, and all before it. This is the kernel's word: the program may not have looked yet."
                .to_owned()
        } else if is_first && ack == 1 {
            "With it the handshake is complete.".to_owned()
        } else {
            format!("All before number {ack} has arrived. Whether a program has read it, an ACK does not say.")
        };
        if flight.segment.win == 0 {
            sentence += " The window is 0: there is no room for more.";
        }
        Some(sentence)
    }

    /// What the row's host did at the same moment before it, newest first: one of these made the row's segment leave.
    fn causes(&self) -> impl Iterator<Item = &'a Thing> {
        let Row { at_us, host, .. } = *self.row;
        let now = self.layout.rows[..self.at].iter().rev().take_while(move |row| row.at_us == at_us);
        now.filter(move |row| row.host == host).map(|row| &row.thing)
    }

    fn effect(&self) -> Option<&'static str> {
        let change = self.row.changes.last()?;
        Some(match (change.from, change.to) {
            (_, State::SynReceived) => "A SYN has come, and the kernel has answered. The program knows nothing of it.",
            (State::SynReceived, State::Established) => {
                "The handshake is complete. The connection waits in the listener's queue until accept() takes it."
            }
            (_, State::Established) => "The handshake is complete on this side.",
            (State::Established, State::CloseWait) => {
                "The other side's FIN has come. The program learns of it when it reads; until then it may go on writing."
            }
            (_, State::FinWait2) => "The FIN is acknowledged. Now this side waits for the other side's FIN.",
            (_, State::Closing) => {
                "Both sides have said goodbye at the same time. The ACK of the own FIN is still to come."
            }
            (_, State::TimeWait) => {
                "Both sides have said goodbye. For 60 seconds the kernel keeps the two ports, so that it can repeat its last ACK and nothing late is taken for something new."
            }
            (State::LastAck, State::Closed) => "The last FIN is acknowledged. Nothing of the connection is left here.",
            _ => return None,
        })
    }
}

/// The number behind a segment's last byte of data.
fn end(flight: &Flight) -> i64 {
    flight.segment.seq + i64::from(flight.segment.len)
}

fn polled(ready: Ready) -> String {
    let Ready { input, output, read_hangup, hangup, error, invalid } = ready;
    let words: Vec<&str> = [
        (input, "a read would not wait (IN)"),
        (output, "a write would not wait (OUT)"),
        (read_hangup, "the other side sends no more (RDHUP)"),
        (hangup, "both directions are over (HUP)"),
        (error, "an error is pending (ERR)"),
        (invalid, "it is no descriptor: close() has given it back (NVAL)"),
    ]
    .into_iter()
    .filter_map(|(set, word)| set.then_some(word))
    .collect();
    match &words[..] {
        [] => "Neither a read nor a write could do anything now.".to_owned(),
        words => {
            let mut sentence = words.join(", ");
            sentence[..1].make_ascii_uppercase();
            sentence + "."
        }
    }
}

fn statement(action: &Action) -> Option<&'static str> {
    Some(match action {
        Action::Host(_, HostAction::Kill) => {
            "The process ends without a word (SIGKILL). Its kernel lives, and closes the process's sockets."
        }
        Action::Host(_, HostAction::Crash) => {
            "The power is cut. Every connection of this host is forgotten, and nobody is told."
        }
        Action::Host(_, HostAction::Boot) => "The host is back at its old address, and knows of no connection.",
        Action::Host(_, HostAction::Sysctl(Sysctl::TcpMaxTwBuckets, _)) => {
            "So many closed connections the kernel may remember, and no more."
        }
        Action::Host(_, HostAction::Sysctl(Sysctl::TcpTimestamps, 0)) => {
            "Connections that begin from now on have no timestamps: each segment has room for twelve bytes more."
        }
        Action::Host(_, HostAction::BufferMemory { .. }) => {
            "So much memory a new socket of this host has for its buffer, and never more."
        }
        Action::Host(_, HostAction::Sysctl(..) | HostAction::PortRange { .. }) => {
            "A setting of this host's kernel, for all its connections."
        }
        Action::Link(_, LinkAction::Cut) => "From now on everything is lost, both ways. Nobody is told.",
        Action::Link(_, LinkAction::Restore) => "From now on segments arrive again.",
        Action::Link(_, LinkAction::Delay(_)) => "So long each segment travels, one way.",
        Action::Link(_, LinkAction::Mtu(_, TooLong::Lost)) => "From now on longer segments are lost. Nobody is told.",
        Action::Link(_, LinkAction::Mtu(_, TooLong::Told)) => {
            "From now on longer segments are lost, and an ICMP message tells their sender what is not too long."
        }
        Action::Link(_, LinkAction::Forget { .. }) => {
            "A box in between, such as a NAT, forgets a connection of which it has seen nothing for so long."
        }
        _ => return None,
    })
}
