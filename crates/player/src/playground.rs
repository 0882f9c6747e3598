//! The playground: a scenario to choose or an empty script, the live widget with its editor, both rules side by side,
//! every file to take away, what each runtime prints.
//!
//! The address always holds what is shown ([`link`]); what the reader changed stays in the page's own storage.

use std::rc::Rc;

use ::catalogue::messages::{Cause, Runtime, message};
use gloo_events::EventListener;
use scenario::{Event, Host, Outcome, Trace};
use sim::Rules;
use view::export::{Form, stem};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

use crate::address::{address_of_page, fragment, put_fragment, when_fragment_changes};
use crate::catalogue::{self, Entry};
use crate::dom::{Element as Drawn, element, text};
use crate::explain::folded;
use crate::files;
use crate::link::{Holds, Link};
use crate::live::{Live, LiveProps, Place, Stand};
use crate::picture::Picture;
use crate::recent::{self, Recent};
use crate::run::Run;
use crate::settings;
use crate::texts::{self, page};
use crate::workshop::files as buttons;

/// What stands in the editor before anything is written.
const EMPTY: &str = "# My question?\n\nserver listen() = 0\nclient connect() = 0\nserver accept() = 0\n";
/// Where the page's storage keeps the last things tried.
const RECENT: &str = "playground-recent";

pub(crate) enum Message {
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
    /// The last things tried are to be forgotten.
    Forget,
    /// The runtimes' texts are here, or another runtime was chosen.
    Told,
}

pub(crate) struct Playground {
    entries: Vec<Entry>,
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
    /// The run without Linux's rules, if the reader wants to see it beside the other.
    bare: Option<Rc<Run>>,
    /// What is wrong with the link that led here, or with a file.
    notice: Option<String>,
    _arrives: Option<EventListener>,
    _listens: settings::Listens,
}

struct Opened {
    number: usize,
    /// The scenario's id; empty if it is not one of the book.
    id: String,
    text: String,
}

impl Component for Playground {
    type Message = Message;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let arrive = ctx.link().callback(|()| Message::Arrive);
        let stored = settings::storage().and_then(|storage| storage.get_item(RECENT).ok()?).unwrap_or_default();
        let mut playground = Self {
            entries: catalogue::entries(),
            opened: Opened { number: 0, id: String::new(), text: EMPTY.to_owned() },
            stand: Stand { text: EMPTY.to_owned(), step: None, rules: Rules::Linux },
            run: None,
            filter: String::new(),
            recent: Recent::read(&stored),
            kept: None,
            bare: None,
            notice: None,
            _arrives: when_fragment_changes(move || arrive.emit(())),
            _listens: settings::listen(ctx.link().callback(|()| Message::Told)),
        };
        playground.arrive();
        playground
    }

    fn update(&mut self, _: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Arrive => self.arrive(),
            Message::Open(chosen) => {
                self.notice = None;
                let recent =
                    chosen.strip_prefix("recent:").and_then(|at| self.recent.texts().get(at.parse::<usize>().ok()?));
                let entry = chosen.strip_prefix("id:").and_then(|id| self.entries.iter().find(|entry| entry.id == id));
                match (entry, recent.cloned()) {
                    (Some(entry), _) => self.open(entry.id.to_owned(), entry.text.to_owned(), None, Rules::Linux),
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
            Message::Compare if self.bare.is_some() => self.bare = None,
            Message::Compare => self.compare(),
            Message::Take(form) => {
                let Some(run) = &self.run else { return false };
                self.notice = files::take(run, form, &format!("{}{}", self.stem(), form.ending())).err();
            }
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
            place: Place::Playground { first: self.stand.clone(), stands: link.callback(Message::Stands) },
        };
        let notice = text("p", "sc-failed", self.notice.as_deref().unwrap_or(""));
        html! {
            <div class="pg" onclick={link.batch_callback(on_click)} oninput={link.batch_callback(on_input)}>
                // A menu that the reader has used no longer follows its options: each opening has a new one.
                <div key={format!("menus-{}", self.opened.number)}>{ self.choose() }</div>
                <div class="pg-notice" role="status">{ notice }</div>
                <div class="scenario"><Live key={self.opened.number} ..live /></div>
                { self.both() }
                { self.take_away() }
                { self.runtimes() }
            </div>
        }
    }
}

