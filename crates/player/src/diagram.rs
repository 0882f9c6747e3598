//! RFC 9293's state diagram, drawn for every host.

use scenario::Host;
use view::diagram::{ARROWS, PLACES, described, path};
use view::layout::Layout;
use view::palette::Phase;
use yew::prelude::*;

use crate::elements::{each, element, said};

/// Every host's, as they are when a row is over.
pub(crate) fn diagrams(layout: &Layout, until: usize) -> Html {
    let hosts = layout.network.hosts();
    element("div", "sc-diagrams", each(hosts.len(), &|at| diagram(layout, until, hosts[at])))
}

fn diagram(layout: &Layout, until: usize, host: Host) -> Html {
    let path = path(layout, host, until);
    // A way that the diagram has not got: a reset, or a timer that gave up.
    let taken = |at: usize| {
        let pair = &path[at..at + 2];
        let class = if ARROWS.contains(&(pair[0], pair[1])) { "sc-taken" } else { "sc-taken sc-rst" };
        arrow(pair[0], pair[1], class)
    };
    let place = |place: usize| {
        let (state, x, y) = PLACES[place];
        let class = match path.last() {
            Some(last) if *last == place => "sc-here ",
            _ if path.contains(&place) => "sc-been ",
            _ => "",
        };
        html! {
            <g class={format!("{class}{}", Phase::of(Some(state)).class())}>
                <rect x={(x - 45).to_string()} y={(y - 11).to_string()} width="90" height="22" rx="4" />
                <text x={x.to_string()} y={(y + 4).to_string()}>{ state.name() }</text>
            </g>
        }
    };
    html! {
        <figure>
            { said("figcaption", "", host.name()) }
            <svg class="sc-diagram" viewBox="0 0 300 290" role="img" aria-label={described(host, &path)}>
                { each(ARROWS.len(), &|at| arrow(ARROWS[at].0, ARROWS[at].1, "")) }
                { each(path.len().saturating_sub(1), &taken) }
                { each(PLACES.len(), &place) }
            </svg>
        </figure>
    }
}

fn arrow(from: usize, to: usize, class: &'static str) -> Html {
    let ((_, x1, y1), (_, x2, y2)) = (PLACES[from], PLACES[to]);
    html! { <line {class} x1={x1.to_string()} y1={y1.to_string()} x2={x2.to_string()} y2={y2.to_string()} /> }
}
