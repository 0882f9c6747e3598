//! The picture with controls: performs a script, plays its run, lets the reader change it.

use std::ops::Range;
use std::rc::Rc;

use catalogue::messages::Runtime;
use gloo_timers::callback::Timeout;
use sim::Rules;
use view::change::{Change, change};
use view::export::Form;
use view::fold::Fold;
use view::layout::Layout;
use view::predict::Quiz;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::address;
use crate::controls::{controls, on_click, on_input, on_key};
use crate::dom::{element, text};
use crate::explain::{beside, explain};
use crate::files;
use crate::link::{Holds, Link};
use crate::picture::Picture;
use crate::run::{NoRun, Run};
use crate::settings;
use crate::state::{Action, Player};
use crate::texts;
use crate::workshop::Workshop;

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct LiveProps {
    pub(crate) id: String,
    /// The script as the book has it.
    pub(crate) text: AttrValue,
    /// Where the widget stands.
    pub(crate) place: Place,
}

/// Where a picture stands.
#[derive(Clone, PartialEq)]
pub(crate) enum Place {
    /// Among text: what is not the picture is folded.
    Chapter {
        /// How it begins.
        begin: Begin,
        /// What the names of its rows begin with.
        anchor: AttrValue,
        /// The row behind the fold of the book's run, if it has one.
        fold_end: Option<usize>,
    },
    /// On a page of its own, which does the taking away.
    Playground {
        /// What to begin with.
        first: Stand,
        /// Who hears where the reader stands.
        stands: Callback<Stand>,
    },
}

impl Place {
    /// Whether it is among text.
    pub(crate) const fn is_chapter(&self) -> bool {
        match self {
            Self::Chapter { .. } => true,
            Self::Playground { .. } => false,
        }
    }
}

/// How a chapter's widget begins.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Begin {
    /// With the whole picture.
    Overview,
    /// With the reader's predictions.
    Predicting,
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
    /// With and without, side by side, or no longer.
    Compare,
    /// The reader wants a file.
    Take(Form),
}

/// Picture, controls, and the current step in words.
pub(crate) struct Live {
    /// The last run; of an older script if the one in the editor cannot run.
    run: Rc<Run>,
    rules: Rules,
    /// The script as it stands in the editor.
    text: String,
    /// What is wrong with it.
    wrong: Option<NoRun>,
    /// What is wrong with the page's address.
    complaint: Option<String>,
    /// Why a file could not be taken.
    notice: Option<String>,
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
    /// Whether the current step is to be brought into view when it is drawn: the reader, or the clock that the reader
    /// has started, has asked for it. Nothing else moves the page.
    brings_into_view: bool,
    /// While the reader predicts.
    quiz: Option<Quiz>,
    /// The run without Linux's rules, if the reader wants to see it beside the other.
    bare: Option<Rc<Run>>,
    _listens: settings::Listens,
}

/// So many changes can be taken back.
const HISTORY_MAX: usize = 100;

impl Component for Live {
    type Message = Message;
    type Properties = LiveProps;

