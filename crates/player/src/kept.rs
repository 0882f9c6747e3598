//! What a reader has changed in a chapter, until the tab is closed: back and forward bring it back.

use crate::page::session_storage;

/// Keeps a picture's script; `None` forgets it.
pub(crate) fn keep(id: &str, text: Option<&str>) {
    let Some(storage) = session_storage() else { return };
    let _ = match text {
        Some(text) => storage.set_item(&name(id), text),
        None => storage.remove_item(&name(id)),
    };
}

/// What was kept of it.
pub(crate) fn kept(id: &str) -> Option<String> {
    session_storage()?.get_item(&name(id)).ok()?
}

fn name(id: &str) -> String {
    let path = web_sys::window().and_then(|window| window.location().pathname().ok()).unwrap_or_default();
    format!("scenario {id} {path}")
}
