//! The order of a run and its judgement: the same for every witness, whatever it performs on.

use std::time::Duration;

use crate::{
    Action, Call, Expected, Failed, Host, HostAction, Map, Opening, Outcome, Place, Ready, Script, State, Statement,
    Verb, Whom,
};

/// How long nothing may have been sent before the link counts as quiet.
pub(crate) const QUIET: Duration = Duration::from_millis(100);
/// How long a statement with `&` may hold up the next one.
const BACKGROUND: Duration = Duration::from_millis(10);
/// How long a call is waited for, once the link is quiet, that is to return something.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a script is performed on: hosts and links, and a record of what happens there.
///
/// A stage records every event itself, where it stands in the order of cause: calls when they return
/// (and, when the run is over, those that never did, with [`Outcome::Blocks`]), segments, states, statements.
/// Time passes in [`Stage::run`] alone.
pub trait Stage {
    /// Why the run cannot go on. An errno is not an error here: it is an outcome.
    type Error;

    /// Begins a statement; a call's return is reported by [`Stage::run`], even if it has returned already.
    ///
    /// Calls come only for sockets that exist, or that were closed, and never two that wait for the same. `wait` and `expect` do not come here.
    fn begin(&mut self, statement: &Statement) -> Result<(), Self::Error>;

    /// Lets time pass, and adds to `returned` the calls that have returned since the last time, in their order.
    fn run(&mut self, until: Until<'_>, returned: &mut Vec<Returned>) -> Result<(), Self::Error>;

    /// The state of a connection; CLOSED if it is gone.
    fn state(&mut self, whom: &Whom) -> Result<State, Self::Error>;

    /// Records that the run waits (`wait 5s`).
    fn record_wait(&mut self, statement: &Statement);
}

/// When [`Stage::run`] returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until<'a> {
    /// Nothing is in flight, and for so long nothing was sent and no statement was begun
    /// (lost segments count as sent, timers that are still to fire do not count).
    Quiet(Duration),
    /// The call of that line has returned, or `at_most` has passed.
    Returned {
        /// The call's line.
        line: u32,
        /// The longest wait.
        at_most: Duration,
    },
    /// This time has passed.
    Elapsed(Duration),
    /// The calls of those lines have returned; or nothing can happen within `at_most` that would let one return: no
    /// segment is under way, and no connection has a timer that fires by then (that of TIME-WAIT wakes no call); or
    /// `at_most` has passed.
    Patient {
        /// The calls' lines.
        lines: &'a [u32],
        /// The longest wait.
        at_most: Duration,
    },
}

/// A call that has returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returned {
    /// The call's line.
    pub line: u32,
    /// What it returned.
    pub outcome: Outcome,
}

/// Performs a script from its first line to its last, and says which outcomes are not as written.
///
/// After each statement the run goes on until the link is quiet. A call that has not returned by then blocks, but for one
/// thing: where the script says what it returns (`= 5`, and not `= blocks`), it is given time, up to a minute
/// ([`Until::Patient`]). So `server read() = 0` waits for the FIN that is sent again. A call without a written outcome
/// is not waited for: it may block, and the next statement may be what lets it return.
///
/// # Errors
/// The stage's own. The script was checked when it was read, so nothing in it is an error here.
pub fn perform<S: Stage>(script: &Script, stage: &mut S) -> Result<Vec<Failed>, S::Error> {
    let mut run = Run {
        stage,
        pending: Map::new(),
        sockets: Map::new(),
        files: 0,
        failed: Vec::new(),
        returned: Vec::new(),
        is_quiet: true,
    };
    for statement in &script.statements {
        run.statement(statement)?;
    }
    // The last statement may not have waited for it: it has `&`, or could not be performed behind one that has.
    if !run.is_quiet {
        run.wait_until_quiet()?;
    }
    Ok(run.end())
}

struct Run<'a, S> {
    stage: &'a mut S,
    /// Calls that have not returned, by line.
    pending: Map<u32, Pending<'a>>,
    /// What is known of each socket's name.
    sockets: Map<&'a str, Socket>,
    /// How many sockets there have been.
    files: u32,
    failed: Vec<Failed>,
    /// Room for what a stage reports, kept between times.
    returned: Vec<Returned>,
    /// Whether the link has been quiet since the last statement that was performed.
    is_quiet: bool,
}

struct Pending<'a> {
    call: &'a Call,
    /// The socket that it waits on.
    file: Option<u32>,
    /// The link was quiet before the call returned.
    blocked: bool,
}

