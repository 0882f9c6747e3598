//! What the test targets share: the normal form in which model and kernel are compared, the golden files, the ledger.

#![forbid(unsafe_code)]

pub mod golden;
pub mod ledger;
pub mod normal;

use std::path::PathBuf;

/// The repository's root.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
