//! The name of a step, as chapters write it: `client.write.2`, `server.RST`, `server.FIN-WAIT-2`, `link.cut`.
//!
//! `WHO.WHAT`, or `WHO.WHAT.N` for the Nth such step. WHO is a host, the name of a socket, or `link`. WHAT is a call
//! or a statement by its name (the step in which a call returns), a segment by the script language's kinds (SYN,
//! SYN-ACK, FIN, RST, ACK, data; the step in which it leaves), or a state (the step in which it is entered).
//! Nothing in it counts lines: a name stays right while the script around the step changes, and one that is right no
//! longer is an error.

use std::collections::BTreeMap;
use std::fmt;

use scenario::{Action, Host, HostAction, Kind, LinkAction, Meeting};

use crate::layout::{Layout, Row, Thing};

/// A step's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// A host's name, a socket's, or `link`.
    pub who: String,
    /// A call, a statement, a kind of segment or a state.
    pub what: String,
    /// Which of them, counted from 1.
    pub nth: usize,
}

/// Why a name leads to no step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoStep {
    /// What was found.
    pub found: String,
    /// What would be right.
    pub right: String,
}

impl fmt::Display for NoStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.found, self.right)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.who, self.what)?;
        if self.nth == 1 { Ok(()) } else { write!(f, ".{}", self.nth) }
    }
}

impl Step {
    /// Reads a name.
    ///
    /// # Errors
    /// It has not the form of one.
    pub fn parse(name: &str) -> Result<Self, NoStep> {
        let wrong = || NoStep {
            found: format!("found the step `{name}`"),
            right: "expected WHO.WHAT or WHO.WHAT.N, such as client.write.2 or server.RST".to_owned(),
        };
        let (who, rest) = name.split_once('.').ok_or_else(wrong)?;
        let (what, nth) = match rest.split_once('.') {
            Some((what, nth)) => (what, nth.parse().ok().filter(|nth| *nth > 0).ok_or_else(wrong)?),
            None => (rest, 1),
        };
        if who.is_empty() || what.is_empty() {
            return Err(wrong());
        }
        Ok(Self { who: who.to_owned(), what: what.to_owned(), nth })
    }

    /// The row that it names.
    ///
    /// # Errors
    /// The run has no such step, or not so many of them.
    pub fn find(&self, layout: &Layout) -> Result<usize, NoStep> {
        let mut count = 0;
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for (at, row) in layout.rows.iter().enumerate() {
            for (who, what) in names(layout, row) {
                if who == self.who && what == self.what {
                    count += 1;
                    if count == self.nth {
                        return Ok(at);
                    }
                }
                *known.entry(format!("{who}.{what}")).or_default() += 1;
            }
        }
        let found = match count {
            0 => format!("no step `{}` in this run", Self { nth: 1, ..self.clone() }),
            1 => format!("`{}.{}` is there once in this run, not {} times", self.who, self.what, self.nth),
            _ => format!("`{}.{}` is there {count} times in this run, not {}", self.who, self.what, self.nth),
        };
        let of_who: Vec<String> = known
            .iter()
            .filter(|(name, _)| name.split('.').next() == Some(&self.who))
            .map(|(name, count)| if *count == 1 { name.clone() } else { format!("{name} ({count})") })
            .collect();
        let right = if of_who.is_empty() {
            let who: Vec<&str> = known.keys().filter_map(|name| name.split('.').next()).collect();
            let mut who: Vec<&str> = who.into_iter().collect();
            who.dedup();
            format!("`{}` is not one of {}", self.who, who.join(", "))
        } else {
            format!("there are {}", of_who.join(", "))
        };
        Err(NoStep { found, right })
    }
}

/// The names that lead to a row, without their numbers.
fn names(layout: &Layout, row: &Row) -> Vec<(String, String)> {
    let mut names = Vec::new();
    let host = row.host.map_or("link", Host::name);
    match &row.thing {
        Thing::Call { outcome: Some(_), call, socket } => {
            let verb = call.name();
            names.push((host.to_owned(), verb.to_owned()));
            if let Some(socket) = socket.as_deref().filter(|socket| *socket != host) {
                names.push((socket.to_owned(), verb.to_owned()));
            }
        }
        Thing::Segment(flight) => {
            let flight = &layout.flights[*flight];
            let kinds = Kind::WORDS.into_iter().filter(|(_, kind)| *kind != Kind::Any);
            let of_kind = kinds.filter(|(_, kind)| kind.matches(flight.segment.flags, flight.segment.len));
            names.extend(of_kind.map(|(word, _)| (host.to_owned(), word.to_owned())));
        }
        Thing::Statement { action, .. } => names.push((host.to_owned(), name_of(action).to_owned())),
        Thing::Icmp { .. } => names.push(("link".to_owned(), "ICMP".to_owned())),
        Thing::Call { .. } | Thing::Effect | Thing::Counter { .. } => {}
    }
    for change in &row.changes {
        names.push((host.to_owned(), change.to.name().to_owned()));
        if let Some(socket) = change.socket.as_deref().filter(|socket| *socket != host) {
            names.push((socket.to_owned(), change.to.name().to_owned()));
        }
    }
    names
}

