//! Things to bring about in the playground. A challenge looks at the run and says itself whether it is done.

use scenario::{Action, Errno, Event, Fate, Flags, Outcome, Script, SocketOption, State, Trace, Verb};

/// Something to bring about.
#[derive(Clone, Copy)]
pub struct Challenge {
    /// Its name in the page's storage.
    pub id: &'static str,
    /// What is to be brought about.
    pub task: &'static str,
    /// For whoever is stuck.
    pub hint: &'static str,
    /// Whether a run does it.
    is_done: fn(&Script, &Trace) -> bool,
}

impl Challenge {
    /// Whether a script's run does what is asked for.
    pub fn is_done(&self, script: &Script, trace: &Trace) -> bool {
        (self.is_done)(script, trace)
    }
}

/// All of them, the easiest first.
pub const ALL: [Challenge; 8] = [
    Challenge {
        id: "reset",
        task: "Let a host send a reset on an open connection, without SO_LINGER and without forging it.",
        hint: "What does a kernel owe a peer whose bytes nobody has read?",
        is_done: |script, trace| {
            let lingers = calls(script).any(|verb| matches!(verb, Verb::SetOption(SocketOption::Linger(_))));
            was_open(trace) && !lingers && resets(trace).any(|fate| fate != Fate::Injected)
        },
    },
    Challenge {
        id: "epipe",
        task: "Let a write give EPIPE, and every write before it work.",
        hint: "The first write to someone who has left still works. What comes back?",
        is_done: |_, trace| {
            let mut writes = outcomes(trace, |verb| matches!(verb, Verb::Write(_)));
            let failed = writes.find(|outcome| !matches!(outcome, Outcome::Number(_)));
            failed == Some(Outcome::Errno(Errno::EPIPE))
                && outcomes(trace, |verb| matches!(verb, Verb::Write(_))).count() > 1
        },
    },
    Challenge {
        id: "three",
        task: "End a connection with three segments instead of four, and no reset.",
        hint: "One segment can acknowledge a FIN and be one. Who must be quick?",
        is_done: |_, trace| {
            let behind: Vec<Flags> =
                segments(trace).skip_while(|(flags, _)| !flags.fin).map(|(flags, _)| flags).collect();
            behind.len() == 3
                && behind.iter().all(|flags| !flags.rst)
                && behind.iter().filter(|flags| flags.fin).count() == 2
        },
    },
    Challenge {
        id: "close-wait",
        task: "Leave a connection in CLOSE-WAIT.",
        hint: "The peer has said goodbye. Who has not?",
        is_done: |_, trace| last_states(trace).contains(&State::CloseWait),
    },
    Challenge {
        id: "refused",
        task: "Let connect() fail in two ways in one script: ECONNREFUSED and ETIMEDOUT.",
        hint: "Once somebody answers no; once nobody answers.",
        is_done: |_, trace| {
            let gives = |errno| {
                outcomes(trace, |verb| matches!(verb, Verb::Connect { .. }))
                    .any(|outcome| outcome == Outcome::Errno(errno))
            };
            gives(Errno::ECONNREFUSED) && gives(Errno::ETIMEDOUT)
        },
    },
    Challenge {
        id: "lost",
        task: "Lose a FIN, and let the other side read its 0 all the same.",
        hint: "What is not acknowledged is sent again. Give it time.",
        is_done: |_, trace| {
            let lost = segments(trace).any(|(flags, fate)| flags.fin && fate == Fate::Dropped);
            lost && outcomes(trace, |verb| matches!(verb, Verb::Read { .. }))
                .any(|outcome| outcome == Outcome::Number(0))
        },
    },
    Challenge {
        id: "half",
        task: "Let a server answer after the client's FIN, and let the client read the answer.",
        hint: "close() ends both directions for the program. What ends only one?",
        is_done: |_, trace| {
            let mut fin_arrived = None;
            trace.events.iter().any(|event| match event {
                Event::Segment { from, arrives_us: Some(arrives_us), segment, .. } if segment.flags.fin => {
                    fin_arrived = fin_arrived.or(Some((*from, *arrives_us)));
                    false
                }
                Event::Call {
                    host, at_us, call: Verb::Read { .. }, outcome: Outcome::Number(1..), began_us, ..
                } => fin_arrived.is_some_and(|(from, arrives_us)| {
                    from == *host
                        && *at_us > arrives_us
                        && wrote_between(trace, from, arrives_us, *at_us)
                        && began_us <= at_us
                }),
                _ => false,
            })
        },
    },
    Challenge {
        id: "both",
        task: "Let both sides say goodbye at the same time: both in CLOSING.",
        hint: "An & at the end of a line lets the next begin at once.",
        is_done: |_, trace| {
            let closing = |host| {
                trace
                    .events
                    .iter()
                    .any(|event| matches!(event, Event::State { host: of, to: State::Closing, .. } if *of == host))
            };
            scenario::Host::BOTH.into_iter().all(closing)
        },
    },
];

