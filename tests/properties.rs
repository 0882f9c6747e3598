//! Properties of every run: random scripts, on links that lose, repeat, hold and forge.
//!
//! `PROPERTIES=5000` draws more of them. One that fails is made shorter until no line can be left out.

use std::collections::BTreeMap;
use std::panic::catch_unwind;

use scenario::{Errno, Event, Fate, Host, Link, Outcome, RuleId, Script, Segment, SocketId, State, Trace, Verb};
use sim::Stack;
use tests::random::{self, Class, Clock, Forgery};

const SCRIPTS: u64 = 400;

/// How a run holds against a property; the counts are of what the property had to say about.
type Verdict = Result<usize, String>;

/// Holds so many random scripts against a property. It must have had something to say in `least` of 100 of them at least.
fn check(forgery: Forgery, least: u64, property: fn(&str) -> Verdict) {
    let count = std::env::var("PROPERTIES").ok().and_then(|count| count.parse().ok()).unwrap_or(SCRIPTS);
    let judge = |text: &str| {
        let text = text.to_owned();
        catch_unwind(move || property(&text)).unwrap_or_else(|_| Err("it panics".to_owned()))
    };
    let mut judged = 0;
    for seed in 0..count {
        let text = random::script(seed, Class::Any, Clock::Virtual, forgery);
        match judge(&text) {
            Ok(said) => judged += u64::from(said > 0),
            Err(_) => {
                let short = random::shrink(&text, |shorter| judge(shorter).is_err());
                panic!("seed {seed}: {}\nin\n{short}", judge(&short).expect_err("it was made shorter, not right"));
            }
        }
    }
    assert!(judged * 100 >= count * least, "only {judged} of {count} scripts had anything to be judged");
}

/// The run; `None` where there is none: the script wants more than is allowed.
fn run(text: &str, stack: Stack) -> Option<Trace> {
    let script = Script::parse(text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    sim::run("random", &script, stack).ok()
}

#[test]
fn the_same_script_gives_the_same_trace_and_bare_smoltcp_performs_it_too() {
    check(Forgery::Any, 95, |text| {
        let Some(first) = run(text, Stack::Linux) else { return Ok(0) };
        if run(text, Stack::Linux).as_ref() != Some(&first) {
            return Err("the same script, another trace".to_owned());
        }
        run(text, Stack::Bare);
        Ok(first.events.len())
    });
}

#[test]
fn bare_smoltcp_performs_what_has_a_proxy_too() {
    let mut passed_on = 0;
    for seed in 0..SCRIPTS {
        let text = random::script(seed, Class::Proxied, Clock::Virtual, Forgery::Any);
        let Some(trace) = run(&text, Stack::Bare) else { continue };
        assert_eq!(run(&text, Stack::Bare).as_ref(), Some(&trace), "the same script, another trace:\n{text}");
        for event in &trace.events {
            let Event::Segment { from, to, .. } = event else { continue };
            assert_ne!((*from != Host::Proxy, *to != Host::Proxy), (true, true), "past the proxy: {trace}");
            passed_on += usize::from(*to == Host::Server);
        }
    }
    assert!(passed_on > 1000, "only {passed_on} segments have reached a server");
}

#[test]
fn no_reset_answers_a_reset() {
    check(Forgery::Any, 30, |text| run(text, Stack::Linux).as_ref().map_or(Ok(0), no_reset_answers_reset));
}

#[test]
fn an_error_is_handed_out_once() {
    check(Forgery::Any, 10, |text| run(text, Stack::Linux).as_ref().map_or(Ok(0), errors_come_once));
}

#[test]
fn what_is_sent_stays_in_order() {
    check(Forgery::None, 80, |text| run(text, Stack::Linux).as_ref().map_or(Ok(0), stays_in_order));
}

#[test]
fn nobody_reads_what_was_not_written() {
    check(Forgery::None, 20, |text| run(text, Stack::Linux).as_ref().map_or(Ok(0), reads_are_of_writes));
}

#[test]
fn every_connection_ends_when_its_programs_have() {
    check(Forgery::Any, 70, |text| {
        let mut text = text.to_owned();
        let end = ["server boot()", "client boot()", "link restore", "server kill()", "client kill()", "wait 2400s"];
        for line in end {
            let longer = format!("{text}{line}\n");
            if Script::parse(&longer).is_ok() {
                text = longer;
            }
        }
        run(&text, Stack::Linux).as_ref().map_or(Ok(0), all_are_closed)
    });
}

/// Segments that hosts sent, in the order in which they left: when, who, ports, header.
fn segments(trace: &Trace) -> impl Iterator<Item = (u64, Host, [u16; 2], Segment)> {
    trace.events.iter().filter_map(|event| match event {
        Event::Segment { at_us, from, ports, segment, fate, .. } if *fate != Fate::Injected => {
            Some((*at_us, *from, *ports, *segment))
        }
        _ => None,
    })
}

/// The rules by which a timer sends a RST.
const TIMERS_THAT_RESET: [RuleId; 2] = [RuleId::KeepAliveGiveUp, RuleId::KeptOrphanResets];

/// A RST that leaves must have another cause than RSTs that arrived at that moment.
fn no_reset_answers_reset(trace: &Trace) -> Verdict {
    let mut resets = 0;
    for (at_us, host, ports, segment) in segments(trace).filter(|(.., segment)| segment.flags.rst) {
        resets += 1;
        let back = [ports[1], ports[0]];
        let arrived: Vec<bool> = trace
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Segment { arrives_us: Some(arrives), to, ports, segment, .. } => {
                    (*arrives == at_us && *to == host && *ports == back).then_some(segment.flags.rst)
                }
                _ => None,
            })
            .collect();
        let acted = trace.events.iter().any(|event| match event {
            Event::Call { began_us, at_us: end_us, host: on, .. } => {
                *on == host && (*began_us == at_us || *end_us == at_us)
            }
            Event::Statement { at_us: on_us, .. } => *on_us == at_us,
            Event::Rule { at_us: on_us, rule, host: on } => {
                *on_us == at_us && *on == host && TIMERS_THAT_RESET.contains(rule)
            }
            _ => false,
        });
        if !acted && !arrived.contains(&false) {
            return Err(format!("{host} sends `{segment}` at {at_us} us, and only resets had arrived\n{trace}"));
        }
    }
    Ok(resets)
}

