//! What a screen reader gets, what stands beside the picture, and each runtime's words.

use serde_json::json;

use crate::book::origin;
use crate::widget::{button, chapter_of, find_whole, meet, unfold, unfold_all};

const ID: &str = "write-after-peer-close";
/// What is read aloud when it changes.
const ALOUD: &str = "here.querySelector('[aria-live]')";
const RUNTIMES: &str = "here.querySelector('.sc-runtimes')";
/// What the runtime says beside each call.
const SAYS: &str = "[...here.querySelectorAll('.sc-message')].map((message) => message.textContent)";

/// The fold of that name.
fn fold(name: &str) -> String {
    format!(
        "[...here.querySelectorAll('details')].find((fold) => fold.querySelector('summary').textContent === {})",
        json!(name)
    )
}

#[test]
fn the_table_tells_all_that_the_picture_shows() {
    let mut page = meet(ID);
    unfold(&mut page, "The same as a table");
    let rows = page.list("[...here.querySelectorAll('.sc-table tbody tr')].map((row) => row.textContent)");
    let steps = page.list("[...here.querySelectorAll('.sc-row[data-step]')].map((row) => row.dataset.step)");
    assert_eq!(rows.len(), steps.len());
    for part in ["F.  1:1(0)", "ESTABLISHED → FIN-WAIT-1", "write(\"again\") = EPIPE", "nothing unread: a FIN leaves"]
    {
        assert!(rows.iter().any(|row| row.contains(part)), "no row of the table says {part}: {rows:#?}");
    }
    assert_eq!(page.value("here.querySelectorAll('.sc-table th[scope=col]').length"), 4);
    let name = page.value("here.querySelector('[role=img]').ariaLabel").to_string();
    assert!(name.contains("The table below has the same"), "{name}");
}

#[test]
fn each_step_is_read_aloud_but_not_while_it_plays() {
    let mut page = meet(ID);
    page.click(&button("First step"));
    page.wait_until(&format!("{ALOUD}.textContent.startsWith('step 1 of')"));
    assert_eq!(page.value(&format!("[{ALOUD}.ariaLive, {ALOUD}.ariaAtomic]")), json!(["polite", "true"]));
    page.press("End");
    page.wait_until(&format!("{ALOUD}.textContent.includes('client: read() = 0')"));
    page.click(&button("Play"));
    page.wait_until(&format!("{ALOUD}.ariaLive === 'off'"));
    page.click(&button("Pause"));
    page.wait_until(&format!("{ALOUD}.ariaLive === 'polite'"));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn states_holdings_and_header_follow_the_step_and_stay_open() {
    let mut page = meet(ID);
    unfold_all(&mut page);
    let here = "[...here.querySelectorAll('.sc-diagram .sc-here text')].map((state) => state.textContent)";
    page.click("[...here.querySelectorAll('.sc-row[data-step]')].find((row) => row.querySelector('.sc-label b')?.textContent === 'F.')");
    page.wait_until(&format!(
        "{}.textContent.includes('sequence number')",
        fold("The segment's header, field by field")
    ));
    assert_eq!(page.list(here), ["ESTABLISHED", "FIN-WAIT-1"], "the FIN is on its way");
    let header = page.value(&format!("{}.textContent", fold("The segment's header, field by field"))).to_string();
    assert!(header.contains("flagsF."), "{header}");
    let held = format!("[...{}.querySelectorAll('tr')].map((row) => row.textContent)", fold("What the sockets hold"));
    let holds = page.list(&held);
    assert!(holds[1].contains("FIN-WAIT-1, held by the kernel alone (orphan)"), "{holds:?}");
    page.press("End");
    page.wait_until(&format!(
        "{}.textContent.includes('Choose a segment')",
        fold("The segment's header, field by field")
    ));
    assert_eq!(page.list(here), ["CLOSED", "CLOSED"], "the reset has ended both");
    page.click("[...here.querySelectorAll('.sc-row[data-step]')].find((row) => row.textContent.includes('again')).previousSibling");
    page.wait_until(&format!("{held}[0].includes('Pending error: EPIPE')"));
    assert_eq!(page.value("[...here.querySelectorAll('details')].every((fold) => fold.open)"), true);
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn the_runtime_is_chosen_once_for_the_whole_book() {
    let mut page = meet(ID);
    assert_eq!(page.list(SAYS), [""; 0], "nobody has asked");
    page.choose(RUNTIMES, "Java Socket, JDK 17");
    page.wait_until(&format!("{SAYS}.includes('java.net.SocketException: Broken pipe')"));
    for other in [ID, "close-with-unread-data"] {
        page.open(&format!("{}/{}", origin(), chapter_of(other)));
        find_whole(&mut page, other);
        assert_eq!(page.value(&format!("{RUNTIMES}.value")), "Java Socket, JDK 17");
        page.wait_until(&format!("{SAYS}.some((says) => says.startsWith('java.net.SocketException'))"));
    }
    // In this order Java remembers what the kernel forgets.
    page.click("[...here.querySelectorAll('.sc-row')].findLast((row) => row.querySelector('.sc-message'))");
    page.wait_until(&format!("{ALOUD}.textContent.includes('Java Socket, JDK 17: java.net.SocketException')"));
    assert_eq!(page.complaints(), [""; 0]);
}
