//! The widget in the browser: plays a run, with the components of the still picture.
//!
//! The book's run stands in the page. A script that the reader changed goes to the stack (`performer.rs`), and what it
//! gave comes back as a message.

use std::ops::Range;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use scenario::messages::Runtime;
use sim::Rules;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::change::{Change, change};
use crate::controls::{controls, on_click, on_input, on_key};
use crate::dom::{element, text};
use crate::explain::{beside, explain};
use crate::export::Form;
#[cfg(feature = "chapter")]
use crate::export::link::{Holds, Link};
use crate::layout::Layout;
use crate::performer::Performer;
use crate::picture::Picture;
use crate::predict::Quiz;
use crate::run::{NoRun, Shown};
use crate::settings;
use crate::state::{Action, Player};
use crate::texts;
use crate::workshop::Workshop;

#[derive(Clone, Properties)]
pub(crate) struct LiveProps {
    pub(crate) id: String,
    /// The script as the book has it.
    pub(crate) text: AttrValue,
    /// Its run.
    pub(crate) shown: Rc<Shown>,
    /// Who performs other scripts.
    pub(crate) performer: Performer,
    /// Where the widget stands.
    pub(crate) place: Place,
}

/// Where a widget stands: each program has one place.
#[derive(Clone)]
pub(crate) enum Place {
    /// Among text: what is not the picture is folded.
    #[cfg(feature = "chapter")]
    Chapter(Begin),
    /// On a page of its own, which does the taking away.
    #[cfg(feature = "playground")]
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
            #[cfg(feature = "chapter")]
            Self::Chapter(_) => true,
            #[cfg(feature = "playground")]
            Self::Playground { .. } => false,
        }
    }
}

/// How a chapter's widget begins.
#[cfg(feature = "chapter")]
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Begin {
    /// With the whole picture.
    Overview,
    /// With the reader's predictions.
    Predicting,
}

/// Where a reader stands.
#[cfg(feature = "playground")]
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
    /// With and without, side by side, or no longer.
    Compare,
    /// The script with this number was performed without Linux's rules.
    Compared(u32, Result<Shown, NoRun>),
    /// The script with this number was performed.
    Performed(u32, Result<Shown, NoRun>),
    /// The reader wants a file.
    Take(Form),
    /// It is made, or why it could not be.
    Taken(Option<String>),
}

/// Picture, controls, and the current step in words.
pub(crate) struct Live {
    shown: Rc<Shown>,
    rules: Rules,
    /// The script as it stands in the editor; what is shown is of an older one if it cannot run.
    text: String,
    /// How many scripts were given away to be performed.
    asked: u32,
    /// Whether the last of them is not back yet.
    waits: bool,
    /// The step to go to when it is.
    arrives: Option<usize>,
    /// What is wrong with it.
    wrong: Option<NoRun>,
    /// What is wrong with the page's address.
    complaint: Option<String>,
    /// Why a file could not be taken.
    notice: Option<String>,
    /// Where the page was told that the reader stands.
    #[cfg(feature = "playground")]
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
    /// Whether the reader wants to see the run without Linux's rules as well.
    compares: bool,
    /// That run.
    bare: Option<Shown>,
}

/// So many changes can be taken back.
const HISTORY_MAX: usize = 100;

impl Component for Live {
    type Message = Message;
    type Properties = LiveProps;

