//! What stands below the picture: the current step in words.

use scenario::{Host, Outcome};
use yew::prelude::*;

use crate::dom::{element, text};
use crate::layout::{Layout, Thing};
use crate::picture::state;
use crate::texts;

/// The current step in words; without one, what the script says of itself.
pub(crate) fn explain(layout: &Layout, cursor: Option<usize>) -> Html {
    let panel = element("div", "sc-words");
    let Some(row) = cursor.and_then(|cursor| layout.rows.get(cursor)) else {
        let hint = text("span", "sc-hint", texts::HINT);
        return panel.child(element("p", "").text(&layout.summary).text(" ").child(hint).end()).end();
    };
    let place = row.host.map_or(texts::LINK, Host::name);
    let mut lead = element("p", "").child(text("b", "", &format!("{place}: {}", texts::headline(layout, row))));
    if let Some(caption) = &row.caption {
        lead = lead.text(" ").text(caption);
    }
    let mut panel = panel.child(lead.end());
    for change in &row.changes {
        panel = panel.child(element("p", "").child(state(change)).text(" ").text(texts::state(change.to)).end());
    }
    if let Thing::Call { outcome: Some(Outcome::Errno(errno)), .. } = &row.thing {
        panel = panel.child(text("p", "", &texts::errno(*errno)));
    }
    if let Some(expected) = &row.expected {
        panel = panel.child(text("p", "sc-failed", &texts::expected(expected)));
    }
    for rule in &row.rules {
        let source = text("small", "", &texts::source(rule));
        panel = panel.child(element("p", "").text(&rule.rule).text(" ").child(source).end());
    }
    panel.end()
}
