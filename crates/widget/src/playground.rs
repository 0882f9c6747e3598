//! The playground: a scenario to choose or an empty script, the live widget with its editor, both rules side by side,
//! every file to take away, what each runtime prints.
//!
//! The address always holds what is shown ([`link`]); what the reader changed stays in the page's own storage.

use std::rc::Rc;

use js_sys::Function;
use scenario::messages::{Cause, Runtime};
use scenario::{Event, Host, Outcome, Trace};
use sim::Rules;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

use crate::address::{address_of_page, fragment, put_fragment, when_fragment_changes};
use crate::catalogue::{self, Entry};
use crate::dom::{Element as Drawn, element, text};
use crate::explain::folded;
use crate::export::link::{Holds, Link};
use crate::export::{self, Form};
use crate::layout::Layout;
use crate::live::{Live, LiveProps, Place, Stand};
use crate::performer::Performer;
use crate::picture::Picture;
use crate::recent::{self, Recent};
use crate::run::{Run, Shown};
use crate::settings;
use crate::spoken::message;
use crate::texts::{self, page};
use crate::workshop::files;

/// Puts the playground into `root`. `catalogue` is the file of that name beside the program, `stack` is what makes
/// files (`performer.rs`).
///
/// # Errors
/// The catalogue holds no scenario.
#[wasm_bindgen]
pub fn playground(root: Element, catalogue: String, stack: Function) -> Result<(), JsError> {
    let entries = catalogue::read(&catalogue);
    if entries.is_empty() {
        return Err(JsError::new("the catalogue holds no scenario"));
    }
    yew::Renderer::<Playground>::with_root_and_props(root, Props { entries: entries.into(), stack }).render();
    Ok(())
}

/// What stands in the editor before anything is written.
const EMPTY: &str = "# My question?\n\nserver listen() = 0\nclient connect() = 0\nserver accept() = 0\n";
/// Where the page's storage keeps the last things tried.
const RECENT: &str = "playground-recent";

#[derive(Clone, PartialEq, Properties)]
struct Props {
    entries: Rc<[Entry]>,
    /// What makes files (`performer.rs`).
    stack: Function,
}

enum Message {
    /// The address has changed, by the reader's hand or by a link.
    Arrive,
    /// The reader chose from the menu: `id:…`, `recent:…` or nothing for the empty script.
    Open(String),
    /// Only scenarios with this outcome are wanted; empty for all.
    Filter(String),
    /// The widget shows something else.
    Stands(Stand),
    /// With both rules side by side, or no longer.
    Compare,
    /// The reader wants a file.
    Take(Form),
    /// It is made, or why it could not be.
    Taken(Option<String>),
    /// The last things tried are to be forgotten.
    Forget,
    /// The runtimes' texts are here, or another runtime was chosen.
    Told,
}

struct Playground {
    /// What the widget was given; a new number makes a new widget.
    opened: Opened,
    /// What it shows now.
    stand: Stand,
    /// The last run that could be made of it.
    run: Option<Rc<Run>>,
    filter: String,
    recent: Recent,
    /// What is in [`Recent`] of this opening.
    kept: Option<String>,
    compares: bool,
    /// What is wrong with the link that led here, or with a file.
    notice: Option<String>,
}

struct Opened {
    number: usize,
    /// The scenario's id; empty if it is not one of the book.
    id: String,
    text: String,
    /// The run of what was opened; of nothing if that does not run. A new one for each opening.
    shown: Rc<Shown>,
}

