//! What a program that prints the book's notation has to have in common with its scenario.
//!
//! A plain program has no statements with lines, so there are no windows of quiet to compare by (`normal` does that):
//! here a run is each host's calls in their order, and all that each side said, retransmissions left out.

use std::collections::BTreeMap;

use scenario::{Flags, Host, Segment};

use crate::normal::{Said, Side};

/// A run, read from its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// Each host's calls with their outcomes, in the order in which they returned.
    pub calls: BTreeMap<Host, Vec<String>>,
    /// What each side said.
    pub segments: BTreeMap<Host, String>,
}

impl Story {
    /// Reads a run's text; lines that are neither calls nor segments are passed over.
    pub fn read(text: &str) -> Self {
        let mut story = Self::default();
        let mut said: BTreeMap<Host, (Side, Said)> = BTreeMap::new();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            if words.next().is_none_or(|time| time.parse::<f64>().is_err()) {
                continue;
            }
            let Some(host) = words.next().and_then(host) else { continue };
            let rest: Vec<&str> = words.collect();
            match rest.as_slice() {
                [">", _, segment @ ..] => {
                    if let Some(segment) = read_segment(segment)
                        && !rest.contains(&"(injected)")
                    {
                        let (side, said) = said.entry(host).or_default();
                        said.add(side, segment);
                    }
                }
                [.., "=", _] => story.calls.entry(host).or_default().push(rest.join(" ")),
                _ => {}
            }
        }
        story.segments = said.into_iter().map(|(host, (_, said))| (host, said.text())).collect();
        story
    }

    /// Where two runs differ, this one's side first.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        for host in Host::BOTH {
            let calls = |story: &Self| story.calls.get(&host).map_or_else(String::new, |calls| calls.join(", "));
            let segments = |story: &Self| story.segments.get(&host).cloned().unwrap_or_default();
            if calls(self) != calls(other) {
                differences.push(format!("the {host}'s calls:\n  {}\n  {}", calls(self), calls(other)));
            }
            if segments(self) != segments(other) {
                differences.push(format!("the {host}'s segments:\n  {}\n  {}", segments(self), segments(other)));
            }
        }
        differences
    }
}

fn host(word: &str) -> Option<Host> {
    Host::BOTH.into_iter().find(|host| host.name() == word)
}

/// Reads `P. 1:6(5) ack 1`.
fn read_segment(words: &[&str]) -> Option<Segment> {
    let [flags, range, rest @ ..] = words else { return None };
    let (from, length) = range.split_once(':')?;
    let (_, length) = length.strip_suffix(')')?.split_once('(')?;
    let ack = match rest {
        ["ack", ack, ..] => Some(ack.parse().ok()?),
        _ => None,
    };
    let flags = Flags::from_text(flags)?;
    Some(Segment { flags, seq: from.parse().ok()?, ack, len: length.parse().ok()?, win: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = "# two hosts\n0.100 client  connect() …\n0.100 client > server   S   0:0(0)\n0.110 server > client   S.  0:0(0) ack 1\n0.120 client  SYN-SENT -> ESTABLISHED\n0.120 client  connect() = 0\n0.300 client > server   P.  1:6(5) ack 1\n0.300 client  write(\"a = b\") = 5\n0.500 client > server   P.  1:6(5) ack 1 (dropped)\n";

    #[test]
    fn a_run_is_its_calls_and_what_each_side_said() {
        let story = Story::read(RUN);
        assert_eq!(story.calls[&Host::Client], ["connect() = 0", "write(\"a = b\") = 5"]);
        assert_eq!(story.segments[&Host::Client], "S 0, data 1:6, ack 1");
        let other = Story::read(&RUN.replace("= 5", "= EPIPE"));
        assert_eq!(story.differences(&other).len(), 1);
        assert!(story.differences(&story).is_empty());
    }
}
