//! What sockets hold, as TCP_INFO says it, held against what is known of TCP: claims that are true of every run, on the
//! kernel and in the simulator.

use std::collections::BTreeSet;

use scenario::{
    Action, Call, Errno, Event, Fate, Host, Info, Opening, Outcome, Place, Script, SocketOption, State, Timer, Trace,
    Verb, queued_at,
};

use view::normal::{Quiet, quiets};

/// A sentence about what a socket holds when the link is quiet.
pub struct Claim {
    /// The sentence.
    pub says: &'static str,
    /// Where it is written: RFC and section.
    pub clause: &'static str,
    /// The function of the Linux kernel that does it.
    pub kernel: &'static str,
    /// Whether it is so; `None` where it says nothing.
    holds: fn(&Moment<'_>) -> Option<bool>,
}

const fn claim(
    says: &'static str,
    [clause, kernel]: [&'static str; 2],
    holds: fn(&Moment<'_>) -> Option<bool>,
) -> Claim {
    Claim { says, clause, kernel, holds }
}

/// All of them.
pub const CLAIMS: [Claim; 12] = [
    claim("close() with unread data resets, and sends no FIN", ["RFC 9293 §3.6.1 SHLD-3", "__tcp_close"], |now| {
        let closes = matches!(now.call?.verb, Verb::Close) && now.before.unread > 0 && is_open(now.state_before);
        (closes && !now.is_held).then(|| now.first_end == Some(End::Reset))
    }),
    claim(
        "close() with nothing unread, and without SO_LINGER, does not reset",
        ["RFC 9293 §3.10.4", "__tcp_close"],
        |now| {
            let closes = matches!(now.call?.verb, Verb::Close) && now.before.unread == 0 && is_open(now.state_before);
            // What arrives before a call that holds the socket has returned is unread, too.
            (closes && !now.lingers && !now.is_held).then(|| now.first_end != Some(End::Reset))
        },
    ),
    claim(
        "in FIN-WAIT-2 and TIME-WAIT everything is acknowledged",
        ["RFC 9293 §3.3.2", "tcp_rcv_state_process"],
        |now| {
            let is_there = matches!(now.state, State::FinWait2 | State::TimeWait);
            is_there.then_some(now.info.unacked == 0 && now.info.unsent == 0 && now.info.retransmits == 0)
        },
    ),
    claim("what is not acknowledged has its timer", ["RFC 6298 §5.1", "tcp_rearm_rto"], |now| {
        (now.info.unacked > 0).then_some(now.info.timer == Some(Timer::On))
    }),
    claim("only what is not acknowledged is sent again", ["RFC 6298 §5.4", "tcp_retransmit_timer"], |now| {
        // A handshake that a listener has begun is no whole socket, and has no count of segments.
        (now.info.retransmits > 0).then_some(now.info.unacked > 0 || now.state == State::SynReceived)
    }),
    claim(
        "while nothing is answered, retransmissions never grow fewer",
        ["RFC 6298 §5.5", "tcp_retransmit_timer"],
        |now| {
            let waits = now.before.unacked > 0 && now.info.unacked > 0 && !now.is_answered;
            waits.then_some(now.info.retransmits >= now.before.retransmits)
        },
    ),
    claim(
        "a closed window is probed for what waits, and nothing is in flight",
        ["RFC 9293 §3.8.6.1", "tcp_probe_timer"],
        |now| (now.info.timer == Some(Timer::Persist)).then_some(now.info.unsent > 0 && now.info.unacked == 0),
    ),
    claim("with SO_KEEPALIVE an idle connection has its timer", ["RFC 9293 §3.8.4", "tcp_set_keepalive"], |now| {
        let is_idle = now.info.unacked == 0 && now.info.unsent == 0 && now.info.timer != Some(Timer::Timewait);
        (now.keeps_alive && is_idle && is_open(now.state)).then_some(now.info.timer == Some(Timer::Keepalive))
    }),
    claim(
        "without SO_KEEPALIVE a connection has no such timer",
        ["RFC 9293 §3.8.4 MUST-25", "tcp_set_keepalive"],
        |now| {
            // The timer of an orphan in FIN-WAIT-2 is the same one.
            (!now.keeps_alive && is_open(now.state)).then_some(now.info.timer != Some(Timer::Keepalive))
        },
    ),
    claim("in TIME-WAIT a timer is all there is", ["RFC 9293 §3.6.1 MUST-13", "tcp_time_wait"], |now| {
        let alone = Info { timer: Some(Timer::Timewait), ..Info::default() };
        (now.state == State::TimeWait).then_some(now.info == alone)
    }),
    claim("only listeners have a queue, and they have nothing else", ["listen(2)", "inet_csk_listen_start"], |now| {
        let queued = Info { queued: now.info.queued, ..Info::default() };
        Some(if now.state == State::Listen { now.info == queued } else { now.info.queued == 0 })
    }),
    // The kernel keeps its error to itself: this one is for the simulator.
    claim(
        "write() and SO_ERROR hand out the pending error, and it is gone",
        ["RFC 9293 §3.9.1.8", "sock_error"],
        |now| {
            // A descriptor that is closed is none of the socket's.
            let is_its = now.outcome != Some(Outcome::Errno(Errno::EBADF));
            let looks = is_its && matches!(now.call?.verb, Verb::Write(_) | Verb::GetError);
            let error = now.before.error.filter(|_| looks)?;
            Some(now.outcome == Some(Outcome::Errno(error)) && now.info.error.is_none())
        },
    ),
];

/// The states in which data may be sent (RFC 9293 §3.3.2).
const fn is_open(state: State) -> bool {
    matches!(state, State::Established | State::CloseWait)
}

/// A socket at one quiet moment, what it was at the last one, and what happened in between.
struct Moment<'a> {
    state_before: State,
    state: State,
    before: Info,
    info: Info,
    /// The call that was made on it.
    call: Option<&'a Call>,
    outcome: Option<Outcome>,
    /// The first FIN or RST that its host has sent.
    first_end: Option<End>,
    /// Whether its host has received anything.
    is_answered: bool,
    keeps_alive: bool,
    lingers: bool,
    /// Another call on it has not returned, or dup() has given it another descriptor: close() may end it later.
    is_held: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Fin,
    Reset,
}

/// Holds a run against the claims. Gives those that had something to say.
///
/// # Errors
/// Which claim is not so: where, and what the socket holds there.
pub fn judge(script: &Script, trace: &Trace) -> Result<BTreeSet<&'static str>, String> {
    let mut said = BTreeSet::new();
    let mut options = Options::default();
    let mut last: Option<Quiet<'_>> = None;
    for quiet in quiets(script, trace) {
        options.learn(script, trace, quiet.span_us);
        let known = |socket: &(Host, &str)| last.as_ref().is_some_and(|last| last.sockets.contains_key(socket));
        options.inherit(script, quiet.sockets.keys().filter(|socket| !known(socket)));
        for (&(host, socket), &(state, info)) in &quiet.sockets {
            if is_used_twice(trace, host, socket) {
                continue;
            }
            let before = last.as_ref().and_then(|last| last.sockets.get(&(host, socket)));
            let (state_before, before) = before.copied().unwrap_or_else(|| (State::Closed, Info::default()));
            let call = match script.statement(quiet.line).map(|statement| &statement.action) {
                Some(Action::Call(call)) if call.host == host && call.socket == socket => Some(call),
                _ => None,
            };
            let moment = Moment {
                state_before,
                state,
                before,
                info,
                call,
                outcome: outcome(trace, quiet.line),
                first_end: first_end(trace, host, quiet.span_us),
                is_answered: is_answered(trace, host, quiet.span_us),
                keeps_alive: options.keep_alive.contains(&(host, socket.to_owned())),
                lingers: options.linger.contains(&(host, socket.to_owned())),
                is_held: is_held(trace, host, socket, quiet.line) || has_copy(script, host, socket),
            };
            for claim in &CLAIMS {
                match (claim.holds)(&moment) {
                    None => {}
                    Some(true) => {
                        said.insert(claim.says);
                    }
                    Some(false) => {
                        let Claim { says, clause, kernel, .. } = claim;
                        return Err(format!(
                            "line {}: {socket} on the {host}, {state}, holds: {info} (before: {before}). But {says} ({clause}; {kernel})",
                            quiet.line
                        ));
                    }
                }
            }
        }
        last = Some(quiet);
    }
    Ok(said)
}

/// Whether the script gives the socket of that name another descriptor, or the name is that of one.
fn has_copy(script: &Script, host: Host, name: &str) -> bool {
    script.statements.iter().any(|statement| match &statement.action {
        Action::Call(Call { host: on, socket, verb: Verb::Dup { copy }, .. }) => {
            *on == host && (socket == name || copy == name)
        }
        _ => false,
    })
}

/// Whether several sockets of the host have had that name: what is known by it is then not of one socket alone.
fn is_used_twice(trace: &Trace, host: Host, name: &str) -> bool {
    let of_that_name = trace.events.iter().filter_map(|event| match event {
        Event::State { host: on, socket, .. } if *on == host && trace.sockets.name(*socket) == name => Some(*socket),
        _ => None,
    });
    of_that_name.collect::<BTreeSet<_>>().len() > 1
}

/// Sockets on which an option is set, by host and name. A connection has its listener's.
#[derive(Default)]
struct Options {
    keep_alive: BTreeSet<(Host, String)>,
    linger: BTreeSet<(Host, String)>,
}

impl Options {
    /// A listener's connections that nobody has seen before have its options as they stand: what is set on the listener
    /// while they wait is no longer theirs (`inet_csk_clone_lock`).
    fn inherit<'a>(&mut self, script: &Script, new: impl Iterator<Item = &'a (Host, &'a str)>) {
        for (host, name) in new {
            let queued = queued_at(name).map(|(listener, _)| listener);
            let Some(listener) = queued.or_else(|| accepted_from(script, *host, name)) else { continue };
            for options in [&mut self.keep_alive, &mut self.linger] {
                let on = options.contains(&(*host, listener.to_owned()));
                set(options, (*host, (*name).to_owned()), on);
            }
        }
    }

