//! The picture in a page: drawn natively into the chapter, and live in the browser by the same components.
//!
//! Map of the code:
//! - [`run`]: what a script gave; [`files`]: what can be taken away from it; [`link`]: script and step in an address
//! - [`state`]: the player's state and what each action makes of it
//! - `picture.rs`: draws a layout; `dom.rs`: how its elements are made; [`still`] (native): the finished picture as HTML
//! - `live.rs`: the picture with controls; `controls.rs`: what can be pressed; `workshop.rs`, `editor.rs`: where the
//!   script is changed and taken away
//! - `explain.rs`: the current step in words; beside it, on demand, `header.rs`, `diagram.rs`
//! - `settings.rs`: what the reader chose for the whole book
//! - `playground.rs`: the page with everything; [`catalogue`]: what can be opened there, [`recent`]: the last things
//!   tried, `address.rs`: where all that stands
//! - `mount.rs`: what the page's loader calls
//!
//! What is shown is a function of the run and the cursor, and that is in `view`.

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

mod address;
pub mod catalogue;
mod controls;
mod diagram;
mod dom;
mod editor;
mod explain;
pub mod files;
mod header;
pub mod link;
mod live;
pub mod mount;
mod picture;
mod playground;
pub mod recent;
pub mod run;
mod settings;
pub mod state;
#[cfg(not(target_arch = "wasm32"))]
pub mod still;
mod texts;
mod vary;
mod workshop;
