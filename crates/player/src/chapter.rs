//! A picture among text, with what can be opened below it, one thing at a time: the script, both sides' states, what the
//! sockets hold, a segment's header, and what can be taken away.

use std::rc::Rc;

use sim::Stack;
use view::change::{LINES, lines};
use view::holding::holdings;
use view::layout::{Layout, Thing};
use yew::prelude::*;

use crate::desk::menus;
use crate::diagram::diagrams;
use crate::editor::{Editor, EditorProps};
use crate::elements::{does, each, element, said, toggle, yes_or_no};
use crate::header::header;
use crate::link::{Holds, Link};
use crate::live::{Stage, StageProps, until};
use crate::session::{Act, Session};
use crate::settings;
use crate::state::Action;
use crate::take::{Take, TakeProps};
use crate::{address, here, kept, texts};

/// What a chapter's picture begins with.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct ChapterProps {
    pub(crate) id: AttrValue,
    /// The script as the book has it.
    pub(crate) text: AttrValue,
    pub(crate) begin: Begin,
    /// What the names of its rows begin with.
    pub(crate) anchor: AttrValue,
    /// The row behind the fold of the book's run, if it has one.
    pub(crate) fold_end: Option<usize>,
}

/// How a chapter's picture begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// With the whole run.
    Overview,
    /// With the reader's predictions.
    Predicting,
    /// It plays once, as soon as it is in view. It is there to be seen: nothing can be opened below it.
    Playing,
}

/// A picture among text.
pub(crate) struct Chapter {
    session: Rc<Session>,
    open: Option<Drawer>,
    /// What is wrong with the link that led here.
    complaint: Option<AttrValue>,
    field: NodeRef,
    _listens: settings::Listens,
}

/// What can happen to it.
pub(crate) enum Message {
    /// The reader, or the clock, has done something.
    Do(Act),
    /// A drawer's handle was pressed.
    Pull(Drawer),
    /// Another runtime was chosen.
    Chosen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drawer {
    Script,
    States,
    Sockets,
    Header,
    Take,
}

impl Drawer {
    const ALL: [Self; 5] = [Self::Script, Self::States, Self::Sockets, Self::Header, Self::Take];

    const fn name(self) -> &'static str {
        match self {
            Self::Script => texts::CHANGE,
            Self::States => texts::DIAGRAM,
            Self::Sockets => texts::HOLDINGS,
            Self::Header => texts::HEADER,
            Self::Take => texts::TAKE,
        }
    }
}

impl Component for Chapter {
    type Message = Message;
    type Properties = ChapterProps;

    fn create(ctx: &Context<Self>) -> Self {
        let (session, wrong) = first(ctx.props());
        Self {
            session: Rc::new(session),
            open: wrong.is_some().then_some(Drawer::Script),
            complaint: wrong.map(AttrValue::from),
            field: NodeRef::default(),
            _listens: settings::listen(ctx.link().callback(|()| Message::Chosen)),
        }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Do(act) => {
                let next = Rc::new(self.session.after(act));
                let before = std::mem::replace(&mut self.session, next);
                if before.text != self.session.text {
                    self.complaint = None;
                    kept::keep(&ctx.props().id, self.session.is_changed().then_some(&self.session.text));
                }
            }
            Message::Pull(drawer) => self.open = Some(drawer).filter(|drawer| self.open != Some(*drawer)),
            Message::Chosen => {}
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let ChapterProps { id, begin, anchor, fold_end, .. } = ctx.props();
        let act = ctx.link().callback(Message::Do);
        let runtime = settings::chosen();
        let session = &self.session;
        let layout = &session.run.layout;
        let until = until(layout, session.player.cursor);
        let handle = |at: usize| {
            let drawer = Drawer::ALL[at];
            let pull = ctx.link().callback(move |_: MouseEvent| Message::Pull(drawer));
            let is_open = self.open == Some(drawer);
            // Where both sides' states stand beside the picture, their handle is not shown.
            let class = (drawer == Drawer::States).then_some("sc-to-states");
            html! { <button type="button" {class} aria-expanded={yes_or_no(is_open)} onclick={pull}>{ drawer.name() }</button> }
        };
        let inside = self.open.map(|drawer| match drawer {
            Drawer::Script => self.script(&act),
            Drawer::States => diagrams(layout, until),
            Drawer::Sockets => sockets(layout, until),
            Drawer::Header => segment(session, until),
            Drawer::Take => {
                let take = TakeProps { session: session.clone(), id: id.clone(), in_chapter: true };
                html! { <Take ..take /> }
            }
        });
        let plays = *begin == Begin::Playing;
        let children = html! {
            if !plays {
                <div class="sc-beside">
                    <div class="sc-handles">
                        { each(Drawer::ALL.len(), &handle) }
                        { menus(session.player.speed, runtime, &act) }
                    </div>
                    if let Some(inside) = inside { { element("div", "sc-drawer", inside) } }
                </div>
            }
        };
        let session = session.clone();
        let stage = StageProps { session, act, runtime, plays, anchor: anchor.clone(), fold_end: *fold_end, children };
        html! { <Stage ..stage /> }
    }
}

