//! The picture in a page: drawn natively into the chapter, and live in the browser by the same components.
//!
//! Map of the code:
//! - [`run`]: what a script gave; [`link`]: script and step in an address
//! - [`session`]: what one picture's reader has done, and what each act makes of it; [`state`]: the player in it;
//!   [`history`]: what can be taken back
//! - `picture.rs`: draws a layout; [`still`] (native): the finished picture as HTML
//! - `live.rs`: the live picture; `tools.rs`: what can be done at its rows; `desk.rs`: controls, question, and
//!   (`explain.rs`) the current step in words; [`keys`]: whose a key is
//! - `chapter.rs`: the same among text, and what can be opened below it: `editor.rs`, `diagram.rs`, `header.rs`, `take.rs`
//! - [`here`]: the script on a Linux kernel in the page
//! - [`playground`]: the page with everything, in a program of its own (feature `playground`); [`catalogue`]: what to begin with, [`challenges`], [`language`],
//!   [`recent`]: the last things tried
//! - `elements.rs`: buttons and texts that stand in many places
//! - `page.rs`, `address.rs`, `kept.rs`, `settings.rs`: the page around it; `shared.rs`: what several of these hold
//! - [`mount`]: what the page's loader calls
//!
//! What is shown is a function of the run and the cursor, and that is in `view`.

#![cfg_attr(not(feature = "mount"), allow(dead_code, reason = "what only the loader reaches"))]

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

mod address;
pub mod catalogue;
pub mod challenges;
mod chapter;
mod desk;
mod diagram;
mod editor;
mod elements;
mod explain;
mod header;
pub mod here;
pub mod history;
mod kept;
pub mod keys;
pub mod language;
pub mod link;
mod live;
#[cfg(feature = "mount")]
pub mod mount;
mod page;
mod picture;
pub mod playground;
pub mod recent;
pub mod run;
pub mod session;
mod settings;
mod shared;
pub mod state;
#[cfg(not(target_arch = "wasm32"))]
pub mod still;
mod take;
mod texts;
mod tools;
mod vary;
