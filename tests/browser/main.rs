//! The built book in a real browser: headless Chromium, driven over its own debugging protocol.
//!
//! `cargo xtask test` builds the book, finds the browser and runs this. The tests' subjects are the pages as a reader
//! gets them, so they need both; without them they fail and say so.
//!
//! - `chrome.rs`: a browser, its pages, its keyboard and mouse
//! - `book.rs`: the built book, served, and its pages
//! - `chapter.rs`: every chapter on a telephone, with live widgets, under axe-core's rules in mdBook's five themes
//! - `picture.rs`: what stands there without JavaScript, from a file, on paper
//! - `lost.rs`: the search, and the page for addresses that are none
//! - `widget.rs`: what a reader can do with a picture: step, by mouse, keyboard and finger
//! - `predict.rs`: say what comes next
//! - `steps.rs`: from a sentence to its row; a number with a handle
//! - `change.rs`: change the script, by click and in the editor; send it to someone, take it away
//! - `beside.rs`: what a screen reader gets, what stands beside the picture, each runtime's words
//! - `hands.rs`: keys through a mistake and back, the wheel through every page, back and forward
//! - `long.rs`: a run with thousands of segments
//! - `linux.rs`: the Linux that a page runs, in its worker
//! - `access.rs`: for whom mouse, sharp eyes or calm eyes are missing
//! - `evidence.rs`: what a reader has got, and the answer to it; `captures.rs`: a capture, and the verdict
//! - `playground.rs`: what a reader can do on its page, and take away from it
//!
//! `axe.min.js` is axe-core 4.14.1 by Deque Systems as published on npm, under the Mozilla Public License 2.0.

mod access;
mod beside;
mod book;
mod captures;
mod change;
mod chapter;
mod chrome;
mod evidence;
mod hands;
mod linux;
mod long;
mod lost;
mod picture;
mod playground;
mod predict;
mod steps;
mod widget;