    fn learn(&mut self, script: &Script, trace: &Trace, [from_us, until_us]: [u64; 2]) {
        for event in &trace.events {
            let Event::Call { began_us, host, socket, line, outcome, .. } = event else { continue };
            if !(from_us..until_us).contains(began_us) || !outcome.is_success() {
                continue;
            }
            let Some(Action::Call(call)) = script.statement(*line).map(|statement| &statement.action) else { continue };
            let own = (*host, trace.sockets.name(*socket).to_owned());
            match &call.verb {
                Verb::SetOption(SocketOption::KeepAlive(on)) => set(&mut self.keep_alive, own, *on),
                Verb::SetOption(SocketOption::Linger(linger)) => set(&mut self.linger, own, linger.is_some()),
                Verb::Listen { place: Place::New { .. }, .. } | Verb::Connect { opening: Opening::New { .. }, .. } => {
                    set(&mut self.keep_alive, own.clone(), false);
                    set(&mut self.linger, own, false);
                }
                _ => {}
            }
        }
    }
}

/// The listener whose connection the script accepts by that name.
fn accepted_from<'a>(script: &'a Script, host: Host, name: &str) -> Option<&'a str> {
    script.statements.iter().find_map(|statement| match &statement.action {
        Action::Call(Call { host: on, socket, verb: Verb::Accept { listener }, .. })
            if *on == host && socket == name =>
        {
            Some(listener.as_str())
        }
        _ => None,
    })
}

