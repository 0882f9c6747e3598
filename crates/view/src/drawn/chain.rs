//! The ends of a run's connections on one axis of time: when bytes pass, how long each end waits, and which of them
//! closes first.

use scenario::{Host, Link, State};

use crate::layout::{Change, Layout};

/// The ends of all connections of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The row with which the axis begins.
    pub row: usize,
    /// How long the axis is, in microseconds.
    pub length_us: u64,
    /// Link by link, from left to right.
    pub connections: Vec<[End; 2]>,
}

/// One end of a connection. Times are microseconds since the axis began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// As its socket is called.
    pub name: String,
    /// When it opened; 0 if it was open before.
    pub opened_us: u64,
    /// When bytes left it or arrived, in the order of time.
    pub bytes: Vec<Bytes>,
    /// How it ended; `None` if it is open when the run is over.
    pub closing: Option<Closing>,
}

/// Bytes that pass an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes {
    /// When.
    pub at_us: u64,
    /// Whether they are lost, or come when the program that would read them has closed.
    pub meet_nobody: bool,
}

/// The end of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// When.
    pub at_us: u64,
    /// For how long no byte had passed by then, in microseconds.
    pub silence_us: u64,
    /// What ended it.
    pub why: Why,
}

/// What ended an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its program closed, and no FIN had come from the other end.
    First,
    /// Its program closed behind the other end's FIN.
    Second,
    /// A reset, or a timeout.
    Broken,
}

/// The ends from a row on.
///
/// # Errors
/// A link has several connections, or an end was never open.
pub fn chain(layout: &Layout, from: usize) -> Result<Chain, String> {
    let began = layout.rows[from].at_us;
    let length_us = layout.rows.last().map_or(0, |row| row.at_us).saturating_sub(began);
    let mut connections = Vec::new();
    for &link in layout.network.links() {
        let mut pairs: Vec<_> =
            layout.flights.iter().map(|flight| flight.pair()).filter(|pair| pair.0 == link).collect();
        pairs.sort_unstable_by_key(|pair| pair.1);
        pairs.dedup();
        match pairs[..] {
            [] => {}
            [_] => {
                let [one, other] = link.ends().map(|host| end(layout, link, host, began));
                connections.push([one?, other?]);
            }
            _ => {
                return Err("a link of the run has several connections, and a chain is drawn of one on each".to_owned());
            }
        }
    }
    if connections.is_empty() {
        return Err("the run has no connection, and a chain is drawn of their ends".to_owned());
    }
    Ok(Chain { row: from, length_us, connections })
}

fn end(layout: &Layout, link: Link, host: Host, began: u64) -> Result<End, String> {
    let Some((opened_us, opened)) = changes(layout, link, host).find(|(_, change)| change.to == State::Established)
    else {
        return Err(format!("the {host} has no open connection in the run, and a chain is drawn of open ones"));
    };
    let (own, peer) = (closed(layout, link, host), closed(layout, link, link.peer(host)));
    let mut bytes: Vec<Bytes> = Vec::new();
    for flight in layout.flights.iter().filter(|flight| flight.link() == link && flight.segment.len > 0) {
        let (passes, reader) = if flight.from == host { (Some(flight.at_us), peer) } else { (flight.arrives_us, own) };
        let is_late = |arrives: u64| reader.is_some_and(|(closed, _)| arrives > closed);
        let meet_nobody = flight.arrives_us.is_none_or(is_late);
        bytes.extend(passes.map(|at_us| Bytes { at_us: at_us.saturating_sub(began), meet_nobody }));
    }
    bytes.sort_unstable_by_key(|bytes| bytes.at_us);
    let opened_us = opened_us.saturating_sub(began);
    let closing = own.map(|(at_us, why)| {
        let at_us = at_us.saturating_sub(began);
        let last = bytes.iter().map(|bytes| bytes.at_us).filter(|passed| *passed < at_us).max();
        Closing { at_us, silence_us: at_us.saturating_sub(last.unwrap_or(opened_us)), why }
    });
    Ok(End { name: opened.name.clone(), opened_us, bytes, closing })
}

/// When an end ended, in microseconds since the run began, and why.
fn closed(layout: &Layout, link: Link, host: Host) -> Option<(u64, Why)> {
    changes(layout, link, host).find_map(|(at_us, change)| match (change.from, change.to) {
        (State::Established, State::FinWait1) => Some((at_us, Why::First)),
        (State::CloseWait, State::LastAck) => Some((at_us, Why::Second)),
        (State::Established | State::CloseWait, State::Closed) => Some((at_us, Why::Broken)),
        _ => None,
    })
}

/// The states that a host's connections on a link enter. Where there is one link, not every row says that it is about it.
fn changes(layout: &Layout, link: Link, host: Host) -> impl Iterator<Item = (u64, &Change)> {
    let is_only_one = layout.network.links().len() == 1;
    let rows = layout
        .rows
        .iter()
        .filter(move |row| row.host == Some(host) && (row.link == Some(link) || (is_only_one && row.link.is_none())));
    rows.flat_map(|row| row.changes.iter().map(|change| (row.at_us, change)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::tests::{layout, row};

    fn of(id: &str, step: &str) -> Chain {
        let layout = layout(id);
        chain(&layout, row(&layout, step)).expect("it has a connection on each link")
    }

    fn closings(chain: &Chain) -> Vec<(&str, Why)> {
        let ends = chain.connections.iter().flatten();
        ends.filter_map(|end| Some((end.name.as_str(), end.closing?.why))).collect()
    }

    #[test]
    fn in_the_right_order_each_side_that_asks_gives_up_first() {
        let chain = of("proxy-idle-right-order", "client.connect");
        assert_eq!(
            closings(&chain),
            [("client", Why::First), ("downstream", Why::Second), ("upstream", Why::First), ("server", Why::Second)]
        );
        let [client, upstream] = [&chain.connections[0][0], &chain.connections[1][0]];
        let silence = |end: &End| end.closing.expect("it closes").silence_us;
        assert!((1_000_000..1_500_000).contains(&silence(client)), "{client:?}");
        assert!((2_000_000..3_500_000).contains(&silence(upstream)), "{upstream:?}");
        assert!(chain.connections.iter().flatten().flat_map(|end| &end.bytes).all(|bytes| !bytes.meet_nobody));
    }

    #[test]
    fn in_the_wrong_order_a_request_meets_nobody() {
        let chain = of("proxy-idle-wrong-order", "client.connect");
        assert_eq!(closings(&chain), [("client", Why::Broken), ("downstream", Why::First)]);
        for end in &chain.connections[0] {
            let lost: Vec<bool> = end.bytes.iter().map(|bytes| bytes.meet_nobody).collect();
            assert_eq!(lost, [false, false, true], "{end:?}");
        }
    }

    #[test]
    fn what_is_open_at_the_end_has_no_closing() {
        let chain = of("proxy-502", "client.connect");
        assert_eq!(closings(&chain), [("upstream", Why::Broken), ("server", Why::First)], "the client's lives on");
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        let layout = layout("accept-queue-full");
        assert!(chain(&layout, 0).expect_err("four clients").contains("several connections"));
        let layout = self::layout("connection-refused");
        assert!(chain(&layout, 0).is_err());
    }
}
