//! What a click changes in a script: one line put in or taken out, as the reader could have typed it.

use std::fmt::Write as _;

use scenario::{Host, Kind, Link, Network, Segment};

use crate::layout::{Flight, Layout, Thing};

/// A change to the script, as seen from a step of its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The step's segment is lost.
    Lose,
    /// The step's segment arrives so many milliseconds later.
    Hold(u32),
    /// The step's segment arrives twice.
    Twice,
    /// The step's statement is taken out.
    Remove,
    /// This line is put in behind the step's statement: an index into [`LINES`].
    Insert(usize),
}

/// How much later a segment arrives that a click delays.
pub const DELAY_MS: u32 = 500;

/// What can be put in by a click, and in which networks it has a meaning. Anything else is for the editor.
pub const LINES: [(&str, Networks); 24] = [
    ("client read()", Networks::Any),
    ("client write(\"more\")", Networks::Any),
    ("client shutdown(WR)", Networks::Any),
    ("client setsockopt(SO_LINGER, 0)", Networks::Any),
    ("client close()", Networks::Any),
    ("client kill()", Networks::Any),
    ("client crash()", Networks::Any),
    ("server read()", Networks::Any),
    ("server write(\"more\")", Networks::Any),
    ("server shutdown(WR)", Networks::Any),
    ("server setsockopt(SO_LINGER, 0)", Networks::Any),
    ("server close()", Networks::Any),
    ("server kill()", Networks::Any),
    ("server crash()", Networks::Any),
    ("server boot()", Networks::Any),
    ("link cut", Networks::Direct),
    ("wait 1s", Networks::Any),
    ("downstream read()", Networks::Proxied),
    ("downstream close()", Networks::Proxied),
    ("upstream read()", Networks::Proxied),
    ("upstream close()", Networks::Proxied),
    ("proxy kill()", Networks::Proxied),
    ("link client-proxy cut", Networks::Proxied),
    ("link proxy-server cut", Networks::Proxied),
];

/// Networks in which a line has a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Networks {
    /// All.
    Any,
    /// That of two hosts alone.
    Direct,
    /// That with a proxy alone.
    Proxied,
}

/// The indices into [`LINES`] of those that have a meaning in this network.
pub fn lines(network: Network) -> impl Iterator<Item = usize> {
    let fits = move |networks| match networks {
        Networks::Any => true,
        Networks::Direct => network == Network::Direct,
        Networks::Proxied => network == Network::Proxied,
    };
    (0..LINES.len()).filter(move |at| fits(LINES[*at].1))
}

/// A changed script, and what the change is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The script's text.
    pub text: String,
    /// Where in its run the change shows.
    pub at: At,
}

/// A place in the run of a changed script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Where this flight leaves: nothing before it is another.
    Flight(usize),
    /// Where this line's statement is performed.
    Line(u32),
    /// This row.
    Row(usize),
}

impl At {
    /// The row, in the changed script's run; `None` if it did not come to that.
    pub fn row(self, layout: &Layout) -> Option<usize> {
        match self {
            Self::Flight(flight) => layout.flights.get(flight).map(|flight| flight.row),
            Self::Line(line) => layout.rows.iter().position(|row| row.line == Some(line)),
            Self::Row(row) => Some(row).filter(|row| *row < layout.rows.len()),
        }
    }
}

/// The script after a change at a step; `None` if the change has no place there.
pub fn change(text: &str, layout: &Layout, step: usize, change: Change) -> Option<Changed> {
    let row = layout.rows.get(step)?;
    let mut lines: Vec<&str> = text.lines().collect();
    let put_in;
    let at = match change {
        Change::Lose | Change::Hold(_) | Change::Twice => {
            let (link, kind, from, line) = segment_rule(layout, step)?;
            let link = match link {
                Link::ClientServer => String::new(),
                link => format!(" {}", link.name()),
            };
            let what = match change {
                Change::Lose => "drop",
                Change::Hold(_) => "hold",
                _ => "twice",
            };
            let mut rule = format!("link{link} {what} next {kind} from {from}");
            if let Change::Hold(ms) = change {
                let _ = write!(rule, " {ms}ms");
            }
            put_in = rule;
            lines.insert(line as usize - 1, &put_in);
            match row.thing {
                Thing::Segment(flight) => At::Flight(flight),
                _ => At::Row(step),
            }
        }
        Change::Remove => {
            let line = row.line? as usize - 1;
            if line >= lines.len() {
                return None;
            }
            lines.remove(line);
            At::Row(step.saturating_sub(1))
        }
        Change::Insert(index) => {
            // Behind the statement that brought the step about; what a statement began is over before the next.
            let line = layout.rows[..=step].iter().rev().find_map(|row| row.line)?;
            let line = (line as usize).min(lines.len());
            lines.insert(line, LINES.get(index)?.0);
            At::Line(line as u32 + 1)
        }
    };
    let mut text = lines.join("\n");
    text.push('\n');
    Some(Changed { text, at })
}

