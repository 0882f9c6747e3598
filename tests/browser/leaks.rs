//! What is kept of what is over: nothing. A page that is used for long is as large as one that was used for a while.

use serde_json::json;

use crate::book::origin;
use crate::page::{Page, Scripts};
use crate::widget::{find_whole, unfold};

/// Remembers the memory of each program of a page.
const MEMORIES: &str = "
    window.memories = [];
    const instantiate = WebAssembly.instantiateStreaming;
    WebAssembly.instantiateStreaming = async (...given) => {
      const started = await instantiate(...given);
      memories.push(started.instance.exports.memory);
      return started;
    };";

/// What a page holds: nodes of the document, listeners, bytes of its programs.
fn held(page: &mut Page) -> [f64; 3] {
    page.call("HeapProfiler.collectGarbage", json!({}));
    page.call("HeapProfiler.collectGarbage", json!({}));
    let counted = page.call("Memory.getDOMCounters", json!({}));
    let count = |what: &str| counted[what].as_f64().expect("a number");
    let bytes = page.number("memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)");
    [count("nodes"), count("jsEventListeners"), bytes]
}

/// Says what of it has grown.
fn grown(before: [f64; 3], after: [f64; 3]) -> Vec<String> {
    let what = ["nodes", "listeners", "bytes of the programs"];
    let kept =
        |at: usize| (after[at] > before[at] + 20.0).then(|| format!("{}: {} → {}", what[at], before[at], after[at]));
    (0..3).filter_map(kept).collect()
}

#[test]
fn a_picture_that_was_stepped_and_changed_for_long_is_as_large_as_before() {
    let mut page = Page::new(Scripts::On);
    page.before_each_page(MEMORIES);
    page.open(&format!("{}/reset/write-after-close.html", origin()));
    find_whole(&mut page, "write-after-peer-close");
    unfold(&mut page, "Script");
    let drawn = "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))";
    // A hundred changes can be taken back: so many are kept.
    let rounds = |page: &mut Page, count: u32| {
        page.value(&format!(
            "(async () => {{
                const press = (name) => [...here.querySelectorAll('button')].find((it) => (it.ariaLabel ?? it.textContent) === name).click();
                const field = here.querySelector('.sc-editor textarea');
                for (let round = 0; round < {count}; round++) {{
                  for (const name of ['First step', 'One step forward', 'Last step', 'Predict']) {{ press(name); await {drawn}; }}
                  press('Predict');
                  field.value = field.value.replace('# ', `# ${{round % 10}}`).replace(/# [0-9]+/, `# ${{round % 10}}`);
                  field.dispatchEvent(new InputEvent('input', {{ bubbles: true }}));
                  await {drawn};
                  press(round % 3 ? 'Undo' : \"Back to the book's run\");
                  await {drawn};
                }}
            }})()"
        ));
    };
    rounds(&mut page, 60);
    let before = held(&mut page);
    rounds(&mut page, 120);
    let after = held(&mut page);
    assert_eq!(grown(before, after), [""; 0]);
    assert!(before.into_iter().all(|count| count > 0.0), "{before:?}");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn answers_that_were_given_leave_nothing_behind() {
    let mut page = Page::new(Scripts::On);
    page.before_each_page(MEMORIES);
    page.open(&format!("{}/messages.html", origin()));
    let lines = [
        "Error: socket hang up",
        "write: broken pipe",
        "read: connection reset by peer",
        "connect: connection refused",
    ];
    let rounds = |page: &mut Page, count: u32| {
        for round in 0..count {
            let line = lines[round as usize % lines.len()];
            page.write("document.getElementById('finder-text')", line);
            page.wait_until("document.querySelector('.ev-run .sc-live')");
            page.value("new Promise((resolve) => setTimeout(resolve, 60))");
        }
    };
    rounds(&mut page, 8);
    let before = held(&mut page);
    rounds(&mut page, 24);
    let after = held(&mut page);
    assert_eq!(grown(before, after), [""; 0]);
    assert_eq!(page.complaints(), [""; 0]);
}
