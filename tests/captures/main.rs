//! Captures of runs whose endings are known: what `capture` says of them.

mod formats;
mod matching;
mod played;
mod signatures;
mod truth;
