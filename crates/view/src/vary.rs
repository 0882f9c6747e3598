//! One number of a script takes many values: what does each give?
//!
//! Two kinds of numbers have a handle. The last number of a statement (`wait 40ms`, `write(8)`, `FIN from server
//! 500ms`); and the moment of a statement in a block of statements that do not wait for each other (each ends with
//! `&`), which moves before and behind the others.

use std::ops::Range;

use scenario::{Action, Call, Event, Outcome, Script, Statement, Trace, Verb};

/// A script with a handle on one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle {
    text: String,
    value: u32,
    /// The script's lines without what it says of its own run: outcomes, and comments behind statements.
    asked: Vec<String>,
    number: Number,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Number {
    /// The index of its line, and its bytes there.
    Written { line: usize, range: Range<usize> },
    /// The indices of a block's lines, its statements with their moments, and the one that has the handle.
    Moment { block: Range<usize>, others: Vec<Timed>, moved: Timed },
}

/// A statement of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Timed {
    /// Milliseconds since the block began.
    at_ms: u32,
    text: String,
    /// The socket on which it is a call.
    socket: Option<String>,
    /// close(2): the program calls that socket no more.
    closes: bool,
}

impl Handle {
    /// The handle of the statement in this line (counted from 1).
    ///
    /// # Errors
    /// The script is none, or there is no number in the statement, and it stands in no block.
    pub fn of_line(text: &str, line: u32) -> Result<Self, String> {
        let script = Script::parse(text).map_err(|error| error.to_string())?;
        let written = script.statement(line).map_or("", |statement| statement.text.as_str());
        let none = || format!("line {line}: found no number in `{written}`, and it is not one of several with `&`");
        let statement = script.statement(line).ok_or_else(none)?;
        let asked: Vec<String> =
            (1..).zip(text.lines()).map(|(line, raw)| asked(raw, script.statement(line))).collect();
        let at = line as usize - 1;
        let (number, value) = match &statement.action {
            Action::Call(Call { in_background: true, .. }) => moment(&script, statement, &asked),
            _ => {
                let range = last_number(&asked[at]).ok_or_else(none)?;
                let value = asked[at][range.clone()].parse().map_err(|_| none())?;
                (Number::Written { line: at, range }, value)
            }
        };
        Ok(Self { text: text.to_owned(), value, asked, number })
    }

    /// The script with another value: in the number's own unit, a moment in milliseconds since its block began.
    ///
    /// What the script says of its outcomes, and beside its statements, it says of its own value, and of no other.
    pub fn set(&self, value: u32) -> String {
        if value == self.value {
            return self.text.clone();
        }
        let mut lines = self.asked.clone();
        match &self.number {
            Number::Written { line, range } => lines[*line].replace_range(range.clone(), &value.to_string()),
            Number::Moment { block, others, moved } => {
                lines.splice(block.clone(), in_order(others, Timed { at_ms: value, ..moved.clone() }));
            }
        }
        lines.join("\n") + "\n"
    }

    /// The line of the call whose argument varies, if it is one.
    fn line(&self) -> Option<u32> {
        match &self.number {
            Number::Written { line, .. } => u32::try_from(line + 1).ok(),
            Number::Moment { .. } => None,
        }
    }

    /// The value that the script has.
    pub const fn value(&self) -> u32 {
        self.value
    }
}

/// A line without what it says of its own run.
fn asked(raw: &str, statement: Option<&Statement>) -> String {
    match statement {
        None => raw.to_owned(),
        Some(Statement { text, action: Action::Call(Call { expected: Some(_), in_background, .. }), .. }) => {
            // No outcome has this sign in it.
            let call = text.rfind('=').map_or(text.as_str(), |at| &text[..at]).trim_end();
            format!("{call}{}", if *in_background { " &" } else { "" })
        }
        Some(statement) => statement.text.clone(),
    }
}

