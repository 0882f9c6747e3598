//! The current step in words.

use catalogue::messages::{Runtime, message};
use scenario::{Host, Outcome};
use view::layout::{Flight, Layout, Thing};
use view::parts::{Part, parts};
use view::why::why;
use view::{rules, texts as words};
use yew::prelude::*;

use crate::picture::state;
use crate::texts;

/// The current step; without one, what the script says of itself.
pub(crate) fn explain(layout: &Layout, cursor: Option<usize>, runtime: Option<Runtime>) -> Html {
    let Some((at, row)) = cursor.and_then(|at| Some((at, layout.rows.get(at)?))) else {
        return html! {
            <div class="sc-words"><p>{ &layout.summary }{ " " }<span class="sc-hint">{ texts::HINT }</span></p></div>
        };
    };
    let place = row.host.map_or(words::LINK, Host::name);
    let spoken = runtime.zip(row.cause).and_then(|(runtime, cause)| message(runtime, cause));
    let errno = match row.thing {
        Thing::Call { outcome: Some(Outcome::Errno(errno)), .. } if spoken.is_none() => Some(words::errno(errno)),
        _ => None,
    };
    html! {
        // Another step has other words in their place: none of them moves.
        <div key={at} class="sc-words">
            <p><b>{ format!("{place}: {}", words::headline(layout, row)) }</b>{ " " }{ row.caption.clone() }</p>
            if let Some(why) = why(layout, at) { <p>{ why }</p> }
            if let Thing::Segment(flight) = row.thing { { label_parts(&layout.flights[flight]) } }
            { for row.changes.iter().map(|change| html! { <p>{ state(change) }{ " " }{ words::state(change.to) }</p> }) }
            if let Some(spoken) = spoken {
                <p>{ spoken.runtime.name() }{ ": " }<b>{ spoken.text }</b>{ " " }<small>{ words::known(spoken.source) }</small></p>
            }
            if let Some(errno) = errno { <p>{ errno }</p> }
            if let Some(expected) = &row.expected { <p class="sc-differs">{ words::expected(expected) }</p> }
            { for row.rules.iter().map(|rule| html! { <p>{ rules::sentence(*rule) }{ " " }<small>{ words::source(*rule) }</small></p> }) }
        </div>
    }
}

/// What is written on the arrow, part by part, for whoever asks.
fn label_parts(flight: &Flight) -> Html {
    let part = |part: Part| html! { <><dt><code>{ part.text }</code></dt><dd>{ part.meaning }</dd></> };
    html! {
        <details class="sc-parts">
            <summary><code>{ flight.segment.to_string() }</code>{ words::PART_BY_PART }</summary>
            <dl>{ for parts(flight).into_iter().map(part) }</dl>
        </details>
    }
}