fn set(options: &mut BTreeSet<(Host, String)>, socket: (Host, String), on: bool) {
    if on {
        options.insert(socket);
    } else {
        options.remove(&socket);
    }
}

fn outcome(trace: &Trace, of: u32) -> Option<Outcome> {
    trace.events.iter().find_map(|event| match event {
        Event::Call { line, outcome, .. } if *line == of => Some(*outcome),
        _ => None,
    })
}

fn first_end(trace: &Trace, host: Host, [from_us, until_us]: [u64; 2]) -> Option<End> {
    trace.events.iter().find_map(|event| match event {
        Event::Segment { at_us, from, segment, fate: Fate::Delivered | Fate::Dropped, .. }
            if *from == host && (from_us..until_us).contains(at_us) =>
        {
            match segment.flags {
                flags if flags.rst => Some(End::Reset),
                flags if flags.fin => Some(End::Fin),
                _ => None,
            }
        }
        _ => None,
    })
}

/// Whether the call in that line is made while another call on the same socket waits.
fn is_held(trace: &Trace, host: Host, name: &str, by: u32) -> bool {
    let calls = || {
        trace.events.iter().filter_map(|event| match event {
            Event::Call { at_us, began_us, host: on, socket, line, .. }
                if *on == host && trace.sockets.name(*socket) == name =>
            {
                Some((*line, *began_us, *at_us))
            }
            _ => None,
        })
    };
    let begins = calls().find(|(line, ..)| *line == by).map(|(_, began_us, _)| began_us);
    begins.is_some_and(|at| calls().any(|(line, began_us, until)| line != by && began_us <= at && at < until))
}