struct Socket {
    host: Host,
    /// Why there is no such socket; `None` if there is one, or was one until close().
    absent: Option<String>,
    /// The socket itself: with dup() several names have one.
    file: u32,
}

/// Whether two calls on one socket would wait for the same, so that which of them gets it is chance.
fn compete(one: &Verb, other: &Verb) -> bool {
    let reads = |verb: &Verb| matches!(verb, Verb::Read { .. } | Verb::Peek { .. });
    one.name() == other.name() || reads(one) && reads(other)
}

impl<'a, S: Stage> Run<'a, S> {
    fn statement(&mut self, statement: &'a Statement) -> Result<(), S::Error> {
        match &statement.action {
            Action::Call(call) => {
                if let Some(why) = self.obstacle(call) {
                    let made = match &call.verb {
                        Verb::Dup { copy } => Some(copy),
                        verb if verb.makes_socket() && call.busy_socket() != call.socket => Some(&call.socket),
                        _ => None,
                    };
                    if let Some(made) = made {
                        let file = self.new_file();
                        self.sockets.insert(made, Socket { host: call.host, absent: Some(why.clone()), file });
                    }
                    self.fail(statement.line, expectation(call), why);
                    return Ok(());
                }
                self.stage.begin(statement)?;
                self.note_begun(statement.line, call);
                if call.in_background {
                    self.is_quiet = false;
                    return self.run(Until::Returned { line: statement.line, at_most: BACKGROUND });
                }
            }
            Action::Host(host, action) => {
                self.stage.begin(statement)?;
                if matches!(action, HostAction::Kill | HostAction::Crash) {
                    self.note_gone(*host, statement);
                }
            }
            Action::Link(..) => self.stage.begin(statement)?,
            Action::Wait(duration) => {
                self.stage.record_wait(statement);
                self.run(Until::Elapsed(*duration))?;
            }
            Action::Pause(duration) => {
                self.stage.record_wait(statement);
                return self.run(Until::Elapsed(*duration));
            }
            Action::Expect(whom, state) => {
                let found = self.stage.state(whom)?;
                if found != *state {
                    self.fail(statement.line, state.to_string(), found.to_string());
                }
                return Ok(());
            }
        }
        self.wait_until_quiet()
    }

    fn wait_until_quiet(&mut self) -> Result<(), S::Error> {
        self.run(Until::Quiet(QUIET))?;
        self.wait_for_returns()?;
        self.judge_blocked();
        self.is_quiet = true;
        Ok(())
    }

    /// The link is quiet: calls that are to return something are given time.
    fn wait_for_returns(&mut self) -> Result<(), S::Error> {
        let lines: Vec<u32> = self
            .pending
            .iter()
            .filter(|(_, pending)| !pending.blocked && matches!(pending.call.expected, Some(Expected::Returns(_))))
            .map(|(line, _)| *line)
            .collect();
        if lines.is_empty() {
            return Ok(());
        }
        self.run(Until::Patient { lines: &lines, at_most: PATIENCE })?;
        self.run(Until::Quiet(QUIET))
    }

    /// Why the call cannot be made at all, if so.
    fn obstacle(&self, call: &Call) -> Option<String> {
        let busy = call.busy_socket();
        let file = self.sockets.get(busy).map(|socket| socket.file);
        let is_same = |pending: &&Pending<'_>| pending.file == file && compete(&pending.call.verb, &call.verb);
        let waits_on_it = file.is_some() && (busy != call.socket || !call.verb.makes_socket());
        if waits_on_it && let Some(pending) = self.pending.iter().map(|(_, pending)| pending).find(is_same) {
            return Some(format!("still in {}()", pending.call.verb.name()));
        }
        match self.sockets.get(busy) {
            Some(Socket { absent: Some(why), .. }) if busy != call.socket || !call.verb.makes_socket() => {
                Some(format!("no socket `{busy}`: {why}"))
            }
            _ => None,
        }
    }

