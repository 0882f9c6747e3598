//! What the page around a picture is asked for: how much of it is in view, to scroll, to keep something.

use wasm_bindgen::JsCast;
use web_sys::{DomRect, Element, FocusOptions, HtmlElement, ScrollBehavior, ScrollToOptions};

/// Brings the current row between what covers the page's top and the desk, no further than needed. A row that is there
/// moves nothing.
pub(crate) fn bring_into_view(root: &Element) {
    // One that is folded is nowhere.
    let Some(row) = find(root, ".sc-now").filter(|row| row.get_bounding_client_rect().height() > 0.0) else { return };
    let frames = [".sc-long", ".sc-aloft :is(.sc-stand, .sc-both)"].map(|frame| find(root, frame));
    for frame in frames.into_iter().flatten() {
        let by = distance(&row, frame.get_bounding_client_rect().top(), frame.get_bounding_client_rect().bottom());
        // Whole pixels: what is asked for is seen to its edge.
        frame.set_scroll_top(frame.scroll_top() + by.abs().ceil().copysign(by) as i32);
    }
    // Above the text (loader.js) it is in view already.
    if root.matches(".sc-aloft > *").unwrap_or(false) {
        return;
    }
    let Some(window) = web_sys::window() else { return };
    let options = ScrollToOptions::new();
    options.set_behavior(if is_calm() { ScrollBehavior::Instant } else { ScrollBehavior::Smooth });
    if root.matches(":fullscreen").unwrap_or(false) {
        let place = root.get_bounding_client_rect();
        let desk = find(root, ".sc-desk").map_or(0.0, |desk| desk.get_bounding_client_rect().height());
        options.set_top(distance(&row, place.top() + MARGIN, place.bottom() - desk - MARGIN));
        root.scroll_by_with_scroll_to_options(&options);
        return;
    }
    let height = window.inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
    let bar = window.document().and_then(|document| document.query_selector("#mdbook-menu-bar").ok().flatten());
    // mdBook's bar covers the page's top, or lies elsewhere on the page until it is scrolled, or comes back when the page
    // goes upwards.
    let covers = |place: &DomRect| place.top() < 1.0;
    let bar = bar.map(|bar| bar.get_bounding_client_rect());
    let top = bar.as_ref().filter(|place| covers(place)).map_or(0.0, |place| place.bottom().max(0.0));
    let desk = find(root, ".sc-desk").map_or(0.0, |desk| desk.get_bounding_client_rect().height());
    let mut by = distance(&row, top + MARGIN, height - desk - MARGIN);
    if by < 0.0 {
        by -= bar.map_or(0.0, |place| place.height()) - top;
    }
    if by.abs() >= 1.0 {
        options.set_top(by);
        window.scroll_by_with_scroll_to_options(&options);
    }
}

/// In pixels.
const MARGIN: f64 = 12.0;

/// How far to scroll until an element lies between two heights; 0 if it does. What is too high begins at the upper.
fn distance(element: &Element, from: f64, to: f64) -> f64 {
    let place = element.get_bounding_client_rect();
    if place.top() < from || place.height() > to - from {
        place.top() - from
    } else if place.bottom() > to {
        place.bottom() - to
    } else {
        0.0
    }
}

/// The link of the page's text that leads to a row.
pub(crate) fn sentence(anchor: &str, row: usize) -> Option<Element> {
    let selector = format!("a.sc-step[href='#{anchor}.{}']", row + 1);
    web_sys::window()?.document()?.query_selector(&selector).ok()?
}

/// Brings an element to the middle of the view, and gives it the focus.
pub(crate) fn show(element: &Element) {
    let Some(window) = web_sys::window() else { return };
    let height = window.inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
    let options = ScrollToOptions::new();
    options.set_behavior(if is_calm() { ScrollBehavior::Instant } else { ScrollBehavior::Smooth });
    options.set_top(element.get_bounding_client_rect().top() - height / 2.0);
    window.scroll_by_with_scroll_to_options(&options);
    focus(element);
}

/// Whether the reader wants no motion.
pub(crate) fn is_calm() -> bool {
    let calm =
        web_sys::window().and_then(|window| window.match_media("(prefers-reduced-motion: reduce)").ok().flatten());
    calm.is_none_or(|calm| calm.matches())
}

/// Whether the upper part of an element is in view.
pub(crate) fn is_in_view(element: &Element) -> bool {
    let height = web_sys::window().and_then(|window| window.inner_height().ok()?.as_f64()).unwrap_or(0.0);
    let place = element.get_bounding_client_rect();
    place.bottom() > 0.0 && place.top() < height * 0.8
}

/// Whether an element, or one in it, has the focus.
pub(crate) fn has_focus(element: &Element) -> bool {
    element.matches(":focus-within").unwrap_or(false)
}

/// Whether an element, or one in it, has the focus by the keyboard.
pub(crate) fn has_visible_focus(element: &Element) -> bool {
    element.matches(":focus-visible").unwrap_or(false) || find(element, ":focus-visible").is_some()
}

/// Gives an element the focus where it is: the page does not move.
pub(crate) fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let in_place = FocusOptions::new();
        in_place.set_prevent_scroll(true);
        let _ = element.focus_with_options(&in_place);
    }
}

/// The first element of that selector below another.
pub(crate) fn find(root: &Element, selector: &str) -> Option<Element> {
    root.query_selector(selector).ok().flatten()
}

/// The page's own storage, if the browser lets us.
pub(crate) fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// What is kept until the tab is closed, if the browser lets us.
pub(crate) fn session_storage() -> Option<web_sys::Storage> {
    web_sys::window()?.session_storage().ok()?
}

/// Puts a text where the reader can paste it from, or gives it to the telephone's own menu; whether that was done.
pub(crate) async fn share(address: &str) -> Shared {
    let Some(navigator) = web_sys::window().map(|window| window.navigator()) else { return Shared::Not };
    let has_share = js_sys::Reflect::has(&navigator, &"share".into()).unwrap_or(false);
    let is_touched = navigator.max_touch_points() > 0;
    if has_share && is_touched {
        let data = web_sys::ShareData::new();
        data.set_url(address);
        if wasm_bindgen_futures::JsFuture::from(navigator.share_with_data(&data)).await.is_ok() {
            return Shared::Given;
        }
    }
    match wasm_bindgen_futures::JsFuture::from(navigator.clipboard().write_text(address)).await {
        Ok(_) => Shared::Copied,
        Err(_) => Shared::Not,
    }
}

/// What became of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shared {
    /// It can be pasted.
    Copied,
    /// The device's own menu has taken it.
    Given,
    /// Neither: the reader copies it by hand.
    Not,
}
