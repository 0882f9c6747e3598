//! The page's address, which holds what the playground shows.

use gloo_events::EventListener;
use yew::Callback;

/// What stands behind the address's `#`.
pub(crate) fn fragment() -> String {
    let hash = web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    hash.strip_prefix('#').unwrap_or_default().to_owned()
}

/// The address without what stands behind its `#`.
pub(crate) fn address_of_page() -> String {
    let address = web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
    address.split('#').next().unwrap_or_default().to_owned()
}

/// Puts this behind the address's `#`, without a new entry in the browser's history.
pub(crate) fn put_fragment(fragment: &str) {
    if let Some(history) = web_sys::window().and_then(|window| window.history().ok()) {
        // Browsers refuse more than some hundred changes in half a minute; the next change brings it up to date.
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&format!("#{fragment}")));
    }
}

/// Calls this when the reader follows a link to another fragment, or types one, for as long as what comes back is kept.
pub(crate) fn when_fragment_changes(arrives: Callback<()>) -> Option<EventListener> {
    let window = web_sys::window()?;
    Some(EventListener::new(&window, "hashchange", move |_| arrives.emit(())))
}
