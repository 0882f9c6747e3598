//! The live picture: the run that is drawn, its desk, and what the page does for it: clock, keys, scrolling.

use std::ops::Range;
use std::rc::Rc;

use catalogue::messages::Runtime;
use gloo_timers::callback::Timeout;
use sim::Stack;
use view::fold::Fold;
use view::layout::Layout;
use web_sys::Element;
use yew::prelude::*;

use crate::desk::desk;
use crate::diagram::diagrams;
use crate::elements::said;
use crate::keys;
use crate::page;
use crate::picture::{Picked, Picture, PictureProps};
use crate::session::{Act, Session};
use crate::shared::Shared;
use crate::state::Action;
use crate::texts;
use crate::tools::row_tools;

/// A picture that is played and changed.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct StageProps {
    pub(crate) session: Rc<Session>,
    /// What the reader does.
    pub(crate) act: Callback<Act>,
    pub(crate) runtime: Option<Runtime>,
    /// Whether it plays once by itself, as soon as it is in view.
    #[prop_or_default]
    pub(crate) plays: bool,
    /// What the names of its rows begin with.
    #[prop_or_default]
    pub(crate) anchor: AttrValue,
    /// The row behind the fold of the book's run, if it has one.
    #[prop_or_default]
    pub(crate) fold_end: Option<usize>,
    /// What stands below it.
    #[prop_or_default]
    pub(crate) children: Html,
}

/// The picture and its desk.
pub(crate) struct Stage {
    root: NodeRef,
    /// What scrolls, if the run is long.
    frame: NodeRef,
    /// The rows that are drawn.
    drawn: Range<usize>,
    /// Whether the picture is about to scroll by itself: its rows stay as they are then.
    follows: bool,
    /// What the page does when the picture is drawn.
    after_drawing: AfterDrawing,
    /// Runs while the player plays; dropping it stops it.
    clock: Option<Timeout>,
    _keys: keys::Hears,
}

/// What the page does behind a drawing: only then is there what is to be seen or pressed.
#[derive(Default)]
struct AfterDrawing {
    /// The current row comes into view.
    shows_row: bool,
    /// What had the focus was in the picture; what was pressed may be gone.
    keeps_focus: bool,
    /// The tools that were opened have the focus, if they were opened by a key.
    focuses_tool: bool,
}

/// A long picture was scrolled.
pub(crate) struct Scrolled;

const PAUSE_BEFORE_PLAYING_MS: u32 = 1_000;

impl Component for Stage {
    type Message = Scrolled;
    type Properties = StageProps;

