//! The widget in the browser: runs the script in the page, and draws it with the components of the still picture.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use scenario::Script;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlInputElement, HtmlSelectElement, KeyboardEvent};
use yew::prelude::*;

use crate::explain::explain;
use crate::layout::Layout;
use crate::picture::Picture;
use crate::state::{Action, Player, Speed};
use crate::texts;

/// Runs the script and puts the live widget into `root`, in place of whatever is there.
///
/// # Errors
/// What is wrong with the script, or which bound the run reached. Nothing was changed then.
#[wasm_bindgen]
pub fn mount(root: Element, id: String, script: String) -> Result<(), JsError> {
    let layout = Rc::new(run(&id, &script)?);
    yew::Renderer::<Live>::with_root_and_props(root, LiveProps { layout }).render();
    Ok(())
}

/// The run of a script as text.
///
/// # Errors
/// As for [`mount`].
#[wasm_bindgen]
pub fn trace(script: String) -> Result<String, JsError> {
    let script = Script::parse(&script)?;
    Ok(sim::run("script", &script, sim::Rules::Linux)?.to_string())
}

fn run(id: &str, script: &str) -> Result<Layout, JsError> {
    let script = Script::parse(script)?;
    let trace = sim::run(id, &script, sim::Rules::Linux)?;
    Ok(Layout::of(&script, &trace))
}

#[derive(Clone, PartialEq, Properties)]
struct LiveProps {
    layout: Rc<Layout>,
}

/// Picture, controls, and the current step in words.
struct Live {
    player: Player,
    /// Runs while the player plays; dropping it stops it.
    timeout: Option<Timeout>,
    root: NodeRef,
}

impl Component for Live {
    type Message = Action;
    type Properties = LiveProps;

    fn create(ctx: &Context<Self>) -> Self {
        let player = Player::new(ctx.props().layout.rows.len());
        Self { player, timeout: None, root: NodeRef::default() }
    }

    fn update(&mut self, ctx: &Context<Self>, action: Action) -> bool {
        let before = self.player;
        self.player = before.reduce(action);
        if before == self.player && action != Action::Tick {
            return false;
        }
        self.timeout = self.player.playing.then(|| {
            let link = ctx.link().clone();
            Timeout::new(self.player.speed.step_ms(), move || link.send_message(Action::Tick))
        });
        true
    }

    fn rendered(&mut self, _: &Context<Self>, _: bool) {
        let row = self.root.cast::<Element>().and_then(|root| root.query_selector(".sc-now").ok().flatten());
        if let Some(row) = row {
            let nearest = web_sys::ScrollIntoViewOptions::new();
            nearest.set_block(web_sys::ScrollLogicalPosition::Nearest);
            row.scroll_into_view_with_scroll_into_view_options(&nearest);
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let layout = &ctx.props().layout;
        let link = ctx.link();
        let Player { cursor, steps, playing, .. } = self.player;
        html! {
            <div class="sc-live" ref={&self.root} tabindex="0" role="group" aria-label={layout.title.clone()}
                onkeydown={link.batch_callback(on_key)}>
                <Picture layout={layout.clone()} {cursor} onpick={link.callback(Action::Go)} />
                <div class="sc-desk">
                    { self.controls(link) }
                    <div class="sc-panel" aria-live={if playing { "off" } else { "polite" }}>
                        <span class="sc-unseen">{ texts::step_of(cursor, steps) }{ ". " }</span>
                        { explain(layout, cursor) }
                    </div>
                </div>
            </div>
        }
    }
}

impl Live {
    fn controls(&self, link: &html::Scope<Self>) -> Html {
        let Player { cursor, steps, playing, speed } = self.player;
        let button = |action: Action, name: &'static str, icon: &'static str| {
            html! {
                <button type="button" title={name} aria-label={name} onclick={link.callback(move |_: MouseEvent| action)}>
                    <svg viewBox="0 0 16 16" aria-hidden="true"><path d={icon} /></svg>
                </button>
            }
        };
        let (name, icon) = if playing { (texts::PAUSE, PAUSE) } else { (texts::PLAY, PLAY) };
        let scrub = link.batch_callback(|event: InputEvent| {
            let step: usize = event.target_dyn_into::<HtmlInputElement>()?.value().parse().ok()?;
            Some(Action::Go(step.saturating_sub(1)))
        });
        let choose = link.batch_callback(|event: Event| {
            let index = event.target_dyn_into::<HtmlSelectElement>()?.selected_index();
            Speed::ALL.get(usize::try_from(index).ok()?).map(|speed| Action::Speed(*speed))
        });
        html! {
            <div class="sc-controls" role="group" aria-label={texts::CONTROLS}>
                { button(Action::First, texts::FIRST, FIRST) }
                { button(Action::Back, texts::BACK, BACK) }
                { button(Action::PlayOrPause, name, icon) }
                { button(Action::Forward, texts::FORWARD, FORWARD) }
                { button(Action::Last, texts::LAST, LAST) }
                <input type="range" min="1" max={steps.to_string()} aria-label={texts::POSITION}
                    aria-valuetext={texts::step_of(cursor, steps)}
                    value={cursor.map_or(steps, |cursor| cursor + 1).to_string()} oninput={scrub} />
                <span class="sc-position">{ texts::step_of(cursor, steps) }</span>
                <select aria-label={texts::SPEED} onchange={choose}>
                    { for Speed::ALL.map(|each| html! { <option selected={each == speed}>{ each.label() }</option> }) }
                </select>
            </div>
        }
    }
}

/// Keys act only while something in the widget has the focus, and those that act do not reach the page:
/// mdBook turns pages with the arrows. Controls keep the keys that are theirs.
fn on_key(event: KeyboardEvent) -> Option<Action> {
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return None;
    }
    let control = event.target_dyn_into::<Element>().map(|element| element.tag_name()).unwrap_or_default();
    let key = event.key();
    if matches!(key.as_str(), "ArrowLeft" | "ArrowRight") {
        event.stop_propagation();
    }
    let action = match key.as_str() {
        _ if matches!(control.as_str(), "INPUT" | "SELECT" | "TEXTAREA") => return None,
        " " if control == "DIV" => Action::PlayOrPause,
        "ArrowLeft" => Action::Back,
        "ArrowRight" => Action::Forward,
        "Home" => Action::First,
        "End" => Action::Last,
        "Escape" => Action::Overview,
        _ => return None,
    };
    event.prevent_default();
    event.stop_propagation();
    Some(action)
}

const FIRST: &str = "M3 3h2v10h-2zM13 3v10L6 8z";
const BACK: &str = "M12 3v10L4 8z";
const PLAY: &str = "M4 2v12L14 8z";
const PAUSE: &str = "M4 3h3v10h-3zM9 3h3v10h-3z";
const FORWARD: &str = "M4 3v10L12 8z";
const LAST: &str = "M3 3v10L10 8zM11 3h2v10h-2z";
