//! A segment's header as a table.

use view::header::fields;
use view::layout::Flight;
use yew::prelude::*;

use crate::dom::{element, text};

/// The header as a table.
pub(crate) fn header(head: &[u8], flight: &Flight) -> Html {
    let mut body = element("tbody", "");
    for (name, value, bytes) in fields(head, flight).unwrap_or_default() {
        let mut hex = String::new();
        for byte in bytes {
            for digit in [byte >> 4, byte & 15] {
                hex.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
            }
            hex.push(' ');
        }
        let row = element("tr", "")
            .child(element("th", "").with("scope", "row".into()).text(name).end())
            .child(text("td", "", &value))
            .child(text("td", "sc-hex", &hex));
        body = body.child(row.end());
    }
    element("table", "").child(body.end()).end()
}
