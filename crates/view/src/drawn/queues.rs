//! The two queues of a listener when a row is over: handshakes that have begun, and connections that wait for accept(2).

use scenario::{Host, Kind, Outcome, SocketId, State, Verb};

use crate::layout::{Flight, Layout, Row, Thing};

/// What a listener holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queues {
    /// The row that is over.
    pub row: usize,
    /// So many the accept queue holds: Linux takes one more than the backlog (`sk_acceptq_is_full`).
    pub room: u32,
    /// The SYN queue, the oldest first; each is called as its client's socket is.
    pub begun: Vec<String>,
    /// The accept queue, the oldest first.
    pub finished: Vec<String>,
    /// What accept(2) has handed out, in this order.
    pub accepted: Vec<String>,
}

/// What stands in the queues when a row is over.
///
/// # Errors
/// The run has no listener, or several.
pub fn queues(layout: &Layout, until: usize) -> Result<Queues, String> {
    let backlog = |row: &Row| match &row.thing {
        Thing::Call { call: Verb::Listen { backlog, .. }, outcome: Some(Outcome::Number(_)), .. } => Some(*backlog),
        _ => None,
    };
    let mut listeners = layout.rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.host?, backlog(row)?)));
    let (Some((began, host, backlog)), None) = (listeners.next(), listeners.next()) else {
        return Err("the run has not one listener, and queues are drawn of one".to_owned());
    };
    let listener = layout.rows[began].changes.iter().find(|change| change.to == State::Listen).map(|change| change.id);
    let mut queues = Queues { row: until, room: backlog + 1, begun: vec![], finished: vec![], accepted: vec![] };
    let (mut begun, mut finished): (Vec<SocketId>, Vec<SocketId>) = (vec![], vec![]);
    let mut names: Vec<(SocketId, String)> = vec![];
    for (at, row) in layout.rows.iter().enumerate().take(until + 1).filter(|(_, row)| row.host == Some(host)) {
        for change in &row.changes {
            match change.to {
                State::SynReceived => {
                    begun.push(change.id);
                    names.push((change.id, peer(layout, at, host).unwrap_or_else(|| change.name.clone())));
                }
                // A connection that the listener has: one that connects itself was never in its queue.
                State::Established if begun.contains(&change.id) => {
                    begun.retain(|id| *id != change.id);
                    finished.push(change.id);
                }
                State::Closed if Some(change.id) == listener => {
                    begun.clear();
                    finished.clear();
                }
                State::Closed => begun.retain(|id| *id != change.id),
                _ => {}
            }
        }
        if let Thing::Call { call: Verb::Accept { .. }, outcome: Some(Outcome::Number(_)), .. } = &row.thing {
            if finished.is_empty() {
                return Err(format!("row {} accepts what was not seen to wait", at + 1));
            }
            queues.accepted.push(name(&names, finished.remove(0)));
        }
    }
    queues.begun = begun.into_iter().map(|id| name(&names, id)).collect();
    queues.finished = finished.into_iter().map(|id| name(&names, id)).collect();
    Ok(queues)
}

fn name(names: &[(SocketId, String)], id: SocketId) -> String {
    names.iter().rfind(|(of, _)| *of == id).map(|(_, name)| name.clone()).unwrap_or_default()
}

/// The client's name of the connection that `host` takes up in row `at`: by the SYN-ACK that leaves at this moment, and
/// the SYN with the same port.
fn peer(layout: &Layout, at: usize, host: Host) -> Option<String> {
    let answer = sent(layout, at, host, Kind::SynAck)?;
    let mut opened = layout.rows.iter().enumerate().filter(|(_, row)| row.host == Some(answer.to));
    opened.find_map(|(row, opens)| {
        let change = opens.changes.iter().find(|change| change.to == State::SynSent)?;
        (sent(layout, row, answer.to, Kind::Syn)?.pair() == answer.pair()).then(|| change.name.clone())
    })
}

/// The segment of a kind that a host sends in row `at`, or at the same moment behind it.
fn sent(layout: &Layout, at: usize, host: Host, kind: Kind) -> Option<&Flight> {
    let when = layout.rows[at].at_us;
    layout.flights.iter().find(|flight| {
        flight.from == host
            && flight.row >= at
            && flight.at_us == when
            && kind.matches(flight.segment.flags, flight.segment.len)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::tests::{layout, row};

    #[test]
    fn the_queues_of_a_full_listener() {
        let layout = layout("accept-queue-full");
        let at = |step: &str| queues(&layout, row(&layout, step)).expect("it has a listener");
        let full = at("four.write");
        assert_eq!((full.room, full.finished.len()), (3, 3));
        assert_eq!(
            (full.finished, full.begun),
            (["one", "two", "three"].map(String::from).to_vec(), vec!["four".to_owned()])
        );
        let taken = at("server.accept");
        assert_eq!((taken.accepted.len(), taken.finished.len(), taken.begun.len()), (1, 2, 1));
        let end = queues(&layout, layout.rows.len() - 1).expect("it has a listener");
        assert_eq!((end.finished.last().map(String::as_str), end.begun.len()), (Some("four"), 0));
    }

    #[test]
    fn as_many_wait_as_the_stack_says_when_it_is_asked() {
        let (mut asked, mut most) = (0, 0);
        for entry in catalogue::CATALOGUE {
            let layout = layout(entry.id);
            for (at, row) in layout.rows.iter().enumerate() {
                let Ok(queues) = queues(&layout, at) else { continue };
                for (_, _, info) in row.infos.iter().filter(|(_, name, _)| name == "listener") {
                    assert_eq!(queues.finished.len(), info.queued as usize, "{}: row {}", entry.id, at + 1);
                    asked += 1;
                    most = most.max(info.queued);
                }
            }
        }
        assert!(asked > 20 && most >= 3, "asked {asked} times, {most} waited at most");
    }
}
