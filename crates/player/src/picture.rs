//! Draws a layout: the ladder, row by row, and the same as a table. The still picture and the live one are these.

use std::ops::Range;
use std::rc::Rc;

use catalogue::messages::{Runtime, message};
use scenario::{Fate, Host, Link, Network, Outcome};
use view::compare::{Difference, Mark, Missing};
use view::fold::Fold;
use view::layout::{ARROW, Change, Flight, LABEL, Lane, Layout, Look, Piece, Row, Thing};
use view::notes::{Note, notes};
use view::palette::{self, Phase};
use view::{rules, texts};
use web_sys::{Element, PointerEvent};
use yew::prelude::*;

use crate::elements::{each, element, said};
use crate::session::Tools;
use crate::shared::Shared;
use crate::texts as own;

/// What is drawn, and how far it has come.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct PictureProps {
    /// The run.
    pub(crate) layout: Shared<Layout>,
    /// The current row; `None` shows the whole run as over.
    pub(crate) cursor: Option<usize>,
    /// The rows that are drawn; the place of the others is kept.
    pub(crate) drawn: Range<usize>,
    /// What the names of the rows begin with (`id`), so that links lead to them: `NAME.1`, `NAME.2`; empty where none do.
    pub(crate) anchor: AttrValue,
    /// Rows that are hidden until the reader wants them, or is among them.
    pub(crate) fold: Option<Fold>,
    /// Whether the fold stays as it is even if the current row is in it.
    pub(crate) keeps_fold: bool,
    /// What differs from the book's run.
    pub(crate) differs: Option<Shared<Difference>>,
    /// That run.
    pub(crate) book: Option<Shared<Layout>>,
    /// Whose texts stand beside the calls that tell of an end; `None` leaves them out.
    pub(crate) runtime: Option<Runtime>,
    /// What stands beside the current row.
    pub(crate) tools: Option<Html>,
    /// The reader points at a row.
    pub(crate) pick: Option<Callback<Picked>>,
    /// The reader has moved the end of an arrow: its row, and by how many milliseconds.
    pub(crate) delay: Option<Callback<(usize, u32)>>,
}

impl PictureProps {
    /// A whole run as over, to be looked at.
    pub(crate) fn of(layout: &Rc<Layout>, drawn: Range<usize>, runtime: Option<Runtime>) -> Self {
        Self {
            layout: Shared(Rc::clone(layout)),
            cursor: None,
            drawn,
            anchor: AttrValue::default(),
            fold: None,
            keeps_fold: false,
            differs: None,
            book: None,
            runtime,
            tools: None,
            pick: None,
            delay: None,
        }
    }
}

/// A row that was clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Picked {
    pub(crate) row: usize,
    /// What is wanted there; `None`: a link of the text has clicked, not a hand.
    pub(crate) tools: Option<Tools>,
}

impl Picked {
    /// Beside a call there is nothing on the wire: who clicks there wants to put something in.
    fn by(event: &MouseEvent, row: usize) -> Self {
        let is_between = || {
            let on = event.target_dyn_into::<Element>();
            on.is_some_and(|on| on.matches(".sc-row:not(.sc-segment) > .sc-wire").unwrap_or(false))
        };
        let tools = (event.detail() > 0).then(|| if is_between() { Tools::Palette } else { Tools::Row });
        Self { row, tools }
    }
}

/// The whole picture: title, ladder, table.
pub(crate) struct Picture {
    /// The end of an arrow that the reader has taken hold of.
    held: Option<Held>,
}

impl Component for Picture {
    type Message = Hold;
    type Properties = PictureProps;

    fn create(_: &Context<Self>) -> Self {
        Self { held: None }
    }

