//! One number of a script takes many values: what does each give?
//!
//! Two kinds of numbers have a handle. The last number of a statement (`wait 40ms`, `write(8)`, `FIN from server
//! 500ms`); and the moment of a statement in a block of statements that do not wait for each other (each ends with
//! `&`), which moves before and behind the others.

use std::ops::Range;

use scenario::{Event, Outcome, Trace, Verb};

/// A script with a handle on one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle {
    text: String,
    number: Number,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Number {
    /// The bytes of the number, and the line that it stands in.
    Written { line: u32, range: Range<usize> },
    /// A block's lines (indices), and which of its statements has the handle.
    Moment { block: Range<usize>, moved: usize },
}

impl Handle {
    /// The handle of the statement in this line (counted from 1).
    ///
    /// # Errors
    /// There is no number in it, and it stands in no block.
    pub fn of_line(text: &str, line: u32) -> Result<Self, String> {
        let at = line as usize - 1;
        let lines: Vec<&str> = text.lines().collect();
        let found = lines.get(at).copied().unwrap_or_default();
        let number = if statement(found).ends_with('&') && !statement(found).starts_with("wait ") {
            let is_block = |line: &&str| statement(line).ends_with('&');
            let start = at - lines[..at].iter().rev().take_while(|line| is_block(line)).count();
            let end = at + lines[at..].iter().take_while(|line| is_block(line)).count();
            Some(Number::Moment { block: start..end, moved: at - start })
        } else {
            let start: usize = text.split_inclusive('\n').take(at).map(str::len).sum();
            last_number(arguments(found))
                .map(|range| Number::Written { line, range: start + range.start..start + range.end })
        };
        match number {
            Some(number) => Ok(Self { text: text.to_owned(), number }),
            None => Err(format!("line {line}: found no number in `{found}`, and it is not one of several with `&`")),
        }
    }

    /// The script with another value: in the number's own unit, a moment in milliseconds since its block began.
    ///
    /// What the script says of its outcomes, and beside its statements, it says of its own value, and of no other.
    pub fn set(&self, value: u32) -> String {
        if value == self.value() {
            return self.text.clone();
        }
        let text = match &self.number {
            Number::Written { range, .. } => {
                format!("{}{value}{}", &self.text[..range.start], &self.text[range.end..])
            }
            Number::Moment { block, moved } => {
                let lines: Vec<&str> = self.text.lines().collect();
                let mut text = lines[..block.start].join("\n") + "\n";
                text += &moved_to(&lines[block.clone()], *moved, value);
                text += &lines[block.end..].join("\n");
                text
            }
        };
        text.lines().map(asked).collect()
    }

    /// The line of the call whose argument varies, if it is one.
    const fn line(&self) -> Option<u32> {
        match self.number {
            Number::Written { line, .. } => Some(line),
            Number::Moment { .. } => None,
        }
    }

    /// The value that the script has.
    pub fn value(&self) -> u32 {
        match &self.number {
            Number::Written { range, .. } => self.text[range.clone()].parse().unwrap_or(0),
            Number::Moment { block, moved } => {
                let lines: Vec<&str> = self.text.lines().collect();
                lines[block.clone()][..*moved].iter().filter_map(|line| wait_ms(line)).sum()
            }
        }
    }
}

/// A line without its caption.
fn statement(line: &str) -> &str {
    let mut in_text = false;
    let end = line.find(|c| {
        in_text ^= c == '"';
        c == '#' && !in_text
    });
    line[..end.unwrap_or(line.len())].trim()
}

/// A statement without its caption and its outcome.
fn arguments(line: &str) -> &str {
    let statement = statement(line);
    statement.split(" = ").next().unwrap_or(statement)
}

/// A line without what it says of its own run, with its end.
fn asked(line: &str) -> String {
    if line.starts_with('#') {
        return format!("{line}\n");
    }
    let background = if statement(line).ends_with('&') && !arguments(line).ends_with('&') { " &" } else { "" };
    format!("{}{background}\n", arguments(line))
}

fn last_number(text: &str) -> Option<Range<usize>> {
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = text[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    Some(start..end)
}

/// The milliseconds of `wait 40ms &`.
fn wait_ms(line: &str) -> Option<u32> {
    statement(line).strip_prefix("wait ")?.split("ms").next()?.trim().parse().ok()
}

/// A block with one of its statements at another moment. A program that has closed a socket calls it no more.
fn moved_to(lines: &[&str], moved: usize, value: u32) -> String {
    let mut clock_ms = 0;
    let mut timed: Vec<(u32, &str)> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        match wait_ms(line) {
            Some(ms) => clock_ms += ms,
            None if at == moved => {}
            None => timed.push((clock_ms, line)),
        }
    }
    // At the same moment the moved one is the last: what it comes behind is not later than it.
    let behind = timed.partition_point(|(at_ms, _)| *at_ms <= value);
    timed.insert(behind, (value, lines[moved]));
    let mut closed: Vec<&str> = Vec::new();
    let mut text = String::new();
    clock_ms = 0;
    for (at_ms, line) in timed {
        let (subject, verb) = statement(line).split_once(' ').unwrap_or_default();
        if closed.contains(&subject) {
            continue;
        }
        if verb.starts_with("close(") {
            closed.push(subject);
        }
        if at_ms > clock_ms {
            text += &format!("wait {}ms &\n", at_ms - clock_ms);
            clock_ms = at_ms;
        }
        text += line;
        text.push('\n');
    }
    text
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
    use scenario::{Errno, Script};

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

    const BLOCK: &str = "# ?\nclient write(1) = 1 & # leaves\nwait 60ms &\nserver read() = 1 &\nwait 60ms &\nserver close() = 0 &\nclient read()\n";

    #[test]
    fn a_statement_of_a_block_can_move_before_the_others() {
        let handle = Handle::of_line(BLOCK, 6).expect("it is one of several");
        assert_eq!(handle.value(), 120);
        assert_eq!(handle.set(120), BLOCK);
        assert_eq!(
            handle.set(20),
            "# ?\nclient write(1) &\nwait 20ms &\nserver close() &\nclient read()\n",
            "whoever has closed reads no more"
        );
        let first = Handle::of_line(BLOCK, 2).expect("it is one of several");
        assert_eq!(
            first.set(70),
            "# ?\nwait 60ms &\nserver read() &\nwait 10ms &\nclient write(1) &\nwait 50ms &\nserver close() &\nclient read()\n"
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
