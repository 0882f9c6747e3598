//! A number of a script with a handle: a slider, under it what every value gives, and below them the run of the value.

use std::rc::Rc;

use sim::Stack;
use view::texts as words;
use view::vary::{Band, Given, Handle, bands};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::elements::{each, element, said, yes_or_no};
use crate::live::{Stage, StageProps};
use crate::run::{NoRun, Run};
use crate::session::{Act, Session};
use crate::{settings, texts};

/// A script, and which of its numbers takes which values.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct VaryProps {
    /// The script as the book has it.
    pub(crate) text: AttrValue,
    /// The statement that has the number.
    pub(crate) line: u32,
    /// The first value, in the number's unit.
    pub(crate) from: u32,
    /// The last.
    pub(crate) to: u32,
    /// From one to the next.
    pub(crate) by: u32,
    /// What the number means.
    pub(crate) label: AttrValue,
    /// What the names of the rows begin with, while the number is the book's.
    pub(crate) anchor: AttrValue,
    /// The row behind the fold; what stands before it is the same for every value.
    pub(crate) fold_end: Option<usize>,
}

/// Slider, band and picture; nothing if the script has no such number.
pub(crate) struct Vary {
    /// The number, what its values give, the one that is shown, and what its reader does with its run.
    shown: Option<Shown>,
    _listens: settings::Listens,
}

struct Shown {
    handle: Handle,
    bands: Vec<Band>,
    value: u32,
    session: Rc<Session>,
}

/// What a reader does.
pub(crate) enum Message {
    /// This value.
    To(u32),
    /// Something with its run.
    Do(Act),
    /// Something was chosen for the whole book.
    Chosen,
}

impl Component for Vary {
    type Message = Message;
    type Properties = VaryProps;

    fn create(ctx: &Context<Self>) -> Self {
        let listens = settings::listen(ctx.link().callback(|()| Message::Chosen));
        Self { shown: shown(ctx.props()).ok(), _listens: listens }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        let Some(shown) = &mut self.shown else { return false };
        match message {
            Message::To(value) => {
                shown.value = value.clamp(ctx.props().from, ctx.props().to);
                shown.session = Rc::new(Session::new(&shown.handle.set(shown.value)));
            }
            Message::Do(act) => shown.session = Rc::new(shown.session.after(act)),
            Message::Chosen => {}
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let Some(Shown { handle, bands, value, session }) = &self.shown else { return Html::default() };
        let value = *value;
        let band = bands.iter().find(|band| band.from <= value && value <= band.to);
        let outcomes = band.map(gives).unwrap_or_default();
        let oninput = ctx.link().batch_callback(|event: InputEvent| {
            event.target_dyn_into::<HtmlInputElement>()?.value().parse().ok().map(Message::To)
        });
        let is_book = value == handle.value();
        let anchor = if is_book { props.anchor.clone() } else { AttrValue::default() };
        let place = |value: u32| (value - props.from) / props.by;
        let strip = |at: usize| {
            let piece = &bands[at];
            let (x, width) = (place(piece.from), place(piece.to) - place(piece.from) + 1);
            html! { <rect x={x.to_string()} y="0" width={width.to_string()} height="1" class={piece.tone().class()} /> }
        };
        let button = |at: usize| {
            let piece = &bands[at];
            let steps = place(piece.from).midpoint(place(piece.to));
            let middle = props.from + steps * props.by;
            let go = ctx.link().callback(move |_: MouseEvent| Message::To(middle));
            html! {
                <button type="button" class={format!("sc-piece {}", piece.tone().class())} onclick={go}
                    aria-pressed={yes_or_no(band.is_some_and(|band| std::ptr::eq(band, piece)))}>
                    { words::values(piece) }{ ": " }{ said("b", "", gives(piece)) }
                </button>
            }
        };
        let stage = StageProps {
            session: session.clone(),
            act: ctx.link().callback(Message::Do),
            runtime: settings::chosen(),
            plays: false,
            anchor,
            fold_end: props.fold_end,
            children: Html::default(),
        };
        let view_box = format!("0 0 {} 1", place(props.to) + 1);
        html! {
            <div class="sc-vary">
                <label>
                    <span>{ props.label.clone() }{ ": " }{ said("b", "", value.to_string()) }</span>
                    <input type="range" min={props.from.to_string()} max={props.to.to_string()} step={props.by.to_string()}
                        value={value.to_string()} aria-valuetext={format!("{value}: {outcomes}")} {oninput} />
                </label>
                <svg class="sc-strip" viewBox={view_box} preserveAspectRatio="none" aria-hidden="true">
                    { each(bands.len(), &strip) }
                    <rect class="sc-here" x={place(value).to_string()} y="0" width="1" height="1" />
                </svg>
                <div class="sc-choices" role="group" aria-label={words::EVERY_VALUE}>{ each(bands.len(), &button) }</div>
                { table(&props.label, bands) }
                <Stage ..stage />
            </div>
        }
    }
}

fn shown(props: &VaryProps) -> Result<Shown, NoRun> {
    let (handle, bands) = performed(props)?;
    let value = handle.value().clamp(props.from, props.to);
    let session = Rc::new(Session::new(&handle.set(value)));
    Ok(Shown { handle, bands, value, session })
}

fn performed(props: &VaryProps) -> Result<(Handle, Vec<Band>), NoRun> {
    let handle = Handle::of_line(&props.text, props.line).map_err(|what| NoRun { line: Some(props.line), what })?;
    let values = (props.from..=props.to).step_by(props.by.max(1) as usize);
    let bands = bands(&handle, values, |text| Run::of(text, Stack::Linux).map(|run| run.trace))?;
    Ok((handle, bands))
}

/// What every value gives, for whoever would rather read it: the table that stands in the page before there is a slider.
fn table(label: &AttrValue, bands: &[Band]) -> Html {
    let line = |at: usize| {
        let band = &bands[at];
        let outcome = |given: &Given| given.outcome.map_or_else(|| "–".to_owned(), |outcome| outcome.to_string());
        html! {
            <tr class={band.tone().class()}>
                <th scope="row">{ words::values(band) }</th>
                { each(band.gives.len(), &|at| element("td", "", said("code", "", outcome(&band.gives[at])))) }
            </tr>
        }
    };
    let calls = bands.first().map_or(&[][..], |band| &band.gives);
    let call = |at: usize| html! { <th scope="col">{ said("code", "", calls[at].call.clone()) }</th> };
    html! {
        <details class="sc-table">
            { element("summary", "", html! { <>{ words::EVERY_VALUE }{ texts::AS_A_TABLE }</> }) }
            <table class="sc-values">
                <thead><tr>
                    <th scope="col">{ label }</th>
                    { each(calls.len(), &call) }
                </tr></thead>
                { element("tbody", "", each(bands.len(), &line)) }
            </table>
        </details>
    }
}

/// `client read() = ECONNRESET, client write(5) = EPIPE`
fn gives(band: &Band) -> String {
    let given = band.gives.iter().map(|given| match given.outcome {
        Some(outcome) => format!("{} = {outcome}", given.call),
        None => format!("{} is not made", given.call),
    });
    given.collect::<Vec<_>>().join(", ")
}
