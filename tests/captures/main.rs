//! Captures of runs whose endings are known: what `capture` says of them.

mod causes;
mod formats;
mod matching;
mod played;
mod signatures;
mod truth;
