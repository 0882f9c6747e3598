//! Shows the trace of a scenario.
//!
//! Map of the code:
//! - [`layout`]: a trace as rows and flights, without Yew, without widths; `rows.rs`: which event stands in which row
//! - [`state`]: the player's state and what each action makes of it
//! - `picture.rs`: the Yew component that draws a layout; `dom.rs`: how its elements are made
//! - [`change`]: what a click changes in the script
//! - [`predict`]: what comes next? The questions of a run
//! - `settings.rs`: what the reader chose for the whole book
//! - `texts.rs`: every text shown
//! - `explain.rs`: the current step in words; beside it, on demand, `header.rs`: a segment's bytes, `diagram.rs`: the
//!   states taken, [`holding`]: what the sockets hold
//! - [`export`]: what a reader can take away: a link, files
//! - `still.rs` (native): [`picture`], the finished picture as HTML for the chapter
//! - `live.rs` (in the browser): `mount`, the picture with controls, and `trace`; `controls.rs`: what can be pressed;
//!   `workshop.rs`: where the script is changed and taken away
//! - `playground.rs` (feature `playground`): the page with everything; [`catalogue`]: what can be opened there,
//!   [`recent`]: the last things tried, `download.rs`: files and the address
//!
//! The picture is a function of the trace and the cursor. Nothing in it is drawn by hand, and nothing is remembered.

pub mod catalogue;
pub mod change;
#[cfg(target_arch = "wasm32")]
mod controls;
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "only the live picture explains"))]
mod diagram;
mod dom;
#[cfg(all(target_arch = "wasm32", feature = "playground"))]
mod download;
#[cfg(target_arch = "wasm32")]
mod editor;
#[cfg(target_arch = "wasm32")]
mod explain;
pub mod export;
#[cfg(target_arch = "wasm32")]
mod header;
pub mod holding;
pub mod layout;
#[cfg(target_arch = "wasm32")]
pub mod live;
mod picture;
#[cfg(all(target_arch = "wasm32", feature = "playground"))]
pub mod playground;
pub mod predict;
pub mod recent;
mod rows;
#[cfg(target_arch = "wasm32")]
mod settings;
pub mod state;
#[cfg(not(target_arch = "wasm32"))]
mod still;
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "the still picture shows only some of them"))]
mod texts;
#[cfg(target_arch = "wasm32")]
mod workshop;

#[cfg(not(target_arch = "wasm32"))]
pub use still::picture;
