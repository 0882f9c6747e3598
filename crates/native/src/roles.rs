//! The roles that a process of this program can have: the runner of a script, or the calls of one host.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Stdio, exit};
use std::sync::atomic::{AtomicBool, Ordering};

use scenario::Script;
use serde::{Deserialize, Serialize};

use crate::spawn::{MARK, SELF, end_with_parent, role};
use crate::{Error, Options, Performed, Reasons, Rung, calls, processor, runner};

static ENTERED: AtomicBool = AtomicBool::new(false);

/// What the runner is told on stdin.
#[derive(Serialize, Deserialize)]
struct Order {
    id: String,
    script: String,
    rung: Option<Rung>,
    reasons: Reasons,
    pcap: Option<PathBuf>,
}

/// See [`crate::enter`].
pub(crate) fn enter() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() != Some(MARK) {
        ENTERED.store(true, Ordering::Relaxed);
        return;
    }
    let parent = arguments.next();
    let role: Vec<String> = arguments.collect();
    let played = end_with_parent(parent.as_deref()).and_then(|()| play(&role));
    match played {
        Ok(()) => exit(0),
        Err(error) => {
            eprintln!("{}: {error}", role.join(" "));
            exit(1)
        }
    }
}

fn play(role: &[String]) -> io::Result<()> {
    match role.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["runner"] => play_runner(),
        ["calls", own, peer, rung] => match (own.parse(), peer.parse(), Rung::from_name(rung)) {
            (Ok(own), Ok(peer), Some(rung)) => calls::make(own, peer, rung),
            _ => Err(io::Error::other("no two addresses and a rung")),
        },
        _ => Err(io::Error::other("an unknown role")),
    }
}

/// See [`crate::perform`].
pub(crate) fn perform(id: &str, script: &Script, options: &Options) -> Result<Performed, Error> {
    if options.program.is_none() && !ENTERED.load(Ordering::Relaxed) {
        let why = "this program does not call native::enter() first thing in main, and names no program that does";
        return Err(Error::Broken(why.to_owned()));
    }
    let broken = |what: &'static str| move |error: io::Error| Error::broken(what, error);
    let Options { rung, reasons, pcap, .. } = options.clone();
    let order = Order { id: id.to_owned(), script: text(script), rung, reasons, pcap };
    let order = serde_json::to_vec(&order).map_err(|error| Error::broken("the runner's order", error))?;
    let program = options.program.as_deref().unwrap_or_else(|| Path::new(SELF));
    let mut runner = role(program, &["runner"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(broken("the runner's process cannot be started"))?;
    // Written in one go and closed: the runner reads it all before it answers.
    let sent = runner.stdin.take().expect("stdin is a pipe").write_all(&order);
    let answer = runner.wait_with_output().map_err(broken("the runner"))?;
    sent.map_err(broken("the runner takes no order"))?;
    if answer.stdout.is_empty() {
        return Err(Error::Broken(format!("the runner's process ended without a trace ({})", answer.status)));
    }
    let unread = |error| format!("{}: its answer is of another build than this program ({error})", program.display());
    serde_json::from_slice(&answer.stdout).map_err(|error| Error::Broken(unread(error)))?
}

fn play_runner() -> io::Result<()> {
    let unordered = processor::order_what_happens_at_once().err();
    let mut order = Vec::new();
    io::stdin().read_to_end(&mut order)?;
    let Order { id, script, rung, reasons, pcap } = serde_json::from_slice(&order)?;
    let options = Options { rung, reasons, pcap, program: None };
    let mut performed: Result<Performed, Error> = match Script::parse(&script) {
        Ok(parsed) => runner::perform(&id, &parsed, &script, &options),
        Err(error) => Err(Error::broken("the script does not read back", error)),
    };
    if let (Ok(performed), Some(why)) = (&mut performed, unordered) {
        performed.notes.push(format!("what happens at one moment may come in another order: {why}"));
    }
    io::stdout().write_all(&serde_json::to_vec(&performed)?)
}

/// The script's statements as text, each in its own line, so that another process reads the same from it.
fn text(script: &Script) -> String {
    let mut text = String::new();
    let mut line = 1;
    for statement in &script.statements {
        while line < statement.line {
            text.push('\n');
            line += 1;
        }
        text.push_str(&statement.text);
        text.push('\n');
        line += 1;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_keeps_its_lines_on_the_way_to_another_process() {
        let script = Script::parse("# A title\n\nserver listen() = 0\n# no caption\nclient connect() &   # caption\n");
        let script = script.expect("this is a script");
        let read = Script::parse(&text(&script)).expect("it reads back");
        let lines = |script: &Script| -> Vec<_> {
            script.statements.iter().map(|statement| (statement.line, statement.action.clone())).collect()
        };
        assert_eq!(lines(&read), lines(&script));
    }
}
