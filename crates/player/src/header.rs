//! A segment's header as a table.

use std::fmt::Write as _;

use view::header::fields;
use view::layout::Flight;
use yew::prelude::*;

/// Field by field.
pub(crate) fn header(head: &[u8], flight: &Flight) -> Html {
    html! {
        <table><tbody>
            { for fields(head, flight).unwrap_or_default().into_iter().map(|(name, value, bytes)| html! {
                <tr><th scope="row">{ name }</th><td>{ value }</td><td class="sc-hex">{ hex(&bytes) }</td></tr>
            }) }
        </tbody></table>
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x} ");
        hex
    })
}