    fn update(&mut self, ctx: &Context<Self>, hold: Hold) -> bool {
        match (hold, self.held) {
            (Hold::Take(flight, from_y), _) => self.held = Some(Held { flight, from_y, ms: 0 }),
            (Hold::Move(y), Some(held)) => self.held = Some(Held { ms: held.later(y), ..held }),
            (Hold::Let, Some(held)) => {
                self.held = None;
                if let (Some(delay), 1..) = (&ctx.props().delay, held.ms) {
                    delay.emit((ctx.props().layout.flights[held.flight].row, held.ms));
                }
            }
            (Hold::Move(_) | Hold::Let, None) => return false,
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let PictureProps { layout, drawn, delay, .. } = props;
        let [left, right, middle] = layout.lanes;
        let mut class = format!("sc-ladder sc-l{left} sc-r{right}");
        if layout.network == Network::Proxied {
            class += &format!(" sc-proxied sc-m{middle}");
        }
        let hold = delay.is_some().then(|| ctx.link().callback(|hold: Hold| hold));
        let hosts = layout.network.hosts();
        let head = |at: usize| html! { <span class={format!("sc-head sc-{}", hosts[at])}>{ hosts[at].name() }</span> };
        let drag = Drag { held: self.held, hold };
        html! {
            <figure class="sc-figure">
                { said("figcaption", "sc-title", layout.title.clone()) }
                <div {class} role="group" aria-label={texts::picture_of(layout)}>
                    <div class="sc-row sc-heads">
                        { each(hosts.len(), &head) }
                    </div>
                    { gap(layout.top(drawn.start)) }
                    { rows(props, &drag) }
                    { gap(layout.top(layout.rows.len()) - layout.top(drawn.end)) }
                </div>
                { each(layout.unplaced.len(), &|at| said("p", "sc-differs", texts::differs(&layout.unplaced[at]))) }
                { table(layout, drawn.clone()) }
            </figure>
        }
    }
}

/// The rows that are drawn, those of the fold behind one that stands for them all.
fn rows(props: &PictureProps, drag: &Drag) -> Html {
    let PictureProps { layout, drawn, fold, keeps_fold, cursor, .. } = props;
    let some = |rows: Range<usize>| {
        each(rows.len(), &|at| {
            let at = rows.start + at;
            html! { <>{ missing(props, at) }{ row(props, at, drag) }</> }
        })
    };
    let fold = fold.as_ref().filter(|fold| drawn.start <= fold.rows.start && fold.rows.end <= drawn.end);
    let Some(fold) = fold else { return some(drawn.clone()) };
    html! {
        <>
            { some(drawn.start..fold.rows.start) }
            <details class="sc-fold" open={!keeps_fold && cursor.is_some_and(|cursor| fold.rows.contains(&cursor))}>
                { fold_row(layout, fold) }
                { some(fold.rows.clone()) }
            </details>
            { some(fold.rows.end..drawn.end) }
        </>
    }
}

/// The row that stands for others; the lifelines go on through it.
fn fold_row(layout: &Layout, fold: &Fold) -> Html {
    let last = &layout.rows[fold.rows.end - 1];
    let at_rest = |Lane { after, .. }: Lane| Lane { before: after, after };
    let lanes = last.lanes.clone().map(|lanes| lanes.into_iter().map(at_rest).collect());
    let hosts = layout.network.hosts();
    let after = Row { lanes, thing: Thing::Effect, ..last.clone() };
    html! {
        <summary class="sc-row sc-of-link">
            { each(hosts.len(), &|at| life(&after, hosts[at])) }
            <div class="sc-wire"><div class="sc-z">{ said("span", "sc-fold-label", fold.label()) }</div></div>
        </summary>
    }
}

/// What the book's run has before this row, and this run has not.
fn missing(props: &PictureProps, at: usize) -> Html {
    let (Some(differs), Some(book)) = (&props.differs, &props.book) else { return Html::default() };
    let before: Vec<String> = differs
        .missing
        .iter()
        .filter(|missing| missing.before == at)
        .map(|Missing { row, .. }| {
            let row = &book.rows[*row];
            format!("{} {}", row.host.map_or(texts::LINK, Host::name), what_happens(book, row))
        })
        .collect();
    html! { if !before.is_empty() { { said("p", "sc-gone-row", own::only_in_the_book(&before)) } } }
}

/// A row in words, without its captions; where something only takes effect, the states that it brings.
fn what_happens(layout: &Layout, row: &Row) -> String {
    let headline = texts::headline(layout, row);
    if !headline.is_empty() {
        return headline;
    }
    row.changes.iter().map(texts::entered).collect::<Vec<_>>().join(", ")
}

/// The place of rows that are not drawn. An image, because its height needs no style.
fn gap(height: u32) -> Html {
    html! { <svg class="sc-gap" height={height.to_string()}></svg> }
}

fn row(props: &PictureProps, at: usize, drag: &Drag) -> Html {
    let PictureProps { layout, cursor, runtime, tools, pick, .. } = props;
    let row = &layout.rows[at];
    let is_now = *cursor == Some(at);
    let now = match cursor {
        Some(cursor) if *cursor == at => " sc-now",
        Some(cursor) if *cursor < at => " sc-later",
        _ => "",
    };
    let is_another_time = at == 0 || layout.rows[at - 1].at_us / 1000 != row.at_us / 1000;
    let onclick = pick.as_ref().map(|pick| pick.reform(move |event: MouseEvent| Picked::by(&event, at)));
    let id = (!props.anchor.is_empty()).then(|| format!("{}.{}", props.anchor, at + 1));
    let mark = props.differs.as_ref().and_then(|differs| differs.mark(at));
    let other = if mark.is_some() { " sc-other" } else { "" };
    html! {
        <div class={format!("sc-row {}{now}{other}", kind_class(row))} {id} data-step={at.to_string()} {onclick}>
            if let Some(pause_us) = row.pause_us {
                { element("span", "sc-pause", said("span", "", texts::later(pause_us))) }
            }
            if is_another_time { { said("span", "sc-time", texts::time(row.at_us)) } }
            { side(row, Host::Client, *runtime, mark) }
            { life(row, Host::Client) }
            { wire(layout, row, layout.network.links()[0], drag) }
            if layout.network == Network::Proxied {
                { life(row, Host::Proxy) }
                { wire(layout, row, Link::ProxyServer, drag) }
                { side(row, Host::Proxy, *runtime, mark) }
            }
            { life(row, Host::Server) }
            { side(row, Host::Server, *runtime, mark) }
            if is_now { { tools.clone().unwrap_or_default() } }
        </div>
    }
}

fn kind_class(row: &Row) -> &'static str {
    match (&row.thing, row.host, row.link) {
        (Thing::Segment(_), Some(host), Some(link)) if link.end(host) == 1 => "sc-segment sc-from-server",
        (Thing::Segment(_), ..) => "sc-segment",
        (_, Some(Host::Client), _) => "sc-of-client",
        (_, Some(Host::Server), _) => "sc-of-server",
        (_, Some(Host::Proxy), _) => "sc-of-proxy",
        (_, None, _) => "sc-of-link",
    }
}

