//! The moments of a run at which the link was quiet, and what the sockets held then.

use std::collections::BTreeMap;

use scenario::{Action, Event, Host, Info, Script, SocketId, State, Trace};

/// A moment at which the link was quiet.
pub struct Quiet<'a> {
    /// The line of the statement before it.
    pub line: u32,
    /// When that statement began, and when the next one did.
    pub span_us: [u64; 2],
    /// The state of each socket that there has been, and what it holds.
    pub sockets: BTreeMap<(Host, &'a str), (State, Info)>,
}

/// Every moment of a run at which the link was quiet.
pub fn quiets<'a>(script: &Script, trace: &'a Trace) -> Vec<Quiet<'a>> {
    let windows = Windows::of(script, trace);
    let quiet = |(index, &(line, begin_us)): (usize, &(u32, u64))| {
        let end_us = windows.begins.get(index + 1).map_or(u64::MAX, |(_, begin_us)| *begin_us);
        let mut known: BTreeMap<SocketId, (State, Info)> = BTreeMap::new();
        let nothing = || (State::Closed, Info::default());
        for event in &trace.events {
            match event {
                Event::State { at_us, socket, to, .. } if *at_us < end_us => {
                    known.entry(*socket).or_insert_with(nothing).0 = *to;
                }
                // In virtual time the next statement begins at the moment at which somebody asks.
                Event::Info { at_us, socket, info, .. } if *at_us <= end_us => {
                    known.entry(*socket).or_insert_with(nothing).1 = *info;
                }
                _ => {}
            }
        }
        // Of several with one name the newest that is there.
        let mut sockets: BTreeMap<(Host, &str), (State, Info)> = BTreeMap::new();
        for (socket, holds) in known {
            let named = sockets.entry((trace.sockets.host(socket), trace.sockets.name(socket))).or_insert(holds);
            if holds.0 != State::Closed {
                *named = holds;
            }
        }
        Quiet { line, span_us: [begin_us, end_us], sockets }
    };
    windows.begins.iter().enumerate().map(quiet).collect()
}

/// From which time on a segment or a state belongs to which statement. A statement behind one with `&` begins no
/// window of its own: the link was not quiet in between.
pub(crate) struct Windows {
    /// Line and time, both rising.
    begins: Vec<(u32, u64)>,
}

impl Windows {
    pub(crate) fn of(script: &Script, trace: &Trace) -> Self {
        let begun: BTreeMap<u32, u64> = trace
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Call { line, began_us, .. } => Some((*line, *began_us)),
                Event::Statement { line, at_us, .. } => Some((*line, *at_us)),
                _ => None,
            })
            .collect();
        let mut begins = Vec::new();
        let mut was_quiet = true;
        for statement in &script.statements {
            let begin_us = begun.get(&statement.line);
            // A call that cannot be made (its socket is gone, or in another call) begins nothing, and waits for nothing.
            if begin_us.is_none() && matches!(statement.action, Action::Call(_)) {
                continue;
            }
            if was_quiet && let Some(begin_us) = begin_us {
                begins.push((statement.line, *begin_us));
            }
            was_quiet = match &statement.action {
                Action::Call(call) => !call.in_background,
                Action::Expect(..) | Action::Pause(_) => was_quiet,
                _ => true,
            };
        }
        Self { begins }
    }

    pub(crate) fn line_at(&self, at_us: u64) -> u32 {
        let behind = self.begins.partition_point(|(_, begin_us)| *begin_us <= at_us);
        self.begins.get(behind.saturating_sub(1)).map_or(0, |(line, _)| *line)
    }
}
