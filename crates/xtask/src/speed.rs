//! How long the scenarios of the book take natively, and as wasm: compiled for speed, and for size, as the pages have it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::debian::needs;
use crate::{cargo, first_line, program, root};

/// Wasm with a clock and an output, which Node can give it.
const TARGET: &str = "wasm32-wasip1";
const EXAMPLE: &str = "speed";
/// Each program so often, in turn: other work on the machine hits all of them alike.
const TURNS: usize = 3;
/// Node says otherwise that WASI is an experiment.
const RUNNER: &str = "import fs from 'node:fs'; import { WASI } from 'node:wasi'; \
    const wasi = new WASI({ version: 'preview1' }); \
    const program = await WebAssembly.compile(fs.readFileSync(process.argv[1])); \
    wasi.start(await WebAssembly.instantiate(program, wasi.getImportObject()));";

/// Prints the fastest times and their ratios to the native one.
///
/// # Errors
/// Node is missing, a program does not compile, or does not run to its end.
pub fn compare() -> Result<()> {
    needs("node", "nodejs")?;
    program::ensure_target(TARGET)?;
    let native = build("bench", None)?;
    let fast = build("bench", Some(TARGET))?;
    let small = build(program::PROFILE, Some(TARGET))?;
    let mut times = [u64::MAX; 3];
    for _ in 0..TURNS {
        for (time, program) in times.iter_mut().zip([&native, &fast, &small]) {
            *time = time_us(program)?.min(*time);
        }
    }
    println!("all scenarios, read and performed, fastest of many rounds:");
    for (name, time) in ["native, for speed", "wasm, for speed", "wasm, for size, as in the pages"].iter().zip(times) {
        println!("{name:33} {:7.3} ms  {:.1} x", time as f64 / 1e3, time as f64 / times[0] as f64);
    }
    Ok(())
}

fn build(profile: &str, target: Option<&str>) -> Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--quiet", "--package", "sim", "--example", EXAMPLE, "--profile", profile]);
    build.args(target.map(|target| ["--target", target]).into_iter().flatten());
    crate::run(&mut build)?;
    // Cargo's folder for the profile of benches is that of releases.
    let profile = if profile == "bench" { "release" } else { profile };
    let file = if target.is_some() { format!("{EXAMPLE}.wasm") } else { EXAMPLE.to_owned() };
    Ok(program::target_folder()?.join(target.unwrap_or_default()).join(profile).join("examples").join(file))
}

fn time_us(program: &Path) -> Result<u64> {
    let mut command = if program.extension().is_some() {
        let mut node = Command::new("node");
        node.args(["--no-warnings", "--input-type=module", "--eval", RUNNER]).arg(program);
        node
    } else {
        Command::new(program)
    };
    let said = first_line(command.current_dir(root()))?;
    said.parse().with_context(|| format!("{} says {said:?}, not a time", program.display()))
}
