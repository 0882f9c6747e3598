//! What can be done at a row, beside it: its segment lost, delayed, sent twice; its line taken out; another put in.

use view::change::{Change, LINES, lines, possible};
use view::layout::Layout;
use web_sys::Element;
use yew::prelude::*;

use crate::elements::{button_of, each};
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
    let button = |class, name: &'static str, what: Act| button_of(class, name.into(), does(act, what));
    let inside = match tools {
        Tools::Row => {
            let changes = possible(layout, row);
            let change = |at: usize| button(None, name(changes[at]), Act::Change(changes[at]));
            let put_in = button(None, texts::PUT_IN, Act::Open(Some(Tools::Palette)));
            html! { <>{ each(changes.len(), &change) }{ put_in }</> }
        }
        Tools::Palette => {
            let lines: Vec<usize> = lines(layout.network).collect();
            let insert =
                |at: usize| button(Some("sc-line"), LINES[lines[at]].0, Act::Change(Change::Insert(lines[at])));
            each(lines.len(), &insert)
        }
    };
    html! {
        <span class={if tools == Tools::Palette { "sc-tools sc-palette" } else { "sc-tools" }} role="group"
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