impl Playground {
    /// Opens what the address holds; without anything in it the last thing tried, or the book's first scenario.
    fn arrive(&mut self) {
        let fragment = fragment();
        let first = || (self.entries[0].id.to_owned(), self.entries[0].text.to_owned());
        self.notice = None;
        if fragment.is_empty() {
            let recent = self.recent.texts().first().cloned();
            self.kept.clone_from(&recent);
            let (id, text) = recent.map_or_else(first, |text| (String::new(), text));
            return self.open_kept(id, text);
        }
        let link = Link::decode(&fragment).map_err(|damaged| damaged.to_string()).and_then(|link| match &link.holds {
            Holds::Script(text) => Ok((String::new(), text.clone(), link)),
            Holds::Id(id) => match self.entries.iter().find(|entry| entry.id == id) {
                Some(entry) => Ok((entry.id.to_owned(), entry.text.to_owned(), link)),
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
        self.opened = Opened { number: self.opened.number + 1, id, text };
        self.perform();
    }

    /// A script that cannot run leaves the last run standing; the widget says why.
    fn perform(&mut self) {
        if let Ok(run) = Run::of(&self.stand.text, Rules::Linux) {
            self.run = Some(Rc::new(run));
            if self.bare.is_some() {
                self.compare();
            }
        }
    }

    fn compare(&mut self) {
        let text = self.run.as_ref().map(|run| run.text.as_str());
        self.bare = text.and_then(|text| Run::of(text, Rules::Bare).ok()).map(Rc::new);
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
        if self.opened.id.is_empty() { stem(&recent::title(&self.stand.text)) } else { self.opened.id.clone() }
    }

    /// What can be opened: by outcome, by family, the last things tried, an empty script.
    fn choose(&self) -> Html {
        let entries = &self.entries;
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
                family = entry.family;
            }
            let under = group.unwrap_or_else(|| element("optgroup", "").with("label", entry.family.into()));
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
    fn both(&self) -> Html {
        let down = element("p", "sc-choices").child(
            element("button", "")
                .with("type", "button".into())
                .with("data-pg", "compare".into())
                .with("aria-pressed", self.bare.is_some().to_string().into())
                .text(texts::COMPARE)
                .end(),
        );
        let section = element("div", "scenario pg-compare").child(down.end());
        let (Some(run), Some(bare)) = (&self.run, &self.bare) else { return section.end() };
        let differ = differences(&run.trace, &bare.trace);
        let mut list = element("ul", "pg-differ");
        for (call, linux, bare) in &differ {
            list = list.child(text("li", "", &page::differ(call, linux, bare)));
        }
        let said = text("p", "", if differ.is_empty() { page::SAME_OUTCOMES } else { page::OTHER_OUTCOMES });
        let both =
            element("div", "pg-both").child(column(texts::AS_LINUX, run)).child(column(texts::AS_SMOLTCP, bare)).end();
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
        let inside = element("div", "").child(address).child(buttons()).child(command.end());
        element("div", "scenario pg-part").child(text("h2", "", texts::TAKE)).child(inside.end()).end()
    }

    /// What every runtime prints for the endings of this run.
    fn runtimes(&self) -> Html {
        let Some(run) = &self.run else { return Html::default() };
        let layout = &run.layout;
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
        let mut tables = element("div", "");
        for (cause, call) in causes {
            let mut body = element("tbody", "");
            for spoken in Runtime::ALL.into_iter().filter_map(|runtime| message(runtime, cause)) {
                let row = element("tr", "")
                    .child(element("th", "").with("scope", "row".into()).text(spoken.runtime.name()).end())
                    .child(
                        element("td", "")
                            .child(text("code", "", spoken.text))
                            .text(" ")
                            .child(text("small", "", &view::texts::known(spoken.source)))
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

fn option(value: &str, name: &str, is_chosen: bool) -> Html {
    let option = element("option", "").with("value", value.to_owned().into()).text(name);
    if is_chosen { option.with("selected", "".into()) } else { option }.end()
}

fn column(name: &str, run: &Run) -> Html {
    let layout = run.layout.clone();
    let drawn = layout.drawn(0);
    html! {
        <div class="scenario"><h2>{ name.to_owned() }</h2>
            <Picture {layout} cursor={None} {drawn} runtime={settings::chosen()} /></div>
    }
}

/// Calls that give other outcomes: the call, and both.
fn differences(linux: &Trace, bare: &Trace) -> Vec<(String, Outcome, Outcome)> {
    let calls = |trace: &Trace| -> Vec<(u32, Host, String, Outcome)> {
        let call = |event: &Event| match event {
            Event::Call { host, line, call, outcome, .. } => Some((*line, *host, call.to_string(), *outcome)),
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
