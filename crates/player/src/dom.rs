//! Elements by hand: `html!` writes the same in more than twice the code, and the page has a budget.

use yew::AttrValue;
use yew::prelude::Html;
use yew::virtual_dom::{VNode, VTag, VText};

/// An element that is being put together; boxed, because it is handed on at every step.
pub(crate) struct Element(Box<VTag>);

/// An element of that tag and class; no class if it is empty.
#[inline(never)]
pub(crate) fn element(tag: &'static str, class: &'static str) -> Element {
    let element = Element(Box::new(VTag::new(tag)));
    if class.is_empty() { element } else { element.with("class", class.into()) }
}

/// An element with nothing but a text in it.
#[inline(never)]
pub(crate) fn text(tag: &'static str, class: &'static str, text: &str) -> Html {
    element(tag, class).text(text).end()
}

impl Element {
    /// Sets an attribute.
    #[inline(never)]
    pub(crate) fn with(mut self, key: &'static str, value: AttrValue) -> Self {
        self.0.add_attribute(key, value);
        self
    }

    /// Adds a text at the end. Whatever is in it, it stays text.
    #[inline(never)]
    pub(crate) fn text(self, text: &str) -> Self {
        self.child(VText::new(text.to_owned()).into())
    }

    /// Adds a child at the end.
    #[inline(never)]
    pub(crate) fn child(mut self, child: Html) -> Self {
        self.0.add_child(child);
        self
    }

    /// Adds a child at the end, if there is one.
    #[inline(never)]
    pub(crate) fn maybe(self, child: Option<Html>) -> Self {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    /// Sets what an input holds; the reader may have changed it since.
    pub(crate) fn value(mut self, value: String) -> Self {
        self.0.set_value(Some(AttrValue::from(value)));
        self
    }

    /// The element as it is now.
    #[inline(never)]
    pub(crate) fn end(self) -> Html {
        VNode::from(*self.0)
    }
}
