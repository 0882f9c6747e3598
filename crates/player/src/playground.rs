//! The playground: a script and its picture side by side, what to begin with, what to bring about, the language.
//!
//! The address always holds what is shown (`link.rs`); what the reader wrote stays in the page's own storage.

use std::rc::Rc;

use ::catalogue::messages::{Cause, Runtime, message};
use gloo_events::EventListener;
use scenario::{Event as Happening, Outcome, Trace};
use sim::Stack;
use view::export::stem;
use web_sys::{Element, HtmlSelectElement};
use yew::prelude::*;

use crate::address::{fragment, put_fragment, when_fragment_changes};
use crate::catalogue::{self, Entry, STARTERS};
use crate::challenges;
use crate::chapter::other_stack;
use crate::desk::menus;
use crate::diagram::diagrams;
use crate::editor::{Editor, put_in as put_into};
use crate::here;
use crate::language::{put_in, statements};
use crate::link::{Holds, Link};
use crate::live::{Stage, until};
use crate::page::storage;
use crate::recent::{self, Recent};
use crate::session::{Act, Session};
use crate::settings;
use crate::take::{Take, link};
use crate::texts::{self, page};

/// What stands in the editor before anything is written.
const EMPTY: &str = "# My question?\n\nserver listen() = 0\nclient connect() = 0\nserver accept() = 0\n";
/// Where the page's storage keeps the last things tried, and which challenges were done.
const RECENT: &str = "playground-recent";
const DONE: &str = "playground-done";

/// What is open above the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shelf {
    Examples,
    Challenges,
    Language,
}

/// Of two panes below each other's width, the one that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pane {
    Script,
    Picture,
}

/// What an address leads to.
pub(crate) struct Arrival {
    /// The scenario's; empty if it is not one of the book.
    id: String,
    text: String,
    step: Option<usize>,
    stack: Stack,
    /// What is wrong with the address.
    notice: Option<String>,
}

impl Arrival {
    fn of(entry: &Entry) -> Self {
        Self::of_text(&entry.id, &entry.text)
    }

    fn of_text(id: &str, text: &str) -> Self {
        Self { id: id.to_owned(), text: text.to_owned(), step: None, stack: Stack::Linux, notice: None }
    }

