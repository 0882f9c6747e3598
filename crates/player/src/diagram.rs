//! RFC 9293's state diagram, drawn for every host.

use scenario::Host;
use view::diagram::{ARROWS, PLACES, described, path};
use view::layout::Layout;
use view::palette::Phase;
use yew::prelude::*;

/// Every host's, as they are when a row is over.
pub(crate) fn diagrams(layout: &Layout, until: usize) -> Html {
    html! { <div class="sc-diagrams">{ for layout.network.hosts().iter().map(|host| diagram(layout, until, *host)) }</div> }
}

fn diagram(layout: &Layout, until: usize, host: Host) -> Html {
    let path = path(layout, host, until);
    // A way that the diagram has not got: a reset, or a timer that gave up.
    let taken = |pair: &[usize]| {
        let class = if ARROWS.contains(&(pair[0], pair[1])) { "sc-taken" } else { "sc-taken sc-rst" };
        arrow(pair[0], pair[1], class)
    };
    let place = |(place, (state, x, y)): (usize, (scenario::State, i32, i32))| {
        let class = match path.last() {
            Some(last) if *last == place => Some("sc-here"),
            _ if path.contains(&place) => Some("sc-been"),
            _ => None,
        };
        html! {
            <g class={classes!(class, Phase::of(Some(state)).class())}>
                <rect x={(x - 45).to_string()} y={(y - 11).to_string()} width="90" height="22" rx="4" />
                <text x={x.to_string()} y={(y + 4).to_string()}>{ state.name() }</text>
            </g>
        }
    };
    html! {
        <figure>
            <figcaption>{ host.name() }</figcaption>
            <svg class="sc-diagram" viewBox="0 0 300 290" role="img" aria-label={described(host, &path)}>
                { for ARROWS.into_iter().map(|(from, to)| arrow(from, to, "")) }
                { for path.windows(2).map(taken) }
                { for PLACES.into_iter().enumerate().map(place) }
            </svg>
        </figure>
    }
}

fn arrow(from: usize, to: usize, class: &'static str) -> Html {
    let ((_, x1, y1), (_, x2, y2)) = (PLACES[from], PLACES[to]);
    html! { <line {class} x1={x1.to_string()} y1={y1.to_string()} x2={x2.to_string()} y2={y2.to_string()} /> }
}