/// A statement's word: `drop` of `link drop FIN from server`, `kill` of `server kill()`.
const fn name_of(action: &Action) -> &'static str {
    match action {
        Action::Host(_, HostAction::Kill) => "kill",
        Action::Host(_, HostAction::Crash) => "crash",
        Action::Host(_, HostAction::Boot) => "boot",
        Action::Host(_, HostAction::Sysctl(..) | HostAction::PortRange { .. } | HostAction::BufferMemory { .. }) => {
            "sysctl"
        }
        Action::Link(_, LinkAction::Delay(_)) => "delay",
        Action::Link(_, LinkAction::Ipv6) => "ipv6",
        Action::Link(_, LinkAction::Cut) => "cut",
        Action::Link(_, LinkAction::Restore) => "restore",
        Action::Link(_, LinkAction::Meet { meeting: Meeting::Drop, .. }) => "drop",
        Action::Link(_, LinkAction::Meet { meeting: Meeting::Twice, .. }) => "twice",
        Action::Link(_, LinkAction::Meet { meeting: Meeting::Hold(_), .. }) => "hold",
        Action::Link(_, LinkAction::Meet { meeting: Meeting::Reject(_), .. }) => "reject",
        Action::Link(_, LinkAction::Mtu(..)) => "mtu",
        Action::Link(_, LinkAction::Forget { .. }) => "forget",
        Action::Link(_, LinkAction::Icmp { .. }) => "icmp",
        Action::Link(_, LinkAction::Inject { .. }) => "inject",
        Action::Wait(_) | Action::Pause(_) => "wait",
        Action::Expect(..) => "expect",
        Action::Call(call) => call.verb.name(),
    }
}

#[cfg(test)]
mod tests {
    use scenario::{Errno, Outcome, Script};

    use super::*;

    fn layout(id: &str) -> Layout {
        let entry = catalogue::scenario(id).unwrap_or_else(|| panic!("{id} is not in the book"));
        let script = Script::parse(entry.text).expect("it is a script");
        Layout::of(&script, &sim::run(id, &script, sim::Stack::Linux).expect("it runs"))
    }

    fn found(layout: &Layout, name: &str) -> Result<usize, NoStep> {
        Step::parse(name)?.find(layout)
    }

    #[test]
    fn a_step_is_named_by_who_and_what() {
        let layout = layout("write-after-peer-close");
        let row = |name: &str| &layout.rows[found(&layout, name).unwrap_or_else(|error| panic!("{error}"))];
        assert!(matches!(row("client.write.3").thing, Thing::Call { outcome: Some(Outcome::Errno(Errno::EPIPE)), .. }));
        assert!(matches!(row("server.RST").thing, Thing::Segment(flight) if layout.flights[flight].segment.flags.rst));
        assert_eq!(row("client.CLOSE-WAIT").changes[0].to.name(), "CLOSE-WAIT");
        let [data, fin] = ["client.data.2", "server.FIN"].map(|name| found(&layout, name).expect("it is there"));
        assert!(fin < data);
    }

    #[test]
    fn sockets_and_the_link_have_names_too() {
        let queue = layout("accept-queue-full");
        assert_ne!(found(&queue, "one.connect"), found(&queue, "two.connect"));
        let cut = catalogue::CATALOGUE
            .iter()
            .find(|entry| entry.text.lines().any(|line| line.starts_with("link cut")))
            .expect("one of them cuts the link");
        let layout = layout(cut.id);
        let at = found(&layout, "link.cut").expect("it is there");
        assert!(matches!(layout.rows[at].thing, Thing::Statement { action: Action::Link(_, LinkAction::Cut), .. }));
    }

    #[test]
    fn a_name_that_leads_nowhere_says_what_would() {
        let layout = layout("write-after-peer-close");
        let why = |name: &str| found(&layout, name).expect_err("no such step").to_string();
        assert!(why("client.RST").starts_with("no step `client.RST` in this run, there are client.ACK"));
        assert!(why("client.write.4").starts_with("`client.write` is there 3 times in this run, not 4, there are"));
        assert!(why("server.RST.2").contains("is there once"));
        assert!(why("klient.RST").ends_with("`klient` is not one of client, server"));
        for name in ["reset", ".RST", "client.", "client.write.0", "client.write.x"] {
            assert!(why(name).contains("expected WHO.WHAT"), "{name}");
        }
    }
}