fn last_number(text: &str) -> Option<Range<usize>> {
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = text[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    Some(start..end)
}

/// The moment of a statement in the block that it stands in, and its value.
fn moment(script: &Script, moved: &Statement, asked: &[String]) -> (Number, u32) {
    let is_in_block = |line: u32| {
        let action = script.statement(line).map(|statement| &statement.action);
        matches!(action, Some(Action::Pause(_) | Action::Call(Call { in_background: true, .. })))
    };
    let first = (1..moved.line).rev().take_while(|line| is_in_block(*line)).last().unwrap_or(moved.line);
    let last = (moved.line..).take_while(|line| is_in_block(*line)).last().unwrap_or(moved.line);
    let (mut at_ms, mut value) = (0, 0);
    let (mut others, mut its) = (Vec::new(), None);
    for statement in script.statements.iter().filter(|statement| (first..=last).contains(&statement.line)) {
        let (socket, closes) = match &statement.action {
            Action::Pause(time) => {
                at_ms += u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
                continue;
            }
            Action::Call(call) => (Some(call.socket.clone()), call.verb == Verb::Close),
            _ => (None, false),
        };
        let timed = Timed { at_ms, text: asked[statement.line as usize - 1].clone(), socket, closes };
        if statement.line == moved.line {
            value = at_ms;
            its = Some(timed);
        } else {
            others.push(timed);
        }
    }
    let moved = its.expect("a block has the statement that it was looked up for");
    (Number::Moment { block: first as usize - 1..last as usize, others, moved }, value)
}

/// The lines of a block with one of its statements at its moment. A program that has closed a socket calls it no more.
fn in_order(others: &[Timed], moved: Timed) -> Vec<String> {
    // At the same moment the moved one is the last: what it comes behind is not later than it.
    let behind = others.partition_point(|other| other.at_ms <= moved.at_ms);
    let (mut clock_ms, mut closed, mut lines) = (0, Vec::new(), Vec::new());
    for timed in others[..behind].iter().chain([&moved]).chain(&others[behind..]) {
        if timed.socket.is_some() && closed.contains(&timed.socket) {
            continue;
        }
        if timed.closes {
            closed.push(timed.socket.clone());
        }
        if timed.at_ms > clock_ms {
            lines.push(format!("wait {}ms &", timed.at_ms - clock_ms));
            clock_ms = timed.at_ms;
        }
        lines.push(timed.text.clone());
    }
    lines
}

/// Neighbouring values that give the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// The first value.
    pub from: u32,
    /// The last value.
    pub to: u32,
    /// What the calls give that do not give the same for every value; in the order in which they return.
    pub gives: Vec<Given>,
}

/// A call and what it gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// `client read()`
    pub call: String,
    /// The call itself.
    pub verb: Verb,
    /// What it gave; `None` if it was not made.
    pub outcome: Option<Outcome>,
}

/// What a band means for the program, by the call that tells most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Every call works.
    Works,
    /// A read gives 0: the end of the stream.
    Ends,
    /// A call does not return.
    Blocks,
    /// A call gives an error.
    Fails,
}

impl Tone {
    /// Its class in the page.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Works => "sc-works",
            Self::Ends => "sc-ends",
            Self::Blocks => "sc-waits",
            Self::Fails => "sc-fails",
        }
    }
}

impl Band {
    /// What it means for the program: its first call that differs, for what follows is a consequence.
    pub fn tone(&self) -> Tone {
        match self.gives.iter().find_map(|given| Some((given, given.outcome?))) {
            Some((_, Outcome::Errno(_))) => Tone::Fails,
            Some((_, Outcome::Blocks)) => Tone::Blocks,
            Some((Given { verb: Verb::Read { .. }, .. }, Outcome::Number(0))) => Tone::Ends,
            _ => Tone::Works,
        }
    }
}

/// Performs the script with every value, and says which of them give the same. The values rise.
///
/// # Errors
/// The first that `perform` returns.
pub fn bands<E>(
    handle: &Handle,
    values: impl IntoIterator<Item = u32>,
    mut perform: impl FnMut(&str) -> Result<Trace, E>,
) -> Result<Vec<Band>, E> {
    let mut bands: Vec<Band> = Vec::new();
    for value in values {
        let gives = given(&perform(&handle.set(value))?, handle.line());
        match bands.last_mut().filter(|band| band.gives == gives) {
            Some(band) => band.to = value,
            None => bands.push(Band { from: value, to: value, gives }),
        }
    }
    Ok(telling(bands))
}