    fn create(ctx: &Context<Self>) -> Self {
        let LiveProps { id, text, place } = ctx.props();
        let (rules, text) = match place {
            Place::Chapter { .. } => (Rules::Linux, text.to_string()),
            Place::Playground { first, .. } => (first.rules, first.text.clone()),
        };
        let (run, wrong) = match Run::of(&text, rules) {
            Ok(run) => (Rc::new(run), None),
            Err(wrong) => (Rc::new(Run::empty()), Some(wrong)),
        };
        let layout = run.layout.clone();
        let mut live = Self {
            run,
            rules,
            text,
            wrong,
            complaint: None,
            notice: None,
            told: None,
            history: Vec::new(),
            player: Player::new(layout.rows.len()),
            timeout: None,
            root: NodeRef::default(),
            ladder: NodeRef::default(),
            drawn: layout.drawn(0),
            brings_into_view: false,
            quiz: None,
            bare: None,
            _listens: settings::listen(ctx.link().callback(|()| Message::Chosen)),
        };
        match place {
            Place::Playground { first, .. } => {
                if let Some(step) = first.step {
                    live.player = live.player.reduce(Action::Go(step));
                    live.draw_around(step);
                }
            }
            Place::Chapter { begin, .. } => {
                let fragment = address::fragment();
                if fragment.split('&').any(|part| part.strip_prefix("id=") == Some(id)) {
                    live.follow(&fragment);
                } else if *begin == Begin::Predicting {
                    live.predict();
                }
            }
        }
        live
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Do(action) => {
                self.player = self.player.reduce(action);
                self.hold_for_question();
                if let Some(cursor) = self.player.cursor {
                    self.draw_around(cursor);
                }
                self.brings_into_view = true;
                self.timeout = self.player.playing.then(|| {
                    let link = ctx.link().clone();
                    Timeout::new(self.player.speed.step_ms(), move || link.send_message(Message::Do(Action::Tick)))
                });
            }
            Message::Predict if self.quiz.is_none() => {
                self.predict();
                self.brings_into_view = true;
            }
            Message::Predict => {
                self.quiz = None;
                self.player = self.player.reduce(Action::Overview);
            }
            Message::Answer(choice) => {
                let Some(row) = self.quiz.as_mut().and_then(|quiz| quiz.answer(choice)) else { return false };
                self.player = self.player.reduce(Action::Go(row));
                self.brings_into_view = true;
                settings::count(self.quiz.as_ref().is_some_and(|quiz| quiz.verdict == Some(true)));
                self.focus();
            }
            Message::Choose(runtime) => {
                settings::choose_runtime(runtime);
                return false;
            }
            Message::Chosen => {}
            // The place of the rows has changed under the reader, and the step is about to be brought into view.
            Message::Scrolled if self.brings_into_view => return false,
            Message::Scrolled => {
                let height = self.ladder.cast::<Element>().map_or(0, |ladder| ladder.scroll_top());
                let drawn = self.run.layout.drawn(u32::try_from(height).unwrap_or(0));
                let before = std::mem::replace(&mut self.drawn, drawn);
                return before != self.drawn;
            }
            Message::Typed(text) => self.write(text),
            Message::Change(what) => {
                let step = self.player.cursor.unwrap_or(0);
                let Some(text) = change(&self.text, &self.run.layout, step, what) else { return false };
                self.write(text);
                self.focus();
            }
            Message::Undo => {
                let Some(text) = self.history.pop() else { return false };
                self.set_text(text);
                self.focus();
            }
            Message::Original => {
                self.write(ctx.props().text.to_string());
                self.history.clear();
                self.focus();
            }
            Message::OtherRules => {
                self.bare = None;
                self.rules = if self.rules == Rules::Linux { Rules::Bare } else { Rules::Linux };
                self.set_text(self.text.clone());
            }
            Message::Compare if self.bare.is_some() => self.bare = None,
            Message::Compare => self.bare = Run::of(&self.run.text, Rules::Bare).ok().map(Rc::new),
            Message::Take(form) => {
                let name = format!("{}{}", ctx.props().id, form.ending());
                self.notice = files::take(&self.run, form, &name).err();
            }
        }
        true
    }

    fn rendered(&mut self, ctx: &Context<Self>, _: bool) {
        if let Place::Playground { stands, .. } = &ctx.props().place {
            let stand = Stand { text: self.text.clone(), step: self.player.cursor, rules: self.rules };
            if self.told.as_ref() != Some(&stand) {
                self.told = Some(stand.clone());
                stands.emit(stand);
            }
        }
        if !std::mem::take(&mut self.brings_into_view) {
            return;
        }
        let row = self.root.cast::<Element>().and_then(|root| root.query_selector(".sc-now").ok().flatten());
        if let Some(row) = row {
            let nearest = web_sys::ScrollIntoViewOptions::new();
            nearest.set_block(web_sys::ScrollLogicalPosition::Nearest);
            row.scroll_into_view_with_scroll_into_view_options(&nearest);
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let place = &ctx.props().place;
        let link = ctx.link();
        let layout = &self.run.layout;
        let Player { cursor, steps, playing, .. } = self.player;
        let panel = element("div", "sc-panel")
            .with("aria-atomic", "true".into())
            .with("aria-live", if playing { "off" } else { "polite" }.into())
            .child(text("span", "sc-unseen", &texts::step_of(cursor, steps)))
            .maybe(self.question(layout))
            .child(explain(layout, cursor, settings::chosen()));
        let desk =
            element("div", "sc-desk").child(controls(&self.player, self.quiz.is_some())).child(panel.end()).end();
        let (anchor, fold) = self.names_and_fold(ctx.props());
        let workshop = self.workshop(ctx.props());
        let beside = element("div", "sc-beside")
            .child(workshop.change(place))
            .child(beside(layout, &self.run.frames, cursor))
            .maybe(place.is_chapter().then(|| workshop.take()));
        // It would tell a reader who predicts too much.
        let bare = self.bare.as_ref().filter(|_| self.quiz.is_none()).map(|bare| self.beside_linux(bare));
        html! {
            <div class={if self.quiz.is_some() { "sc-live sc-quiz" } else { "sc-live" }} ref={&self.root} tabindex="0"
                role="group" aria-label={layout.title.clone()} onkeydown={link.batch_callback(on_key)}
                onclick={link.batch_callback(on_click)} oninput={link.batch_callback(on_input)}>
                <div class={if bare.is_some() { "sc-both" } else { "" }}>
                <div class={if self.drawn.len() < steps { "sc-long" } else { "" }} ref={&self.ladder}
                    onscroll={link.callback(|_| Message::Scrolled)}>
                    { bare.as_ref().map(|_| text("strong", "", texts::AS_LINUX)).unwrap_or_default() }
                    <Picture layout={layout.clone()} {cursor} drawn={self.drawn.clone()} {anchor} {fold}
                        runtime={settings::chosen()} />
                </div>
                { bare.unwrap_or_default() }
                </div>
                { desk }
                { beside.end() }
            </div>
        }
    }
}

