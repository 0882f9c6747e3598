//! What stands below the picture: the current step in words.

use catalogue::messages::{Runtime, message};
use scenario::{Host, Outcome};
use sim::Frame;
use view::holding::holdings;
use view::layout::{Layout, Thing};
use view::why::why;
use view::{rules, texts as words};
use yew::prelude::*;

use crate::diagram::diagram;
use crate::dom::{Element, element, text};
use crate::header::header;
use crate::picture::state;
use crate::texts;

/// The current step in words; without one, what the script says of itself.
pub(crate) fn explain(layout: &Layout, cursor: Option<usize>, runtime: Option<Runtime>) -> Html {
    let panel = element("div", "sc-words");
    let Some((at, row)) = cursor.and_then(|at| Some((at, layout.rows.get(at)?))) else {
        let hint = text("span", "sc-hint", texts::HINT);
        return panel.child(element("p", "").text(&layout.summary).text(" ").child(hint).end()).end();
    };
    let place = row.host.map_or(words::LINK, Host::name);
    let mut lead = element("p", "").child(text("b", "", &format!("{place}: {}", words::headline(layout, row))));
    if let Some(caption) = &row.caption {
        lead = lead.text(" ").text(caption);
    }
    let mut panel = panel.child(lead.end());
    if let Some(why) = why(layout, at) {
        panel = panel.child(text("p", "", &why));
    }
    for change in &row.changes {
        panel = panel.child(element("p", "").child(state(change)).text(" ").text(words::state(change.to)).end());
    }
    if let (Some(runtime), Some(cause)) = (runtime, row.cause)
        && let Some(spoken) = message(runtime, cause)
    {
        let said = element("p", "").text(runtime.name()).text(": ").child(text("b", "", spoken.text));
        panel = panel.child(said.text(" ").child(text("small", "", &words::known(spoken.source))).end());
    } else if let Thing::Call { outcome: Some(Outcome::Errno(errno)), .. } = &row.thing {
        panel = panel.child(text("p", "", &words::errno(*errno)));
    }
    if let Some(expected) = &row.expected {
        panel = panel.child(text("p", "sc-failed", &words::expected(expected)));
    }
    for rule in &row.rules {
        let source = text("small", "", &words::source(*rule));
        panel = panel.child(element("p", "").text(rules::sentence(*rule)).text(" ").child(source).end());
    }
    panel.end()
}

/// What may be opened beside it: the segment's bytes, both sides' states, what the sockets hold.
pub(crate) fn beside(layout: &Layout, frames: &[Frame], cursor: Option<usize>) -> Html {
    let until = cursor.unwrap_or_else(|| layout.rows.len().saturating_sub(1));
    let segment = match layout.rows.get(until).map(|row| &row.thing) {
        Some(Thing::Segment(flight)) => frames.get(*flight).map(|frame| header(&frame.bytes, &layout.flights[*flight])),
        _ => None,
    };
    let both = element("div", "sc-diagrams")
        .child(diagram(layout, Host::Client, until))
        .child(diagram(layout, Host::Server, until))
        .end();
    element("div", "")
        .child(folded(texts::DIAGRAM, both))
        .child(folded(texts::HOLDINGS, held(layout, until)))
        .child(folded(texts::HEADER, segment.unwrap_or_else(|| text("p", "", texts::NO_SEGMENT))))
        .end()
}

/// Something to be opened.
pub(crate) fn folded(summary: &str, inside: Html) -> Html {
    folding(summary, inside).end()
}

/// The same, open to begin with.
pub(crate) fn unfolded(summary: &str, inside: Html) -> Html {
    folding(summary, inside).with("open", "".into()).end()
}

fn folding(summary: &str, inside: Html) -> Element {
    element("details", "").child(text("summary", "", summary)).child(inside)
}

fn held(layout: &Layout, until: usize) -> Html {
    let mut body = element("tbody", "");
    for holding in holdings(layout, until) {
        let row = element("tr", "")
            .child(element("th", "").with("scope", "row".into()).text(&holding.name).end())
            .child(text("td", "", &words::holding(&holding)));
        body = body.child(row.end());
    }
    let table = element("table", "").child(body.end()).end();
    element("div", "").child(table).child(text("small", "", texts::WHEN_QUIET)).end()
}