/// The calls of a run by the line of the script, without the one that varies. The second `client read()` is told from
/// the first by its number.
fn given(trace: &Trace, varied: Option<u32>) -> Vec<Given> {
    let mut calls: Vec<(u32, String, &Verb, Outcome)> = Vec::new();
    for event in &trace.events {
        if let Event::Call { socket, line, call, outcome, .. } = event
            && Some(*line) != varied
        {
            // Calls return in the order of time.
            let at = calls.partition_point(|(known, ..)| known <= line);
            calls.insert(at, (*line, format!("{} {call}", trace.sockets.name(*socket)), call, *outcome));
        }
    }
    let mut gives: Vec<Given> = Vec::new();
    for (at, (_, name, verb, outcome)) in calls.iter().enumerate() {
        let earlier = calls[..at].iter().filter(|(_, earlier, ..)| earlier == name).count();
        let call = match earlier {
            0 => name.clone(),
            1 => format!("2nd {name}"),
            2 => format!("3rd {name}"),
            _ => format!("{}th {name}", earlier + 1),
        };
        gives.push(Given { call, verb: (*verb).clone(), outcome: Some(*outcome) });
    }
    gives
}

/// Leaves out the calls that give the same everywhere, and, if others tell enough, those that are not made everywhere:
/// they tell of the program.
fn telling(mut bands: Vec<Band>) -> Vec<Band> {
    let mut calls: Vec<(String, Verb)> = Vec::new();
    for given in bands.iter().flat_map(|band| &band.gives) {
        if !calls.iter().any(|(call, _)| *call == given.call) {
            calls.push((given.call.clone(), given.verb.clone()));
        }
    }
    let of = |band: &Band, call: &str| band.gives.iter().find(|it| it.call == call).and_then(|it| it.outcome);
    if bands.len() > 1 {
        calls.retain(|(call, _)| bands.windows(2).any(|pair| of(&pair[0], call) != of(&pair[1], call)));
        let is_made_everywhere = |(call, _): &&(String, Verb)| bands.iter().all(|band| of(band, call).is_some());
        let made: Vec<(String, Verb)> = calls.iter().filter(is_made_everywhere).cloned().collect();
        if !made.is_empty() {
            calls = made;
        }
    }
    for band in &mut bands {
        let gives =
            |(call, verb): &(String, Verb)| Given { outcome: of(band, call), call: call.clone(), verb: verb.clone() };
        band.gives = calls.iter().map(gives).collect();
    }
    // What is left may not tell neighbours apart any more.
    bands.dedup_by(|next, band| {
        let is_same = next.gives == band.gives;
        if is_same {
            band.to = next.to;
        }
        is_same
    });
    bands
}

#[cfg(test)]
mod tests {
    use scenario::Errno;

    use super::*;

    fn perform(text: &str) -> Result<Trace, String> {
        let script = Script::parse(text).map_err(|error| format!("{error}\n{text}"))?;
        sim::run("test", &script, sim::Stack::Linux).map_err(|error| error.to_string())
    }

    const LATE: &str = "# ?\nserver listen()\nclient connect()\nserver accept()\nserver write(4)\nclient setsockopt(SO_LINGER, 0)\nclient close() = 0\n";

    #[test]
    fn the_last_number_of_a_statement_can_be_set() {
        let handle = Handle::of_line(LATE, 6).expect("it has a number");
        assert_eq!(handle.value(), 0);
        assert!(handle.set(12).contains("client setsockopt(SO_LINGER, 12)\nclient close()\n"));
        assert!(Handle::of_line(LATE, 7).is_err(), "an outcome is no number of the statement");
        assert!(Handle::of_line(LATE, 99).is_err());
        let captioned = "# ?\nwait 40ms # 2 s\n";
        assert_eq!(Handle::of_line(captioned, 2).expect("it has one").set(7), "# ?\nwait 7ms\n");
    }

