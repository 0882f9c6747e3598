//! The widget in the browser: runs the script in the page, and draws it with the components of the still picture.

use std::ops::Range;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use scenario::Script;
use scenario::messages::Runtime;
use sim::Frame;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use crate::dom::{element, text};
use crate::explain::{beside, explain};
use crate::layout::Layout;
use crate::picture::Picture;
use crate::predict::Quiz;
use crate::settings;
use crate::state::{Action, Player, Speed};
use crate::texts;

/// Runs the script and puts the live widget into `root`, in place of whatever is there.
///
/// # Errors
/// What is wrong with the script, or which bound the run reached. Nothing was changed then.
#[wasm_bindgen]
pub fn mount(root: Element, id: String, script: String) -> Result<(), JsError> {
    let script = Script::parse(&script)?;
    let (trace, frames) = sim::capture(&id, &script, sim::Rules::Linux)?;
    let props = LiveProps { layout: Rc::new(Layout::of(&script, &trace)), frames: frames.into() };
    yew::Renderer::<Live>::with_root_and_props(root, props).render();
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

#[derive(Clone, PartialEq, Properties)]
struct LiveProps {
    layout: Rc<Layout>,
    /// The bytes of each of the layout's flights.
    frames: Rc<[Frame]>,
}

/// What can happen to the widget.
enum Message {
    /// The reader, or the clock, asks for a step.
    Do(Action),
    /// A long picture was scrolled.
    Scrolled,
    /// The reader wants to predict, or no longer.
    Predict,
    /// The reader's prediction: the index of a choice.
    Answer(usize),
    /// The reader wants this runtime's texts.
    Choose(Runtime),
    /// Another widget of the page was told so.
    Chosen,
}

/// Picture, controls, and the current step in words.
struct Live {
    player: Player,
    /// Runs while the player plays; dropping it stops it.
    timeout: Option<Timeout>,
    root: NodeRef,
    /// What scrolls, if the picture is long.
    ladder: NodeRef,
    /// The rows that are drawn.
    drawn: Range<usize>,
    /// The step that was brought into view last.
    shown: Option<usize>,
    /// While the reader predicts.
    quiz: Option<Quiz>,
}

impl Component for Live {
    type Message = Message;
    type Properties = LiveProps;

    fn create(ctx: &Context<Self>) -> Self {
        let layout = &ctx.props().layout;
        settings::listen(ctx.link().callback(|()| Message::Chosen));
        Self {
            player: Player::new(layout.rows.len()),
            timeout: None,
            root: NodeRef::default(),
            ladder: NodeRef::default(),
            drawn: layout.drawn(0),
            shown: None,
            quiz: None,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        let layout = &ctx.props().layout;
        match message {
            Message::Do(action) => {
                let before = self.player;
                self.player = before.reduce(action);
                self.hold_for_question();
                if let Some(cursor) = self.player.cursor
                    && !self.drawn.contains(&cursor)
                {
                    self.drawn = layout.drawn(layout.top(cursor));
                }
                self.timeout = self.player.playing.then(|| {
                    let link = ctx.link().clone();
                    Timeout::new(self.player.speed.step_ms(), move || link.send_message(Message::Do(Action::Tick)))
                });
                before != self.player
            }
            Message::Predict => {
                self.quiz = if self.quiz.is_some() { None } else { Some(Quiz::of(layout)) };
                self.player = self.player.reduce(if self.quiz.is_some() { Action::First } else { Action::Overview });
                true
            }
            Message::Answer(choice) => {
                let Some(row) = self.quiz.as_mut().and_then(|quiz| quiz.answer(choice)) else { return false };
                self.player = self.player.reduce(Action::Go(row));
                settings::count(self.quiz.as_ref().is_some_and(|quiz| quiz.verdict == Some(true)));
                // The button that was pressed is gone: without this the keyboard would have lost its place.
                if let Some(root) = self.root.cast::<HtmlElement>() {
                    let _ = root.focus();
                }
                true
            }
            Message::Choose(runtime) => {
                settings::choose_runtime(runtime);
                false
            }
            Message::Chosen => true,
            Message::Scrolled => {
                let height = self.ladder.cast::<Element>().map_or(0, |ladder| ladder.scroll_top());
                let drawn = layout.drawn(u32::try_from(height).unwrap_or(0));
                let before = std::mem::replace(&mut self.drawn, drawn);
                before != self.drawn
            }
        }
    }

    /// The current step is brought into view when it changes; whoever scrolls is left alone.
    fn rendered(&mut self, _: &Context<Self>, _: bool) {
        if self.shown == self.player.cursor {
            return;
        }
        self.shown = self.player.cursor;
        let row = self.root.cast::<Element>().and_then(|root| root.query_selector(".sc-now").ok().flatten());
        if let Some(row) = row {
            let nearest = web_sys::ScrollIntoViewOptions::new();
            nearest.set_block(web_sys::ScrollLogicalPosition::Nearest);
            row.scroll_into_view_with_scroll_into_view_options(&nearest);
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let LiveProps { layout, frames } = ctx.props();
        let link = ctx.link();
        let Player { cursor, steps, playing, .. } = self.player;
        let panel = element("div", "sc-panel")
            .with("aria-live", if playing { "off" } else { "polite" }.into())
            .child(text("span", "sc-unseen", &texts::step_of(cursor, steps)))
            .maybe(self.question(layout))
            .child(explain(layout, cursor, settings::runtime().unwrap_or(Runtime::C)));
        let is_long = self.drawn.len() < steps;
        let desk =
            element("div", "sc-desk").child(controls(&self.player, self.quiz.is_some())).child(panel.end()).end();
        html! {
            <div class={if self.quiz.is_some() { "sc-live sc-quiz" } else { "sc-live" }} ref={&self.root} tabindex="0" role="group" aria-label={layout.title.clone()}
                onkeydown={link.batch_callback(on_key)} onclick={link.batch_callback(on_click)}
                oninput={link.batch_callback(on_input)}>
                <div class={if is_long { "sc-long" } else { "" }} ref={&self.ladder} onscroll={link.callback(|_| Message::Scrolled)}>
                    <Picture layout={layout.clone()} {cursor} drawn={self.drawn.clone()} runtime={settings::runtime()} />
                </div>
                { desk }
                { beside(layout, frames, cursor) }
            </div>
        }
    }
}

impl Live {
    /// While the reader predicts, the player goes no further than the next question.
    fn hold_for_question(&mut self) {
        let (Some(quiz), Some(cursor)) = (&mut self.quiz, self.player.cursor) else { return };
        let stop = quiz.stop(cursor);
        if quiz.asking().is_some() {
            self.player = self.player.reduce(Action::Go(stop));
        }
    }

    /// The question that is asked, or what became of the last answer.
    fn question(&self, layout: &Layout) -> Option<Html> {
        let quiz = self.quiz.as_ref()?;
        let score = text("small", "", &texts::score(settings::score()));
        if let Some(question) = quiz.asking() {
            let mut choices = element("p", "sc-choices");
            for (index, choice) in question.choices.iter().enumerate() {
                let button = element("button", "").with("type", "button".into());
                choices = choices.child(button.with("data-answer", index.to_string().into()).text(choice).end());
            }
            let asked = element("p", "").child(text("b", "", &question.text)).text(" ").child(score).end();
            return Some(element("div", "").child(asked).child(choices.end()).end());
        }
        let row = &layout.rows[self.player.cursor?];
        let verdict = match quiz.verdict? {
            true => texts::RIGHT.to_owned(),
            false => texts::wrong(&texts::headline(layout, row)),
        };
        Some(element("p", "").child(text("strong", "", &verdict)).text(" ").child(score).end())
    }
}

fn controls(player: &Player, is_predicting: bool) -> Html {
    let Player { cursor, steps, playing, speed } = *player;
    let play = if playing { ("play", texts::PAUSE, PAUSE) } else { ("play", texts::PLAY, PLAY) };
    let buttons = [
        ("first", texts::FIRST, FIRST),
        ("back", texts::BACK, BACK),
        play,
        ("forward", texts::FORWARD, FORWARD),
        ("last", texts::LAST, LAST),
    ];
    let mut controls =
        element("div", "sc-controls").with("role", "group".into()).with("aria-label", texts::CONTROLS.into());
    for (does, name, icon) in buttons {
        let icon = element("svg", "")
            .with("viewBox", "0 0 16 16".into())
            .with("aria-hidden", "true".into())
            .child(element("path", "").with("d", icon.into()).end());
        let button = element("button", "")
            .with("type", "button".into())
            .with("data-do", does.into())
            .with("title", name.into())
            .with("aria-label", name.into())
            .child(icon.end());
        controls = controls.child(button.end());
    }
    let slider = element("input", "")
        .with("type", "range".into())
        .with("min", "1".into())
        .with("max", steps.to_string().into())
        .with("aria-label", texts::POSITION.into())
        .with("aria-valuetext", texts::step_of(cursor, steps).into())
        .value(cursor.map_or(steps, |cursor| cursor + 1).to_string());
    let mut speeds = element("select", "").with("aria-label", texts::SPEED.into()).with("title", texts::SPEED.into());
    for each in Speed::ALL {
        speeds = speeds.child(option(each.label(), each == speed));
    }
    let mut runtimes =
        element("select", "sc-runtimes").with("aria-label", texts::RUNTIME.into()).with("title", texts::RUNTIME.into());
    let runtime = settings::runtime().unwrap_or(Runtime::C);
    for each in Runtime::ALL {
        runtimes = runtimes.child(option(each.name(), each == runtime));
    }
    let predict = element("button", "")
        .with("type", "button".into())
        .with("data-do", "predict".into())
        .with("aria-pressed", is_predicting.to_string().into());
    controls
        .child(slider.end())
        .child(text("span", "sc-position", &texts::step_of(cursor, steps)))
        .child(speeds.end())
        .child(runtimes.end())
        .child(predict.text(texts::PREDICT).end())
        .end()
}

fn option(name: &'static str, is_chosen: bool) -> Html {
    let option = element("option", "").text(name);
    if is_chosen { option.with("selected", "".into()) } else { option }.end()
}

/// One listener for all that can be clicked: buttons say what they do, rows which step they are.
fn on_click(event: MouseEvent) -> Option<Message> {
    let target = event.target_dyn_into::<Element>()?;
    if let Some(button) = target.closest("[data-do]").ok()? {
        return Some(Message::Do(match button.get_attribute("data-do")?.as_str() {
            "first" => Action::First,
            "back" => Action::Back,
            "play" => Action::PlayOrPause,
            "forward" => Action::Forward,
            "predict" => return Some(Message::Predict),
            _ => Action::Last,
        }));
    }
    if let Some(choice) = target.get_attribute("data-answer") {
        return choice.parse().ok().map(Message::Answer);
    }
    let row = target.closest("[data-step]").ok()??;
    row.get_attribute("data-step")?.parse().ok().map(|step| Message::Do(Action::Go(step)))
}

/// The slider moves to a step, the choices set the speed and the runtime.
fn on_input(event: InputEvent) -> Option<Message> {
    let target = event.target_dyn_into::<Element>()?;
    let is_slider = target.tag_name() == "INPUT";
    // A select has the property `value` as well.
    let value = target.unchecked_into::<HtmlInputElement>().value();
    if is_slider {
        let step: usize = value.parse().ok()?;
        Some(Message::Do(Action::Go(step.saturating_sub(1))))
    } else {
        let speed = Speed::ALL.into_iter().find(|speed| speed.label() == value);
        let runtime = Runtime::ALL.into_iter().find(|runtime| runtime.name() == value);
        speed.map(|speed| Message::Do(Action::Speed(speed))).or_else(|| runtime.map(Message::Choose))
    }
}

/// Keys act only while something in the widget has the focus, and those that act do not reach the page:
/// mdBook turns pages with the arrows. Controls keep the keys that are theirs.
fn on_key(event: KeyboardEvent) -> Option<Message> {
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
    Some(Message::Do(action))
}

const FIRST: &str = "M3 3h2v10h-2zM13 3v10L6 8z";
const BACK: &str = "M12 3v10L4 8z";
const PLAY: &str = "M4 2v12L14 8z";
const PAUSE: &str = "M4 3h3v10h-3zM9 3h3v10h-3z";
const FORWARD: &str = "M4 3v10L12 8z";
const LAST: &str = "M3 3v10L10 8zM11 3h2v10h-2z";