fn side(row: &Row, host: Host, runtime: Option<Runtime>, mark: Option<&Mark>) -> Html {
    // What the proxy does stands on that side of its lifeline on which the connection is.
    let class = match (host, row.link) {
        (Host::Client, _) => "sc-side sc-client",
        (Host::Server, _) => "sc-side sc-server",
        (Host::Proxy, Some(Link::ClientProxy)) => "sc-side sc-proxy sc-downstream",
        (Host::Proxy, _) => "sc-side sc-proxy sc-upstream",
    };
    if row.host != Some(host) {
        return if host == Host::Proxy { Html::default() } else { element("div", class, Html::default()) };
    }
    let message = runtime.zip(row.cause).and_then(|(runtime, cause)| message(runtime, cause));
    let notes = notes(row);
    let note = |at: usize| match (notes[at], message) {
        (note @ Note::Call { .. }, Some(message)) => {
            html! { <>{ written(note) }{ said("span", "sc-message", message.text) }</> }
        }
        (note, _) => written(note),
    };
    let there = mark.and_then(own::in_the_book).map(|there| said("span", "sc-differs", there));
    element("div", class, html! { <>{ each(notes.len(), &note) }{ there }</> })
}

fn written(note: Note<'_>) -> Html {
    match note {
        Note::Call { socket, call, outcome } => {
            let result = said("b", outcome.map_or("sc-made", outcome_class), texts::result(outcome));
            element("span", "sc-call", html! { <>{ named(socket) }{ call.to_string() }{ " " }{ result }</> })
        }
        Note::Statement(statement) => said("span", "sc-statement", statement.to_owned()),
        Note::Counter { counter, by } => said("span", "sc-rule", texts::counter(counter, by)),
        Note::State(change) => state(change),
        Note::Expected(expected) => said("span", "sc-differs", texts::expected(expected)),
        Note::Caption(caption) => said("span", "sc-caption", caption.to_owned()),
        Note::Rule(rule) => {
            let source = said("small", "", texts::source(rule));
            element("span", "sc-rule", html! { <>{ rules::short(rule) }{ source }</> })
        }
    }
}

fn named(socket: Option<&str>) -> Html {
    html! { if let Some(socket) = socket { { said("span", "sc-socket", socket.to_owned()) }{ " " } } }
}

const fn outcome_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Errno(_) => "sc-errno",
        Outcome::Blocks => "sc-blocks",
        Outcome::Number(_) | Outcome::Ready(_) => "sc-returned",
    }
}

