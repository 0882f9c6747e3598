//! Captures of runs whose endings are known: what `capture` says of them.

mod formats;
mod truth;
