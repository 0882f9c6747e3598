//! What a picture shows: pure functions of a trace and a cursor. No browser, no simulator, no clock.
//!
//! Map of the code:
//! - [`layout`]: a run as rows and flights, without widths; `from_trace.rs` makes it of a trace, and `rows.rs` says which
//!   event stands in which row
//! - [`notes`]: what is written beside a row; [`palette`]: hues, colours, marks; [`texts`]: every text of a picture
//! - [`holding`], [`diagram`], [`header`]: what stands beside it: what sockets hold, the states taken, a segment's bytes
//! - [`step`]: a step's name, as chapters write it; [`fold`]: rows that need not be seen again
//! - [`why`]: a sentence for each step; [`rules`]: for each of Linux's rules; [`parts`]: what is written on an arrow
//! - [`change`]: what a click changes in the script; [`compare`]: what differs from the book's run; [`normal`]: from a kernel's
//!   (`quiet.rs`: the moments that are compared)
//! - [`vary`]: one number of a script, and what each value gives
//! - [`predict`]: what comes next? The questions of a run; [`reasons`]: why an answer is wrong
//! - [`drawn`]: other pictures than the ladder: buffers, queues, clocks
//! - [`export`]: the picture as one SVG, the run for packetdrill

pub mod change;
pub mod compare;
pub mod diagram;
pub mod drawn;
pub mod export;
pub mod fold;
mod from_trace;
pub mod header;
pub mod holding;
pub mod layout;
pub mod normal;
pub mod notes;
pub mod palette;
pub mod parts;
pub mod predict;
mod quiet;
pub mod reasons;
mod rows;
pub mod rules;
pub mod step;
#[expect(missing_docs, reason = "a constant's text says what it is for")]
pub mod texts;
pub mod vary;
pub mod why;
