//! The widget in the browser: runs the script in the page, and draws it with the components of the still picture.

use std::ops::Range;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use scenario::messages::Runtime;
use sim::Rules;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::change::{Change, change};
use crate::controls::{controls, on_click, on_input, on_key};
use crate::dom::{element, text};
use crate::explain::{beside, explain};
use crate::export::link::{Holds, Link};
use crate::export::{NoRun, Run};
use crate::layout::Layout;
use crate::picture::Picture;
use crate::predict::Quiz;
use crate::settings;
use crate::state::{Action, Player};
use crate::texts;
use crate::workshop::Workshop;

/// Runs the script and puts the live widget into `root`, in place of whatever is there.
///
/// # Errors
/// What is wrong with the script, or which bound the run reached. Nothing was changed then.
#[wasm_bindgen]
pub fn mount(root: Element, id: String, script: String) -> Result<(), JsError> {
    let shown = Rc::new(Shown::of(&id, &script, Rules::Linux).map_err(error)?);
    let props = LiveProps { id, shown, place: Place::Chapter };
    yew::Renderer::<Live>::with_root_and_props(root, props).render();
    Ok(())
}

/// The run of a script as text.
///
/// # Errors
/// As for [`mount`].
#[wasm_bindgen]
pub fn trace(script: String) -> Result<String, JsError> {
    Ok(Run::of("script", &script, Rules::Linux).map_err(error)?.trace.to_string())
}

fn error(why: NoRun) -> JsError {
    JsError::new(&why.to_string())
}

/// A run, and where everything in it stands.
pub(crate) struct Shown {
    pub(crate) run: Run,
    pub(crate) layout: Rc<Layout>,
}

impl Shown {
    pub(crate) fn of(id: &str, text: &str, rules: Rules) -> Result<Self, NoRun> {
        let run = Run::of(id, text, rules)?;
        let layout = Rc::new(Layout::of(&run.script, &run.trace));
        Ok(Self { run, layout })
    }
}

#[derive(Clone, Properties)]
pub(crate) struct LiveProps {
    pub(crate) id: String,
    /// The run of the script as the book has it.
    pub(crate) shown: Rc<Shown>,
    /// Where the widget stands.
    pub(crate) place: Place,
}

/// Where a widget stands.
#[derive(Clone)]
#[cfg_attr(not(feature = "playground"), expect(dead_code, reason = "the chapters' program has no playground"))]
pub(crate) enum Place {
    /// Among text: what is not the picture is folded.
    Chapter,
    /// On a page of its own, which does the taking away.
    Playground {
        /// What to begin with.
        first: Stand,
        /// Who hears where the reader stands.
        stands: Callback<Stand>,
    },
}

/// Where a reader stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stand {
    /// The script in the editor.
    pub(crate) text: String,
    /// The current step.
    pub(crate) step: Option<usize>,
    /// By which rules the script runs.
    pub(crate) rules: Rules,
}

impl PartialEq for LiveProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.shown, &other.shown)
    }
}

/// What can happen to the widget.
pub(crate) enum Message {
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
    /// The reader wrote in the editor.
    Typed(String),
    /// The reader changed the script by a click.
    Change(Change),
    /// The last change is taken back.
    Undo,
    /// All changes are taken back.
    Original,
    /// With Linux's rules, or without.
    OtherRules,
    /// A link wants its file, of this kind, before the browser follows it.
    Take(Element, String),
}

/// Picture, controls, and the current step in words.
pub(crate) struct Live {
    shown: Rc<Shown>,
    rules: Rules,
    /// The script as it stands in the editor; what is shown is of an older one if it cannot run.
    text: String,
    /// What is wrong with it.
    wrong: Option<NoRun>,
    /// What is wrong with the page's address.
    complaint: Option<String>,
    /// Where the page was told that the reader stands.
    told: Option<Stand>,
    /// The scripts before it.
    history: Vec<String>,
    player: Player,
    /// Runs while the player plays; dropping it stops it.
    timeout: Option<Timeout>,
    root: NodeRef,
    /// What scrolls, if the picture is long.
    ladder: NodeRef,
    /// The rows that are drawn.
    drawn: Range<usize>,
    /// The step that was brought into view last.
    viewed: Option<usize>,
    /// While the reader predicts.
    quiz: Option<Quiz>,
}

/// So many changes can be taken back.
const HISTORY_MAX: usize = 100;