    fn note_begun(&mut self, line: u32, call: &'a Call) {
        let host = call.host;
        if let Verb::Dup { copy } = &call.verb {
            let file = self.sockets.get(call.socket.as_str()).map_or(0, |socket| socket.file);
            self.sockets.insert(copy, Socket { host, absent: None, file });
        }
        let absent = match call.verb {
            Verb::Listen { place: Place::New { .. }, .. } | Verb::Accept { .. } => {
                Some(Some(format!("{}() in line {line} has not returned", call.verb.name())))
            }
            Verb::Socket | Verb::Connect { opening: Opening::New { .. }, .. } => Some(None),
            _ => None,
        };
        let mut file = self.sockets.get(call.busy_socket()).map(|socket| socket.file);
        if matches!(call.verb, Verb::Close) {
            // The name is no descriptor from now on: calls on it do not wait for what still waits on the socket.
            let closed = self.new_file();
            self.sockets.insert(&call.socket, Socket { host, absent: None, file: closed });
        }
        if let Some(absent) = absent {
            let made = self.new_file();
            self.sockets.insert(&call.socket, Socket { host, absent, file: made });
            if !matches!(call.verb, Verb::Accept { .. }) {
                file = Some(made);
            }
        }
        self.pending.insert(line, Pending { call, file, blocked: false });
    }

    const fn new_file(&mut self) -> u32 {
        self.files += 1;
        self.files
    }

    fn note_gone(&mut self, host: Host, statement: &Statement) {
        for socket in self.sockets.values_mut().filter(|socket| socket.host == host) {
            socket.absent = Some(format!("it ended with `{}` in line {}", statement.text, statement.line));
        }
        for (line, pending) in std::mem::take(&mut self.pending) {
            if pending.call.host == host {
                self.judge_unreturned(line, &pending);
            } else {
                self.pending.insert(line, pending);
            }
        }
    }

    fn run(&mut self, until: Until<'_>) -> Result<(), S::Error> {
        let mut returned = std::mem::take(&mut self.returned);
        self.stage.run(until, &mut returned)?;
        for returned in returned.drain(..) {
            if let Some(pending) = self.pending.remove(&returned.line) {
                self.note_returned(returned, &pending);
            }
        }
        self.returned = returned;
        Ok(())
    }

    fn note_returned(&mut self, Returned { line, outcome }: Returned, pending: &Pending<'a>) {
        let call = pending.call;
        let made = match &call.verb {
            Verb::Listen { place: Place::New { .. }, .. } | Verb::Accept { .. } => Some(call.socket.as_str()),
            Verb::Dup { copy } => Some(copy.as_str()),
            _ => None,
        };
        if let Some(socket) = made.and_then(|made| self.sockets.get_mut(made)) {
            socket.absent = match outcome {
                Outcome::Errno(errno) => Some(format!("{}() in line {line} gave {errno}", call.verb.name())),
                _ => None,
            };
        }
        let as_written = match call.expected {
            None => true,
            Some(Expected::Returns(expected)) => pending.blocked || same(expected, outcome),
            Some(Expected::Blocks { then }) => pending.blocked && then.is_none_or(|then| same(then, outcome)),
        };
        if !as_written {
            self.fail(line, expectation(call), outcome.to_string());
        }
    }

    /// The link is quiet, and there was patience: a call that has not returned by now blocks.
    fn judge_blocked(&mut self) {
        let mut failed = Vec::new();
        for (line, pending) in self.pending.iter_mut() {
            if !pending.blocked
                && let Some(Expected::Returns(expected)) = pending.call.expected
            {
                failed.push((*line, expected.to_string()));
            }
            pending.blocked = true;
        }
        for (line, expected) in failed {
            self.fail(line, expected, "blocks".to_owned());
        }
    }

    fn judge_unreturned(&mut self, line: u32, pending: &Pending<'a>) {
        let as_written = match pending.call.expected {
            None | Some(Expected::Blocks { then: None }) => true,
            Some(Expected::Blocks { then: Some(_) }) => false,
            // Said already when the link was quiet.
            Some(Expected::Returns(_)) => pending.blocked,
        };
        if !as_written {
            self.fail(line, expectation(pending.call), "blocks".to_owned());
        }
    }

    fn end(mut self) -> Vec<Failed> {
        for (line, pending) in std::mem::take(&mut self.pending) {
            self.judge_unreturned(line, &pending);
        }
        self.failed
    }

    fn fail(&mut self, line: u32, expected: String, got: String) {
        let at = self.failed.partition_point(|failed| failed.line <= line);
        self.failed.insert(at, Failed { line, expected, got });
    }
}

/// Poll's "nothing" and the number 0 are written alike.
fn same(expected: Outcome, outcome: Outcome) -> bool {
    let number = |outcome| if outcome == Outcome::Ready(Ready::default()) { Outcome::ZERO } else { outcome };
    number(expected) == number(outcome)
}

fn expectation(call: &Call) -> String {
    call.expected.map_or_else(|| "any outcome".to_owned(), |expected| expected.to_string())
}
