//! A number of a script with a handle: a slider, under it what every value gives, and below them the run of the value.

use sim::Rules;
use view::fold::Fold;
use view::texts as words;
use view::vary::{Band, Handle, bands};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::picture::Picture;
use crate::run::{NoRun, Run};
use crate::settings;

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
    /// The number, what its values give, the one that is shown, and its run.
    shown: Option<Shown>,
}

struct Shown {
    handle: Handle,
    bands: Vec<Band>,
    value: u32,
    run: Run,
}

/// The reader wants this value.
pub(crate) struct To(u32);

impl Component for Vary {
    type Message = To;
    type Properties = VaryProps;

    fn create(ctx: &Context<Self>) -> Self {
        Self { shown: shown(ctx.props()).ok() }
    }

    fn update(&mut self, ctx: &Context<Self>, To(value): To) -> bool {
        let Some(shown) = &mut self.shown else { return false };
        let value = value.clamp(ctx.props().from, ctx.props().to);
        let Ok(run) = Run::of(&shown.handle.set(value), Rules::Linux) else { return false };
        (shown.value, shown.run) = (value, run);
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let Some(Shown { handle, bands, value, run }) = &self.shown else { return Html::default() };
        let value = *value;
        let band = bands.iter().find(|band| band.from <= value && value <= band.to);
        let said = band.map(gives).unwrap_or_default();
        let oninput = ctx.link().batch_callback(|event: InputEvent| {
            event.target_dyn_into::<HtmlInputElement>()?.value().parse().ok().map(To)
        });
        let is_book = value == handle.value();
        let layout = run.layout.clone();
        let fold = props.fold_end.and_then(|end| Fold::ending(&layout, end));
        let anchor = if is_book { props.anchor.clone() } else { AttrValue::default() };
        let place = |value: u32| (value - props.from) / props.by;
        let strip = bands.iter().map(|piece| {
            let (x, width) = (place(piece.from), place(piece.to) - place(piece.from) + 1);
            html! { <rect x={x.to_string()} y="0" width={width.to_string()} height="1" class={piece.tone().class()} /> }
        });
        let pieces = bands.iter().map(|piece| {
            let steps = place(piece.from).midpoint(place(piece.to));
            let middle = props.from + steps * props.by;
            let go = ctx.link().callback(move |_: MouseEvent| To(middle));
            html! {
                <button type="button" class={classes!("sc-piece", piece.tone().class())} onclick={go}
                    aria-pressed={(band == Some(piece)).to_string()}>
                    { words::values(piece) }{ ": " }<b>{ gives(piece) }</b>
                </button>
            }
        });
        let view_box = format!("0 0 {} 1", place(props.to) + 1);
        html! {
            <div class="sc-vary">
                <label>
                    <span>{ props.label.clone() }{ ": " }<b>{ value }</b></span>
                    <input type="range" min={props.from.to_string()} max={props.to.to_string()} step={props.by.to_string()}
                        value={value.to_string()} aria-valuetext={format!("{value}: {said}")} {oninput} />
                </label>
                <svg class="sc-strip" viewBox={view_box} preserveAspectRatio="none" aria-hidden="true">
                    { for strip }
                    <rect class="sc-here" x={place(value).to_string()} y="0" width="1" height="1" />
                </svg>
                <div class="sc-choices" role="group" aria-label={words::EVERY_VALUE}>{ for pieces }</div>
                <Picture drawn={0..layout.rows.len()} {layout} cursor={None} {anchor} {fold} runtime={settings::chosen()} />
            </div>
        }
    }
}

fn shown(props: &VaryProps) -> Result<Shown, NoRun> {
    let (handle, bands) = performed(props)?;
    let value = handle.value().clamp(props.from, props.to);
    let run = Run::of(&handle.set(value), Rules::Linux)?;
    Ok(Shown { handle, bands, value, run })
}

fn performed(props: &VaryProps) -> Result<(Handle, Vec<Band>), NoRun> {
    let handle = Handle::of_line(&props.text, props.line).map_err(|what| NoRun { line: Some(props.line), what })?;
    let values = (props.from..=props.to).step_by(props.by.max(1) as usize);
    let bands = bands(&handle, values, |text| Run::of(text, Rules::Linux).map(|run| run.trace))?;
    Ok((handle, bands))
}

/// `client read() = ECONNRESET, client write(5) = EPIPE`
fn gives(band: &Band) -> String {
    let given = band.gives.iter().map(|given| match given.outcome {
        Some(outcome) => format!("{} = {outcome}", given.call),
        None => format!("{} is not made", given.call),
    });
    given.collect::<Vec<_>>().join(", ")
}
