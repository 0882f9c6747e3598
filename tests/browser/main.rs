//! The built book in a real browser: headless Chromium, driven over its own debugging protocol.
//!
//! `cargo xtask test` builds the book, finds the browser and runs this. The tests' subjects are the pages as a reader
//! gets them, so they need both; without them they fail and say so.
//!
//! - `chrome.rs`: a browser, its pages, its keyboard and mouse
//! - `book.rs`: the built book, served, and its pages
//! - `picture.rs`: what stands there without JavaScript, on paper, at 375 pixels
//! - `widget.rs`: what a reader can do
//! - `access.rs`: axe-core's rules in mdBook's five themes
//!
//! `axe.min.js` is axe-core 4.14.1 by Deque Systems as published on npm, under the Mozilla Public License 2.0.

mod access;
mod book;
mod chrome;
mod picture;
mod widget;