    const OPENING: &str = "# ?\nserver listen()\nclient connect()\nserver accept()\n";
    const BLOCK: &str = "client write(1) = 1 & # leaves\nwait 60ms &\nserver read() = 1 &\nwait 60ms &\nserver close() = 0 &\nclient read()\n";

    #[test]
    fn what_a_text_has_in_it_is_no_outcome_and_no_comment() {
        let text = format!("{LATE}client write(\"a = 1 # b\") = EPIPE # it is closed\n");
        let handle = Handle::of_line(&text, 6).expect("it has a number");
        assert!(handle.set(12).ends_with("client close()\nclient write(\"a = 1 # b\")\n"), "{}", handle.set(12));
    }

    fn block(text: &str, line: u32) -> (u32, impl Fn(u32) -> String + use<>) {
        let handle = Handle::of_line(&format!("{OPENING}{text}"), line + 4).expect("it is one of several");
        let set = handle.clone();
        (handle.value(), move |value| set.set(value).strip_prefix(OPENING).expect("it stays").to_owned())
    }

    #[test]
    fn a_wait_of_a_block_may_have_any_unit() {
        let (value, set) = block(&BLOCK.replacen("wait 60ms &", "wait 1s &", 1), 5);
        assert_eq!(value, 1_060);
        assert_eq!(set(20), "client write(1) &\nwait 20ms &\nserver close() &\nclient read()\n");
    }

    #[test]
    fn a_statement_of_a_block_can_move_before_the_others() {
        let (value, set) = block(BLOCK, 5);
        assert_eq!(value, 120);
        assert_eq!(set(120), BLOCK);
        assert_eq!(
            set(20),
            "client write(1) &\nwait 20ms &\nserver close() &\nclient read()\n",
            "whoever has closed reads no more"
        );
        let (_, set) = block(BLOCK, 1);
        assert_eq!(
            set(70),
            "wait 60ms &\nserver read() &\nwait 10ms &\nclient write(1) &\nwait 50ms &\nserver close() &\nclient read()\n"
        );
    }

    #[test]
    fn the_moment_of_a_close_decides_what_the_request_meets() {
        let text = catalogue::scenario("keepalive-race").expect("it is in the book").text;
        let line = text.lines().position(|line| line.starts_with("server close()")).expect("it closes") as u32 + 1;
        let handle = Handle::of_line(text, line).expect("it is one of several");
        let bands = bands(&handle, (0..=300).step_by(10), perform).expect("they run");
        let told: Vec<_> = bands.iter().map(|band| (band.from, band.to, band.tone())).collect();
        let calls: Vec<_> = bands[0].gives.iter().map(|given| given.call.as_str()).collect();
        assert_eq!(calls, ["2nd client read()", "client write(\"GET /3\")"]);
        assert_eq!(told, [(0, 150, Tone::Ends), (160, 180, Tone::Fails), (190, 300, Tone::Works)]);
    }

    #[test]
    fn values_that_give_the_same_are_one_band() {
        let text = "# ?\nserver listen()\nclient connect()\nserver accept()\nclient write(8)\nserver read(4)\nserver close()\nclient read()\n";
        let handle = Handle::of_line(text, 6).expect("it has a number");
        let bands = bands(&handle, 1..=12, perform).expect("they run");
        let told: Vec<_> = bands.iter().map(|band| (band.from, band.to, band.tone())).collect();
        assert_eq!(told, [(1, 7, Tone::Fails), (8, 12, Tone::Ends)]);
        let reset = |band: &Band| {
            band.gives
                .iter()
                .any(|it| it.outcome == Some(Outcome::Errno(Errno::ECONNRESET)) && it.call == "client read()")
        };
        assert_eq!(bands.iter().filter(|band| reset(band)).map(|band| band.to).max(), Some(7), "one byte stays unread");
        assert!(bands.iter().filter(|band| band.from >= 8).all(|band| !reset(band)));
    }
}
