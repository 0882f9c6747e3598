//! The built book in real browsers: headless Chromium, driven over its own debugging protocol, and the core of it in
//! Firefox, driven over WebDriver BiDi.
//!
//! `cargo xtask test` builds the book, finds the browsers and runs this. The tests' subjects are the pages as a reader
//! gets them, so they need all of it; without them they fail and say so.
//!
//! - `page.rs`: what a reader does with a page; `chromium.rs` and `firefox.rs`: the browsers that do it
//! - `book.rs`: the built book, served, and its pages
//! - `answers.rs`: where a chapter's answer stands; `chapter.rs`: every chapter on a telephone, with live widgets, under axe-core's rules in mdBook's five themes
//! - `picture.rs`: what stands there without JavaScript, and from a file; `paper.rs`: on paper
//! - `lost.rs`: the search, and the page for addresses that are none
//! - `widget.rs`: what a reader can do with a picture: step, by mouse, keyboard and finger
//! - `predict.rs`: say what comes next
//! - `steps.rs`: from a sentence to its row; a number with a handle
//! - `change.rs`: change the script, by click and in the editor; send it to someone, take it away
//! - `beside.rs`: what a screen reader gets, what stands beside the picture, each runtime's words
//! - `hands.rs`: keys through a mistake and back, back and forward
//! - `wheel.rs`: the wheel through every page; `buttons.rs`: every button, and how large it is for a finger
//! - `fingers.rs`: fingers that scroll
//! - `late.rs`: a page in pieces; `leaks.rs`: what is kept of what is over
//! - `in_firefox.rs`: the core of it in another browser
//! - `long.rs`: a run with thousands of segments
//! - `linux.rs`: the Linux that a page runs, in its worker
//! - `access.rs`: for whom mouse, sharp eyes or calm eyes are missing
//! - `evidence.rs`: what a reader has got, and the answer to it; `captures.rs`: a capture, and the verdict
//! - `playground.rs`: what a reader can do on its page, and take away from it; `teaching.rs`: what a class is given
//!
//! `axe.min.js` is axe-core 4.14.1 by Deque Systems as published on npm, under the Mozilla Public License 2.0.

mod access;
mod answers;
mod beside;
mod book;
mod buttons;
mod captures;
mod change;
mod chapter;
mod chromium;
mod evidence;
mod fingers;
mod firefox;
mod hands;
mod in_firefox;
mod late;
mod leaks;
mod linux;
mod long;
mod lost;
mod page;
mod paper;
mod picture;
mod playground;
mod predict;
mod steps;
mod teaching;
mod wheel;
mod widget;
