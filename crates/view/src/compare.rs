//! What a run has otherwise than the book's: row by row, and in one line.
//!
//! Two runs of nearly the same script are laid beside each other (the heaviest common subsequence of their rows). Times,
//! sequence numbers and lines of the script do not count: a line that was put in moves them all. What counts is who
//! does what, what it gives, what becomes of a segment, and the states.

use scenario::{Host, Outcome, Script, State, Trace};

use crate::layout::{Layout, Row, Thing};
use crate::normal::Normal;
use crate::texts;

/// What differs between two runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Rows of this run, rising, each with what the book's run has in its place.
    pub marks: Vec<(usize, Mark)>,
    /// Rows of the book's run that this one lacks.
    pub missing: Vec<Missing>,
}

/// How a row differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The book's run has no such row.
    New,
    /// The call gives something else there.
    Outcome(Outcome),
    /// The host enters other states there with it; these.
    States(Vec<State>),
    /// In normal form the statement brings about something else there: `the client's segments: R 2`.
    Normal(String),
}

/// A row of the book's run that this run lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The row of this run before which it would stand.
    pub before: usize,
    /// Its index in the book's run.
    pub row: usize,
}

impl Difference {
    /// What `run` has otherwise than `book`.
    pub fn of(book: &Layout, run: &Layout) -> Self {
        let pairs = pairs(&keys(book), &keys(run));
        let mut difference = Self::default();
        // A call that lasts stands twice: it is not missing, and not new, where one of its rows has a partner.
        let book_lines = lines(book, pairs.iter().map(|(book, _)| *book));
        let run_lines = lines(run, pairs.iter().map(|(_, run)| *run));
        for (at, row) in run.rows.iter().enumerate() {
            let mark = match pairs.binary_search_by_key(&at, |(_, run)| *run) {
                Ok(pair) => mark(book, pairs[pair].0, run, at),
                Err(_) if is_told(row, &run_lines) => None,
                Err(_) => Some(Mark::New),
            };
            difference.marks.extend(mark.map(|mark| (at, mark)));
        }
        let mut before = 0;
        for (at, row) in book.rows.iter().enumerate() {
            match pairs.binary_search_by_key(&at, |(book, _)| *book) {
                Ok(pair) => before = pairs[pair].1 + 1,
                Err(_) if is_told(row, &book_lines) => {}
                Err(_) => difference.missing.push(Missing { before, row: at }),
            }
        }
        difference
    }

    /// What a kernel's run has otherwise than the model's, by the statements: what each call returned, and, whenever the
    /// link was quiet, states and what was said until then ([`Normal`]). What sockets hold is left out. `run` is the
    /// layout of `kernel`.
    pub fn of_kernel(script: &Script, model: &Trace, kernel: &Trace, run: &Layout) -> Self {
        let [here, there] = [kernel, model].map(|trace| {
            let mut normal = Normal::of(script, trace);
            normal.forget_infos();
            normal
        });
        let mut difference = Self::default();
        for differing in here.differing(&there) {
            let said = format!("{}: {}", differing.what, differing.there);
            // A statement that was not performed has no row: what stands before it has.
            let row = run.rows.iter().rposition(|row| row.line.is_some_and(|line| line <= differing.line)).unwrap_or(0);
            match difference.marks.binary_search_by_key(&row, |(row, _)| *row) {
                Ok(at) => match &mut difference.marks[at].1 {
                    Mark::Normal(all) => *all = format!("{all}; {said}"),
                    other => *other = Mark::Normal(said),
                },
                Err(at) => difference.marks.insert(at, (row, Mark::Normal(said))),
            }
        }
        difference
    }

    /// How a row of this run differs, if it does.
    pub fn mark(&self, row: usize) -> Option<&Mark> {
        let at = self.marks.binary_search_by_key(&row, |(row, _)| *row).ok()?;
        Some(&self.marks[at].1)
    }

    /// How many things differ.
    pub fn count(&self) -> usize {
        self.marks.len() + self.missing.len()
    }
}

/// For each line of the script, whether one of these rows is its statement's.
fn lines(layout: &Layout, rows: impl Iterator<Item = usize>) -> Vec<bool> {
    let mut told = Vec::new();
    for line in rows.filter_map(|row| layout.rows[row].line) {
        let line = line as usize;
        told.resize(told.len().max(line + 1), false);
        told[line] = true;
    }
    told
}