/// A state's name in its hue, with the socket's where there are several.
pub(crate) fn state(change: &Change) -> Html {
    html! {
        <span class={format!("sc-state {}", Phase::of(Some(change.to)).class())}>{ named(change.socket.as_deref()) }{ change.to.name() }</span>
    }
}

fn life(row: &Row, host: Host) -> Html {
    let is_call = row.host == Some(host) && matches!(row.thing, Thing::Call { .. });
    let lanes = &row.lanes[host.index()];
    let blocked = if row.blocked[host.index()] { " sc-blocked" } else { "" };
    let dot = if is_call { " sc-dot" } else { "" };
    let class = format!("sc-life sc-{host}{blocked}{dot}");
    html! {
        <div {class}>
            if lanes.is_empty() { { lane(Lane::default()) } }
            { each(lanes.len(), &|at| lane(lanes[at])) }
        </div>
    }
}

fn lane(Lane { before, after }: Lane) -> Html {
    let lasts = element("b", Phase::of(after).class(), Html::default());
    if before == after {
        return element("span", "sc-lane", lasts);
    }
    let was = element("i", Phase::of(before).class(), Html::default());
    element("span", "sc-lane", html! { <>{ was }{ lasts }</> })
}

fn wire(layout: &Layout, row: &Row, link: Link, drag: &Drag) -> Html {
    let bottom = row.top + row.height;
    let zone = |span, class, written| zone(layout, row, link, span, class, written, drag);
    let is_here = row.link.unwrap_or_else(|| layout.network.links()[0]) == link;
    let zones = match &row.thing {
        Thing::Segment(flight) if is_here => {
            let middle = row.top + LABEL;
            let rest = middle + ARROW;
            html! {
                <>
                    { zone([row.top, middle], "sc-z sc-z1", label(&layout.flights[*flight])) }
                    { zone([middle, rest], "sc-z sc-z2", Html::default()) }
                    // Where nothing is left, the arrow itself fills what a narrow page puts below it.
                    if rest < bottom { { zone([rest, bottom], "sc-z", Html::default()) } }
                </>
            }
        }
        Thing::Statement { text, .. } if row.host.is_none() && is_here => {
            zone([row.top, bottom], "sc-z", said("span", "sc-statement", text.clone()))
        }
        Thing::Icmp { icmp, to } if is_here => {
            zone([row.top, bottom], "sc-z", said("span", "sc-statement", texts::icmp(*icmp, *to)))
        }
        _ => zone([row.top, bottom], "sc-z", Html::default()),
    };
    element("div", if link == Link::ProxyServer { "sc-wire sc-upstream" } else { "sc-wire" }, zones)
}

/// What is written on a segment. The flags stand apart: they are what the eye looks for.
fn label(flight: &Flight) -> Html {
    let written = flight.segment.to_string();
    let (flags, numbers) = written.split_once(' ').unwrap_or((&written, ""));
    html! {
        <span class={format!("sc-label {}", Look::of(&flight.segment).class())}>
            { said("b", "", flags.to_owned()) }{ " " }{ numbers.trim_start().to_owned() }
            if flight.is_one_of_several { { said("small", "", texts::port(flight)) } }
            if let Some(fate) = texts::fate(flight.fate) { { " " }{ said("em", "", fate) } }
        </span>
    }
}

/// A band across a wire, with the pieces of all lines that pass through it.
fn zone(
    layout: &Layout,
    row: &Row,
    link: Link,
    [from, to]: [u32; 2],
    class: &'static str,
    written: Html,
    drag: &Drag,
) -> Html {
    let piece = |flight: &usize| Some((*flight, layout.piece(*flight, from, to)?));
    let over = row.crossing.iter().filter(|flight| layout.flights[**flight].link() == link);
    let pieces: Vec<(usize, Piece)> = over.filter_map(piece).collect();
    html! {
        <div {class}>
            if !pieces.is_empty() { <svg>{ each(pieces.len(), &|at| line(layout, pieces[at].0, pieces[at].1, drag)) }</svg> }
            { written }
        </div>
    }
}