impl Component for Playground {
    type Message = Message;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let arrive = ctx.link().callback(|()| Message::Arrive);
        when_fragment_changes(move || arrive.emit(()));
        settings::listen(ctx.link().callback(|()| Message::Told));
        settings::fetch_texts(&Performer(ctx.props().stack.clone()));
        let stored = settings::storage().and_then(|storage| storage.get_item(RECENT).ok()?).unwrap_or_default();
        let mut playground = Self {
            opened: Opened { number: 0, id: String::new(), text: EMPTY.to_owned(), shown: opened(EMPTY) },
            stand: Stand { text: EMPTY.to_owned(), step: None, rules: Rules::Linux },
            run: None,
            filter: String::new(),
            recent: Recent::read(&stored),
            kept: None,
            compares: false,
            notice: None,
        };
        playground.arrive(&ctx.props().entries);
        playground
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        let entries = &ctx.props().entries;
        match message {
            Message::Arrive => self.arrive(entries),
            Message::Open(chosen) => {
                self.notice = None;
                let recent =
                    chosen.strip_prefix("recent:").and_then(|at| self.recent.texts().get(at.parse::<usize>().ok()?));
                let entry = chosen.strip_prefix("id:").and_then(|id| entries.iter().find(|entry| entry.id == id));
                match (entry, recent.cloned()) {
                    (Some(entry), _) => self.open(entry.id.clone(), entry.text.clone(), None, Rules::Linux),
                    (None, Some(text)) => {
                        self.open(String::new(), text.clone(), None, Rules::Linux);
                        self.kept = Some(text);
                    }
                    (None, None) => self.open(String::new(), EMPTY.to_owned(), None, Rules::Linux),
                }
                self.write_address();
            }
            Message::Filter(outcome) => self.filter = outcome,
            Message::Stands(stand) => {
                let is_other = stand.text != self.stand.text;
                self.stand = stand;
                if is_other {
                    self.perform();
                    self.keep();
                }
                self.write_address();
            }
            Message::Compare => self.compares = !self.compares,
            Message::Take(form) => {
                let Stand { text, rules, .. } = self.stand.clone();
                let (performer, stem) = (Performer(ctx.props().stack.clone()), self.stem());
                ctx.link()
                    .send_future(async move { Message::Taken(performer.take(&text, rules, form, &stem).await.err()) });
                return false;
            }
            Message::Taken(notice) => self.notice = notice,
            Message::Told => {}
            Message::Forget => {
                self.recent = Recent::default();
                self.kept = None;
                if let Some(storage) = settings::storage() {
                    let _ = storage.remove_item(RECENT);
                }
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let link = ctx.link();
        let live = LiveProps {
            id: if self.opened.id.is_empty() { "scenario".to_owned() } else { self.opened.id.clone() },
            text: self.opened.text.clone().into(),
            shown: self.opened.shown.clone(),
            performer: Performer(ctx.props().stack.clone()),
            place: Place::Playground { first: self.stand.clone(), stands: link.callback(Message::Stands) },
        };
        let notice = text("p", "sc-failed", self.notice.as_deref().unwrap_or(""));
        html! {
            <div class="pg" onclick={link.batch_callback(on_click)} oninput={link.batch_callback(on_input)}>
                // A menu that the reader has used no longer follows its options: each opening has a new one.
                <div key={format!("menus-{}", self.opened.number)}>{ self.choose(&ctx.props().entries) }</div>
                <div class="pg-notice" role="status">{ notice }</div>
                <div class="scenario"><Live key={self.opened.number} ..live /></div>
                { self.compare() }
                { self.take_away() }
                { self.runtimes() }
            </div>
        }
    }
}

impl Playground {
    /// Opens what the address holds; without anything in it the last thing tried, or the book's first scenario.
    fn arrive(&mut self, entries: &[Entry]) {
        let fragment = fragment();
        let first = || (entries[0].id.clone(), entries[0].text.clone());
        self.notice = None;
        if fragment.is_empty() {
            let recent = self.recent.texts().first().cloned();
            self.kept.clone_from(&recent);
            let (id, text) = recent.map_or_else(first, |text| (String::new(), text));
            return self.open_kept(id, text);
        }
        let link = Link::decode(&fragment).map_err(|damaged| damaged.to_string()).and_then(|link| match &link.holds {
            Holds::Script(text) => Ok((String::new(), text.clone(), link)),
            Holds::Id(id) => match entries.iter().find(|entry| entry.id == *id) {
                Some(entry) => Ok((entry.id.clone(), entry.text.clone(), link)),
                None => Err(page::no_scenario(id)),
            },
        });
        match link {
            Ok((id, text, link)) => {
                if let Some(runtime) = link.runtime {
                    settings::choose_runtime(runtime);
                }
                self.open(id, text, link.step, link.rules);
            }
            Err(damaged) => {
                let (id, text) = first();
                self.open(id, text, None, Rules::Linux);
                self.notice = Some(damaged);
            }
        }
    }

    fn open_kept(&mut self, id: String, text: String) {
        let kept = self.kept.take();
        self.open(id, text, None, Rules::Linux);
        self.kept = kept;
    }

    fn open(&mut self, id: String, text: String, step: Option<usize>, rules: Rules) {
        self.kept = None;
        self.stand = Stand { text: text.clone(), step, rules };
        self.opened = Opened { number: self.opened.number + 1, id, shown: opened(&text), text };
        self.perform();
    }

    /// A script that cannot run leaves the last run standing; the widget says why.
    fn perform(&mut self) {
        if let Ok(run) = Run::of(&self.stand.text, Rules::Linux) {
            self.run = Some(Rc::new(run));
        }
    }

    /// Keeps what the reader has changed.
    fn keep(&mut self) {
        let is_changed = self.stand.text != self.opened.text || self.opened.id.is_empty();
        self.recent.remember(if is_changed { &self.stand.text } else { "" }, self.kept.as_deref());
        self.kept = is_changed.then(|| self.stand.text.clone());
        if let Some(storage) = settings::storage() {
            let _ = storage.set_item(RECENT, &self.recent.written());
        }
    }

