//! What packetdrill cannot play.

use scenario::{
    Action, Event, Fate, Host, HostAction, Link, Network, Outcome, Script, SocketId, SocketOption, Trace, Verb,
};

use super::wire::largest_window;

/// Whether packetdrill can play that host's side.
///
/// # Errors
/// It cannot: why, in a sentence.
pub(super) fn check(script: &Script, trace: &Trace, host: Host) -> Result<(), String> {
    if script.network() == Network::Proxied {
        return Err("this run has a proxy and two connections, and packetdrill plays one".to_owned());
    }
    one_connection(trace)?;
    let loses_power = |action: &Action| matches!(action, Action::Host(whose, HostAction::Crash) if *whose == host);
    if script.statements.iter().any(|statement| loses_power(&statement.action)) {
        return Err(format!("the {host} loses power in this run, and packetdrill's kernel goes on"));
    }
    if script.statements.iter().any(|statement| sets_patience(&statement.action, host)) {
        return Err("SO_RCVTIMEO and SO_SNDTIMEO take a structure that packetdrill cannot write".to_owned());
    }
    if script.statements.iter().any(|statement| copies(&statement.action, host)) {
        return Err("packetdrill does not know dup()".to_owned());
    }
    if calls_while_another_waits(trace, host) {
        return Err(format!("the {host} makes a call while another waits, and packetdrill makes one at a time"));
    }
    if calls_on_what_is_closed(trace, host) {
        return Err(format!(
            "the {host} makes a call on a descriptor that it has closed, and packetdrill knows no such"
        ));
    }
    if takes_a_part(trace, host) {
        return Err(format!(
            "a write() of the {host}'s takes a part, and how much hangs on the pieces that a kernel makes of it: with \
             packetdrill's device it makes others"
        ));
    }
    if let Some(call) = trace.events.iter().find_map(|event| sends_and_never_returns(event, host)) {
        return Err(format!("the {host}'s {call} never returns, and packetdrill waits for each call"));
    }
    if trace.events.iter().any(|event| matches!(event, Event::Icmp { to, .. } if *to == host)) {
        return Err(format!("an ICMP message reaches the {host} in this run, and only segments are written here"));
    }
    if segments_with_data(trace, host) > ANSWERED_ONE_BY_ONE {
        return Err(format!(
            "more than {ANSWERED_ONE_BY_ONE} segments with data reach the {host}, and which of them its kernel \
             acknowledges together is not in this run"
        ));
    }
    Ok(())
}

fn calls_on_what_is_closed(trace: &Trace, host: Host) -> bool {
    let mut closed: Vec<SocketId> = Vec::new();
    trace.events.iter().any(|event| match event {
        Event::Call { host: caller, socket, call, .. } if *caller == host => {
            let is_closed = closed.contains(socket);
            match call {
                Verb::Close => closed.push(*socket),
                // The name has another descriptor.
                Verb::Socket | Verb::Listen { .. } | Verb::Connect { .. } | Verb::Accept { .. } => {
                    closed.retain(|other| other != socket);
                    return false;
                }
                _ => {}
            }
            is_closed
        }
        _ => false,
    })
}

/// Whether a write does not take all, while the window would let a kernel make pieces of several segments.
fn takes_a_part(trace: &Trace, host: Host) -> bool {
    let is_part = |event: &Event| match event {
        Event::Call { host: caller, call: Verb::Write(payload), outcome: Outcome::Number(taken), .. } => {
            *caller == host && *taken < payload.len() as u64
        }
        _ => false,
    };
    trace.events.iter().any(is_part) && largest_window(trace, host, u64::MAX) / 2 >= 2 * SEGMENT
}

/// The bytes of a full segment with timestamps.
const SEGMENT: u32 = 1448;

/// So many segments with data a new connection acknowledges one by one (`TCP_MAX_QUICKACKS`), and the model all of them.
const ANSWERED_ONE_BY_ONE: usize = 16;

fn segments_with_data(trace: &Trace, host: Host) -> usize {
    let reaches = |event: &&Event| matches!(event, Event::Segment { arrives_us: Some(_), to, segment, .. } if *to == host && segment.len > 0);
    trace.events.iter().filter(reaches).count()
}

fn one_connection(trace: &Trace) -> Result<(), String> {
    // Each with whether its handshake's first segments are over: a SYN behind them begins another.
    let mut connections: Vec<([u16; 2], bool)> = Vec::new();
    for event in &trace.events {
        let Event::Segment { from, ports, segment, fate, .. } = event else { continue };
        if *fate == Fate::Injected {
            continue;
        }
        let ports = Link::ClientServer.pair(*from, *ports);
        let begins = segment.flags.syn && !segment.flags.ack;
        match connections.iter_mut().rfind(|(known, _)| *known == ports) {
            Some((_, is_over)) if !(begins && *is_over) => *is_over |= !segment.flags.syn,
            _ => connections.push((ports, false)),
        }
    }
    match connections.len() {
        1 => Ok(()),
        0 => Err("nothing was sent: packetdrill has nothing to play".to_owned()),
        several => Err(format!("this run has {several} connections, and packetdrill plays one")),
    }
}

fn sets_patience(action: &Action, host: Host) -> bool {
    let timeout =
        |option: &SocketOption| matches!(option, SocketOption::ReceiveTimeout(_) | SocketOption::SendTimeout(_));
    matches!(action, Action::Call(call) if call.host == host
        && matches!(&call.verb, Verb::SetOption(option) if timeout(option)))
}

fn copies(action: &Action, host: Host) -> bool {
    matches!(action, Action::Call(call) if call.host == host && matches!(call.verb, Verb::Dup { .. }))
}

/// Another call that never returns can be left out: nothing is sent for it.
fn sends_and_never_returns(event: &Event, host: Host) -> Option<&Verb> {
    match event {
        Event::Call { host: caller, call, outcome: Outcome::Blocks, .. } if *caller == host => {
            matches!(call, Verb::Connect { .. } | Verb::Write(_) | Verb::Close).then_some(call)
        }
        _ => None,
    }
}

/// Whether one of the host's calls begins before an earlier one has returned. One that never returns is a comment.
fn calls_while_another_waits(trace: &Trace, host: Host) -> bool {
    let mut calls: Vec<[u64; 2]> = Vec::new();
    for event in &trace.events {
        if let Event::Call { host: caller, began_us, at_us, outcome, .. } = event
            && *caller == host
            && *outcome != Outcome::Blocks
        {
            calls.push([*began_us, *at_us]);
        }
    }
    calls.iter().any(|[began, at]| calls.iter().any(|[other, _]| began < other && other <= at))
}
