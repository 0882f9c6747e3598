//! What a box on the link remembers of each connection when a row is over: a NAT's table, with its clock.
//!
//! The table itself is the link's (`scenario::link`). What is shown follows from the run: a segment that arrives has
//! passed and renews its flow, and the script says how long one is kept.

use std::time::Duration;

use scenario::{Action, Fate, Flows, LinkAction, State};

use crate::layout::{Flight, Layout, Thing};

/// A connection in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// As the client's socket is called.
    pub name: String,
    /// The ports at the link's ends.
    pub ports: [u16; 2],
    /// How long nothing of it has passed.
    pub idle: Duration,
    /// How long it is kept while nothing passes; `None` before the script says so.
    pub kept: Option<Duration>,
    /// One side's FIN has passed and the other's has not.
    pub is_half_closed: bool,
}

impl Flow {
    /// Whether the box has forgotten it.
    pub fn is_forgotten(&self) -> bool {
        self.kept.is_some_and(|kept| self.idle >= kept)
    }
}

/// The table when a row is over, in the order in which connections began.
///
/// # Errors
/// The script has no box that forgets.
pub fn flows(layout: &Layout, until: usize) -> Result<Vec<Flow>, String> {
    let forgets = |thing: &Thing| match thing {
        Thing::Statement { action: Action::Link(_, LinkAction::Forget { after, flows, .. }), .. } => {
            Some((*after, *flows))
        }
        _ => None,
    };
    if !layout.rows.iter().any(|row| forgets(&row.thing).is_some()) {
        return Err("the script has no `link forget`, and a table is drawn of a box that forgets".to_owned());
    }
    let said = |wanted: Flows| {
        let rows = layout.rows[..=until].iter().rev();
        rows.filter_map(|row| forgets(&row.thing)).find(|(_, flows)| *flows == wanted).map(|(after, _)| after)
    };
    let (all, half_closed) = (said(Flows::All), said(Flows::HalfClosed));
    let now = layout.rows[until].at_us;
    let passed = |flight: &&Flight| flight.row <= until && flight.fate == Fate::Delivered;
    let mut table = Vec::new();
    for opening in
        layout.flights.iter().filter(passed).filter(|flight| flight.segment.flags.syn && flight.segment.ack.is_none())
    {
        let own = |flight: &&Flight| passed(flight) && flight.pair() == opening.pair() && flight.row >= opening.row;
        let last = layout.flights.iter().filter(own).map(|flight| flight.at_us).max().unwrap_or(opening.at_us);
        let fin =
            |from| layout.flights.iter().filter(own).any(|flight| flight.from == from && flight.segment.flags.fin);
        let is_half_closed = fin(opening.from) != fin(opening.to);
        let kept = half_closed.filter(|_| is_half_closed).or(all);
        table.push(Flow {
            name: name(layout, opening),
            ports: opening.pair().1,
            idle: Duration::from_micros(now.saturating_sub(last)),
            kept,
            is_half_closed,
        });
    }
    Ok(table)
}

/// The name of the socket whose SYN this is.
fn name(layout: &Layout, opening: &Flight) -> String {
    let before = layout.rows[..=opening.row].iter().rev().filter(|row| row.host == Some(opening.from));
    let mut changes = before.flat_map(|row| &row.changes);
    changes.find(|change| change.to == State::SynSent).map(|change| change.name.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::tests::{layout, row};

    #[test]
    fn a_box_remembers_what_passes_and_forgets_what_is_idle() {
        let layout = layout("nat-idle-drop");
        let at = |step: &str| flows(&layout, row(&layout, step)).expect("it has a box").remove(0);
        let kept = at("link.forget");
        assert!(!kept.is_forgotten() && kept.kept.is_some(), "{kept:?}");
        let lost = at("client.data.2");
        assert!(lost.is_forgotten() && lost.idle > kept.idle, "{lost:?}");
    }

    #[test]
    fn half_closed_ones_have_their_own_time() {
        let layout = layout("half-close-forgotten");
        let at = |step: &str| flows(&layout, row(&layout, step)).expect("it has a box").remove(0);
        let (open, half) = (at("client.write"), at("server.data"));
        assert!(
            !open.is_half_closed && half.is_half_closed && half.kept < open.kept && half.is_forgotten(),
            "{half:?}"
        );
    }

    #[test]
    fn every_lost_segment_belongs_to_what_was_forgotten() {
        let mut lost = 0;
        for id in ["nat-idle-drop", "nat-idle-reset", "half-close-forgotten"] {
            let layout = layout(id);
            for flight in layout.flights.iter().filter(|flight| flight.fate == Fate::Dropped) {
                let table = flows(&layout, flight.row).expect("it has a box");
                let flow = table.iter().find(|flow| flow.ports == flight.pair().1).expect("it is in the table");
                assert!(flow.is_forgotten(), "{id}: {flow:?}");
                lost += 1;
            }
            for flight in layout.flights.iter().filter(|flight| flight.fate == Fate::Delivered && flight.row > 0) {
                let table = flows(&layout, flight.row - 1).expect("it has a box");
                assert!(table.iter().all(|flow| flow.ports != flight.pair().1 || !flow.is_forgotten()), "{id}");
            }
        }
        assert!(lost >= 4, "{lost}");
    }
}
