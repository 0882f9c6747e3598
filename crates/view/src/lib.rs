//! What a picture shows: pure functions of a trace and a cursor. No browser, no simulator, no clock.
//!
//! Map of the code:
//! - [`layout`]: a trace as rows and flights, without widths; `rows.rs`: which event stands in which row
//! - [`texts`]: every text of a picture
//! - [`holding`], [`diagram`], [`header`]: what stands beside it: what sockets hold, the states taken, a segment's bytes
//! - [`change`]: what a click changes in the script
//! - [`predict`]: what comes next? The questions of a run
//! - [`export`]: the picture as one SVG, the run for packetdrill

pub mod change;
pub mod diagram;
pub mod export;
pub mod header;
pub mod holding;
pub mod layout;
pub mod predict;
mod rows;
#[expect(missing_docs, reason = "a constant's text says what it is for")]
pub mod texts;
