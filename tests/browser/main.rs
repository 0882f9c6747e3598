//! The built book in a real browser: headless Chromium, driven over its own debugging protocol.
//!
//! `cargo xtask test` builds the book, finds the browser and runs this. The tests' subjects are the pages as a reader
//! gets them, so they need both; without them they fail and say so.
//!
//! - `chrome.rs`: a browser, its pages, its keyboard and mouse
//! - `book.rs`: the built book, served, and its pages
//! - `chapter.rs`: every chapter on a telephone, with live widgets, under axe-core's rules in mdBook's five themes
//! - `picture.rs`: what stands there without JavaScript, from a file, on paper
//! - `widget.rs`: what a reader can do
//! - `lost.rs`: the search, and the page for addresses that are none
//! - `playground.rs`: what a reader can do on its page, and take away from it
//!
//! `axe.min.js` is axe-core 4.14.1 by Deque Systems as published on npm, under the Mozilla Public License 2.0.

mod book;
mod chapter;
mod chrome;
mod lost;
mod picture;
mod playground;
mod widget;