/// The bytes that one side reads are no more than the other has written, those of a write that never returned included.
fn reads_are_of_writes(trace: &Trace) -> Verdict {
    let (mut written, mut read) = ([0; 2], [0; 2]);
    for event in &trace.events {
        let Event::Call { host, call, outcome, .. } = event else { continue };
        match (call, outcome) {
            (Verb::Write(_), Outcome::Number(number)) => written[host.index()] += number,
            (Verb::Write(payload), Outcome::Blocks) => written[host.index()] += payload.len() as u64,
            (Verb::Read { .. }, Outcome::Number(number)) => read[host.index()] += number,
            _ => {}
        }
    }
    for host in Host::BOTH {
        let (read, written) = (read[host.index()], written[Link::ClientServer.peer(host).index()]);
        if read > written {
            return Err(format!("{host} read {read} bytes, and only {written} were written\n{trace}"));
        }
    }
    Ok(usize::try_from(read[0] + read[1]).unwrap_or(usize::MAX))
}

/// A side never takes back an acknowledgement and never leaves a gap in what it sends.
fn stays_in_order(trace: &Trace) -> Verdict {
    #[derive(Default)]
    struct Side {
        acked: Option<i64>,
        next: Option<i64>,
    }
    let mut sides: BTreeMap<(Host, [u16; 2]), Side> = BTreeMap::new();
    let mut seen = 0;
    for (at_us, from, ports, segment) in segments(trace) {
        seen += 1;
        if segment.flags.syn {
            // A new incarnation, or the same SYN again.
            sides.remove(&(from, ports));
        }
        if segment.flags.rst {
            continue;
        }
        let side = sides.entry((from, ports)).or_default();
        if let Some(ack) = segment.ack {
            if side.acked.is_some_and(|acked| ack < acked) {
                return Err(format!("{from} takes back an acknowledgement at {at_us} us: {segment}\n{trace}"));
            }
            side.acked = Some(ack);
        }
        let span = i64::from(segment.len) + i64::from(segment.flags.syn) + i64::from(segment.flags.fin);
        if side.next.is_some_and(|next| segment.seq > next) {
            return Err(format!("{from} leaves a gap at {at_us} us: {segment} after {:?}\n{trace}", side.next));
        }
        side.next = side.next.max(Some(segment.seq + span));
    }
    Ok(seen)
}

/// ECONNRESET, ECONNREFUSED and ETIMEDOUT are handed out once for each socket.
fn errors_come_once(trace: &Trace) -> Verdict {
    let mut reported: BTreeMap<SocketId, Errno> = BTreeMap::new();
    for event in &trace.events {
        let Event::Call { host, socket, call, outcome, .. } = event else { continue };
        if matches!(call, Verb::Connect { .. }) {
            // Another attempt has an error of its own.
            reported.remove(socket);
        }
        if let Outcome::Errno(errno @ (Errno::ECONNRESET | Errno::ECONNREFUSED | Errno::ETIMEDOUT)) = outcome
            && let Some(before) = reported.insert(*socket, *errno)
        {
            let name = trace.sockets.name(*socket);
            return Err(format!("{host}'s {name} reports {before} and then {errno}\n{trace}"));
        }
    }
    Ok(reported.len())
}

/// The last state of every socket that ever had one is CLOSED.
fn all_are_closed(trace: &Trace) -> Verdict {
    let mut states: BTreeMap<SocketId, State> = BTreeMap::new();
    for event in &trace.events {
        if let Event::State { socket, to, .. } = event {
            states.insert(*socket, *to);
        }
    }
    match states.iter().find(|(_, state)| **state != State::Closed) {
        None => Ok(states.len()),
        Some((socket, state)) => {
            let (host, name) = (trace.sockets.host(*socket), trace.sockets.name(*socket));
            Err(format!("{host}'s {name} is left in {state}\n{trace}"))
        }
    }
}
