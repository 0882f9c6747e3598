//! A run of the simulator against a run of a kernel.

use native::Asked;
use scenario::{Action, Script, Trace};

use crate::ledger::{self, Entry};
use crate::release::Release;
use crate::{counters, held};
use view::normal::Normal;

/// Two runs of one script.
#[derive(Clone, Copy, Debug)]
pub struct Runs<'a> {
    /// The script's name in the comparison, `scenario::linger-zero`.
    pub name: &'a str,
    /// The script itself.
    pub script: &'a Script,
    /// The simulator's run.
    pub model: &'a Trace,
    /// The kernel's run.
    pub kernel: &'a Trace,
    /// Whether that one has what its sockets hold.
    pub asked: Asked,
}

/// Holds the two against each other, and what the kernel says of its run against what it should say; gives the ids of
/// the ledger's entries that account for what differs, none if nothing does.
///
/// # Errors
/// What differs without a reason in the ledger, a line each.
pub fn judge<'a>(runs: Runs<'_>, ledger: &'a [Entry]) -> Result<Vec<&'a str>, String> {
    let Runs { name, script, model, kernel, asked } = runs;
    held::judge(script, model).map_err(|why| format!("the simulator: {why}"))?;
    let mut differences: Vec<String> = kernel
        .failed
        .iter()
        .filter(|failed| script_expects(script, failed.line))
        .map(|failed| format!("the kernel: line {}: {} expected, got {}", failed.line, failed.expected, failed.got))
        .collect();
    differences.extend(counters::judge(kernel).err());
    let (mut ours, mut theirs) = (Normal::of(script, model), Normal::of(script, kernel));
    match asked {
        Asked::Yes => differences.extend(held::judge(script, kernel).err().map(|why| format!("the kernel: {why}"))),
        Asked::No => {
            ours.forget_infos();
            theirs.forget_infos();
        }
    }
    differences.extend(ours.differences(&theirs));
    let release = Release::at_the_beginning_of(&kernel.kernel);
    ledger::judge(ledger, release, name, model, &differences)
        .map_err(|why| format!("simulator / kernel {}:\n{}", kernel.kernel, indented(&why)))
}

/// Whether the line says what should come out: then the kernel must give just that.
fn script_expects(script: &Script, line: u32) -> bool {
    script.statement(line).is_some_and(|statement| match &statement.action {
        Action::Call(call) => call.expected.is_some(),
        _ => true,
    })
}

/// Each line four columns further in.
pub fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
