//! A run with thousands of segments: drawn is what can be seen.

use serde_json::json;

use crate::widget::{button, meet, unfold};

/// A probe each second, and its answer, for more than an hour and a half.
const PROBES: &str = "# How long does it go on?\n\
    server listen()\n\
    client connect()\n\
    server accept()\n\
    client setsockopt(SO_KEEPALIVE, 1)\n\
    client setsockopt(TCP_KEEPIDLE, 1s)\n\
    client setsockopt(TCP_KEEPINTVL, 1s)\n\
    wait 6000s\n\
    client close()\n";
const EDITOR: &str = "here.querySelector('.sc-editor textarea')";
const STEPS: &str = "Number(here.querySelector('input[type=range]').max)";
/// More than this is not in view, whatever the screen.
const DRAWN_MAX: u32 = 200;
/// The current step's row lies within the window and within what scrolls.
const IN_VIEW: &str = "(() => { const { top, bottom } = here.querySelector('.sc-now').getBoundingClientRect(); \
    const frame = here.querySelector('.sc-long').getBoundingClientRect(); \
    return top >= Math.max(0, frame.top) && bottom <= Math.min(innerHeight, frame.bottom); })()";

#[test]
fn only_what_is_in_view_is_drawn_and_the_last_step_comes_into_view() {
    let mut page = meet("write-after-peer-close");
    unfold(&mut page, "Script");
    page.write(EDITOR, PROBES);
    page.wait_until(&format!("{STEPS} > 10000"));
    let rows = "here.querySelectorAll('.sc-row[data-step]').length";
    let cells = "here.querySelectorAll('.sc-table tbody tr').length";
    page.wait_until(&format!("{rows} > 0 && {rows} < {DRAWN_MAX} && {cells} < {DRAWN_MAX}"));
    page.value("here.querySelector('.sc-live').focus()");
    page.press("End");
    page.wait_until(&format!("Number(here.querySelector('.sc-now')?.dataset.step) === {STEPS} - 1"));
    page.wait_until(IN_VIEW);
    page.press("Home");
    page.wait_until("here.querySelector('.sc-now')?.dataset.step === '0'");
    page.wait_until(IN_VIEW);
    // Whoever scrolls sees rows, too.
    page.value("(() => { const long = here.querySelector('.sc-long'); long.scrollTop = long.scrollHeight / 2; })()");
    page.wait_until(
        "(() => { const frame = here.querySelector('.sc-long').getBoundingClientRect(); \
         const rows = [...here.querySelectorAll('.sc-row[data-step]')].map((row) => row.getBoundingClientRect()); \
         return rows.some(({ top }) => top <= frame.top + 60) && rows.some(({ bottom }) => bottom >= frame.bottom - 60); })()",
    );
    assert_eq!(page.value(&format!("{rows} < {DRAWN_MAX}")), json!(true));
    page.click(&button("Back to the book's run"));
    page.wait_until("!here.querySelector('.sc-long')");
    assert_eq!(page.complaints(), [""; 0]);
}
