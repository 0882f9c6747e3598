//! Every text of controls and pages, in one place; those of a picture are in `view`. A second language is a second table.

use scenario::Host;
use view::compare::Mark;
use view::export::Form;

use crate::page::Shared;

pub(crate) const CONTROLS: &str = "Player";
pub(crate) const FIRST: &str = "First step";
pub(crate) const BACK: &str = "One step back";
pub(crate) const PLAY: &str = "Play";
pub(crate) const PAUSE: &str = "Pause";
pub(crate) const FORWARD: &str = "One step forward";
pub(crate) const LAST: &str = "Last step";
pub(crate) const POSITION: &str = "Step";
pub(crate) const SPEED: &str = "Speed";
pub(crate) const RUNTIME: &str = "Messages as printed by";
pub(crate) const HINT: &str =
    "Press play, or step with the arrow keys. A click on a segment can lose it, delay it or send it twice.";
pub(crate) const HEADER: &str = "Header";
pub(crate) const NO_SEGMENT: &str = "Choose a segment: a row with an arrow.";
pub(crate) const DIAGRAM: &str = "States";
pub(crate) const HOLDINGS: &str = "Sockets";
pub(crate) const WHEN_QUIET: &str = "Errors, timers and queues are as they were when the link was last quiet.";
pub(crate) const CHANGE: &str = "Script";
pub(crate) const LOSE: &str = "Lose it";
pub(crate) const HOLD: &str = "Delay it";
pub(crate) const TWICE: &str = "Send it twice";
pub(crate) const REMOVE: &str = "Take this line out";
pub(crate) const PUT_IN: &str = "Put in …";
pub(crate) const CHANGE_HERE: &str = "Change";
pub(crate) const CLOSE: &str = "Close";
pub(crate) const NEXT: &str = "Next";
pub(crate) const WHOLE_RUN: &str = "See the whole run";
pub(crate) const PRESENT: &str = "Present";
pub(crate) const SHOW_DIFFERENCE: &str = "Show";
pub(crate) const UNDO: &str = "Undo";
pub(crate) const REDO: &str = "Redo";
pub(crate) const ORIGINAL: &str = "Back to the book's run";
pub(crate) const BARE: &str = "smoltcp without Linux's rules";
pub(crate) const COMPARE: &str = "Side by side: Linux, and smoltcp as it is";
pub(crate) const AS_LINUX: &str = "With Linux's rules";
pub(crate) const AS_SMOLTCP: &str = "smoltcp as it is";
pub(crate) const HERE: &str = "On Linux 7.2, here";
pub(crate) const SCRIPT: &str = "The script";
pub(crate) const TAKE: &str = "Take away";
pub(crate) const LINK_HERE: &str = "Link to this step";
pub(crate) const IN_PLAYGROUND: &str = "Open it in the playground";
pub(crate) const ON_YOUR_KERNEL: &str = "On the Linux that you run, in the book's repository:";
pub(crate) const PREDICT: &str = "Predict";
pub(crate) const RIGHT: &str = "Right.";

/// Behind what a table shows.
pub(crate) const AS_A_TABLE: &str = ", as a table";
pub(crate) const IN_THE_TEXT: &str = "To its sentence";
pub(crate) const DRAG: &str = "Drag it down: the segment arrives later";

/// `+250 ms`
pub(crate) fn later_by(ms: u32) -> String {
    format!("+{ms} ms")
}

/// `2 of 3 right on this page`
pub(crate) fn score((right, asked): (u32, u32)) -> String {
    format!("{right} of {asked} right on this page")
}

/// What became of a link.
pub(crate) const fn shared(shared: Shared) -> &'static str {
    match shared {
        Shared::Copied => "Copied.",
        Shared::Given => "Shared.",
        Shared::Not => "This browser copies nothing: take the link by its menu.",
    }
}

/// `Not so: write("one more") = 8.`
pub(crate) fn not_so(right: &str) -> String {
    format!("Not so: {right}.")
}

/// `3 of 5 right. That was all of it.`
pub(crate) fn result((right, of): (usize, usize)) -> String {
    format!("{right} of {of} right in this run.")
}

/// `only in the book's run: server close() = 0; client CLOSE-WAIT`
pub(crate) fn only_in_the_book(rows: &[String]) -> String {
    format!("only in the book's run: {}", rows.join("; "))
}

