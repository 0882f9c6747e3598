//! The current step in words.

use catalogue::messages::{Runtime, message};
use scenario::{Host, Outcome};
use view::layout::{Change, Flight, Layout, Thing};
use view::parts::{Part, parts};
use view::why::why;
use view::{rules, texts as words};
use yew::prelude::*;

use crate::elements::{each, element, said, words as text};
use crate::picture::state;
use crate::texts;

/// The current step; without one, what the script says of itself.
pub(crate) fn explain(layout: &Layout, cursor: Option<usize>, runtime: Option<Runtime>) -> Html {
    let Some((at, row)) = cursor.and_then(|at| Some((at, layout.rows.get(at)?))) else {
        let hint = said("span", "sc-hint", texts::HINT);
        let summary = html! { <>{ text(layout.summary.clone()) }{ " " }{ hint }</> };
        return element("div", "sc-words", element("p", "", summary));
    };
    let place = row.host.map_or(words::LINK, Host::name);
    let spoken = runtime.zip(row.cause).and_then(|(runtime, cause)| message(runtime, cause));
    let errno = match row.thing {
        Thing::Call { outcome: Some(Outcome::Errno(errno)), .. } if spoken.is_none() => Some(words::errno(errno)),
        _ => None,
    };
    // A row in which nothing is called or sent is named by the state that it brings.
    let headline = words::headline(layout, row);
    let named = usize::from(headline.is_empty() && !row.changes.is_empty());
    let enters = each(named, &|at| entered(&row.changes[at]));
    html! {
        // Another step has other words in their place: none of them moves.
        <div key={at} class="sc-words">
            <p>{ said("b", "", format!("{place}: {headline}")) }{ " " }{ row.caption.clone() }{ enters }</p>
            { why(layout, at).map(|why| said("p", "", why)) }
            if let Thing::Segment(flight) = row.thing { { label_parts(&layout.flights[flight]) } }
            { each(row.changes.len() - named, &|at| element("p", "", entered(&row.changes[named + at]))) }
            if let Some(spoken) = spoken {
                <p>
                    { spoken.runtime.name() }{ ": " }{ said("b", "", spoken.text) }{ " " }
                    { said("small", "", words::known(spoken.source)) }
                </p>
            }
            { errno.map(|errno| said("p", "", errno)) }
            if let Some(expected) = &row.expected { { said("p", "sc-differs", words::expected(expected)) } }
            { each(row.rules.len(), &|at| with_note(text(rules::sentence(row.rules[at])), said("small", "", words::source(row.rules[at])))) }
        </div>
    }
}

/// A state, and what it means.
fn entered(change: &Change) -> Html {
    html! { <>{ state(change) }{ " " }{ words::state(change.to) }</> }
}

fn with_note(what: Html, note: Html) -> Html {
    element("p", "", html! { <>{ what }{ " " }{ note }</> })
}

/// What is written on the arrow, part by part, for whoever asks.
fn label_parts(flight: &Flight) -> Html {
    let parts = parts(flight);
    let part = |at: usize| {
        let Part { text, meaning } = parts[at].clone();
        html! { <>{ element("dt", "", said("code", "", text)) }{ said("dd", "", meaning) }</> }
    };
    let label = said("code", "", flight.segment.to_string());
    let summary = element("summary", "", html! { <>{ label }{ words::PART_BY_PART }</> });
    element("details", "sc-parts", html! { <>{ summary }{ element("dl", "", each(parts.len(), &part)) }</> })
}
