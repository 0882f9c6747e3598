//! What stands below the picture: the current step in words.

use scenario::{Host, Outcome};
use yew::prelude::*;

use crate::layout::{Layout, Row, Thing};
use crate::picture::{headline, hue};
use crate::texts;

/// The current step in words; without one, what the script says of itself.
pub(crate) fn explain(layout: &Layout, cursor: Option<usize>) -> Html {
    let Some(row) = cursor.and_then(|cursor| layout.rows.get(cursor)) else {
        return html! { <p>{ &layout.summary }{ " " }<span class="sc-hint">{ texts::HINT }</span></p> };
    };
    html! {
        <>
            <p>
                <b>{ row.host.map_or(texts::LINK, Host::name) }{ ": " }{ for headline(layout, row) }</b>
                if let Some(caption) = &row.caption { { " " }{ caption } }
            </p>
            { for row.changes.iter().map(|change| html! {
                <p><span class={classes!("sc-state", hue(change.to))}>{ change.to.name() }</span>{ " " }{ texts::state(change.to) }</p>
            }) }
            { for errno(row) }
            { for row.expected.as_deref().map(|expected| html! { <p class="sc-failed">{ texts::expected(expected) }</p> }) }
            { for row.rules.iter().map(|rule| html! {
                <p>{ &rule.rule }{ " " }<small>{ &rule.clause }{ " · " }<code>{ &rule.kernel }</code></small></p>
            }) }
        </>
    }
}

fn errno(row: &Row) -> Option<Html> {
    match &row.thing {
        Thing::Call { outcome: Some(Outcome::Errno(errno)), .. } => Some(html! { <p>{ texts::errno(*errno) }</p> }),
        _ => None,
    }
}