/// The rule of a link that meets a step's segment and no earlier one: the link, its kind, its sender, and the line of the
/// statement that makes it leave. `None` where an earlier segment of that kind would use the rule up.
fn segment_rule(layout: &Layout, step: usize) -> Option<(Link, &'static str, Host, u32)> {
    let Thing::Segment(index) = layout.rows.get(step)?.thing else { return None };
    let flight = &layout.flights[index];
    let (word, kind) = kind(&flight.segment);
    let (cause, line) =
        layout.rows[..step].iter().enumerate().rev().find_map(|(at, row)| row.line.map(|line| (at, line)))?;
    // A call that lasts stands twice: the rule belongs above where it is made.
    let cause = layout.rows[..cause].iter().position(|row| row.line == Some(line)).unwrap_or(cause);
    let is_beside = |earlier: &&Flight| earlier.from == flight.from && earlier.to == flight.to;
    let is_first = layout
        .flights
        .iter()
        .filter(|earlier| earlier.row > cause && earlier.row < step && is_beside(earlier))
        .all(|earlier| !kind.matches(earlier.segment.flags, earlier.segment.len));
    is_first.then_some((flight.link(), word, flight.from, line))
}

/// The narrowest kind that a segment is of.
fn kind(segment: &Segment) -> (&'static str, Kind) {
    let is = |wanted: Kind| wanted.matches(segment.flags, segment.len);
    // RST and FIN come before data, for segments that are both.
    let order = [Kind::Rst, Kind::Fin, Kind::SynAck, Kind::Syn, Kind::Data, Kind::Ack, Kind::Any];
    let kind = order.into_iter().find(|kind| is(*kind)).unwrap_or(Kind::Any);
    let word = Kind::WORDS.into_iter().find(|(_, known)| *known == kind).map_or("any", |(word, _)| word);
    (word, kind)
}

/// A change that a script proposes: `#! try LABEL: STATEMENT before STATEMENT`. Such lines belong to tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    /// What it is called.
    pub label: String,
    /// The script with the first statement put in before the second.
    pub changed: Changed,
}

const BEFORE: &str = " before ";

/// What a script proposes; what has no place in it is left out.
pub fn tries(text: &str) -> Vec<Try> {
    let one = |line: &str| {
        let (label, rest) = line.strip_prefix("#! try ")?.split_once(':')?;
        let (at, _) = rest.match_indices(' ').find(|(at, _)| rest[*at..].starts_with(BEFORE))?;
        let (statement, before) = (rest[..at].trim_start(), &rest[at + BEFORE.len()..]);
        let at = text.lines().position(|line| line.starts_with(before))?;
        let mut lines: Vec<&str> = text.lines().collect();
        lines.insert(at, statement);
        let changed = Changed { text: lines.join("\n") + "\n", at: At::Line(at as u32 + 1) };
        Some(Try { label: label.to_owned(), changed })
    };
    text.lines().filter_map(one).collect()
}