fn is_answered(trace: &Trace, host: Host, [from_us, until_us]: [u64; 2]) -> bool {
    trace.events.iter().any(|event| {
        matches!(event, Event::Segment { arrives_us: Some(arrives_us), to, .. }
            if *to == host && (from_us..until_us).contains(arrives_us))
    })
}

#[cfg(test)]
mod tests {
    use catalogue::CATALOGUE;
    use scenario::Witness;

    use super::*;
    use crate::root;

    fn check(witness: Witness, trace: impl Fn(&'static str, &Script) -> Trace) {
        let mut said = BTreeSet::new();
        let mut complaints = Vec::new();
        for entry in CATALOGUE {
            let script = Script::parse(entry.text).unwrap_or_else(|error| panic!("{}.tcp:{error}", entry.id));
            match judge(&script, &trace(entry.id, &script)) {
                Ok(claims) => said.extend(claims),
                Err(why) => complaints.push(format!("{}: {why}", entry.id)),
            }
        }
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
        for claim in &CLAIMS {
            let is_for_both = !claim.says.contains("the pending error");
            let speaks = said.contains(claim.says);
            assert!(speaks || !is_for_both && witness == Witness::Linux, "no run has anything on: {}", claim.says);
        }
    }

    #[test]
    fn what_is_set_on_the_listener_later_is_not_its_connection_s() {
        let text = "server listen()\nclient connect()\nlistener setsockopt(SO_KEEPALIVE, 1)\nserver accept()\n";
        let script = Script::parse(text).expect("it is a script");
        let trace = sim::run("late", &script, sim::Stack::Linux).expect("it runs");
        assert!(
            judge(&script, &trace)
                .is_ok_and(|said| said.contains("without SO_KEEPALIVE a connection has no such timer"))
        );
        let text = "server listen()\nlistener setsockopt(SO_KEEPALIVE, 1)\nclient connect()\nserver accept()\n";
        let script = Script::parse(text).expect("it is a script");
        let trace = sim::run("early", &script, sim::Stack::Linux).expect("it runs");
        assert!(
            judge(&script, &trace)
                .is_ok_and(|said| said.contains("with SO_KEEPALIVE an idle connection has its timer"))
        );
    }

    #[test]
    fn a_second_connect_leaves_the_options_as_they_are() {
        let text = "server listen()\nclient connect(nonblock)\nclient setsockopt(SO_KEEPALIVE, 1)\nclient connect()\nwait 1ms\n";
        let script = Script::parse(text).expect("it is a script");
        let trace = sim::run("again", &script, sim::Stack::Linux).expect("it runs");
        assert_eq!(judge(&script, &trace).err(), None);
    }

    #[test]
    fn every_claim_holds_in_the_simulator_and_some_run_speaks_of_it() {
        check(Witness::Sim, |id, script| sim::run(id, script, sim::Stack::Linux).expect("it runs"));
    }

    #[test]
    fn every_claim_holds_on_the_recorded_kernel_and_some_run_speaks_of_it() {
        check(Witness::Linux, |id, _| {
            let text = std::fs::read_to_string(root().join(format!("tests/recorded/{id}.json")));
            Trace::from_json(&text.expect("it is recorded")).expect("it is a trace")
        });
    }
}
