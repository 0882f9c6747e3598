//! Which rows of a picture need not be seen again: the handshake, and what an earlier picture of the page has shown.
//!
//! A fold ends where the run is at rest: no segment is on its way across its edge, and no call has been made before
//! and returns behind it. So nothing is cut in two when the rows are hidden.

use std::ops::Range;

use scenario::{Fate, Flags, Outcome, State};

use crate::layout::{Layout, Row, Thing};
use crate::texts;

/// Rows that can be shown as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// Which rows.
    pub rows: Range<usize>,
    /// Why they need not be seen.
    pub why: Why,
}

/// Why rows need not be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The connection opens, and nothing is special about it.
    Opening,
    /// An earlier picture of the page has the same rows.
    AsAbove,
}

/// Fewer rows than these are not worth a fold.
const ROWS_MIN: usize = 4;

impl Fold {
    /// The fold of a picture, if there is one: what an earlier picture of the page has shown, else the handshake.
    pub fn of(layout: &Layout, earlier: &[&Layout]) -> Option<Self> {
        let start = first(layout);
        let shared = earlier.iter().map(|other| shared(layout, other)).max().unwrap_or(0);
        let opening = opening(layout, start);
        let fold = |end: usize, why| {
            let end = rest(layout, start, end)?;
            (end - start >= ROWS_MIN && end < layout.rows.len()).then_some(Self { rows: start..end, why })
        };
        let opening = opening.and_then(|end| fold(end, Why::Opening));
        let shared = fold(start + shared, Why::AsAbove);
        match (opening, shared) {
            (Some(opening), Some(shared)) if shared.rows.end > opening.rows.end => Some(shared),
            (Some(opening), _) => Some(opening),
            (None, shared) => shared,
        }
    }

    /// The fold that ends before this row, as [`Fold::of`] has given it: where a page is made, it is noted there.
    pub fn ending(layout: &Layout, end: usize) -> Option<Self> {
        let start = first(layout);
        if end <= start || end >= layout.rows.len() || !is_at_rest(layout, start, end) {
            return None;
        }
        let is_opening = opening(layout, start).and_then(|found| rest(layout, start, found)) == Some(end);
        Some(Self { rows: start..end, why: if is_opening { Why::Opening } else { Why::AsAbove } })
    }

    /// What stands in place of the rows: `8 steps: the connection opens`.
    pub fn label(&self) -> String {
        let steps = self.rows.len();
        match self.why {
            Why::Opening => format!("{steps} steps: the connection opens"),
            Why::AsAbove => format!("{steps} steps, as in the picture above"),
        }
    }
}

/// The first row that is not about the link or a host's settings: those stay in sight, for pictures differ in them.
fn first(layout: &Layout) -> usize {
    layout.rows.iter().take_while(|row| matches!(row.thing, Thing::Statement { .. })).count()
}

/// Where the connections are open, if all that leads there is plain: each call gives 0, each segment arrives, and
/// the script has nothing to say beside it.
fn opening(layout: &Layout, start: usize) -> Option<usize> {
    let rows = &layout.rows[start..];
    let end = start + rows.iter().take_while(|row| is_opening(layout, row)).count();
    let is_open = |host| {
        layout.rows[start..end]
            .iter()
            .any(|row| row.host == Some(host) && row.changes.iter().any(|change| change.to == State::Established))
    };
    layout.network.hosts().iter().copied().all(is_open).then_some(end)
}

fn is_opening(layout: &Layout, row: &Row) -> bool {
    let is_plain = row.caption.is_none() && row.expected.is_none() && row.rules.is_empty() && row.pause_us.is_none();
    is_plain
        && match &row.thing {
            Thing::Call { call, outcome, .. } => {
                call.makes_socket() && matches!(outcome, None | Some(Outcome::Number(0)))
            }
            Thing::Segment(flight) => {
                let flight = &layout.flights[*flight];
                let Flags { fin, rst, syn, .. } = flight.segment.flags;
                !fin && !rst && (syn || flight.segment.len == 0) && flight.fate == Fate::Delivered
            }
            Thing::Effect => row.changes.iter().all(|change| {
                matches!(change.to, State::Listen | State::SynSent | State::SynReceived | State::Established)
            }),
            Thing::Statement { .. } | Thing::Icmp { .. } | Thing::Counter { .. } => false,
        }
}