    fn create(ctx: &Context<Self>) -> Self {
        let StageProps { session, act, plays, fold_end, .. } = ctx.props();
        let root = NodeRef::default();
        let clock = (*plays && !page::is_calm()).then(|| {
            let (root, act) = (root.clone(), act.clone());
            // What is folded stays so.
            let first = fold_end.unwrap_or(0);
            Timeout::new(PAUSE_BEFORE_PLAYING_MS, move || {
                if root.cast::<Element>().is_some_and(|root| page::is_in_view(&root)) {
                    act.emit(Act::Show(first));
                }
            })
        });
        let drawn = drawn(&session.run.layout, session.player.cursor);
        Self {
            _keys: keys::hear(root.clone(), act.clone()),
            root,
            frame: NodeRef::default(),
            drawn,
            follows: false,
            after_drawing: AfterDrawing::default(),
            clock,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, Scrolled: Scrolled) -> bool {
        if std::mem::take(&mut self.follows) {
            return false;
        }
        let height = self.frame.cast::<Element>().map_or(0, |frame| frame.scroll_top());
        let drawn = ctx.props().session.run.layout.drawn(u32::try_from(height).unwrap_or(0));
        let before = std::mem::replace(&mut self.drawn, drawn);
        before != self.drawn
    }

    fn changed(&mut self, ctx: &Context<Self>, before: &StageProps) -> bool {
        let StageProps { session, act, .. } = ctx.props();
        let (player, old) = (session.player, before.session.player);
        let is_another = !Rc::ptr_eq(&session.run, &before.session.run);
        if is_another || player.cursor.is_some_and(|cursor| !self.drawn.contains(&cursor)) {
            self.drawn = drawn(&session.run.layout, player.cursor);
        }
        if (player.playing, player.cursor, player.speed) != (old.playing, old.cursor, old.speed) {
            self.clock = player.playing.then(|| {
                let act = act.clone();
                Timeout::new(player.speed.step_ms(), move || act.emit(Act::Step(Action::Tick)))
            });
        }
        let is_asked = session.asked != before.session.asked;
        self.follows = is_asked && self.drawn.len() < session.run.layout.rows.len();
        self.after_drawing.shows_row |= is_asked;
        self.after_drawing.keeps_focus |= self.root.cast::<Element>().is_some_and(|root| page::has_focus(&root));
        self.after_drawing.focuses_tool |= session.open.is_some() && session.open != before.session.open;
        true
    }

    // The drawing of what lies within may come after other work, in a later turn of the browser's: a timer would be early.
    fn rendered(&mut self, _: &Context<Self>, _: bool) {
        let Some(root) = self.root.cast::<Element>() else { return };
        let AfterDrawing { shows_row, keeps_focus, focuses_tool } = std::mem::take(&mut self.after_drawing);
        if shows_row {
            page::bring_into_view(&root);
        }
        if keeps_focus && !page::has_focus(&root) {
            // The way on from an answer, or the next question; else the picture itself, which hears the arrow keys.
            page::focus(&page::find(&root, ".sc-next, .sc-answer").unwrap_or_else(|| root.clone()));
        }
        if focuses_tool
            && page::has_visible_focus(&root)
            && let Some(tool) = page::find(&root, ".sc-tools button")
        {
            page::focus(&tool);
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let StageProps { session, act, runtime, children, .. } = ctx.props();
        let (layout, cursor, runtime) = (&session.run.layout, session.player.cursor, *runtime);
        let tools = session.open.zip(cursor).map(|(tools, row)| row_tools(tools, row, layout, act, &self.root));
        let pick = act.reform(|Picked { row, tools }| match tools {
            Some(tools) => Act::Pick(row, tools),
            None => Act::Follow(row),
        });
        let delay = act.reform(|(row, ms)| Act::Delay(row, ms));
        let (anchor, fold) = names_and_fold(ctx.props());
        let told = cursor.and_then(|row| page::sentence(&anchor, row));
        // The other run, and what differs from the book's, would tell a reader who predicts too much.
        let bare = session.bare.as_ref().filter(|_| session.quiz.is_none());
        let differs = session.differs.clone().filter(|_| session.quiz.is_none()).map(Shared);
        let is_long = self.drawn.len() < layout.rows.len();
        let picture = PictureProps {
            cursor,
            anchor,
            fold,
            keeps_fold: session.quiz.is_some(),
            differs,
            book: Some(Shared(session.book.layout.clone())),
            tools,
            pick: Some(pick),
            delay: Some(delay),
            ..PictureProps::of(layout, self.drawn.clone(), runtime)
        };
        html! {
            <div class={if session.quiz.is_some() { "sc-live sc-quiz" } else { "sc-live" }} ref={&self.root} tabindex="0"
                role="group" aria-label={layout.title.clone()}>
                <div class={if bare.is_some() { "sc-both" } else { "sc-stand" }}>
                    <div class={is_long.then_some("sc-long")} ref={&self.frame} onscroll={ctx.link().callback(|_| Scrolled)}>
                        if bare.is_some() { { said("strong", "", texts::AS_LINUX) } }
                        <Picture ..picture />
                    </div>
                    if let Some(bare) = bare {
                        <div class="sc-bare">
                            { said("strong", "", texts::AS_SMOLTCP) }
                            <Picture ..PictureProps::of(&bare.layout, bare.layout.drawn(0), runtime) />
                        </div>
                    } else {
                        // Shown where there is room beside the picture (player.css).
                        <div class="sc-states" role="group" aria-label={texts::DIAGRAM}>{ diagrams(layout, until(layout, cursor)) }</div>
                    }
                </div>
                { desk(session, act, runtime, told) }
                { children.clone() }
            </div>
        }
    }
}

/// The row up to which something is told: the current one, or the last.
pub(crate) fn until(layout: &Layout, cursor: Option<usize>) -> usize {
    cursor.unwrap_or_else(|| layout.rows.len().saturating_sub(1))
}

/// Of a long run, the rows around this one; else all.
fn drawn(layout: &Layout, cursor: Option<usize>) -> Range<usize> {
    layout.drawn(layout.top(cursor.unwrap_or(0)))
}

/// Links of the chapter lead to the rows of the book's run, and the chapter says what its picture hides. In a run of
/// the reader's own, rows stand elsewhere: there only a handshake is hidden.
fn names_and_fold(StageProps { session, anchor, fold_end, .. }: &StageProps) -> (AttrValue, Option<Fold>) {
    let layout = &session.run.layout;
    match fold_end {
        _ if !session.is_changed() && session.stack == Stack::Linux => {
            (anchor.clone(), fold_end.and_then(|end| Fold::ending(layout, end)))
        }
        Some(_) => (AttrValue::default(), Fold::of(layout, &[])),
        None => (AttrValue::default(), None),
    }
}
