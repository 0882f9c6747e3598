//! What the playground asks of the browser: a file for the reader, and the address.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// Offers bytes as a file; `None` if the browser does not let us.
pub(crate) fn download(name: &str, media_type: &str, bytes: &[u8]) -> Option<()> {
    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
    let bag = BlobPropertyBag::new();
    bag.set_type(media_type);
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &bag).ok()?;
    let address = Url::create_object_url_with_blob(&blob).ok()?;
    let document = web_sys::window()?.document()?;
    let link: HtmlAnchorElement = document.create_element("a").ok()?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The browser has taken the file when the click returns; the address may still be read for a moment.
    let later = Closure::once_into_js(move || {
        let _ = Url::revoke_object_url(&address);
    });
    web_sys::window()?.set_timeout_with_callback_and_timeout_and_arguments_0(later.unchecked_ref(), 60_000).ok()?;
    Some(())
}

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

/// Calls this when the reader follows a link to another fragment, or types one.
pub(crate) fn when_fragment_changes(call: impl Fn() + 'static) {
    let listener = Closure::<dyn Fn()>::new(call);
    if let Some(window) = web_sys::window() {
        let _ = window.add_event_listener_with_callback("hashchange", listener.as_ref().unchecked_ref());
    }
    // The playground stays as long as its page.
    listener.forget();
}