fn is_told(row: &Row, told: &[bool]) -> bool {
    row.line.is_some_and(|line| told.get(line as usize) == Some(&true))
}

fn mark(book: &Layout, partner: usize, run: &Layout, at: usize) -> Option<Mark> {
    let states =
        |layout: &Layout, at: usize| -> Vec<State> { layout.rows[at].changes.iter().map(|change| change.to).collect() };
    let outcome = |layout: &Layout, at: usize| {
        let line = layout.rows[at].line?;
        // Only where it is told: at the last row of the call.
        let (last, row) = layout.rows.iter().enumerate().rfind(|(_, row)| row.line == Some(line))?;
        match &row.thing {
            Thing::Call { outcome, .. } => Some((last, (*outcome)?)),
            _ => None,
        }
    };
    match (outcome(book, partner), outcome(run, at)) {
        (Some((_, there)), Some((last, here))) if there != here => return (last == at).then_some(Mark::Outcome(there)),
        _ => {}
    }
    let there = states(book, partner);
    (there != states(run, at)).then_some(Mark::States(there))
}

/// What makes two rows the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    host: Option<Host>,
    what: String,
    /// How much it says that two rows are the same one: what the script asks for says more than what came of it.
    weight: u32,
}

fn keys(layout: &Layout) -> Vec<Key> {
    let what = |row: &Row| match &row.thing {
        Thing::Call { socket, call, .. } => format!("{} {call}", socket.as_deref().unwrap_or_default()),
        Thing::Segment(flight) => {
            let flight = &layout.flights[*flight];
            format!("{} ({}) {:?}", flight.segment.flags, flight.segment.len, flight.fate)
        }
        Thing::Statement { text, .. } => text.clone(),
        Thing::Counter { counter, .. } => counter.to_string(),
        Thing::Icmp { icmp, to } => texts::icmp(*icmp, *to),
        Thing::Effect => row.changes.iter().map(|change| format!("{} {} ", change.name, change.to)).collect(),
    };
    let weight = |row: &Row| if row.line.is_some() { 4 } else { 1 };
    layout.rows.iter().map(|row| Key { host: row.host, what: what(row), weight: weight(row) }).collect()
}

/// A table of so many cells is filled at most (some milliseconds); of longer runs what is not alike at their
/// beginnings and ends counts as different.
const CELLS_MAX: usize = 1 << 21;

/// Which rows of two runs are the same: indices, rising in both.
fn pairs(book: &[Key], run: &[Key]) -> Vec<(usize, usize)> {
    let head = book.iter().zip(run).take_while(|(book, run)| book == run).count();
    let tail = book[head..].iter().rev().zip(run[head..].iter().rev()).take_while(|(book, run)| book == run).count();
    let (inner, other) = (&book[head..book.len() - tail], &run[head..run.len() - tail]);
    let mut pairs: Vec<(usize, usize)> = (0..head).map(|at| (at, at)).collect();
    if inner.len().saturating_mul(other.len()) <= CELLS_MAX {
        pairs.extend(common(inner, other).into_iter().map(|(one, two)| (head + one, head + two)));
    }
    pairs.extend((0..tail).map(|at| (book.len() - tail + at, run.len() - tail + at)));
    pairs
}

