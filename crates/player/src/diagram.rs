//! RFC 9293's state diagram, drawn.

use scenario::Host;
use view::diagram::{ARROWS, PLACES, described, path};
use view::layout::Layout;
use yew::prelude::*;

use crate::dom::{Element, element, text};
use view::palette::Phase;

/// The diagram of one host after a row.
pub(crate) fn diagram(layout: &Layout, host: Host, until: usize) -> Html {
    let path = path(layout, host, until);
    let mut svg = element("svg", "sc-diagram")
        .with("viewBox", "0 0 300 290".into())
        .with("role", "img".into())
        .with("aria-label", described(host, &path).into());
    for (from, to) in ARROWS {
        svg = svg.child(arrow(from, to, "").end());
    }
    for pair in path.windows(2) {
        // A way that the diagram has not got: a reset, or a timer that gave up.
        let class = if ARROWS.contains(&(pair[0], pair[1])) { "sc-taken" } else { "sc-taken sc-rst" };
        svg = svg.child(arrow(pair[0], pair[1], class).end());
    }
    for (place, (state, x, y)) in PLACES.into_iter().enumerate() {
        let class = match path.last() {
            Some(last) if *last == place => "sc-here ",
            _ if path.contains(&place) => "sc-been ",
            _ => "",
        };
        let shape = element("rect", "")
            .with("x", (x - 45).to_string().into())
            .with("y", (y - 11).to_string().into())
            .with("width", "90".into())
            .with("height", "22".into())
            .with("rx", "4".into());
        let name = element("text", "").with("x", x.to_string().into()).with("y", (y + 4).to_string().into());
        let node = element("g", "").with("class", format!("{class}{}", Phase::of(Some(state)).class()).into());
        svg = svg.child(node.child(shape.end()).child(name.text(state.name()).end()).end());
    }
    element("figure", "").child(text("figcaption", "", host.name())).child(svg.end()).end()
}

fn arrow(from: usize, to: usize, class: &'static str) -> Element {
    let ((_, x1, y1), (_, x2, y2)) = (PLACES[from], PLACES[to]);
    element("line", class)
        .with("x1", x1.to_string().into())
        .with("y1", y1.to_string().into())
        .with("x2", x2.to_string().into())
        .with("y2", y2.to_string().into())
}