    /// What the address holds; without anything in it the last thing tried, or the book's first scenario.
    fn here(entries: &[Entry], recent: &Recent) -> Self {
        let first = || entries.first().map_or_else(|| Self::of_text("", EMPTY), Self::of);
        let fragment = fragment();
        if fragment.is_empty() {
            return recent.texts().first().map_or_else(first, |text| Self::of_text("", text));
        }
        let wrong = |notice| Self { notice: Some(notice), ..first() };
        let link = match Link::decode(&fragment) {
            Ok(link) => link,
            Err(damaged) => return wrong(damaged.to_string()),
        };
        let (step, stack) = (link.step, link.stack);
        if let Some(runtime) = link.runtime {
            settings::choose_runtime(runtime);
        }
        match &link.holds {
            Holds::Script(text) => Self { step, stack, ..Self::of_text("", text) },
            Holds::Id(id) => match entries.iter().find(|entry| entry.id == *id) {
                Some(entry) => Self { step, stack, ..Self::of(entry) },
                None => wrong(page::no_scenario(id)),
            },
        }
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct PlaygroundProps {
    /// The book's scenarios (`catalogue.rs`).
    pub(crate) catalogue: AttrValue,
    /// The statements of the language (`language.rs`).
    pub(crate) language: AttrValue,
}

/// The page.
pub(crate) struct Playground {
    entries: Vec<Entry>,
    session: Rc<Session>,
    /// The scenario's; empty if the script is not one of the book.
    id: String,
    recent: Recent,
    /// What is in [`Recent`] of this script.
    kept: Option<String>,
    /// The challenges that were done, on this device.
    done: Vec<String>,
    shelf: Option<Shelf>,
    pane: Pane,
    /// Of the list, only runs in which a call gives this; empty for all.
    outcome: String,
    /// What is wrong with the link that led here.
    notice: Option<String>,
    /// What can complete a line.
    statements: Rc<Vec<String>>,
    field: NodeRef,
    _arrives: Option<EventListener>,
    _listens: settings::Listens,
}

/// Puts the page into `root`. `catalogue` has the book's scenarios ([`crate::catalogue`]), `language` the list of
/// statements ([`crate::language`]): what this page alone needs stands in it.
#[cfg_attr(feature = "playground", wasm_bindgen::prelude::wasm_bindgen)]
pub fn playground(root: Element, catalogue: String, language: String) {
    let props = PlaygroundProps { catalogue: catalogue.into(), language: language.into() };
    yew::Renderer::<Playground>::with_root_and_props(root, props).render();
}

/// What can happen to it.
pub(crate) enum Message {
    /// The reader, or the clock, has done something.
    Do(Act),
    /// The reader wants something to begin with.
    Open(Arrival),
    /// The address has changed, by the reader's hand or by a link.
    Arrive,
    /// A shelf is opened, or closed.
    Reach(Shelf),
    Show(Pane),
    /// Only runs in which a call gives this are wanted.
    Filter(String),
    /// The last things tried are to be forgotten.
    Forget,
    /// Another runtime was chosen.
    Chosen,
}

impl Component for Playground {
    type Message = Message;
    type Properties = PlaygroundProps;

    fn create(ctx: &Context<Self>) -> Self {
        let mut playground = Self {
            entries: catalogue::read(&ctx.props().catalogue),
            session: Rc::new(Session::new(EMPTY)),
            id: String::new(),
            recent: Recent::read(&stored(RECENT)),
            kept: None,
            done: stored(DONE).split_whitespace().map(str::to_owned).collect(),
            shelf: None,
            pane: Pane::Picture,
            outcome: String::new(),
            notice: None,
            statements: Rc::new(statements(&ctx.props().language)),
            field: NodeRef::default(),
            _arrives: when_fragment_changes(ctx.link().callback(|()| Message::Arrive)),
            _listens: settings::listen(ctx.link().callback(|()| Message::Chosen)),
        };
        playground.open(Arrival::here(&playground.entries, &playground.recent));
        playground
    }

    fn update(&mut self, _: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Do(act) => self.act(act),
            Message::Open(arrival) => {
                self.shelf = self.shelf.filter(|shelf| *shelf != Shelf::Examples);
                self.open(arrival);
                self.write_address();
            }
            Message::Arrive => self.open(Arrival::here(&self.entries, &self.recent)),
            Message::Reach(shelf) => self.shelf = Some(shelf).filter(|shelf| self.shelf != Some(*shelf)),
            Message::Show(pane) => self.pane = pane,
            Message::Filter(outcome) => self.outcome = outcome,
            Message::Forget => {
                (self.recent, self.kept) = (Recent::default(), None);
                store(RECENT, "");
            }
            Message::Chosen => self.write_address(),
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Self { session, .. } = self;
        let act = ctx.link().callback(Message::Do);
        let runtime = settings::chosen();
        let until = until(&session.run.layout, session.player.cursor);
        // A script with a title of its own has a name of its own.
        let title = recent::title(&session.text);
        let is_the_book_s = !self.id.is_empty() && title == recent::title(&session.book.text);
        let name = if is_the_book_s { self.id.clone() } else { stem(&title) };
        let toggle = |name: &'static str, shelf: Shelf| {
            let reach = ctx.link().callback(move |_: MouseEvent| Message::Reach(shelf));
            html! { <button type="button" aria-expanded={(self.shelf == Some(shelf)).to_string()} onclick={reach}>{ name }</button> }
        };
        let pane = |name: &'static str, pane: Pane| {
            let show = ctx.link().callback(move |_: MouseEvent| Message::Show(pane));
            html! { <button type="button" aria-pressed={(self.pane == pane).to_string()} onclick={show}>{ name }</button> }
        };
        let empty = ctx.link().callback(|_: MouseEvent| Message::Open(Arrival::of_text("", EMPTY)));
        let shows = match self.pane {
            Pane::Script => "pg pg-shows-script",
            Pane::Picture => "pg pg-shows-picture",
        };
        html! {
            <div class={shows}>
                <div class="scenario pg-bar sc-handles">
                    { toggle(page::EXAMPLES, Shelf::Examples) }
                    <button type="button" onclick={empty}>{ page::EMPTY_SCRIPT }</button>
                </div>
                <p class="pg-notice sc-failed" role="status">{ self.notice.clone() }</p>
                if self.shelf == Some(Shelf::Examples) { { self.examples(ctx) } }
                <div class="scenario sc-choices pg-switch">{ pane(page::SCRIPT, Pane::Script) }{ pane(page::PICTURE, Pane::Picture) }</div>
                <div class="pg-panes">
                    <section class="scenario pg-script" aria-label={page::SCRIPT}>
                        <Editor script={session.text.clone()} edition={session.edition} wrong={session.wrong.clone()} statements={self.statements.clone()}
                            typed={act.reform(Act::Type)} put={act.reform(Act::Put)} field={self.field.clone()} />
                        { task(session) }
                        <p class="sc-handles">{ toggle(page::CHALLENGES, Shelf::Challenges) }{ toggle(page::LANGUAGE, Shelf::Language) }</p>
                        if self.shelf == Some(Shelf::Challenges) { { self.challenges() } }
                        if self.shelf == Some(Shelf::Language) { { language(ctx, self.field.clone()) } }
                        <p class="sc-handles">{ other_stack(session, &act) }{ menus(session.player.speed, runtime, &act) }</p>
                        { here::handle(session) }
                    </section>
                    <section class="scenario pg-picture" aria-label={page::PICTURE}>
                        <Stage session={session.clone()} {act} {runtime} />
                    </section>
                </div>
                // Always one node: what stands beside it is not drawn anew.
                if let Some(bare) = &session.bare { { differences(&session.run.trace, &bare.trace) } }
                <div class="scenario pg-part"><h2>{ texts::TAKE }</h2><Take session={session.clone()} id={name} /></div>
                <div class="scenario pg-part sc-beside">
                    <details><summary>{ texts::DIAGRAM }</summary>{ diagrams(&session.run.layout, until) }</details>
                    { runtimes(session) }
                </div>
            </div>
        }
    }
}