/// The changes that have a place at a step, those with lines left out.
pub fn possible(layout: &Layout, step: usize) -> Vec<Change> {
    let Some(row) = layout.rows.get(step) else { return Vec::new() };
    match &row.thing {
        Thing::Segment(_) if segment_rule(layout, step).is_some() => {
            vec![Change::Lose, Change::Hold(DELAY_MS), Change::Twice]
        }
        Thing::Call { .. } | Thing::Statement { .. } if row.line.is_some() => vec![Change::Remove],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use scenario::Script;

    use super::*;

    fn run(text: &str) -> Layout {
        let script = Script::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        Layout::of(&script, &sim::run("test", &script, sim::Stack::Linux).expect("it runs"))
    }

    fn text() -> &'static str {
        catalogue::scenario("write-after-peer-close").expect("it is in the book").text
    }

    fn segment(layout: &Layout, flags: &str) -> usize {
        let is_it = |thing: &Thing| matches!(thing, Thing::Segment(flight) if layout.flights[*flight].segment.flags.to_string() == flags);
        layout.rows.iter().position(|row| is_it(&row.thing)).unwrap_or_else(|| panic!("no {flags}"))
    }

    #[test]
    fn a_segment_that_is_lost_makes_another_run() {
        let layout = run(text());
        for (flags, rule) in [
            ("F.", "link drop next FIN from server\nserver close() = 0"),
            ("R", "link drop next RST from server\nclient write(\"one more\") = 8"),
            ("S.", "link drop next SYN-ACK from server\nclient connect() = 0"),
        ] {
            let step = segment(&layout, flags);
            assert_eq!(possible(&layout, step).len(), 3, "{flags}");
            let changed = change(text(), &layout, step, Change::Lose).expect("it can be lost");
            assert!(changed.text.contains(rule), "{}", changed.text);
            let after = run(&changed.text);
            let lost: Vec<_> = after.flights.iter().filter(|it| it.fate == scenario::Fate::Dropped).collect();
            assert_eq!(lost.len(), 1);
            assert_eq!(lost[0].segment.flags.to_string(), flags);
            assert_eq!(changed.at.row(&after), Some(lost[0].row), "the change shows where it was made");
        }
    }

    #[test]
    fn lines_come_and_go() {
        let layout = run(text());
        let write = layout.rows.iter().position(
            |row| matches!(&row.thing, Thing::Call { call, .. } if call.to_string() == "write(\"one more\")"),
        );
        let write = write.expect("it is in the script");
        let shorter = change(text(), &layout, write, Change::Remove).expect("it can go").text;
        assert_eq!(shorter.lines().count(), text().lines().count() - 1);
        assert!(!shorter.contains("one more"));
        let Changed { text: longer, at } =
            change(text(), &layout, write + 1, Change::Insert(0)).expect("there is a place");
        let (line, _) = longer.lines().enumerate().find(|(_, line)| *line == "client read()").expect("it is there");
        assert!(longer.lines().nth(line - 1).expect("a line before").contains("one more"));
        assert_eq!(at, At::Line(line as u32 + 1));
        let after = run(&longer);
        let row = at.row(&after).expect("it is performed");
        assert!(matches!(&after.rows[row].thing, Thing::Call { call, .. } if call.to_string() == "read()"));
    }

    #[test]
    fn what_the_book_s_scripts_propose_runs_and_gives_something_else() {
        let mut proposed = 0;
        for entry in catalogue::CATALOGUE {
            let tries = tries(entry.text);
            assert_eq!(tries.len(), entry.text.matches("\n#! try ").count(), "{}: each has its place", entry.id);
            for Try { label, changed } in tries {
                let (before, after) = (run(entry.text), run(&changed.text));
                let difference = crate::compare::Difference::of(&before, &after);
                assert!(difference.count() > 1, "{}: {label} changes next to nothing", entry.id);
                assert!(changed.at.row(&after).is_some(), "{}: {label} is performed", entry.id);
                proposed += 1;
            }
        }
        assert!(proposed > 0, "the book proposes something");
    }

    #[test]
    fn every_line_that_can_be_put_in_is_a_statement() {
        for line in lines(Network::Direct).map(|at| LINES[at].0) {
            let server = if line == "server boot()" { "server crash()\n" } else { "" };
            run(&format!("# ?\nserver listen()\nclient connect()\nserver accept()\n{server}{line}\n"));
        }
        for line in lines(Network::Proxied).map(|at| LINES[at].0) {
            let proxy = "proxy listen()\nclient connect()\nproxy accept()\nproxy connect()\n";
            let server = if line == "server boot()" { "server crash()\n" } else { "" };
            run(&format!("# ?\nserver listen()\n{proxy}server accept()\n{server}{line}\n"));
        }
    }
}