impl Chapter {
    fn script(&self, act: &Callback<Act>) -> Html {
        let Session { text, edition, wrong, run, .. } = &*self.session;
        let statements = lines(run.layout.network).map(|line| LINES[line].0.to_owned()).collect::<Vec<_>>();
        let editor = EditorProps {
            script: text.clone().into(),
            edition: *edition,
            wrong: wrong.clone(),
            complaint: self.complaint.clone(),
            statements: Rc::new(statements),
            typed: act.reform(Act::Type),
            put: act.reform(Act::Put),
            field: self.field.clone(),
        };
        html! {
            <>
                <Editor ..editor />
                { element("p", "sc-choices", other_stack(&self.session, act)) }
                { here::handle(&self.session) }
            </>
        }
    }
}

/// What stands there at first: what a link holds, what the reader left there before, or the book's own; and what is
/// wrong with the link.
fn first(ChapterProps { id, text, begin, fold_end, .. }: &ChapterProps) -> (Session, Option<String>) {
    let mut session = Session::new(text);
    session.seen = fold_end.unwrap_or(0);
    let fragment = address::fragment();
    if fragment.split('&').any(|part| part.strip_prefix("id=") == Some(id.as_str())) {
        return match Link::decode(&fragment) {
            Ok(link) => (followed(session, link), None),
            Err(damaged) => (session, Some(damaged.to_string())),
        };
    }
    match (kept::kept(id), *begin) {
        (Some(text), _) => (session.after(Act::Put(text)), None),
        (None, Begin::Predicting) => (session.after(Act::Predict), None),
        (None, Begin::Overview | Begin::Playing) => (session, None),
    }
}

/// Goes where a link leads.
fn followed(session: Session, link: Link) -> Session {
    let session = session.after(Act::Stack(link.stack));
    let session = match link.holds {
        Holds::Script(script) => session.after(Act::Put(script)),
        Holds::Id(_) => session,
    };
    session.after(Act::Step(Action::Go(link.step.unwrap_or(0))))
}

/// The header of a row's segment.
fn segment(session: &Session, row: usize) -> Html {
    let run = &session.run;
    match run.layout.rows.get(row).map(|row| &row.thing) {
        Some(Thing::Segment(flight)) if let Some(frame) = run.segment(*flight) => {
            header(&frame.bytes, &run.layout.flights[*flight])
        }
        _ => said("p", "", texts::NO_SEGMENT),
    }
}

/// The same script without Linux's rules, in its place or beside it.
pub(crate) fn other_stack(session: &Session, act: &Callback<Act>) -> Html {
    let is_bare = session.stack == Stack::Bare;
    let other = if is_bare { Stack::Linux } else { Stack::Bare };
    html! {
        <>
            if !is_bare {
                { toggle(None, texts::COMPARE, session.bare.is_some(), does(act, Act::Compare)) }
            }
            { toggle(None, texts::BARE, is_bare, does(act, Act::Stack(other))) }
        </>
    }
}

fn sockets(layout: &Layout, until: usize) -> Html {
    let holdings = holdings(layout, until);
    let line = |at: usize| {
        let (holding, held) = (&holdings[at], view::texts::holding(&holdings[at]));
        html! { <tr><th scope="row">{ &holding.name }</th>{ said("td", "", held) }</tr> }
    };
    let lines = element("tbody", "", each(holdings.len(), &line));
    html! { <>{ element("table", "", lines) }{ said("small", "", texts::WHEN_QUIET) }</> }
}
