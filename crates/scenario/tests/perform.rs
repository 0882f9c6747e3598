//! The order of a run and its judgement, on a stage that does what the test says.

use std::collections::BTreeMap;
use std::time::Duration;

use scenario::{Action, Errno, Outcome, Returned, Script, Stage, State, Statement, Until, Whom, perform};

/// Calls return at the times that the test gives, by line; without one they return at once, with 0.
#[derive(Default)]
struct Rehearsal {
    now: Duration,
    returns: BTreeMap<u32, (Duration, Outcome)>,
    pending: BTreeMap<u32, (Duration, Outcome)>,
    begun: Vec<(u32, Duration)>,
}

impl Rehearsal {
    fn returning(mut self, line: u32, at: Duration, outcome: Outcome) -> Self {
        self.returns.insert(line, (at, outcome));
        self
    }
}

impl Stage for Rehearsal {
    type Error = std::convert::Infallible;

    fn begin(&mut self, statement: &Statement) -> Result<(), Self::Error> {
        self.begun.push((statement.line, self.now));
        if let Action::Call(_) = statement.action {
            let returns = self.returns.get(&statement.line).copied().unwrap_or((self.now, Outcome::ZERO));
            self.pending.insert(statement.line, returns);
        }
        Ok(())
    }

    fn run(&mut self, until: Until<'_>, returned: &mut Vec<Returned>) -> Result<(), Self::Error> {
        let end = self.now
            + match until {
                Until::Quiet(time) | Until::Elapsed(time) => time,
                Until::Returned { line, at_most } => at_most.min(self.pending[&line].0.saturating_sub(self.now)),
                // A call that never returns here waits for nothing.
                Until::Patient { lines, at_most } => {
                    let left = lines.iter().map(|line| self.pending[line].0.saturating_sub(self.now));
                    left.max().filter(|left| *left <= at_most).unwrap_or_default()
                }
            };
        self.now = end;
        let by_then = self.pending.iter().filter(|(_, (at, _))| *at <= end);
        returned.extend(by_then.map(|(&line, &(_, outcome))| Returned { line, outcome }));
        self.pending.retain(|_, (at, _)| *at > end);
        Ok(())
    }

    fn state(&mut self, _whom: &Whom) -> Result<State, Self::Error> {
        Ok(State::Established)
    }

    fn record_wait(&mut self, _statement: &Statement) {}
}

const OPEN: &str = "server listen()\nclient connect()\nserver accept()\n";

