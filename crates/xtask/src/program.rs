//! The pages' programs: from Rust to what a browser loads.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::pack::pack;
use crate::{cargo, first_line, glue, normal, root, run};

const TARGET: &str = "wasm32-unknown-unknown";
/// What is small before it is fast.
pub(crate) const PROFILE: &str = "page";
/// Half of what is usual; a run of some thousand rows needs a tenth of it.
const STACK_BYTES: u32 = 512 * 1024;

/// The player, with all that a picture needs.
pub const PLAYER: &str = "player";
/// The playground: the player with its feature of that name, so that no chapter's reader loads that.
pub const PLAYGROUND: &str = "playground";
/// The answers to pasted text, for the page of messages.
pub const EVIDENCE: &str = "evidence";
/// The program that draws the run of the Linux of the pages.
pub const HERE: &str = "here";
/// Captures: their connections, and the verdict on each.
pub const ANALYZER: &str = "analyzer";
/// Every program's name, with which its files' names begin: its crate's, but for [`PLAYGROUND`].
pub const ALL: [&str; 5] = [PLAYER, PLAYGROUND, EVIDENCE, HERE, ANALYZER];

/// The package that a program is made of.
pub fn package(name: &str) -> &str {
    if name == PLAYGROUND { PLAYER } else { name }
}

/// Where a program goes: under the book's source, so that plain `mdbook build` copies it as well.
pub fn folder(name: &str) -> PathBuf {
    root().join("book").join(name)
}

/// Builds the programs. In `book/NAME` lie then `NAME-HASH.js` and `NAME-HASH_bg.wasm`, and nothing else.
///
/// The hash is of the content, so that a browser never puts an old half to a new one.
///
/// # Errors
/// The wasm target cannot be had, a program does not compile, or the files cannot be written.
pub fn build() -> Result<()> {
    let sysroot = sysroot()?;
    ensure_target(TARGET)?;
    for name in ALL {
        println!("Building the {name} for the browser (the first time takes about a minute)");
        let wasm = compile(&sysroot, name)?;
        let wasm = fs::read(&wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
        // Functions still have their names here. Yew depends on a JSON library without using it for us; so shall we,
        // except where a kernel's answer is read.
        if name != HERE && contains(&wasm, "serde_json") {
            bail!("the {name} has a JSON library in it, a fifth of a program's size: scripts and text need none");
        }
        let folder = folder(name);
        if folder.is_dir() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        let glue = bind(wasm, name)?;
        if name == HERE {
            name_to_panel(&glue)?;
        }
    }
    Ok(())
}

/// `book/linux/panel.js` asks for its program by a name that stays.
fn name_to_panel(glue: &str) -> Result<()> {
    let file = root().join("book/linux/program.js");
    let text = format!(
        "// Written by `cargo xtask build`.\nexport {{ default, file, media_type, reads, show, trace }} from \"../{HERE}/{glue}.js\";\n"
    );
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn sysroot() -> Result<String> {
    first_line(Command::new("rustc").current_dir(root()).args(["--print", "sysroot"]))
}

/// Installs Rust's standard library for a target, if it is not there.
///
/// # Errors
/// It cannot be had.
pub(crate) fn ensure_target(target: &str) -> Result<()> {
    if Path::new(&sysroot()?).join("lib/rustlib").join(target).is_dir() {
        return Ok(());
    }
    println!("Rust's standard library for {target} is missing: installing it with rustup");
    run(Command::new("rustup").current_dir(root()).args(["target", "add", target]))
        .with_context(|| format!("install Rust's standard library for {target} (`rustup target add {target}`)"))
}

/// Compiles a program, with no path of this machine in it, and says where the wasm is.
fn compile(sysroot: &str, name: &str) -> Result<PathBuf> {
    let cargo_home = match std::env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => std::env::home_dir().context("there is no home folder: set CARGO_HOME")?.join(".cargo"),
    };
    // Panic messages name source files: ours by their place in the repository, others' by crate and version.
    // Of several prefixes the last counts.
    let mut prefixes = vec![
        (root(), "book"),
        (cargo_home.clone(), "cargo"),
        (PathBuf::from(sysroot), "rust"),
        (PathBuf::from(sysroot).join("lib/rustlib/src/rust/library"), "rust"),
    ];
    // A folder for each registry, called after its host.
    let registries = fs::read_dir(cargo_home.join("registry/src")).into_iter().flatten().filter_map(Result::ok);
    prefixes.extend(registries.map(|registry| (registry.path(), "cargo")));
    let mut flags: Vec<String> =
        prefixes.into_iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect();
    // The data lies behind the stack: below 1 MiB an address is a byte shorter (LEB128), some ten thousand times.
    flags.push(format!("-Clink-arg=-zstack-size={STACK_BYTES}"));
    let target = target_folder()?;
    let package = package(name);
    let features: &[&str] = if name == PLAYGROUND { &["--no-default-features", "--features", PLAYGROUND] } else { &[] };
    run(cargo()
        .args(["build", "--package", package, "--lib", "--target", TARGET, "--profile", PROFILE])
        .args(features)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")))?;
    Ok(target.join(TARGET).join(PROFILE).join(format!("{package}.wasm")))
}

/// Where cargo puts what it builds; `CARGO_TARGET_DIR` and configuration can move it.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let metadata = first_line(cargo().args(["metadata", "--format-version=1", "--no-deps", "--offline"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).context("cannot read cargo's metadata")?;
    let folder = metadata["target_directory"].as_str().context("cargo's metadata have no target_directory")?;
    Ok(folder.into())
}

/// Makes the glue between the program and the page, and gives its name; wasm-bindgen as a library is always the version
/// that it needs.
fn bind(wasm: Vec<u8>, program: &str) -> Result<String> {
    let name = &format!("{program}-{}", hash(&wasm));
    let folder = folder(program);
    let mut output = Bindgen::new()
        .input_bytes(name, wasm)
        .out_name(name)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("wasm-bindgen cannot work on {name}"))?;
    let shorter = glue::shorten(&mut output)?;
    output.emit(&folder).with_context(|| format!("cannot write {name} into {}", folder.display()))?;
    let glue = folder.join(format!("{name}.js"));
    fs::write(&glue, shorter).with_context(|| format!("cannot write {}", glue.display()))?;
    let program = folder.join(format!("{name}_bg.wasm"));
    let wasm = fs::read(&program).with_context(|| format!("cannot read {}", program.display()))?;
    let wasm = pack(&normal::normalize(&wasm)?)?;
    fs::write(&program, &wasm).with_context(|| format!("cannot write {}", program.display()))?;
    let left = foreign_paths(&wasm);
    if let Some(path) = left.first() {
        bail!("{} names a path of this machine: {path}", program.display());
    }
    Ok(name.clone())
}

/// Texts in the program that look like this machine's paths.
fn foreign_paths(wasm: &[u8]) -> Vec<String> {
    [root(), std::env::home_dir().unwrap_or_default()]
        .iter()
        .filter_map(|path| path.to_str().filter(|path| path.len() > 1))
        .filter(|path| contains(wasm, &format!("{path}/")))
        .map(str::to_owned)
        .collect()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Sixteen hexadecimal digits that name the content, with every compiler the same.
fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
