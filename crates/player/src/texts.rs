//! Every text of controls and pages, in one place; those of a picture are in `view`. A second language is a second table.

use scenario::Host;
use view::export::Form;
pub(crate) use view::texts::step_of;

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
pub(crate) const HINT: &str = "Press play, or step with the arrow keys. A click on a row explains it.";
pub(crate) const HEADER: &str = "The segment's header, field by field";
pub(crate) const NO_SEGMENT: &str = "Choose a segment: a row with an arrow.";
pub(crate) const DIAGRAM: &str = "Both sides in RFC 9293's state diagram";
pub(crate) const HOLDINGS: &str = "What the sockets hold";
pub(crate) const WHEN_QUIET: &str = "Errors, timers and queues are as they were when the link was last quiet.";
pub(crate) const CHANGE: &str = "Change it";
pub(crate) const CHOOSE_STEP: &str = "Choose a step: its segment can be lost, its call taken out.";
pub(crate) const LOSE: &str = "Lose this segment";
pub(crate) const HOLD: &str = "Delay it by 500 ms";
pub(crate) const TWICE: &str = "Send it twice";
pub(crate) const REMOVE: &str = "Take this line out";
pub(crate) const PUT_IN: &str = "Put in behind this step …";
pub(crate) const UNDO: &str = "Undo";
pub(crate) const ORIGINAL: &str = "Back to the book's script";
pub(crate) const BARE: &str = "smoltcp without Linux's rules";
pub(crate) const COMPARE: &str = "Side by side: Linux, and smoltcp as it is";
pub(crate) const AS_LINUX: &str = "With Linux's rules";
pub(crate) const AS_SMOLTCP: &str = "smoltcp as it is";
pub(crate) const SCRIPT: &str = "The script";
pub(crate) const TAKE: &str = "Take it away";
pub(crate) const LINK_HERE: &str = "Link to this step";
pub(crate) const IN_PLAYGROUND: &str = "Open it in the playground";
pub(crate) const ON_YOUR_KERNEL: &str = "On the Linux that you run, in the book's repository:";
pub(crate) const PREDICT: &str = "Predict";
pub(crate) const RIGHT: &str = "Right.";
pub(crate) const NO_FILE: &str = "this browser takes no file";

/// `2 of 3 right on this page`
pub(crate) fn score((right, asked): (u32, u32)) -> String {
    format!("{right} of {asked} right on this page")
}

/// What is wrong with the script, with the line it is in.
pub(crate) fn wrong_line(why: &str, line: Option<u32>) -> String {
    match line {
        Some(line) => format!("Line {line} does not run, the picture shows the last script that did: {why}"),
        None => format!("This does not run, the picture shows the last script that did: {why}"),
    }
}

/// What a file is called on its button.
pub(crate) const fn form(form: Form) -> &'static str {
    match form {
        Form::Script => "Script (.tcp)",
        Form::Text => "Trace as text",
        Form::Capture => "Capture for Wireshark (.pcap)",
        Form::Packetdrill(Host::Client) => "The client's side for packetdrill (.pkt)",
        Form::Packetdrill(Host::Server) => "The server's side for packetdrill (.pkt)",
        Form::Svg => "Picture (.svg)",
    }
}

/// What only the playground shows.
pub(crate) mod page {
    use scenario::Outcome;

    pub(crate) const ENDS_WITH: &str = "What a call gave";
    pub(crate) const ANY_OUTCOME: &str = "anything";
    pub(crate) const SCENARIO: &str = "Scenario";
    pub(crate) const EMPTY_SCRIPT: &str = "An empty script";
    pub(crate) const LAST_TRIED: &str = "Last things tried, on this device";
    pub(crate) const FORGET: &str = "Forget the last things tried";
    pub(crate) const SAME_OUTCOMES: &str = "Every call gives the same.";
    pub(crate) const OTHER_OUTCOMES: &str = "These calls give something else:";
    pub(crate) const LINK_TO_THIS: &str = "A link to this, script and step in it";
    pub(crate) const RUNTIMES: &str = "What each runtime prints for it";

    /// A link names a scenario that is not there.
    pub(crate) fn no_scenario(id: &str) -> String {
        format!("the link names the scenario `{id}`, which this book has not got")
    }

    /// `client read(): 0 on Linux, ECONNRESET with smoltcp as it is`
    pub(crate) fn differ(call: &str, linux: &Outcome, bare: &Outcome) -> String {
        format!("{call}: {linux} on Linux, {bare} with smoltcp as it is")
    }
}
