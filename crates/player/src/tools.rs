//! What can be done at a row, beside it: its segment lost, delayed, sent twice; its line taken out; another put in.

use view::change::{Change, LINES, lines, possible};
use view::layout::Layout;
use web_sys::Element;
use yew::prelude::*;

use crate::page;
use crate::session::{Act, Tools};
use crate::texts;

/// The tools of a row. `picture` has the focus when they have gone.
pub(crate) fn row_tools(tools: Tools, row: usize, layout: &Layout, act: &Callback<Act>, picture: &NodeRef) -> Html {
    let does = |act: &Callback<Act>, what: Act| {
        let (act, picture) = (act.clone(), picture.clone());
        Callback::from(move |event: MouseEvent| {
            // The row below would take the click for its own.
            event.stop_propagation();
            if let Some(picture) = picture.cast::<Element>() {
                page::focus(&picture);
            }
            act.emit(what.clone());
        })
    };
    let button =
        |name: &'static str, what: Act| html! { <button type="button" onclick={does(act, what)}>{ name }</button> };
    let inside = match tools {
        Tools::Row => html! {
            <>
                { for possible(layout, row).into_iter().map(|change| button(name(change), Act::Change(change))) }
                { button(texts::PUT_IN, Act::Open(Some(Tools::Palette))) }
            </>
        },
        Tools::Palette => html! {
            { for lines(layout.network).map(|line| html! {
                <button type="button" class="sc-line" onclick={does(act, Act::Change(Change::Insert(line)))}>{ LINES[line].0 }</button>
            }) }
        },
    };
    html! {
        <span class={classes!("sc-tools", (tools == Tools::Palette).then_some("sc-palette"))} role="group"
            aria-label={texts::CHANGE_HERE} onclick={|event: MouseEvent| event.stop_propagation()}>
            { inside }
            <button type="button" class="sc-close" aria-label={texts::CLOSE} onclick={does(act, Act::Open(None))}>{ "×" }</button>
        </span>
    }
}

const fn name(change: Change) -> &'static str {
    match change {
        Change::Lose => texts::LOSE,
        Change::Hold(_) => texts::HOLD,
        Change::Twice => texts::TWICE,
        Change::Remove | Change::Insert(_) => texts::REMOVE,
    }
}