impl Component for Live {
    type Message = Message;
    type Properties = LiveProps;

    fn create(ctx: &Context<Self>) -> Self {
        let LiveProps { id, shown, place } = ctx.props();
        settings::listen(ctx.link().callback(|()| Message::Chosen));
        let mut live = Self {
            shown: shown.clone(),
            rules: Rules::Linux,
            text: shown.run.text.clone(),
            wrong: None,
            complaint: None,
            told: None,
            history: Vec::new(),
            player: Player::new(shown.layout.rows.len()),
            timeout: None,
            root: NodeRef::default(),
            ladder: NodeRef::default(),
            drawn: shown.layout.drawn(0),
            viewed: None,
            quiz: None,
        };
        if let Place::Playground { first, .. } = place {
            live.rules = first.rules;
            live.set_text(id, first.text.clone());
            if let Some(step) = first.step {
                live.player = live.player.reduce(Action::Go(step));
            }
            return live;
        }
        let fragment = web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
        if fragment.split(['#', '&']).any(|part| part.strip_prefix("id=") == Some(id)) {
            live.follow(id, fragment.trim_start_matches('#'), ctx.link());
        }
        live
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        let LiveProps { id, shown, .. } = ctx.props();
        let original = &shown.run.text;
        match message {
            Message::Do(action) => {
                self.player = self.player.reduce(action);
                self.hold_for_question();
                if let Some(cursor) = self.player.cursor
                    && !self.drawn.contains(&cursor)
                {
                    self.drawn = self.shown.layout.drawn(self.shown.layout.top(cursor));
                }
                self.timeout = self.player.playing.then(|| {
                    let link = ctx.link().clone();
                    Timeout::new(self.player.speed.step_ms(), move || link.send_message(Message::Do(Action::Tick)))
                });
            }
            Message::Predict => {
                self.quiz = if self.quiz.is_some() { None } else { Some(Quiz::of(&self.shown.layout)) };
                self.player = self.player.reduce(if self.quiz.is_some() { Action::First } else { Action::Overview });
            }
            Message::Answer(choice) => {
                let Some(row) = self.quiz.as_mut().and_then(|quiz| quiz.answer(choice)) else { return false };
                self.player = self.player.reduce(Action::Go(row));
                settings::count(self.quiz.as_ref().is_some_and(|quiz| quiz.verdict == Some(true)));
                self.focus();
            }
            Message::Choose(runtime) => {
                settings::choose_runtime(runtime);
                return false;
            }
            Message::Chosen => {}
            Message::Scrolled => {
                let height = self.ladder.cast::<Element>().map_or(0, |ladder| ladder.scroll_top());
                let drawn = self.shown.layout.drawn(u32::try_from(height).unwrap_or(0));
                let before = std::mem::replace(&mut self.drawn, drawn);
                return before != self.drawn;
            }
            Message::Typed(text) => self.write(id, text),
            Message::Change(what) => {
                let step = self.player.cursor.unwrap_or(0);
                let Some(text) = change(&self.text, &self.shown.run.script, &self.shown.layout, step, what) else {
                    return false;
                };
                self.write(id, text);
                self.focus();
            }
            Message::Undo => {
                let Some(text) = self.history.pop() else { return false };
                self.set_text(id, text);
                self.focus();
            }
            Message::Original => {
                self.write(id, original.clone());
                self.history.clear();
                self.focus();
            }
            Message::OtherRules => {
                self.rules = if self.rules == Rules::Linux { Rules::Bare } else { Rules::Linux };
                self.set_text(id, self.text.clone());
            }
            Message::Take(link, kind) => {
                self.workshop(id, original).fill(&link, &kind);
                return false;
            }
        }
        true
    }

