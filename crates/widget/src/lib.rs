//! Shows the trace of a scenario.
//!
//! Map of the code:
//! - [`layout`]: a trace as rows and flights, without Yew, without widths; `rows.rs`: which event stands in which row
//! - [`state`]: the player's state and what each action makes of it
//! - `picture.rs`: the Yew component that draws a layout; `dom.rs`: how its elements are made
//! - [`change`]: what a click changes in the script
//! - [`predict`]: what comes next? The questions of a run
//! - `settings.rs`: what the reader chose for the whole book
//! - `texts.rs`: every text shown; [`spoken`]: what runtimes print
//! - `explain.rs`: the current step in words; beside it, on demand, `header.rs`: a segment's bytes, `diagram.rs`: the
//!   states taken, [`holding`]: what the sockets hold
//! - [`run`]: what a script gave; [`packed`]: the same on its way to the player
//! - [`export`]: what a reader can take away: a link, files
//! - `still.rs` (native): [`picture`], the finished picture as HTML for the chapter
//! - `live.rs` (feature `live`, in the browser): the picture with controls; `controls.rs`: what can be pressed;
//!   `workshop.rs`: where the script is changed and taken away; `performer.rs`: what is fetched for it
//! - `chapter.rs` (feature `chapter`): `mount`, the program of the chapters
//! - `stack.rs` (feature `stack`, in the browser): `perform`, `file` and `trace`, a program without a page
//! - `playground.rs` (feature `playground`): the page with everything; [`catalogue`]: what can be opened there,
//!   [`recent`]: the last things tried, `address.rs`: where all that stands
//!
//! The picture is a function of the trace and the cursor. Nothing in it is drawn by hand, and nothing is remembered.

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

#[cfg(all(target_arch = "wasm32", feature = "playground"))]
mod address;
pub mod catalogue;
pub mod change;
#[cfg(all(target_arch = "wasm32", feature = "chapter"))]
pub mod chapter;
#[cfg(all(target_arch = "wasm32", feature = "live"))]
mod controls;
#[cfg(any(feature = "live", not(target_arch = "wasm32")))]
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "only the live picture explains"))]
mod diagram;
#[cfg(any(feature = "live", not(target_arch = "wasm32")))]
mod dom;
#[cfg(all(target_arch = "wasm32", feature = "live"))]
mod editor;
#[cfg(all(target_arch = "wasm32", feature = "live"))]
mod explain;
pub mod export;
#[cfg(all(target_arch = "wasm32", feature = "live"))]
mod header;
pub mod holding;
pub mod layout;
#[cfg(all(target_arch = "wasm32", feature = "live"))]
pub mod live;
pub mod packed;
#[cfg(all(target_arch = "wasm32", feature = "live"))]
mod performer;
#[cfg(any(feature = "live", not(target_arch = "wasm32")))]
mod picture;
#[cfg(all(target_arch = "wasm32", feature = "playground"))]
pub mod playground;
pub mod predict;
pub mod recent;
mod rows;
pub mod run;
#[cfg(all(target_arch = "wasm32", feature = "live"))]
mod settings;
#[cfg_attr(all(target_arch = "wasm32", feature = "stack"), expect(dead_code, reason = "the stack says nothing"))]
pub mod spoken;
#[cfg(all(target_arch = "wasm32", feature = "stack"))]
pub mod stack;
pub mod state;
#[cfg(not(target_arch = "wasm32"))]
mod still;
#[cfg_attr(
    any(feature = "stack", not(target_arch = "wasm32")),
    expect(dead_code, reason = "still pictures and the stack show only some of them")
)]
mod texts;
#[cfg(all(target_arch = "wasm32", feature = "live"))]
mod workshop;

#[cfg(not(target_arch = "wasm32"))]
pub use still::picture;
