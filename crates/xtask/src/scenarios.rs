//! The catalogue as a table.

use anyhow::{Result, bail};
use catalogue::{CATALOGUE, Entry, Family};
use scenario::{Event, Script, Trace};

/// Prints every scenario: its id, whether it runs as written, its question, and Linux's rules that acted in it.
///
/// # Errors
/// One that does not run as written.
pub fn list() -> Result<()> {
    let width = CATALOGUE.iter().map(|entry| entry.id.len()).max().unwrap_or(0);
    let mut wrong = 0;
    for family in Family::ALL {
        println!("{}", family.title());
        for entry in CATALOGUE.iter().filter(|entry| entry.family == family) {
            match run(entry) {
                Ok((script, trace)) => {
                    wrong += usize::from(!trace.as_written());
                    let outcome = if trace.as_written() { "as written" } else { "NOT AS WRITTEN" };
                    println!("  {:width$}  {outcome}  {}", entry.id, script.title);
                    for rule in rules(&trace) {
                        println!("  {:width$}    {rule}", "");
                    }
                }
                Err(why) => {
                    wrong += 1;
                    println!("  {:width$}  {why}", entry.id);
                }
            }
        }
    }
    if wrong > 0 {
        bail!("{wrong} of {} scenarios do not run as written", CATALOGUE.len());
    }
    Ok(())
}

fn run(entry: &Entry) -> Result<(Script, Trace), String> {
    let script = Script::parse(entry.text).map_err(|error| format!("book/scenarios/{}.tcp:{error}", entry.id))?;
    let trace = sim::run(entry.id, &script, sim::Stack::Linux).map_err(|error| format!("cannot run: {error}"))?;
    Ok((script, trace))
}

/// The rules that acted, each once, in their order.
fn rules(trace: &Trace) -> Vec<String> {
    let mut rules = Vec::new();
    for event in &trace.events {
        if let Event::Rule { rule, .. } = event {
            let rule = format!("{} ({}; {})", rule.name(), rule.clause(), rule.kernel());
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
    }
    rules
}
