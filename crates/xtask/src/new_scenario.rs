//! A new script, filled in by the kernel: outcomes are tried, never assumed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use native::Options;
use scenario::{Action, Call, Event, Script, Statement, Trace};

use crate::root;

const SKELETON: &str = "\
# Which question does this ending answer?
# One sentence on what happens.

server listen()
client connect()
server accept()

client write(\"hello\")
server read()
server close()
client read()
client close()
";

/// Writes `book/scenarios/ID.tcp`, or completes it: each call without `=` gets what it returned on this kernel.
///
/// # Errors
/// The id is none, the script cannot be read or performed, or what it says already is not what the kernel does.
pub fn new(id: &str) -> Result<()> {
    let is_id = !id.is_empty() && id.split('-').all(|word| !word.is_empty() && word.bytes().all(is_letter));
    if !is_id {
        bail!(
            "found `{id}`, expected small letters and digits with hyphens between words, such as write-after-peer-close"
        );
    }
    let name = format!("book/scenarios/{id}.tcp");
    let path = root().join(&name);
    let text = if path.exists() {
        fs::read_to_string(&path).with_context(|| format!("cannot read {name}"))?
    } else {
        SKELETON.to_owned()
    };
    let (text, kernel) = completed(id, &name, &text)?;
    write(&path, &text)?;
    print!("{text}");
    println!("\n{name} is what Linux {kernel} does.");
    if catalogue::scenario(id).is_none() {
        println!("Next: ask the question in its first line, change the calls, run `cargo xtask new {id}` again,");
        println!("and put \"{id}\" under its family in crates/catalogue/src/lib.rs.");
    }
    Ok(())
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// The script with every outcome in it, and the kernel's release.
fn completed(id: &str, name: &str, text: &str) -> Result<(String, String)> {
    let mut outcomes: BTreeMap<u32, String> = BTreeMap::new();
    for event in perform(id, name, text)?.events {
        if let Event::Call { line, outcome, .. } = event {
            outcomes.insert(line, outcome.to_string());
        }
    }
    let open = open_calls(name, text)?;
    let mut trace = perform(id, name, &filled(text, &open, &outcomes))?;
    // Whether a call was blocked before it returned is known only once its outcome is judged.
    let blocked = |line: &u32| trace.failed.iter().any(|failed| failed.line == *line && failed.got == "blocks");
    let blocked: Vec<u32> = open.keys().copied().filter(blocked).collect();
    if !blocked.is_empty() {
        for (_, outcome) in outcomes.iter_mut().filter(|(line, _)| blocked.contains(line)) {
            *outcome = format!("blocks, then {outcome}");
        }
        trace = perform(id, name, &filled(text, &open, &outcomes))?;
    }
    if !trace.as_written() {
        let failed: Vec<String> = trace
            .failed
            .iter()
            .map(|failed| {
                format!("{name}:{}: {} is written, the kernel gave {}", failed.line, failed.expected, failed.got)
            })
            .collect();
        bail!("{}", failed.join("\n"));
    }
    Ok((filled(text, &open, &outcomes), trace.kernel))
}

fn perform(id: &str, name: &str, text: &str) -> Result<Trace> {
    let script = Script::parse(text).map_err(|error| anyhow!("{name}:{error}"))?;
    native::run(id, &script, &Options::default()).map_err(|error| anyhow!("{name}: {error}"))
}

/// The calls without an outcome: their lines, and their statements as written.
fn open_calls(name: &str, text: &str) -> Result<BTreeMap<u32, String>> {
    let script = Script::parse(text).map_err(|error| anyhow!("{name}:{error}"))?;
    let open = |statement: &Statement| matches!(&statement.action, Action::Call(Call { expected: None, .. }));
    Ok(script.statements.into_iter().filter(open).map(|statement| (statement.line, statement.text)).collect())
}

/// The text with an outcome behind each open call; everything else stays, captions too.
fn filled(text: &str, open: &BTreeMap<u32, String>, outcomes: &BTreeMap<u32, String>) -> String {
    let mut filled = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        match (open.get(&number), outcomes.get(&number)) {
            (Some(statement), Some(outcome)) => {
                let call = statement.trim_end_matches('&').trim_end();
                filled.push_str(&line.replacen(call, &format!("{call} = {outcome}"), 1));
            }
            _ => filled.push_str(line),
        }
        filled.push('\n');
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_goes_before_the_sign_and_the_caption() {
        let text = "# T\n\nserver listen()\nclient connect() &   # says it\nserver accept() = 0\n";
        let open = open_calls("t.tcp", text).expect("a script");
        let outcomes = [(3, "0"), (4, "blocks, then 0"), (5, "EPIPE")].map(|(line, text)| (line, text.to_owned()));
        assert_eq!(
            filled(text, &open, &outcomes.into()),
            "# T\n\nserver listen() = 0\nclient connect() = blocks, then 0 &   # says it\nserver accept() = 0\n"
        );
    }

    #[test]
    fn an_id_is_words_and_hyphens() {
        for wrong in ["", "-a", "a--b", "Upper", "a/b", "../a"] {
            assert!(new(wrong).is_err_and(|error| error.to_string().starts_with("found `")), "{wrong}");
        }
    }
}