impl Live {
    /// Goes where a link leads; one that is damaged leaves the book's scenario standing, and says so.
    fn follow(&mut self, fragment: &str) {
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
        self.set_text(text);
        let step = link.step.unwrap_or(0);
        self.player = self.player.reduce(Action::Go(step));
        self.draw_around(step);
    }

    /// Goes to the first question: what has happened before it is there to be read.
    fn predict(&mut self) {
        self.quiz = Some(Quiz::of(&self.run.layout));
        self.player = self.player.reduce(Action::Last);
        self.hold_for_question();
    }

    /// Of a long run, the rows around this one are drawn.
    fn draw_around(&mut self, row: usize) {
        if !self.drawn.contains(&row) {
            self.drawn = self.run.layout.drawn(self.run.layout.top(row));
        }
    }

    /// Another script, which can be taken back.
    fn write(&mut self, text: String) {
        // Some input events come twice.
        if text == self.text {
            return;
        }
        if self.history.len() == HISTORY_MAX {
            self.history.remove(0);
        }
        self.history.push(std::mem::take(&mut self.text));
        self.set_text(text);
    }

    /// Another script: it runs at once. One that cannot run leaves the last run standing, and says why.
    fn set_text(&mut self, text: String) {
        self.text = text;
        self.complaint = None;
        match Run::of(&self.text, self.rules) {
            Ok(run) => self.show(run),
            Err(wrong) => self.wrong = Some(wrong),
        }
    }

    /// The run without Linux's rules, whole.
    fn beside_linux(&self, bare: &Run) -> Html {
        let layout = bare.layout.clone();
        let drawn = layout.drawn(0);
        html! {
            <div class="sc-bare">
                { text("strong", "", texts::AS_SMOLTCP) }
                <Picture {layout} cursor={None} {drawn} runtime={settings::chosen()} />
            </div>
        }
    }

    /// Another run.
    fn show(&mut self, run: Run) {
        let steps = run.layout.rows.len();
        let cursor = self.player.cursor.filter(|_| steps > 0).map(|cursor| cursor.min(steps - 1));
        self.player = Player { cursor, speed: self.player.speed, ..Player::new(steps) };
        self.drawn = run.layout.drawn(run.layout.top(cursor.unwrap_or(0)));
        if self.bare.is_some() {
            self.bare = Run::of(&run.text, Rules::Bare).ok().map(Rc::new);
        }
        self.run = Rc::new(run);
        self.wrong = None;
        self.quiz = None;
    }

    /// Links of the chapter lead to the rows of the book's run, and the chapter says what its picture hides. In a run
    /// of the reader's own, rows stand elsewhere: there only a handshake is hidden.
    fn names_and_fold(&self, props: &LiveProps) -> (AttrValue, Option<Fold>) {
        let layout = &self.run.layout;
        match &props.place {
            Place::Chapter { anchor, fold_end, .. }
                if self.run.text == *props.text && self.run.rules == Rules::Linux =>
            {
                (anchor.clone(), fold_end.and_then(|end| Fold::ending(layout, end)))
            }
            Place::Chapter { fold_end: None, .. } | Place::Playground { .. } => (AttrValue::default(), None),
            Place::Chapter { .. } => (AttrValue::default(), Fold::of(layout, &[])),
        }
    }

    fn workshop<'a>(&'a self, props: &'a LiveProps) -> Workshop<'a> {
        Workshop {
            id: &props.id,
            text: &self.text,
            layout: &self.run.layout,
            rules: self.rules,
            compares: self.bare.is_some(),
            wrong: self.wrong.as_ref(),
            complaint: self.complaint.as_deref(),
            notice: self.notice.as_deref(),
            is_changed: self.text != *props.text,
            cursor: self.player.cursor,
        }
    }

    /// The button that was pressed may be gone: without this the keyboard would lose its place.
    fn focus(&self) {
        if let Some(root) = self.root.cast::<HtmlElement>() {
            let in_place = web_sys::FocusOptions::new();
            in_place.set_prevent_scroll(true);
            let _ = root.focus_with_options(&in_place);
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
            false => view::texts::wrong(&view::texts::headline(layout, row)),
        };
        Some(element("p", "").child(text("strong", "", &verdict)).text(" ").child(score).end())
    }
}
