//! What a page with a picture loads, in bytes, against its budget.

use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::book;
use crate::program;

/// What the player, its glue, the loader and the style sheets should weigh together, as a server with brotli sends them.
pub const PLAYER_BUDGET_BROTLI_BYTES: usize = 230_000;
/// The same for the playground's page.
pub const PLAYGROUND_BUDGET_BROTLI_BYTES: usize = 240_000;
/// What the page of messages may load beyond that.
pub const EVIDENCE_BUDGET_BROTLI_BYTES: usize = 90_000;
/// The same for a run on the Linux of the pages, beyond that: the program, and the machine. Buttons say "3 MB".
pub const HERE_BUDGET_BROTLI_BYTES: usize = 3_200_000;

/// What the program for captures, its glue and its worker may weigh; a page loads them when a reader gives it a capture.
pub const ANALYZER_BUDGET_BROTLI_BYTES: usize = 90_000;
/// What the script that takes captures may weigh; three pages load it.
pub const CAPTURES_BUDGET_BROTLI_BYTES: usize = 4_500;

/// A file that a page loads, or several together; all sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// What it is.
    pub name: String,
    /// As it lies there.
    pub raw: usize,
    /// gzip -9
    pub gzip: usize,
    /// brotli -11
    pub brotli: usize,
}

/// A part of the built book that is ours, against its budget; mdBook's own files are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    files: Vec<Weight>,
    /// In bytes, with brotli; what is heavier than this is refused.
    budget: usize,
}

impl Weights {
    /// Weighs what a page with a picture loads.
    ///
    /// # Errors
    /// A file is missing: the book has not been built.
    pub fn of_player() -> Result<Self> {
        Self::of_pictures(program::PLAYER, PLAYER_BUDGET_BROTLI_BYTES)
    }

    /// Weighs what the playground's page loads.
    ///
    /// # Errors
    /// A file is missing: the book has not been built.
    pub fn of_playground() -> Result<Self> {
        Self::of_pictures(program::PLAYGROUND, PLAYGROUND_BUDGET_BROTLI_BYTES)
    }

    fn of_pictures(program: &str, budget: usize) -> Result<Self> {
        Self::of(
            &[
                ("program", program, "*.wasm"),
                ("glue", program, "*.js"),
                ("loader", "crates/mdbook-scenario", "loader-*.js"),
                ("style", "crates/player", "player-*.css"),
                ("themes", "crates/mdbook-scenario", "themes-*.css"),
                ("drawings", "theme", "drawn-*.css"),
            ],
            budget,
        )
    }

    /// Weighs what the page of messages loads beyond that.
    ///
    /// # Errors
    /// A file is missing: the book has not been built.
    pub fn of_evidence() -> Result<Self> {
        Self::of(
            &[
                ("program", program::EVIDENCE, "*.wasm"),
                ("glue", program::EVIDENCE, "*.js"),
                ("script", "", "messages.js"),
            ],
            EVIDENCE_BUDGET_BROTLI_BYTES,
        )
    }

    /// Weighs what a run on the Linux of the pages loads beyond that.
    ///
    /// # Errors
    /// A file is missing: the book has not been built.
    pub fn of_here() -> Result<Self> {
        Self::of(
            &[
                ("program", program::HERE, "*.wasm"),
                ("glue", program::HERE, "*.js"),
                ("panel", "linux", "panel.js"),
                ("run", "linux", "run.js"),
                ("worker", "linux", "worker.js"),
                ("clock", "linux", "clock.js"),
                ("v86", "linux", "v86.min.js"),
                ("processor", "linux", "*.wasm"),
                ("memory", "linux", "*.zst"),
            ],
            HERE_BUDGET_BROTLI_BYTES,
        )
    }

    /// Weighs the program for captures, and the worker that runs it.
    ///
    /// # Errors
    /// A file is missing: the book has not been built.
    pub fn of_analyzer() -> Result<Self> {
        Self::of(
            &[
                ("program", program::ANALYZER, "*.wasm"),
                ("glue", program::ANALYZER, "*.js"),
                ("worker", "", "capture-worker.js"),
            ],
            ANALYZER_BUDGET_BROTLI_BYTES,
        )
    }

    /// Weighs the script that takes captures.
    ///
    /// # Errors
    /// A file is missing: the book has not been built.
    pub fn of_captures() -> Result<Self> {
        Self::of(&[("script", "", "capture.js")], CAPTURES_BUDGET_BROTLI_BYTES)
    }

    fn of(parts: &[(&str, &str, &str)], budget: usize) -> Result<Self> {
        let folder = book::folder();
        let weights = parts.iter().map(|(name, below, file)| weigh(name, &only(&folder.join(below), file)?));
        Ok(Self { files: weights.collect::<Result<_>>()?, budget })
    }

    /// How much they are over their budget, in bytes; 0 if they are not.
    pub fn excess(&self) -> usize {
        self.total().brotli.saturating_sub(self.budget)
    }

    /// All together.
    pub fn total(&self) -> Weight {
        let sum = |size: fn(&Weight) -> usize| self.files.iter().map(size).sum();
        Weight {
            name: "together".to_owned(),
            raw: sum(|weight| weight.raw),
            gzip: sum(|weight| weight.gzip),
            brotli: sum(|weight| weight.brotli),
        }
    }
}

impl fmt::Display for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<10}{:>9}{:>9}{:>9}", "", "raw", "gzip", "brotli")?;
        for Weight { name, raw, gzip, brotli } in self.files.iter().chain([&self.total()]) {
            writeln!(f, "{name:<10}{raw:>9}{gzip:>9}{brotli:>9}")?;
        }
        write!(f, "{:<10}{:>9}{:>9}{:>9}", "budget", "", "", self.budget)
    }
}

/// The one file of that name in a folder; a `*` in it stands for anything.
fn only(folder: &Path, name: &str) -> Result<PathBuf> {
    let (begin, end) = name.split_once('*').unwrap_or((name, ""));
    let is_meant = |path: &PathBuf| {
        path.file_name()
            .and_then(|file| file.to_str())
            .is_some_and(|file| file.starts_with(begin) && file.ends_with(end))
    };
    let mut found = fs::read_dir(folder)
        .with_context(|| format!("cannot read {}, run `cargo xtask build`", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(is_meant);
    let only = found.next();
    let only = only.with_context(|| format!("no file {name} in {}, run `cargo xtask build`", folder.display()))?;
    if let Some(other) = found.next() {
        bail!("two files {name}: {} and {}", only.display(), other.display());
    }
    Ok(only)
}

fn weigh(name: &str, path: &Path) -> Result<Weight> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&bytes)?;
    let mut brotli = Vec::new();
    brotli::CompressorWriter::new(&mut brotli, 4096, 11, 22).write_all(&bytes)?;
    Ok(Weight { name: name.to_owned(), raw: bytes.len(), gzip: gzip.finish()?.len(), brotli: brotli.len() })
}