/// What differs from the script below an open connection (its first line is line 4), as `LINE: EXPECTED / GOT`.
fn failures(mut stage: Rehearsal, text: &str) -> Vec<String> {
    let script = Script::parse(&format!("{OPEN}{text}")).expect("this script is right");
    let Ok(failed) = perform(&script, &mut stage);
    failed.iter().map(|failed| format!("{}: {} / {}", failed.line, failed.expected, failed.got)).collect()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const RESET: Outcome = Outcome::Errno(Errno::ECONNRESET);

#[test]
fn an_outcome_that_is_not_as_written_is_noted_and_the_run_goes_on() {
    let stage = Rehearsal::default().returning(4, Duration::ZERO, RESET);
    assert_eq!(failures(stage, "client read() = 5\nclient write(1) = 1\n"), ["4: 5 / ECONNRESET", "5: 1 / 0"]);
    assert!(failures(Rehearsal::default(), "client read()\nclient close() = 0\n").is_empty());
}

#[test]
fn a_call_that_has_not_returned_when_the_link_is_quiet_blocks() {
    let late = || Rehearsal::default().returning(4, seconds(5), RESET);
    assert!(failures(late(), "client read() = blocks\n").is_empty());
    assert!(failures(late(), "client read()\nwait 9s\n").is_empty());
    assert_eq!(failures(Rehearsal::default(), "client read() = blocks\n"), ["4: blocks / 0"]);
}

#[test]
fn a_call_that_is_to_return_something_is_given_a_minute() {
    let late = |at| Rehearsal::default().returning(4, seconds(at), RESET);
    assert!(failures(late(5), "client read() = ECONNRESET\n").is_empty());
    assert_eq!(failures(late(5), "client read() = 5\n"), ["4: 5 / ECONNRESET"]);
    assert_eq!(failures(late(65), "client read() = ECONNRESET\nwait 9s\n"), ["4: ECONNRESET / blocks"]);
    let begun = |text: &str| {
        let mut stage = late(5);
        let script = Script::parse(&format!("{OPEN}{text}")).expect("a script");
        let Ok(_) = perform(&script, &mut stage);
        stage.begun.last().map(|(_, at)| at.as_millis())
    };
    assert_eq!(begun("client read() = ECONNRESET\nserver close()\n"), Some(5_100), "it waits until it has returned");
    assert_eq!(begun("client read() = ECONNRESET &\nserver close()\n"), Some(310), "the next one may let it return");
    assert_eq!(begun("client read()\nserver close()\n"), Some(400), "a call that may return anything may block");
    assert_eq!(begun("client read() = blocks\nserver close()\n"), Some(400));
}

#[test]
fn how_a_blocked_call_ends_is_judged_when_it_ends() {
    let late = || Rehearsal::default().returning(4, seconds(5), RESET);
    assert!(failures(late(), "client read() = blocks, then ECONNRESET\nwait 9s\n").is_empty());
    assert_eq!(failures(late(), "client read() = blocks, then 0\nwait 9s\n"), ["4: blocks, then 0 / ECONNRESET"]);
    assert_eq!(
        failures(late(), "client read() = blocks, then ECONNRESET\n"),
        ["4: blocks, then ECONNRESET / blocks"],
        "the run is over before it ends"
    );
}

#[test]
fn a_blocked_call_keeps_others_from_what_it_waits_for() {
    let stage = Rehearsal::default().returning(4, seconds(5), RESET);
    let text = "client read() = blocks\nclient peek(1) = 1\nclient write(1) = 0\nwait 9s\nclient read(1) = 0\n";
    assert_eq!(failures(stage, text), ["5: 1 / still in read()"]);
}

#[test]
fn a_call_in_the_background_holds_the_next_one_up_for_ten_milliseconds_at_most() {
    let mut stage = Rehearsal::default().returning(4, Duration::from_millis(350), Outcome::Number(5));
    let script = Script::parse(&format!("{OPEN}client read() = 5 &\nserver write(5) = 0\n")).expect("a script");
    let Ok(failed) = perform(&script, &mut stage);
    assert!(failed.is_empty(), "{failed:?}: it is judged at the next quiet, and had returned by then");
    let begun: Vec<u64> = stage.begun.iter().map(|(_, at)| u64::try_from(at.as_millis()).expect("short")).collect();
    assert_eq!(begun, [0, 100, 200, 300, 310]);

    let never = Rehearsal::default().returning(4, seconds(500), Outcome::Number(5));
    assert_eq!(failures(never, "client read() = 5 &\nserver write(5) = 0\n"), ["4: 5 / blocks"]);
}

#[test]
fn a_run_ends_when_the_link_is_quiet_whatever_its_last_line() {
    let late = || Rehearsal::default().returning(4, Duration::from_millis(350), Outcome::Number(5));
    assert!(failures(late(), "client read() = 5 &\n").is_empty());
    assert_eq!(failures(late(), "client read() = 6 &\n"), ["4: 6 / 5"]);
    let busy = "client read() = 6 &\nclient read(1) = 1\n";
    assert_eq!(failures(late(), busy), ["4: 6 / 5", "5: 1 / still in read()"]);
}

#[test]
fn a_socket_that_was_never_made_is_an_entry_and_no_call() {
    let refused = Rehearsal::default().returning(3, Duration::ZERO, Outcome::Errno(Errno::ECONNABORTED));
    assert_eq!(
        failures(refused, "server read() = 5\n"),
        ["4: 5 / no socket `server`: accept() in line 3 gave ECONNABORTED"]
    );
    let refused = Rehearsal::default().returning(3, Duration::ZERO, Outcome::Errno(Errno::ECONNABORTED));
    let why = "no socket `server`: accept() in line 3 gave ECONNABORTED";
    assert_eq!(
        failures(refused, "server dup() as copy = 0\ncopy read() = 5\n"),
        [format!("4: 0 / {why}"), format!("5: 5 / no socket `copy`: {why}")]
    );
    let waiting = Rehearsal::default().returning(3, seconds(900), Outcome::ZERO);
    assert_eq!(
        failures(waiting, "server read() = 5\nlistener accept() as other = 0\nother read() = 1\n"),
        [
            "4: 5 / no socket `server`: accept() in line 3 has not returned",
            "5: 0 / still in accept()",
            "6: 1 / no socket `other`: still in accept()"
        ]
    );
}

#[test]
fn a_killed_process_never_returns_from_its_calls() {
    let stage = || Rehearsal::default().returning(4, seconds(1), RESET);
    assert!(failures(stage(), "client read() = blocks\nclient kill()\nwait 9s\n").is_empty());
    assert_eq!(
        failures(stage(), "client read() = blocks, then ECONNRESET\nclient kill()\nwait 9s\n"),
        ["4: blocks, then ECONNRESET / blocks"]
    );
}

#[test]
fn a_wrong_state_is_noted() {
    assert_eq!(failures(Rehearsal::default(), "expect client CLOSED\n"), ["4: CLOSED / ESTABLISHED"]);
    assert!(failures(Rehearsal::default(), "expect client ESTABLISHED\n").is_empty());
}