    fn link(&self) -> Result<String, String> {
        let Stand { text, step, rules } = &self.stand;
        let is_the_book_s = !self.opened.id.is_empty() && *text == self.opened.text;
        let holds = if is_the_book_s { Holds::Id(self.opened.id.clone()) } else { Holds::Script(text.clone()) };
        let link = Link { holds, step: *step, rules: *rules, runtime: settings::chosen() };
        link.encode().map_err(|damaged| damaged.to_string())
    }

    fn write_address(&self) {
        if let Ok(link) = self.link() {
            put_fragment(&link);
        }
    }

    /// The name of its files, without their ending.
    fn stem(&self) -> String {
        if self.opened.id.is_empty() { export::stem(&recent::title(&self.stand.text)) } else { self.opened.id.clone() }
    }

    /// What can be opened: by outcome, by family, the last things tried, an empty script.
    fn choose(&self, entries: &[Entry]) -> Html {
        let mut filter = element("select", "").with("data-menu", "filter".into()).child(option(
            "",
            page::ANY_OUTCOME,
            self.filter.is_empty(),
        ));
        for outcome in catalogue::all_outcomes(entries) {
            filter = filter.child(option(&outcome, &outcome, outcome == self.filter));
        }
        let is_mine = self.opened.id.is_empty();
        let is_kept = self.kept.as_ref().is_some_and(|kept| self.recent.texts().contains(kept));
        let mut menu = element("select", "").with("data-menu", "open".into());
        menu = menu.child(option("", page::EMPTY_SCRIPT, is_mine && !is_kept));
        let mut recent = element("optgroup", "").with("label", page::LAST_TRIED.into());
        for (at, kept) in self.recent.texts().iter().enumerate() {
            let is_it = is_mine && self.kept.as_ref() == Some(kept);
            recent = recent.child(option(&format!("recent:{at}"), &recent::title(kept), is_it));
        }
        menu = menu.maybe((!self.recent.texts().is_empty()).then(|| recent.end()));
        let mut family = "";
        let mut group = None;
        for entry in entries {
            let is_chosen = entry.id == self.opened.id;
            if !is_chosen && !self.filter.is_empty() && !entry.outcomes.contains(&self.filter) {
                continue;
            }
            if entry.family != family {
                menu = menu.maybe(group.take().map(Drawn::end));
                family = &entry.family;
            }
            let under = group.unwrap_or_else(|| element("optgroup", "").with("label", entry.family.clone().into()));
            group = Some(under.child(option(&format!("id:{}", entry.id), &entry.title, is_chosen)));
        }
        menu = menu.maybe(group.map(Drawn::end));
        let label = |name: &str, menu: Html| element("label", "").child(text("span", "", name)).child(menu).end();
        let mut choose = element("div", "pg-choose")
            .child(label(page::ENDS_WITH, filter.end()))
            .child(label(page::SCENARIO, menu.end()));
        if !self.recent.texts().is_empty() {
            let forget = element("button", "").with("type", "button".into()).with("data-pg", "forget".into());
            choose = choose.child(forget.text(page::FORGET).end());
        }
        choose.end()
    }

    /// Linux's rules, and smoltcp without them.
    fn compare(&self) -> Html {
        let down = element("p", "sc-choices").child(
            element("button", "")
                .with("type", "button".into())
                .with("data-pg", "compare".into())
                .with("aria-pressed", self.compares.to_string().into())
                .text(texts::COMPARE)
                .end(),
        );
        let section = element("div", "scenario pg-compare").child(down.end());
        if !self.compares {
            return section.end();
        }
        let Some(run) = &self.run else { return section.child(text("p", "sc-failed", page::CANNOT_TAKE)).end() };
        let bare = match Run::of(&run.text, Rules::Bare) {
            Ok(bare) => bare,
            Err(why) => return section.child(text("p", "sc-failed", &why.to_string())).end(),
        };
        let differ = differences(&run.trace, &bare.trace);
        let mut list = element("ul", "pg-differ");
        for (call, linux, bare) in &differ {
            list = list.child(text("li", "", &page::differ(call, linux, bare)));
        }
        let said = text("p", "", if differ.is_empty() { page::SAME_OUTCOMES } else { page::OTHER_OUTCOMES });
        let both =
            element("div", "pg-both").child(column(texts::AS_LINUX, run)).child(column(texts::AS_SMOLTCP, &bare)).end();
        section.child(said).child(list.end()).child(both).end()
    }

