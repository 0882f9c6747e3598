//! A script on a Linux kernel in the page: the handle below a script, and the run that came of it.
//!
//! The handle is an element of its own, `<linux-here>`: the loader gives it what `book/linux/panel.js` makes of it, when
//! it is first pressed. The run is drawn by a program of its own (`crates/here`), so that a page which is only read
//! loads nothing of this.

use std::ops::Range;
use std::rc::Rc;

use scenario::{Script, Trace};
use sim::Stack;
use view::compare::Difference;
use view::layout::Layout;
use web_sys::Element;
use yew::prelude::*;

use crate::picture::{Picture, PictureProps};
use crate::session::Session;
use crate::shared::Shared;
use crate::{settings, texts};

/// The handle: it holds the script as it stands. Whoever predicts gets none, for it would tell.
pub(crate) fn handle(session: &Session) -> Html {
    let rules = (session.stack == Stack::Bare).then_some("bare");
    html! {
        if session.quiz.is_none() {
            <linux-here class="sc-linux" script={session.text.clone()} {rules}>
                <p class="sc-handles"><button type="button" aria-expanded="false">{ texts::HERE }</button></p>
            </linux-here>
        }
    }
}

/// A run on a kernel, and what the model has otherwise.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct KernelRun {
    /// The kernel's release, `7.2.13`.
    kernel: AttrValue,
    /// Where everything stands.
    layout: Rc<Layout>,
    differs: Rc<Difference>,
}

impl KernelRun {
    /// What a kernel gave for a script, beside what the model gave.
    pub fn of(script: &Script, model: &Trace, kernel: Trace) -> Self {
        let layout = Layout::of(script, &kernel);
        let differs = Difference::of_kernel(script, model, &kernel, &layout);
        Self { kernel: kernel.kernel.into(), layout: Rc::new(layout), differs: Rc::new(differs) }
    }

    /// In how many statements the two differ.
    pub fn differences(&self) -> usize {
        self.differs.count()
    }
}

/// A run that is drawn.
pub struct Shown {
    said: String,
    app: AppHandle<OnKernel>,
}

impl Shown {
    /// How much it has otherwise than the model's run.
    pub fn said(&self) -> &str {
        &self.said
    }

    /// Takes it out of the page.
    pub fn remove(self) {
        self.app.destroy();
    }
}

/// Draws a run.
pub fn draw(root: Element, run: KernelRun) -> Shown {
    let said = texts::kernel_differences(run.differences());
    Shown { said, app: yew::Renderer::<OnKernel>::with_root_and_props(root, run).render() }
}

/// The kernel's name and its picture.
struct OnKernel {
    /// What scrolls, if the run is long.
    frame: NodeRef,
    /// The rows that are drawn.
    drawn: Range<usize>,
}

/// A long picture was scrolled.
struct Scrolled;

impl Component for OnKernel {
    type Message = Scrolled;
    type Properties = KernelRun;

    fn create(ctx: &Context<Self>) -> Self {
        Self { frame: NodeRef::default(), drawn: ctx.props().layout.drawn(0) }
    }

    fn update(&mut self, ctx: &Context<Self>, Scrolled: Scrolled) -> bool {
        let height = self.frame.cast::<Element>().map_or(0, |frame| frame.scroll_top());
        let drawn = ctx.props().layout.drawn(u32::try_from(height).unwrap_or(0));
        let before = std::mem::replace(&mut self.drawn, drawn);
        before != self.drawn
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let KernelRun { kernel, layout, differs } = ctx.props();
        let is_long = self.drawn.len() < layout.rows.len();
        let picture = PictureProps {
            differs: Some(Shared(differs.clone())),
            ..PictureProps::of(layout, self.drawn.clone(), settings::chosen())
        };
        html! {
            <>
                <strong>{ texts::on_kernel(kernel) }</strong>
                <div class={is_long.then_some("sc-long")} ref={&self.frame} onscroll={ctx.link().callback(|_| Scrolled)}>
                    <Picture ..picture />
                </div>
            </>
        }
    }
}
