//! What a screen reader gets, what stands beside the picture, and each runtime's words.

use serde_json::json;

use crate::book::origin;
use crate::widget::{button, chapter_of, find_whole, meet, unfold};

const ID: &str = "write-after-peer-close";
/// What is read aloud when it changes.
const ALOUD: &str = "here.querySelector('[aria-live]')";
const RUNTIMES: &str = "here.querySelector('.sc-runtimes')";
/// What the runtime says beside each call.
const SAYS: &str = "[...here.querySelectorAll('.sc-message')].map((message) => message.textContent)";

/// What is open below the picture.
const DRAWER: &str = "here.querySelector('.sc-drawer')";

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
    let name = page.value("here.querySelector('.sc-ladder').ariaLabel").to_string();
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
fn states_holdings_and_header_follow_the_step() {
    let mut page = meet(ID);
    let states = "[...here.querySelectorAll('.sc-drawer .sc-diagram .sc-here text')].map((state) => state.textContent)";
    unfold(&mut page, "States");
    page.click("[...here.querySelectorAll('.sc-row[data-step]')].find((row) => row.querySelector('.sc-label b')?.textContent === 'F.')");
    page.wait_until(&format!("{states}.join() === 'ESTABLISHED,FIN-WAIT-1'"));
    unfold(&mut page, "Header");
    page.wait_until(&format!("{DRAWER}.textContent.includes('sequence number')"));
    let header = page.value(&format!("{DRAWER}.textContent")).to_string();
    assert!(header.contains("flagsF."), "{header}");
    unfold(&mut page, "Sockets");
    let held = format!("[...{DRAWER}.querySelectorAll('tr')].map((row) => row.textContent)");
    page.wait_until(&format!("{held}[1]?.includes('FIN-WAIT-1, held by the kernel alone (orphan)')"));
    page.press("End");
    page.click("[...here.querySelectorAll('.sc-row[data-step]')].find((row) => row.textContent.includes('again')).previousSibling");
    page.wait_until(&format!("{held}[0].includes('Pending error: EPIPE')"));
    unfold(&mut page, "Header");
    page.press("End");
    page.wait_until(&format!("{DRAWER}.textContent.includes('Choose a segment')"));
    unfold(&mut page, "States");
    page.wait_until(&format!("{states}.join() === 'CLOSED,CLOSED'"));
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
