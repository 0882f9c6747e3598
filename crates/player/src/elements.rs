//! Elements that stand in many places, each made in one.

use yew::prelude::*;
use yew::virtual_dom::VText;

use crate::session::Act;

/// What a click does.
pub(crate) fn does(act: &Callback<Act>, what: Act) -> Callback<MouseEvent> {
    let act = act.clone();
    Callback::from(move |_| act.emit(what.clone()))
}

/// A button with its name.
pub(crate) fn button(name: &'static str, onclick: Callback<MouseEvent>) -> Html {
    button_of(None, name.into(), onclick)
}

/// A button of a class.
pub(crate) fn button_of(class: Option<&'static str>, name: AttrValue, onclick: Callback<MouseEvent>) -> Html {
    html! { <button type="button" {class} {onclick}>{ name }</button> }
}

/// A button that is pressed or not: `on` is what `aria-pressed` says, and decides nothing else.
pub(crate) fn toggle(class: Option<&'static str>, name: &'static str, on: bool, onclick: Callback<MouseEvent>) -> Html {
    html! { <button type="button" {class} aria-pressed={yes_or_no(on)} {onclick}>{ name }</button> }
}

/// The value of an ARIA attribute.
pub(crate) const fn yes_or_no(yes: bool) -> AttrValue {
    AttrValue::Static(if yes { "true" } else { "false" })
}

/// An element with a class, or without one, and no other attribute.
pub(crate) fn element(tag: &'static str, class: &'static str, inside: Html) -> Html {
    let class = (!class.is_empty()).then_some(class);
    html! { <@{tag} {class}>{ inside }</@> }
}

/// The same with nothing but a text in it.
pub(crate) fn said(tag: &'static str, class: &'static str, text: impl Into<AttrValue>) -> Html {
    element(tag, class, words(text))
}

/// A text among elements.
pub(crate) fn words(text: impl Into<AttrValue>) -> Html {
    VText::new(text).into()
}

/// So many things, one behind the other.
pub(crate) fn each(count: usize, one: &dyn Fn(usize) -> Html) -> Html {
    (0..count).map(one).collect()
}