/// The common subsequence of the greatest weight, as pairs of indices.
fn common(one: &[Key], two: &[Key]) -> Vec<(usize, usize)> {
    let width = two.len() + 1;
    let mut heaviest = vec![0u32; (one.len() + 1) * width];
    for i in (0..one.len()).rev() {
        for j in (0..two.len()).rev() {
            heaviest[i * width + j] = if one[i] == two[j] {
                heaviest[(i + 1) * width + j + 1] + one[i].weight
            } else {
                heaviest[(i + 1) * width + j].max(heaviest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < one.len() && j < two.len() {
        if one[i] == two[j] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if heaviest[(i + 1) * width + j] >= heaviest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use scenario::{Errno, Script};

    use super::*;

    fn layout(text: &str) -> Layout {
        let script = Script::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        Layout::of(&script, &sim::run("test", &script, sim::Stack::Linux).expect("it runs"))
    }

    fn text() -> &'static str {
        catalogue::scenario("write-after-peer-close").expect("it is in the book").text
    }

    #[test]
    fn a_run_differs_from_itself_in_nothing() {
        for entry in catalogue::CATALOGUE {
            let layout = layout(entry.text);
            assert_eq!(Difference::of(&layout, &layout), Difference::default(), "{}", entry.id);
        }
    }

    #[test]
    fn what_a_change_brings_is_marked_at_its_row_and_nothing_else() {
        let book = layout(text());
        let run = layout(&text().replace("client write(\"one more\")", "wait 1s\nclient write(\"one more\")"));
        let difference = Difference::of(&book, &run);
        assert_eq!(difference.count(), 1, "{difference:?}");
        let (at, mark) = difference.marks.first().expect("the wait");
        assert_eq!((texts::sentence(&run, &run.rows[*at]).as_str(), mark), ("wait 1s", &Mark::New));
    }

    #[test]
    fn a_call_that_gives_something_else_says_what_it_gave() {
        let book = layout(text());
        // The server closes with unread data: the client's read gets the error that was 0.
        let run = layout(&text().replace("server read() = 5\n", ""));
        let difference = Difference::of(&book, &run);
        let marks: Vec<_> = difference
            .marks
            .iter()
            .filter(|(_, mark)| matches!(mark, Mark::Outcome(_)))
            .map(|(at, mark)| (texts::headline(&run, &run.rows[*at]), mark.clone()))
            .collect();
        assert!(
            marks.contains(&("write(\"one more\") = ECONNRESET".to_owned(), Mark::Outcome(Outcome::Number(8)))),
            "{marks:?}"
        );
        let missing = |wanted: &str| {
            difference.missing.iter().any(|missing| texts::sentence(&book, &book.rows[missing.row]).contains(wanted))
        };
        assert!(missing("read() = 5") && missing("a FIN to the client"), "{difference:?}");
    }

    #[test]
    fn a_lost_segment_is_new_and_the_one_that_arrived_is_missing() {
        let book = layout(text());
        let run = layout(
            &text().replace("client write(\"one more\")", "link drop RST from server\nclient write(\"one more\")"),
        );
        let difference = Difference::of(&book, &run);
        let reset = |layout: &Layout| {
            layout
                .rows
                .iter()
                .position(|row| matches!(row.thing, Thing::Segment(flight) if layout.flights[flight].segment.flags.rst))
                .expect("it is there")
        };
        assert_eq!(difference.mark(reset(&run)), Some(&Mark::New));
        assert!(difference.missing.iter().any(|missing| missing.row == reset(&book)));
        let errors = difference.marks.iter().filter(|(_, mark)| *mark == Mark::Outcome(Outcome::Errno(Errno::EPIPE)));
        assert_eq!(errors.count(), 1, "the second write meets no error: {difference:?}");
    }

    #[test]
    fn a_kernel_s_run_is_compared_when_the_link_is_quiet() {
        let script = Script::parse(text()).expect("it is a script");
        let run = |rules| sim::run("test", &script, rules).expect("it runs");
        let (model, other) = (run(sim::Stack::Linux), run(sim::Stack::Bare));
        let differs = |kernel: &Trace| Difference::of_kernel(&script, &model, kernel, &Layout::of(&script, kernel));
        // A state that is seen a little later, and what a kernel counts, are no differences.
        let mut late = model.clone();
        for event in &mut late.events {
            if let scenario::Event::State { at_us, .. } = event {
                *at_us += 1;
            }
        }
        let counter = scenario::Counter::Snmp("TcpExtTCPAbortOnClose".to_owned());
        late.events.push(scenario::Event::Counter { at_us: u64::MAX, host: Host::Server, counter, by: 1 });
        assert_eq!(differs(&late), Difference::default());
        let marks = differs(&other).marks;
        let said = |mark: &Mark| matches!(mark, Mark::Normal(said) if said.contains("write(\"again\") = EPIPE"));
        assert!(marks.iter().any(|(_, mark)| said(mark)), "{marks:?}");
    }

    #[test]
    fn long_runs_are_compared_within_bounds() {
        let many = "client write(1)\n".repeat(400);
        let start = "# ?\nserver listen()\nclient connect()\nserver accept()\n";
        let book = layout(&format!("{start}{many}client close()\n"));
        let run = layout(&format!("{start}link drop data from client\n{many}client close()\n"));
        assert!(Difference::of(&book, &run).count() > 0);
    }
}
