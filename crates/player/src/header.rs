//! A segment's header as a table.

use std::fmt::Write as _;

use view::header::fields;
use view::layout::Flight;
use yew::prelude::*;

use crate::elements::{each, element, said};

/// Field by field.
pub(crate) fn header(head: &[u8], flight: &Flight) -> Html {
    let fields = fields(head, flight).unwrap_or_default();
    let line = |at: usize| {
        let (name, value, bytes) = &fields[at];
        let value = said("td", "", value.clone());
        html! { <tr><th scope="row">{ *name }</th>{ value }{ said("td", "sc-hex", hex(bytes)) }</tr> }
    };
    element("table", "", element("tbody", "", each(fields.len(), &line)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x} ");
        hex
    })
}