fn line(layout: &Layout, index: usize, Piece { x1, x2, y2, begins, ends }: Piece, drag: &Drag) -> Html {
    let flight = &layout.flights[index];
    let look = Look::of(&flight.segment);
    let (class, path) = match flight.fate {
        Fate::Dropped => (None, palette::BROKEN_OFF),
        Fate::Delivered | Fate::Injected => (Some("sc-tip"), look.tip()),
    };
    html! {
        <g class={look.class()}>
            <line x1={percent(x1)} y1="0%" x2={percent(x2)} y2={percent(y2)} />
            if begins && flight.fate == Fate::Injected { { mark([x1, 0], flight, None, palette::FROM_NOWHERE) } }
            if ends { { mark([x2, y2], flight, class, path) } }
            if ends && flight.fate == Fate::Delivered { { drag.grip(index, [x2, y2]) } }
        </g>
    }
}

fn percent(thousandths: i32) -> AttrValue {
    format!("{}.{}%", thousandths / 10, thousandths % 10).into()
}

fn mark([x, y]: [i32; 2], flight: &Flight, class: Option<&'static str>, path: &'static str) -> Html {
    let transform = (flight.link().end(flight.from) == 1).then_some("scale(-1 1)");
    html! { <svg {class} x={percent(x)} y={percent(y)}><path d={path} {transform} /></svg> }
}

/// What a reader does with the end of an arrow.
pub(crate) enum Hold {
    /// Takes hold of a flight's, at this height of the window.
    Take(usize, i32),
    /// Moves it to this height.
    Move(i32),
    /// Lets it go.
    Let,
}

/// The end of an arrow that is held: of which flight, from where, and by how many milliseconds it is later.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Held {
    flight: usize,
    from_y: i32,
    ms: u32,
}

/// A pixel downwards is so many milliseconds, in steps of [`STEP_MS`].
const MS_A_PIXEL: u32 = 5;
const STEP_MS: u32 = 50;
const LATEST_MS: u32 = 5_000;

impl Held {
    const fn later(self, y: i32) -> u32 {
        let pixels = if y > self.from_y { y.abs_diff(self.from_y) } else { 0 };
        let ms = pixels * MS_A_PIXEL / STEP_MS * STEP_MS;
        if ms < LATEST_MS { ms } else { LATEST_MS }
    }
}

/// What is held, and who hears of it; nobody where nothing can be moved.
struct Drag {
    held: Option<Held>,
    hold: Option<Callback<Hold>>,
}

impl Drag {
    /// The place at which an arrow's end can be held; while it is, how far it has been moved.
    fn grip(&self, flight: usize, [x, y]: [i32; 2]) -> Html {
        let Some(hold) = &self.hold else { return Html::default() };
        let held = self.held.filter(|held| held.flight == flight && held.ms > 0);
        let take = hold.reform(move |event: PointerEvent| {
            event.prevent_default();
            if let Some(grip) = event.target_dyn_into::<Element>() {
                let _ = grip.set_pointer_capture(event.pointer_id());
            }
            Hold::Take(flight, event.client_y())
        });
        let onpointermove = hold.reform(|event: PointerEvent| Hold::Move(event.client_y()));
        let onpointerup = hold.reform(|_: PointerEvent| Hold::Let);
        let onclick = |event: MouseEvent| event.stop_propagation();
        html! {
            <svg class="sc-grip" x={percent(x)} y={percent(y)}>
                if let Some(Held { ms, .. }) = held {
                    <line x1="0" y1="0" x2="0" y2={(ms / MS_A_PIXEL).to_string()} />
                    <text x="0" y={(ms / MS_A_PIXEL + 14).to_string()}>{ own::later_by(ms) }</text>
                }
                <circle r="11" onpointerdown={take} {onpointermove} {onpointerup} {onclick}><title>{ own::DRAG }</title></circle>
            </svg>
        }
    }
}

/// The same events for whoever cannot see the ladder, or would rather read.
fn table(layout: &Layout, drawn: Range<usize>) -> Html {
    let line = |at: usize| {
        let at = drawn.start + at;
        let row = &layout.rows[at];
        let place = row.host.map_or(texts::LINK, Host::name);
        let cells = [(at + 1).to_string(), texts::time(row.at_us), place.to_owned(), texts::sentence(layout, row)];
        element("tr", "", each(cells.len(), &|at| said("td", "", cells[at].clone())))
    };
    let column = |at: usize| html! { <th scope="col">{ texts::COLUMNS[at] }</th> };
    html! {
        <details class="sc-table">
            { said("summary", "", texts::AS_TABLE) }
            <table>
                { element("thead", "", element("tr", "", each(texts::COLUMNS.len(), &column))) }
                { element("tbody", "", each(drawn.len(), &line)) }
            </table>
        </details>
    }
}