/// What the book's run has in the place of a row.
pub(crate) fn in_the_book(mark: &Mark) -> Option<String> {
    Some(match mark {
        Mark::New => return None,
        Mark::Normal(said) => format!("in the model's run {said}"),
        Mark::Outcome(outcome) => format!("in the book's run {}", view::texts::result(Some(*outcome))),
        Mark::States(states) if states.is_empty() => "no change of state in the book's run".to_owned(),
        Mark::States(states) => {
            let names: Vec<&str> = states.iter().map(|state| state.name()).collect();
            format!("in the book's run {}", names.join(", "))
        }
    })
}

/// Above a run on a Linux kernel in the page.
pub(crate) fn on_kernel(release: &str) -> String {
    format!("On Linux {release}, 32 bit, here: an emulated PC whose clock counts instructions")
}

/// How much differs between a run on a kernel and the model's.
pub(crate) fn kernel_differences(count: usize) -> String {
    match count {
        0 => "No difference to the model's run.".to_owned(),
        1 => "One thing differs from the model's run.".to_owned(),
        count => format!("{count} things differ from the model's run."),
    }
}

/// How much differs from the book's run.
pub(crate) fn differences(count: usize) -> String {
    match count {
        0 => "Your script. It gives what the book's run gave.".to_owned(),
        1 => "One thing differs from the book's run.".to_owned(),
        count => format!("{count} things differ from the book's run."),
    }
}

/// What is wrong with the script, with the line it is in.
pub(crate) fn wrong_line(why: &str, line: Option<u32>) -> String {
    match line {
        Some(line) => format!("Line {line} does not run, the picture shows the last script that did: {why}"),
        None => format!("This does not run, the picture shows the last script that did: {why}"),
    }
}

pub(crate) const PROPOSED: &str = "Statements that begin as this line does";

/// What a file is called on its button.
pub(crate) const fn form(form: Form) -> &'static str {
    match form {
        Form::Script => "Script (.tcp)",
        Form::Text => "Trace as text",
        Form::Capture => "Capture for Wireshark (.pcap)",
        Form::Packetdrill(Host::Client) => "The client's side for packetdrill (.pkt)",
        Form::Packetdrill(_) => "The server's side for packetdrill (.pkt)",
        Form::Svg => "Picture (.svg)",
    }
}

/// What only the playground shows.
pub(crate) mod page {
    use scenario::Outcome;

    pub(crate) const EXAMPLES: &str = "Examples";
    pub(crate) const CHALLENGES: &str = "Challenges";
    pub(crate) const LANGUAGE: &str = "Language";
    pub(crate) const EMPTY_SCRIPT: &str = "New script";
    pub(crate) const SCRIPT: &str = "Script";
    pub(crate) const PICTURE: &str = "Picture";
    pub(crate) const ENDS_WITH: &str = "All runs in which a call gives";
    pub(crate) const ANY_OUTCOME: &str = "anything";
    pub(crate) const LAST_TRIED: &str = "Last things tried, on this device:";
    pub(crate) const FORGET: &str = "Forget the last things tried";
    pub(crate) const SAME_OUTCOMES: &str = "Every call gives the same with both.";
    pub(crate) const OTHER_OUTCOMES: &str = "These calls give something else:";
    pub(crate) const RUNTIMES: &str = "What each runtime prints for it";
    pub(crate) const HINT: &str = "A hint";
    pub(crate) const DONE_NOW: &str = "✔ done";
    pub(crate) const DONE: &str = "✔ done before";
    pub(crate) const NOT_DONE: &str = "○ to do";
    pub(crate) const HOLDS: &str = "✔ Everything is as the script says.";
    pub(crate) const HOLDS_NOT: &str = "○ Not everything is as the script says yet.";

    /// A link names a scenario that is not there.
    pub(crate) fn no_scenario(id: &str) -> String {
        format!("the link names the scenario `{id}`, which this book has not got")
    }

    /// `client read(): 0 on Linux, ECONNRESET with smoltcp as it is`
    pub(crate) fn differ(call: &str, linux: &Outcome, bare: &Outcome) -> String {
        format!("{call}: {linux} on Linux, {bare} with smoltcp as it is")
    }
}