fn calls(script: &Script) -> impl Iterator<Item = &Verb> {
    script.statements.iter().filter_map(|statement| match &statement.action {
        Action::Call(call) => Some(&call.verb),
        _ => None,
    })
}

fn outcomes(trace: &Trace, is_meant: fn(&Verb) -> bool) -> impl Iterator<Item = Outcome> {
    trace.events.iter().filter_map(move |event| match event {
        Event::Call { call, outcome, .. } if is_meant(call) => Some(*outcome),
        _ => None,
    })
}

fn segments(trace: &Trace) -> impl Iterator<Item = (Flags, Fate)> {
    trace.events.iter().filter_map(|event| match event {
        Event::Segment { segment, fate, .. } => Some((segment.flags, *fate)),
        _ => None,
    })
}

fn resets(trace: &Trace) -> impl Iterator<Item = Fate> {
    segments(trace).filter(|(flags, _)| flags.rst).map(|(_, fate)| fate)
}

fn was_open(trace: &Trace) -> bool {
    trace.events.iter().any(|event| matches!(event, Event::State { to: State::Established, .. }))
}

/// The states in which sockets are at the end.
fn last_states(trace: &Trace) -> Vec<State> {
    let mut last: Vec<(scenario::SocketId, State)> = Vec::new();
    for event in &trace.events {
        let Event::State { socket, to, .. } = event else { continue };
        last.retain(|(known, _)| known != socket);
        last.push((*socket, *to));
    }
    last.into_iter().map(|(_, state)| state).collect()
}

/// Whether another host than this wrote something between two times.
fn wrote_between(trace: &Trace, host: scenario::Host, from_us: u64, until_us: u64) -> bool {
    trace.events.iter().any(|event| {
        matches!(event, Event::Call { host: of, began_us, call: Verb::Write(_), outcome: Outcome::Number(_), .. }
            if *of != host && (from_us..until_us).contains(began_us))
    })
}

#[cfg(test)]
mod tests {
    use sim::Stack;

    use super::*;
    use crate::run::Run;

    const OPEN: &str = "server listen()\nclient connect()\nserver accept()\n";

    fn is_done(id: &str, script: &str) -> bool {
        let run = Run::of(script, Stack::Linux).unwrap_or_else(|why| panic!("{why}\n{script}"));
        let challenge = ALL.iter().find(|challenge| challenge.id == id).expect("there is such a challenge");
        challenge.is_done(&run.script, &run.trace)
    }

    #[test]
    fn each_can_be_done_and_is_not_done_by_itself() {
        for (id, solution) in [
            ("reset", "client write(3)\nserver close()\n"),
            ("epipe", "server close()\nclient write(3)\nclient write(3)\n"),
            ("three", "link delay 1ms\nserver close() &\nclient read() &\nclient close()\n"),
            ("close-wait", "client close()\n"),
            (
                "refused",
                "client close()\nserver close()\nclient connect(port=9) = ECONNREFUSED\nclient close()\nclient sysctl(tcp_syn_retries, 1)\nclient sysctl(tcp_syn_linear_timeouts, 0)\nlink cut\nclient connect() = ETIMEDOUT\n",
            ),
            ("lost", "link drop next FIN from server\nserver close()\nwait 2s\nclient read() = 0\n"),
            ("half", "client shutdown(WR)\nserver read()\nserver write(4)\nclient read()\n"),
            ("both", "client close() &\nserver close()\n"),
        ] {
            assert!(!is_done(id, OPEN), "{id} is not done yet");
            assert!(is_done(id, &format!("{OPEN}{solution}")), "{id}");
        }
    }

    #[test]
    fn what_only_looks_like_it_does_not_count() {
        assert!(!is_done("reset", &format!("{OPEN}client setsockopt(SO_LINGER, 0)\nclient close()\n")));
        assert!(!is_done("reset", &format!("{OPEN}link inject R to client\n")), "it is forged");
        assert!(!is_done("reset", "client connect()\n"), "no connection was open");
        assert!(!is_done("three", &format!("{OPEN}client close()\nserver read()\nserver close()\n")), "these are four");
        assert!(!is_done("half", &format!("{OPEN}server write(4)\nclient shutdown(WR)\nclient read()\n")));
        assert!(!is_done("close-wait", &format!("{OPEN}client close()\nserver close()\n")));
    }
}