    /// The current step is brought into view when it changes; whoever scrolls is left alone.
    fn rendered(&mut self, ctx: &Context<Self>, _: bool) {
        if let Place::Playground { stands, .. } = &ctx.props().place {
            let stand = Stand { text: self.text.clone(), step: self.player.cursor, rules: self.rules };
            if self.told.as_ref() != Some(&stand) {
                self.told = Some(stand.clone());
                stands.emit(stand);
            }
        }
        if self.viewed == self.player.cursor {
            return;
        }
        self.viewed = self.player.cursor;
        let row = self.root.cast::<Element>().and_then(|root| root.query_selector(".sc-now").ok().flatten());
        if let Some(row) = row {
            let nearest = web_sys::ScrollIntoViewOptions::new();
            nearest.set_block(web_sys::ScrollLogicalPosition::Nearest);
            row.scroll_into_view_with_scroll_into_view_options(&nearest);
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let LiveProps { id, shown, place } = ctx.props();
        let original = &shown.run.text;
        let link = ctx.link();
        let layout = &self.shown.layout;
        let Player { cursor, steps, playing, .. } = self.player;
        let panel = element("div", "sc-panel")
            .with("aria-atomic", "true".into())
            .with("aria-live", if playing { "off" } else { "polite" }.into())
            .child(text("span", "sc-unseen", &texts::step_of(cursor, steps)))
            .maybe(self.question(layout))
            .child(explain(layout, cursor, settings::runtime().unwrap_or(Runtime::C)));
        let desk =
            element("div", "sc-desk").child(controls(&self.player, self.quiz.is_some())).child(panel.end()).end();
        let workshop = self.workshop(id, original);
        let beside = element("div", "sc-beside")
            .child(workshop.change(place))
            .child(beside(layout, &self.shown.run.frames, cursor))
            .maybe(matches!(place, Place::Chapter).then(|| workshop.take()));
        html! {
            <div class={if self.quiz.is_some() { "sc-live sc-quiz" } else { "sc-live" }} ref={&self.root} tabindex="0"
                role="group" aria-label={layout.title.clone()} onkeydown={link.batch_callback(on_key)}
                onclick={link.batch_callback(on_click)} oninput={link.batch_callback(on_input)}>
                <div class={if self.drawn.len() < steps { "sc-long" } else { "" }} ref={&self.ladder}
                    onscroll={link.callback(|_| Message::Scrolled)}>
                    <Picture layout={layout.clone()} {cursor} drawn={self.drawn.clone()} runtime={settings::runtime()} />
                </div>
                { desk }
                { beside.end() }
            </div>
        }
    }
}

impl Live {
    /// Goes where a link leads; one that is damaged leaves the book's scenario standing, and says so.
    fn follow(&mut self, id: &str, fragment: &str, scope: &html::Scope<Self>) {
        let link = match Link::decode(fragment) {
            Ok(link) => link,
            Err(damaged) => {
                self.complaint = Some(damaged.to_string());
                return;
            }
        };
        self.rules = link.rules;
        let text = match link.holds {
            Holds::Script(script) => script,
            Holds::Id(_) => self.text.clone(),
        };
        self.set_text(id, text);
        let scope = scope.clone();
        // Later, when the widget stands in the page and can be scrolled to.
        let arrive = move || scope.send_message(Message::Do(Action::Go(link.step.unwrap_or(0))));
        self.timeout = Some(Timeout::new(200, arrive));
    }

    /// Another script, which can be taken back.
    fn write(&mut self, id: &str, text: String) {
        // Some input events come twice.
        if text == self.text {
            return;
        }
        if self.history.len() == HISTORY_MAX {
            self.history.remove(0);
        }
        self.history.push(std::mem::take(&mut self.text));
        self.set_text(id, text);
    }

    /// Another script: it runs at once. One that cannot run leaves the last run standing, and says why.
    fn set_text(&mut self, id: &str, text: String) {
        self.text = text;
        self.complaint = None;
        match Shown::of(id, &self.text, self.rules) {
            Ok(shown) => {
                let steps = shown.layout.rows.len();
                let cursor = self.player.cursor.filter(|_| steps > 0).map(|cursor| cursor.min(steps - 1));
                self.player = Player { cursor, speed: self.player.speed, ..Player::new(steps) };
                self.drawn = shown.layout.drawn(shown.layout.top(cursor.unwrap_or(0)));
                self.shown = Rc::new(shown);
                self.wrong = None;
                self.quiz = None;
            }
            Err(wrong) => self.wrong = Some(wrong),
        }
    }

    fn workshop<'a>(&'a self, id: &'a str, original: &str) -> Workshop<'a> {
        Workshop {
            id,
            text: &self.text,
            shown: &self.shown,
            rules: self.rules,
            wrong: self.wrong.as_ref(),
            complaint: self.complaint.as_deref(),
            is_changed: self.text != original,
            cursor: self.player.cursor,
        }
    }

    /// The button that was pressed may be gone: without this the keyboard would lose its place.
    fn focus(&self) {
        if let Some(root) = self.root.cast::<HtmlElement>() {
            let _ = root.focus();
        }
    }

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