/// How many rows behind the settings both runs begin with.
fn shared(layout: &Layout, other: &Layout) -> usize {
    let rows = |layout: &Layout| -> Vec<String> {
        layout.rows[first(layout)..].iter().map(|row| texts::sentence(layout, row)).collect()
    };
    rows(layout).iter().zip(&rows(other)).take_while(|(own, other)| own == other).count()
}

/// The last place before `end` at which the run is at rest.
fn rest(layout: &Layout, start: usize, end: usize) -> Option<usize> {
    (start + 1..=end.min(layout.rows.len())).rev().find(|at| is_at_rest(layout, start, *at))
}

fn is_at_rest(layout: &Layout, start: usize, at: usize) -> bool {
    let flies = layout.flights.iter().any(|flight| flight.row < at && flight.last >= at);
    let (before, behind) = layout.rows.split_at(at);
    let lasts =
        before[start..].iter().filter_map(|row| row.line).any(|line| behind.iter().any(|row| row.line == Some(line)));
    !flies && !lasts
}

#[cfg(test)]
mod tests {
    use scenario::Script;

    use super::*;

    fn layout(text: &str) -> Layout {
        let script = Script::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        Layout::of(&script, &sim::run("test", &script, sim::Stack::Linux).expect("it runs"))
    }

    fn of_book(id: &str) -> Layout {
        layout(catalogue::scenario(id).unwrap_or_else(|| panic!("{id} is not in the book")).text)
    }

    fn last_folded(layout: &Layout, fold: &Fold) -> String {
        texts::sentence(layout, &layout.rows[fold.rows.end - 1])
    }

    #[test]
    fn a_handshake_is_folded_and_what_stands_before_it_is_not() {
        let layout = of_book("keepalive-race-fin");
        let fold = Fold::of(&layout, &[]).expect("it begins with a handshake");
        assert_eq!((fold.why, fold.rows.start), (Why::Opening, 1), "link delay stays in sight");
        assert_eq!(last_folded(&layout, &fold), "accept() = 0");
    }

    #[test]
    fn what_the_picture_above_has_shown_is_folded_with_it() {
        let [first, second] = ["stale-pooled-connection", "keepalive-race-fin"].map(of_book);
        let fold = Fold::of(&second, &[&first]).expect("both begin alike");
        assert_eq!(fold.why, Why::AsAbove);
        assert_eq!(last_folded(&second, &fold), "read() = 6");
        assert_eq!(
            texts::sentence(&second, &second.rows[fold.rows.end]),
            "write(\"GET /2\") = 6. the connection is open: nothing to see yet"
        );
    }

    #[test]
    fn a_handshake_that_is_the_story_is_not_folded() {
        for id in ["connection-refused", "accept-queue-full-syn-dropped", "syn-sent-wrong-rst"] {
            let layout = of_book(id);
            let fold = Fold::of(&layout, &[]);
            let hides = fold.as_ref().map_or(0..0, |fold| fold.rows.clone());
            assert!(
                layout.rows[hides].iter().all(|row| row.caption.is_none() && row.rules.is_empty()),
                "{id}: {fold:?}"
            );
        }
        assert_eq!(Fold::of(&of_book("connection-refused"), &[]), None);
    }

    #[test]
    fn no_fold_of_the_book_cuts_a_flight_or_a_call_in_two_or_hides_everything() {
        let mut folds = 0;
        for entry in catalogue::CATALOGUE {
            let layout = layout(entry.text);
            let Some(fold) = Fold::of(&layout, &[]) else { continue };
            assert_eq!(Fold::ending(&layout, fold.rows.end), Some(fold.clone()), "{}", entry.id);
            let Fold { rows, .. } = fold;
            folds += 1;
            assert!(rows.end < layout.rows.len(), "{}", entry.id);
            let inside = |row: usize| rows.contains(&row);
            for flight in &layout.flights {
                assert_eq!(inside(flight.row), inside(flight.last), "{}", entry.id);
            }
            for row in &layout.rows[rows.clone()] {
                assert!(row.caption.is_none() && row.expected.is_none(), "{}", entry.id);
            }
        }
        assert!(folds > 40, "only {folds}");
    }
}