    fn take_away(&self) -> Html {
        let address = match self.link() {
            Ok(link) => element("label", "pg-link")
                .child(text("span", "", page::LINK_TO_THIS))
                .child(
                    element("input", "")
                        .with("readonly", "".into())
                        .with("data-pg", "link".into())
                        .value(format!("{}#{link}", address_of_page()))
                        .end(),
                )
                .end(),
            Err(why) => text("p", "sc-failed", &why),
        };
        let path = if self.stand.text == self.opened.text && !self.opened.id.is_empty() {
            format!("book/scenarios/{}.tcp", self.opened.id)
        } else {
            format!("{}.tcp", self.stem())
        };
        let command = element("p", "").text(texts::ON_YOUR_KERNEL).text(" ").child(text(
            "code",
            "",
            &format!("cargo run --example native -- {path}"),
        ));
        let inside = element("div", "").child(address).child(files()).child(command.end());
        element("div", "scenario pg-part").child(text("h2", "", texts::TAKE)).child(inside.end()).end()
    }

    /// What every runtime prints for the endings of this run.
    fn runtimes(&self) -> Html {
        let Some(run) = &self.run else { return Html::default() };
        let layout = Layout::of(&run.script, &run.trace);
        let mut causes: Vec<(Cause, String)> = Vec::new();
        for row in &layout.rows {
            if let Some(cause) = row.cause
                && !causes.iter().any(|(known, _)| *known == cause)
            {
                causes.push((cause, texts::headline(&layout, row)));
            }
        }
        if causes.is_empty() {
            return Html::default();
        }
        let mut tables = element("div", "");
        for (cause, call) in causes {
            let mut body = element("tbody", "");
            for spoken in Runtime::ALL.into_iter().filter_map(|runtime| message(runtime, cause)) {
                let row = element("tr", "")
                    .child(element("th", "").with("scope", "row".into()).text(spoken.runtime.name()).end())
                    .child(
                        element("td", "")
                            .child(text("code", "", &spoken.text))
                            .text(" ")
                            .child(text("small", "", &spoken.known))
                            .end(),
                    );
                body = body.child(row.end());
            }
            let table = element("table", "").child(text("caption", "", &call)).child(body.end());
            tables = tables.child(table.end());
        }
        element("div", "scenario pg-part sc-beside").child(folded(page::RUNTIMES, tables.end())).end()
    }
}

fn opened(text: &str) -> Rc<Shown> {
    let run = Run::of(text, Rules::Linux).or_else(|_| Run::of("", Rules::Linux));
    let Ok(run) = run else { unreachable!("an empty script reaches no bound") };
    Rc::new(Shown::of(&run))
}

fn option(value: &str, name: &str, is_chosen: bool) -> Html {
    let option = element("option", "").with("value", value.to_owned().into()).text(name);
    if is_chosen { option.with("selected", "".into()) } else { option }.end()
}

fn column(name: &str, run: &Run) -> Html {
    let layout = Rc::new(Layout::of(&run.script, &run.trace));
    let drawn = layout.drawn(0);
    html! {
        <div class="scenario"><h2>{ name.to_owned() }</h2>
            <Picture {layout} cursor={None} {drawn} runtime={settings::runtime()} /></div>
    }
}

/// Calls that give other outcomes: the call, and both.
fn differences(linux: &Trace, bare: &Trace) -> Vec<(String, Outcome, Outcome)> {
    let calls = |trace: &Trace| -> Vec<(u32, Host, String, Outcome)> {
        let call = |event: &Event| match event {
            Event::Call { host, line, call, outcome, .. } => Some((*line, *host, call.clone(), *outcome)),
            _ => None,
        };
        trace.events.iter().filter_map(call).collect()
    };
    let bare = calls(bare);
    let other = |(line, host, call, outcome): (u32, Host, String, Outcome)| {
        let (.., other) = bare.iter().find(|(known, ..)| *known == line)?;
        (*other != outcome).then(|| (format!("{host} {call}"), outcome, *other))
    };
    calls(linux).into_iter().filter_map(other).collect()
}

fn on_click(event: MouseEvent) -> Option<Message> {
    let target = event.target_dyn_into::<Element>()?;
    if let Some(form) = target.get_attribute("data-form") {
        return Form::of_ending(&form).map(Message::Take);
    }
    match target.get_attribute("data-pg")?.as_str() {
        "compare" => Some(Message::Compare),
        "forget" => Some(Message::Forget),
        _ => {
            target.unchecked_into::<HtmlInputElement>().select();
            None
        }
    }
}

fn on_input(event: InputEvent) -> Option<Message> {
    let target = event.target_dyn_into::<Element>()?;
    let menu = target.get_attribute("data-menu")?;
    // A select has the property `value` as well.
    let value = target.unchecked_into::<HtmlInputElement>().value();
    Some(if menu == "filter" { Message::Filter(value) } else { Message::Open(value) })
}