    fn create(ctx: &Context<Self>) -> Self {
        let LiveProps { text, shown, performer, place, .. } = ctx.props();
        settings::listen(ctx.link().callback(|()| Message::Chosen));
        if settings::chosen().is_some() {
            settings::fetch_texts(performer);
        }
        let mut live = Self {
            shown: shown.clone(),
            rules: Rules::Linux,
            text: text.to_string(),
            asked: 0,
            waits: false,
            arrives: None,
            wrong: None,
            complaint: None,
            notice: None,
            #[cfg(feature = "playground")]
            told: None,
            history: Vec::new(),
            player: Player::new(shown.layout.rows.len()),
            timeout: None,
            root: NodeRef::default(),
            ladder: NodeRef::default(),
            drawn: shown.layout.drawn(0),
            viewed: None,
            quiz: None,
            compares: false,
            bare: None,
        };
        match place {
            #[cfg(feature = "playground")]
            Place::Playground { first, .. } => {
                live.rules = first.rules;
                live.arrives = first.step;
                live.set_text(ctx, first.text.clone());
            }
            #[cfg(feature = "chapter")]
            Place::Chapter(begin) => {
                let fragment = web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
                if fragment.split(['#', '&']).any(|part| part.strip_prefix("id=") == Some(&ctx.props().id)) {
                    live.follow(ctx, fragment.trim_start_matches('#'));
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
            Message::Predict if self.quiz.is_none() => self.predict(),
            Message::Predict => {
                self.quiz = None;
                self.player = self.player.reduce(Action::Overview);
            }
            Message::Answer(choice) => {
                let Some(row) = self.quiz.as_mut().and_then(|quiz| quiz.answer(choice)) else { return false };
                self.player = self.player.reduce(Action::Go(row));
                settings::count(self.quiz.as_ref().is_some_and(|quiz| quiz.verdict == Some(true)));
                self.focus();
            }
            Message::Choose(runtime) => {
                settings::fetch_texts(&ctx.props().performer);
                settings::choose_runtime(runtime);
                return false;
            }
            Message::Chosen => {}
            // The place of the rows has changed under the reader, and the step is about to be brought into view.
            Message::Scrolled if self.viewed != self.player.cursor => return false,
            Message::Scrolled => {
                let height = self.ladder.cast::<Element>().map_or(0, |ladder| ladder.scroll_top());
                let drawn = self.shown.layout.drawn(u32::try_from(height).unwrap_or(0));
                let before = std::mem::replace(&mut self.drawn, drawn);
                return before != self.drawn;
            }
            Message::Typed(text) => self.write(ctx, text),
            Message::Change(what) => {
                let step = self.player.cursor.unwrap_or(0);
                // Steps are those of the run that is shown: another may be on its way.
                let text = if self.waits { None } else { change(&self.text, &self.shown.layout, step, what) };
                let Some(text) = text else { return false };
                self.write(ctx, text);
                self.focus();
            }
            Message::Undo => {
                let Some(text) = self.history.pop() else { return false };
                self.set_text(ctx, text);
                self.focus();
            }
            Message::Original => {
                self.write(ctx, ctx.props().text.to_string());
                self.history.clear();
                self.focus();
            }
            Message::OtherRules => {
                (self.compares, self.bare) = (false, None);
                self.rules = if self.rules == Rules::Linux { Rules::Bare } else { Rules::Linux };
                self.set_text(ctx, self.text.clone());
            }
            Message::Compare => {
                (self.compares, self.bare) = (!self.compares, None);
                self.compare(ctx);
            }
            Message::Compared(number, _) if number != self.asked || !self.compares => return false,
            Message::Compared(_, performed) => match performed {
                Ok(bare) => self.bare = Some(bare),
                Err(wrong) => self.wrong = Some(wrong),
            },
            Message::Performed(number, _) if number != self.asked => return false,
            Message::Performed(_, performed) => {
                self.waits = false;
                match performed {
                    Ok(shown) => self.show(ctx, Rc::new(shown)),
                    Err(wrong) => self.wrong = Some(wrong),
                }
            }
            Message::Take(form) => {
                let LiveProps { id, performer, .. } = ctx.props().clone();
                let (text, rules) = (self.text.clone(), self.rules);
                ctx.link()
                    .send_future(async move { Message::Taken(performer.take(&text, rules, form, &id).await.err()) });
                return false;
            }
            Message::Taken(notice) => self.notice = notice,
        }
        true
    }

    /// The current step is brought into view when it changes; whoever scrolls is left alone.
    fn rendered(&mut self, ctx: &Context<Self>, _: bool) {
        match &ctx.props().place {
            #[cfg(feature = "chapter")]
            Place::Chapter(_) => {}
            #[cfg(feature = "playground")]
            Place::Playground { stands, .. } => {
                let stand = Stand { text: self.text.clone(), step: self.player.cursor, rules: self.rules };
                if self.told.as_ref() != Some(&stand) {
                    self.told = Some(stand.clone());
                    stands.emit(stand);
                }
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
        let place = &ctx.props().place;
        let link = ctx.link();
        let layout = &self.shown.layout;
        let Player { cursor, steps, playing, .. } = self.player;
        let panel = element("div", "sc-panel")
            .with("aria-atomic", "true".into())
            .with("aria-live", if playing { "off" } else { "polite" }.into())
            .child(text("span", "sc-unseen", &texts::step_of(cursor, steps)))
            .maybe(self.question(layout))
            .child(explain(layout, cursor, settings::runtime()));
        let desk =
            element("div", "sc-desk").child(controls(&self.player, self.quiz.is_some())).child(panel.end()).end();
        let workshop = self.workshop(ctx.props());
        let beside = element("div", "sc-beside")
            .child(workshop.change(place))
            .child(beside(layout, &self.shown.heads, cursor))
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
                    <Picture layout={layout.clone()} {cursor} drawn={self.drawn.clone()} runtime={settings::runtime()} />
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
    #[cfg(feature = "chapter")]
    fn follow(&mut self, ctx: &Context<Self>, fragment: &str) {
        let link = match Link::decode(fragment) {
            Ok(link) => link,
            Err(damaged) => {
                self.complaint = Some(damaged.to_string());
                return;
            }
        };
        self.rules = link.rules;
        self.arrives = Some(link.step.unwrap_or(0));
        let text = match link.holds {
            Holds::Script(script) => script,
            Holds::Id(_) => self.text.clone(),
        };
        self.set_text(ctx, text);
    }

    /// Goes to the first question: what has happened before it is there to be read.
    fn predict(&mut self) {
        self.quiz = Some(Quiz::of(&self.shown.layout));
        self.player = self.player.reduce(Action::Last);
        self.hold_for_question();
    }

    /// Another script, which can be taken back.
    fn write(&mut self, ctx: &Context<Self>, text: String) {
        // Some input events come twice.
        if text == self.text {
            return;
        }
        if self.history.len() == HISTORY_MAX {
            self.history.remove(0);
        }
        self.history.push(std::mem::take(&mut self.text));
        self.set_text(ctx, text);
    }

    /// Another script: it runs at once. One that cannot run leaves the last run standing, and says why.
    fn set_text(&mut self, ctx: &Context<Self>, text: String) {
        let LiveProps { text: original, shown, performer, place, .. } = ctx.props();
        self.text = text;
        self.complaint = None;
        self.asked += 1;
        self.compare(ctx);
        if place.is_chapter() && self.rules == Rules::Linux && self.text == **original {
            self.waits = false;
            self.show(ctx, shown.clone());
            return;
        }
        self.waits = true;
        let (number, performer, text, rules) = (self.asked, performer.clone(), self.text.clone(), self.rules);
        ctx.link().send_future(async move { Message::Performed(number, performer.perform(&text, rules).await) });
    }

    /// The run without Linux's rules, whole.
    fn beside_linux(&self, bare: &Shown) -> Html {
        let layout = bare.layout.clone();
        let drawn = layout.drawn(0);
        html! {
            <div class="sc-bare">
                { text("strong", "", texts::AS_SMOLTCP) }
                <Picture {layout} cursor={None} {drawn} runtime={settings::runtime()} />
            </div>
        }
    }

    /// Performs the script without Linux's rules, if the reader wants to see that, too.
    fn compare(&self, ctx: &Context<Self>) {
        if self.compares {
            let (number, performer, text) = (self.asked, ctx.props().performer.clone(), self.text.clone());
            ctx.link()
                .send_future(async move { Message::Compared(number, performer.perform(&text, Rules::Bare).await) });
        }
    }

    /// Another run.
    fn show(&mut self, ctx: &Context<Self>, shown: Rc<Shown>) {
        let steps = shown.layout.rows.len();
        let cursor = self.player.cursor.filter(|_| steps > 0).map(|cursor| cursor.min(steps - 1));
        self.player = Player { cursor, speed: self.player.speed, ..Player::new(steps) };
        self.drawn = shown.layout.drawn(shown.layout.top(cursor.unwrap_or(0)));
        self.shown = shown;
        self.wrong = None;
        self.quiz = None;
        let Some(step) = self.arrives.take() else { return };
        if !ctx.props().place.is_chapter() {
            self.player = self.player.reduce(Action::Go(step));
            return;
        }
        // Later, when the widget stands in the page and can be scrolled to.
        let scope = ctx.link().clone();
        self.timeout = Some(Timeout::new(200, move || scope.send_message(Message::Do(Action::Go(step)))));
    }

    fn workshop<'a>(&'a self, props: &'a LiveProps) -> Workshop<'a> {
        Workshop {
            id: &props.id,
            text: &self.text,
            layout: &self.shown.layout,
            rules: self.rules,
            compares: self.compares,
            waits: self.waits,
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