impl Playground {
    fn open(&mut self, Arrival { id, text, step, stack, notice }: Arrival) {
        self.kept = self.recent.texts().iter().find(|known| **known == text).cloned();
        (self.id, self.notice) = (id, notice);
        self.session = Rc::new(self.session.after(Act::Begin { text, step, stack }));
        self.note_done();
    }

    fn act(&mut self, act: Act) {
        let next = Rc::new(self.session.after(act));
        let before = std::mem::replace(&mut self.session, next);
        if before.text != self.session.text {
            self.keep();
            self.note_done();
        }
        self.write_address();
    }

    /// Keeps what the reader has written.
    fn keep(&mut self) {
        let text = &self.session.text;
        let is_mine = self.session.is_changed() || self.id.is_empty();
        self.recent.remember(if is_mine { text } else { "" }, self.kept.as_deref());
        self.kept = is_mine.then(|| text.clone());
        store(RECENT, &self.recent.written());
    }

    /// What was done stays done.
    fn note_done(&mut self) {
        let run = &self.session.run;
        for challenge in challenges::ALL.iter().filter(|challenge| challenge.is_done(&run.script, &run.trace)) {
            if !self.done.iter().any(|known| known == challenge.id) {
                self.done.push(challenge.id.to_owned());
                store(DONE, &self.done.join(" "));
            }
        }
    }

    /// The address holds what is shown, without a new entry in the browser's history.
    fn write_address(&self) {
        if let Ok(link) = link(&self.session, &self.id) {
            put_fragment(&link);
        }
    }

    /// What to begin with: some scenarios as cards, all of them by what their calls give, and the last things tried.
    fn examples(&self, ctx: &Context<Self>) -> Html {
        let open = |id: &str, text: &str| {
            let (id, text) = (id.to_owned(), text.to_owned());
            ctx.link().callback(move |_: MouseEvent| Message::Open(Arrival::of_text(&id, &text)))
        };
        let card = |entry: &Entry| {
            html! {
                <button type="button" class="pg-card" onclick={open(&entry.id, &entry.text)}>
                    <b>{ &entry.title }</b><small>{ entry.outcomes.join(", ") }</small>
                </button>
            }
        };
        let starters = STARTERS.iter().filter_map(|id| self.entries.iter().find(|entry| entry.id == *id));
        let listed =
            self.entries.iter().filter(|entry| self.outcome.is_empty() || entry.outcomes.contains(&self.outcome));
        let filter = ctx.link().batch_callback(|event: Event| {
            Some(Message::Filter(event.target_dyn_into::<HtmlSelectElement>()?.value()))
        });
        let forget = ctx.link().callback(|_: MouseEvent| Message::Forget);
        html! {
            <div class="scenario pg-shelf">
                <div class="pg-cards">{ for starters.map(card) }</div>
                if !self.recent.texts().is_empty() {
                    <p>{ page::LAST_TRIED }</p>
                    <ul class="pg-list pg-recent">
                        { for self.recent.texts().iter().map(|text| html! {
                            <li><button type="button" onclick={open("", text)}>{ recent::title(text) }</button></li>
                        }) }
                    </ul>
                    <p class="sc-choices"><button type="button" class="pg-forget" onclick={forget}>{ page::FORGET }</button></p>
                }
                <label class="pg-filter">{ page::ENDS_WITH }{ " " }
                    <select onchange={filter}>
                        <option value="" selected={self.outcome.is_empty()}>{ page::ANY_OUTCOME }</option>
                        { for catalogue::all_outcomes(&self.entries).into_iter().map(|each| html! {
                            <option selected={each == self.outcome}>{ each }</option>
                        }) }
                    </select>
                </label>
                <ul class="pg-list pg-all">
                    { for listed.map(|entry| html! {
                        <li><button type="button" data-id={entry.id.clone()} onclick={open(&entry.id, &entry.text)}>{ &entry.title }</button></li>
                    }) }
                </ul>
            </div>
        }
    }

