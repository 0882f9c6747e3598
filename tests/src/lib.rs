//! What the test targets share: the golden files,
//! the ledger, the repository's files, captures made from runs, and scripts that nobody wrote: all short ones, random ones, and what these
//! have found.

#![forbid(unsafe_code)]

pub mod bytes;
pub mod captured;
pub mod changed;
pub mod comparison;
pub mod counters;
pub mod ends;
pub mod files;
pub mod forms;
pub mod found;
pub mod golden;
pub mod held;
pub mod interleavings;
pub mod judged;
pub mod kernels;
pub mod ledger;
pub mod random;
pub mod release;
pub mod verdicts;
pub mod vocabulary;

use std::path::PathBuf;

/// The repository's root.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
