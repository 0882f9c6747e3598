//! The answer to a pasted text, as HTML: `book/messages.js` puts it under the field.
//!
//! Pure functions of the text; what a reader presses in the card, the script in the page does.
//!
//! Map of the code: `card.rs` the answer to a line; `lists.rs` to lists of sockets and counters; `html.rs` how text
//! becomes HTML.

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

mod card;
mod html;
mod lists;

use capture::text::{Answer, answer};
use wasm_bindgen::prelude::wasm_bindgen;

/// What stands under the field for this text; empty for an empty one.
#[wasm_bindgen]
pub fn card(text: &str) -> String {
    match answer(text) {
        Answer::Empty => String::new(),
        Answer::Message(message) => card::message(text, &message),
        Answer::Part(lines) => card::part(&lines),
        Answer::Sockets(sockets) => lists::sockets(&sockets),
        Answer::Counters(counters) => lists::counters(&counters),
        Answer::Packets => card::packets(),
        Answer::Nothing => card::nothing(),
    }
}