    /// What to bring about.
    fn challenges(&self) -> Html {
        let run = &self.session.run;
        html! {
            <ol class="scenario pg-shelf pg-challenges">
                { for challenges::ALL.iter().map(|challenge| {
                    let was_done = self.done.iter().any(|known| known == challenge.id);
                    let mark = match (challenge.is_done(&run.script, &run.trace), was_done) {
                        (true, _) => page::DONE_NOW,
                        (false, true) => page::DONE,
                        (false, false) => page::NOT_DONE,
                    };
                    html! {
                        <li class={was_done.then_some("pg-done")}>
                            <span class="pg-mark" role="status">{ mark }</span>{ " " }{ challenge.task }
                            <details><summary>{ page::HINT }</summary><p>{ challenge.hint }</p></details>
                        </li>
                    }
                }) }
            </ol>
        }
    }
}

/// Of a script that did not hold when it was opened: whether it holds now. What differs from the run that was opened is
/// marked in the picture whether it holds or not.
fn task(session: &Session) -> Html {
    if session.book.trace.as_written() {
        return Html::default();
    }
    let holds = session.wrong.is_none() && session.run.trace.as_written();
    let mark = if holds { page::HOLDS } else { page::HOLDS_NOT };
    html! { <p class={holds.then_some("pg-done")}><span class="pg-mark" role="status">{ mark }</span></p> }
}

/// Every statement of the language; a click puts it into the script. The list is the page's own.
fn language(ctx: &Context<Playground>, field: NodeRef) -> Html {
    let statement = |event: &MouseEvent| event.target_dyn_into::<Element>()?.closest("button").ok()??.text_content();
    let put = ctx.link().callback(|text| Message::Do(Act::Put(text)));
    let write = move |event: MouseEvent| {
        if let Some(statement) = statement(&event) {
            put_into(&field, &put, put_in, &statement);
        }
    };
    html! { <div onclick={write}>{ Html::from_html_unchecked(ctx.props().language.clone()) }</div> }
}

fn stored(name: &str) -> String {
    storage().and_then(|storage| storage.get_item(name).ok()?).unwrap_or_default()
}

/// Keeps a text; an empty one is forgotten.
fn store(name: &str, text: &str) {
    let Some(storage) = storage() else { return };
    let _ = if text.is_empty() { storage.remove_item(name) } else { storage.set_item(name, text) };
}

/// Calls that give something else on the two stacks.
fn differences(linux: &Trace, bare: &Trace) -> Html {
    let calls = |trace: &Trace| -> Vec<(u32, String, Outcome)> {
        let call = |event: &Happening| match event {
            Happening::Call { host, line, call, outcome, .. } => Some((*line, format!("{host} {call}"), *outcome)),
            _ => None,
        };
        trace.events.iter().filter_map(call).collect()
    };
    let bare = calls(bare);
    let differ: Vec<String> = calls(linux)
        .into_iter()
        .filter_map(|(line, call, outcome)| {
            let (.., other) = bare.iter().find(|(known, ..)| *known == line)?;
            (*other != outcome).then(|| page::differ(&call, &outcome, other))
        })
        .collect();
    html! {
        <div class="scenario pg-compare">
            <p>{ if differ.is_empty() { page::SAME_OUTCOMES } else { page::OTHER_OUTCOMES } }</p>
            <ul class="pg-differ">{ for differ.iter().map(|differ| html! { <li>{ differ }</li> }) }</ul>
        </div>
    }
}

/// What every runtime prints for the endings of this run.
fn runtimes(session: &Session) -> Html {
    let layout = &session.run.layout;
    let mut causes: Vec<(Cause, String)> = Vec::new();
    for row in &layout.rows {
        if let Some(cause) = row.cause
            && !causes.iter().any(|(known, _)| *known == cause)
        {
            causes.push((cause, view::texts::headline(layout, row)));
        }
    }
    if causes.is_empty() {
        return Html::default();
    }
    let table = |(cause, call): &(Cause, String)| {
        let line = |runtime| {
            message(runtime, *cause).map(|said| html! {
            <tr><th scope="row">{ said.runtime.name() }</th>
                <td><code>{ said.text }</code>{ " " }<small>{ view::texts::known(said.source) }</small></td></tr>
        })
        };
        html! { <table><caption>{ call }</caption><tbody>{ for Runtime::ALL.into_iter().filter_map(line) }</tbody></table> }
    };
    html! { <details><summary>{ page::RUNTIMES }</summary>{ for causes.iter().map(table) }</details> }
}
