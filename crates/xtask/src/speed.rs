//! How long the scenarios of the book take natively, and as wasm in a browser: compiled for speed, and as the pages have
//! it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::browser::CHROMIUM;
use crate::{cargo, first_line, program, root};

/// Wasm with a clock and an output, which the page below gives it.
const TARGET: &str = "wasm32-wasip1";
const EXAMPLE: &str = "speed";
/// Each program so often, in turn: other work on the machine hits all of them alike.
const TURNS: usize = 3;
/// What a program gets of WASI: a clock, an output, and of all else the answer 0. What it puts out is the page's text.
const PAGE: &str = "\
    let memory, text = '';
    const view = () => new DataView(memory.buffer);
    const nothing = (count, bytes) => (view().setUint32(count, 0, true), view().setUint32(bytes, 0, true), 0);
    const wasi = {
        clock_time_get: (id, precision, at) => (view().setBigUint64(at, BigInt(Math.round(performance.now() * 1e6)), true), 0),
        environ_sizes_get: nothing,
        args_sizes_get: nothing,
        fd_write: (file, parts, count, written) => {
            let bytes = 0;
            for (let part = 0; part < count; part++) {
                const [at, length] = [0, 4].map(word => view().getUint32(parts + 8 * part + word, true));
                text += new TextDecoder().decode(new Uint8Array(memory.buffer, at, length));
                bytes += length;
            }
            view().setUint32(written, bytes, true);
            return 0;
        },
    };
    const module = new WebAssembly.Module(Uint8Array.from(program.match(/../g), byte => parseInt(byte, 16)));
    for (const { name } of WebAssembly.Module.imports(module)) wasi[name] ??= () => 0;
    const { exports } = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi });
    memory = exports.memory;
    exports._start();
    document.body.textContent = text;";

/// Prints the fastest times and their ratios to the native one.
///
/// # Errors
/// There is no browser, a program does not compile, or does not run to its end.
pub fn compare() -> Result<()> {
    program::ensure_target(TARGET)?;
    let native = build("bench", None)?;
    let fast = page(&build("bench", Some(TARGET))?)?;
    let small = page(&build(program::PROFILE, Some(TARGET))?)?;
    let mut times = [u64::MAX; 3];
    for _ in 0..TURNS {
        for (time, program) in times.iter_mut().zip([&native, &fast, &small]) {
            *time = time_us(program)?.min(*time);
        }
    }
    println!("all scenarios, read and performed, fastest of many rounds:");
    for (name, time) in ["native, for speed", "wasm, for speed", "wasm, as in the pages"].iter().zip(times) {
        println!("{name:22} {:7.3} ms  {:.2} x", time as f64 / 1e3, time as f64 / times[0] as f64);
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

/// A page that runs a program, beside it.
fn page(program: &Path) -> Result<PathBuf> {
    let wasm = fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
    let bytes = wasm.iter().fold(String::new(), |mut bytes, byte| {
        let _ = write!(bytes, "{byte:02x}");
        bytes
    });
    let page = program.with_extension("html");
    fs::write(&page, format!("<body><script>const program = '{bytes}';\n{PAGE}</script>\n"))
        .with_context(|| format!("cannot write {}", page.display()))?;
    Ok(page)
}

fn time_us(program: &Path) -> Result<u64> {
    let said = if program.extension().is_some() {
        let mut chrome = Command::new(CHROMIUM.ensure()?);
        chrome.args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]);
        chrome.arg(format!("file://{}", program.display())).stderr(Stdio::null());
        first_line(&mut chrome)?
    } else {
        first_line(Command::new(program).current_dir(root()))?
    };
    // A browser gives the page around it; what it shows if a script fails is the program itself, which nobody wants to read.
    let text = said.trim_start_matches("<html><head></head><body>").trim_end_matches("</body></html>");
    text.parse().with_context(|| format!("{} did not run to its end", program.display()))
}
