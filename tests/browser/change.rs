//! A reader changes the script below a picture, sends it to someone, takes it away.

use serde_json::json;

use crate::book::origin;
use crate::page::{Page, Scripts};
use crate::playground::{downloaded, downloads, takes_every_file};
use crate::widget::{button, chapter_of, find, find_whole, meet, unfold};

const ID: &str = "write-after-peer-close";
const EDITOR: &str = "here.querySelector('.sc-editor textarea')";
const CALLS: &str = "[...here.querySelectorAll('.sc-call')].map((call) => call.textContent).join('; ')";
/// The number of the line that is marked as wrong.
pub(crate) const WRONG_LINE: &str =
    "[...document.querySelectorAll('.sc-editor span')].findIndex((line) => line.className === 'sc-bad') + 1";
/// What is said of a script that does not run, or of a link that cannot be read.
const SAID: &str = "here.querySelector('.sc-writing [role=status]').textContent";

/// The chapter with its scenario, and what is there to change it unfolded.
fn workshop() -> Page {
    let mut page = meet(ID);
    unfold(&mut page, "Script");
    page
}

/// A tool at the current row, by its name.
fn tool(name: &str) -> String {
    format!("[...here.querySelectorAll('.sc-tools button')].find((tool) => tool.textContent === {})", json!(name))
}

/// The row of a call or of a segment, by the words that begin it.
fn row(words: &str) -> String {
    format!(
        "[...here.querySelectorAll('.sc-row[data-step]')].find((row) => \
         (row.querySelector('.sc-call, .sc-label')?.textContent ?? '').startsWith({}))",
        json!(words)
    )
}

fn script(page: &mut Page) -> String {
    page.value(&format!("{EDITOR}.value")).as_str().expect("a text").to_owned()
}

fn original() -> &'static str {
    catalogue::scenario(ID).expect("it is in the book").text
}

#[test]
fn a_click_loses_a_segment_and_what_comes_out_differently_is_marked() {
    let mut page = workshop();
    page.click(&row("R "));
    page.click(&tool("Lose it"));
    page.wait_until("here.querySelector('.sc-ladder em')?.textContent === 'lost'");
    let changed =
        original().replace("client write(\"one more\")", "link drop next RST from server\nclient write(\"one more\")");
    assert_eq!(script(&mut page), changed, "the script below says so");
    let marked =
        page.list("[...here.querySelectorAll('.sc-ladder .sc-differs')].map((mark) => mark.parentNode.textContent)");
    assert!(marked.iter().any(|mark| mark.contains("write(\"again\") = 5") && mark.contains("EPIPE")), "{marked:?}");
    page.click(&button("Undo"));
    page.wait_until("!here.querySelector('.sc-ladder em')");
    assert_eq!(script(&mut page), original());
    assert_eq!(page.value(&button("Undo")), json!(null), "there is nothing more to undo");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_click_delays_or_repeats_a_segment() {
    for (name, rule) in [
        ("Delay it", "link hold next FIN from server 500ms\nserver close()"),
        ("Send it twice", "link twice next FIN from server\nserver close()"),
    ] {
        let mut page = workshop();
        page.click(&row("F. "));
        page.click(&tool(name));
        page.wait_until(&format!("{EDITOR}.value !== {}", json!(original())));
        let changed = script(&mut page);
        assert!(changed.contains(rule), "{changed}");
        page.wait_until(&button("Undo"));
        assert_eq!(page.complaints(), [""; 0], "{name}");
    }
}

#[test]
fn lines_come_and_go_by_a_click_and_the_way_back_is_short() {
    let mut page = workshop();
    page.click(&row("write(\"one more\")"));
    page.click(&tool("Take this line out"));
    page.wait_until(&format!("!{CALLS}.includes('one more')"));
    assert!(!script(&mut page).contains("one more"));
    page.click(&row("close()"));
    page.click(&tool("Put in …"));
    page.wait_until("here.querySelector('.sc-palette')");
    page.click(&tool("client read()"));
    page.wait_until(&format!("{CALLS}.split('read()').length === 4"));
    let changed = script(&mut page);
    assert!(changed.contains("# nothing unread: a FIN leaves\nclient read()\n"), "{changed}");
    page.click(&button("Undo"));
    page.wait_until(&format!("{CALLS}.split('read()').length === 3"));
    assert!(!script(&mut page).contains("one more"), "one change is taken back, not two");
    page.click(&button("Back to the book's run"));
    page.wait_until(&format!("{CALLS}.includes('one more')"));
    assert_eq!(script(&mut page), original());
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_mistake_in_the_editor_gets_its_message_at_the_line_and_the_picture_stays() {
    let mut page = workshop();
    page.write(EDITOR, &original().replace("client write(\"again\") = EPIPE", "client write(\"again\") = EPIPPE"));
    page.wait_until("here.querySelector('.sc-bad')");
    let line = original().lines().position(|line| line.contains("again")).expect("it is there") + 1;
    assert_eq!(page.value(WRONG_LINE), line);
    let said = page.value(SAID).to_string();
    assert!(said.contains(&format!("Line {line}")) && said.contains("EPIPPE"), "{said}");
    let behind = page.value("here.querySelector('.sc-editor b').textContent").to_string();
    assert!(said.contains(behind.trim_matches('"')), "{behind} is part of {said}");
    assert!(page.value(CALLS).to_string().contains("= EPIPE;"), "the last run stands");
    // Mended, and now another outcome than the script says.
    page.write(EDITOR, &original().replace("client write(\"again\") = EPIPE", "client write(\"again\") = ECONNRESET"));
    page.wait_until("here.querySelector('.sc-ladder .sc-differs')?.textContent === 'the script says ECONNRESET'");
    assert_eq!(page.value(SAID), "");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn linux_and_smoltcp_stand_side_by_side_or_one_above_the_other() {
    let mut page = workshop();
    let compare = button("Side by side: Linux, and smoltcp as it is");
    let marks =
        "[...here.querySelectorAll('.sc-ladder')].map((ladder) => ladder.querySelectorAll('.sc-differs').length)";
    page.click(&compare);
    page.wait_until(&format!("{marks}.length === 2"));
    assert_eq!(page.value(&format!("[{marks}[0] === 0, {marks}[1] > 0]")), json!([true, true]), "smoltcp is not Linux");
    let places = "[...here.querySelectorAll('.sc-figure')].map((figure) => figure.getBoundingClientRect())";
    assert_eq!(page.value(&format!("{places}[0].right <= {places}[1].left")), true, "side by side");
    page.click("here.querySelector('.sc-bare .sc-row[data-step=\"2\"]')");
    page.click(&row("write(\"again\")"));
    page.wait_until("here.querySelectorAll('.sc-now').length === 1");
    let now = page.value("here.querySelector('.sc-now').textContent").to_string();
    assert!(now.contains("EPIPE"), "the steps are Linux's: {now}");
    let telephone = json!({ "width": 375, "height": 812, "deviceScaleFactor": 2, "mobile": true });
    page.call("Emulation.setDeviceMetricsOverride", telephone);
    page.wait_until(&format!("{places}[0].bottom <= {places}[1].top"));
    page.call("Emulation.clearDeviceMetricsOverride", json!({}));
    // A change changes both.
    page.write(EDITOR, &original().replace("client read() = 0", "client close()"));
    let closes =
        "[...here.querySelectorAll('.sc-ladder')].map((ladder) => ladder.textContent.split('close()').length - 1)";
    page.wait_until(&format!("{closes}.join() === '2,2'"));
    page.click(&compare);
    page.wait_until(&format!("{marks}.length === 1"));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_link_opens_the_changed_script_at_its_step() {
    let mut page = workshop();
    page.click(&row("R "));
    page.click(&tool("Lose it"));
    page.wait_until("here.querySelector('.sc-ladder em')");
    page.click(&row("write(\"again\")"));
    page.wait_until("here.querySelector('.sc-now')?.textContent.includes('again')");
    let changed = script(&mut page);
    unfold(&mut page, "Take away");
    let link = "[...here.querySelectorAll('.sc-beside a')].find((link) => link.textContent === 'Link to this step')";
    let link = page.value(&format!("{link}.href"));
    let step = page.value("here.querySelector('.sc-now').dataset.step");

    let mut other = Page::new(Scripts::On);
    other.open(link.as_str().expect("an address"));
    find(&mut other, ID);
    other.wait_until(&format!("here.querySelector('.sc-now')?.dataset.step === {step}"));
    other.wait_until("here.querySelector('.sc-ladder em')");
    unfold(&mut other, "Script");
    assert_eq!(script(&mut other), changed);
    assert_eq!(other.complaints(), [""; 0]);
}

/// Notes what is copied, and what a telephone's own menu is given: without a screen there is none.
const COPIES: &str = "
    window.copied = []; window.given = [];
    const write = navigator.clipboard.writeText.bind(navigator.clipboard);
    navigator.clipboard.writeText = (text) => { copied.push(text); return write(text); };
    if (navigator.maxTouchPoints > 0) navigator.share = async ({ url }) => { given.push(url); };";

#[test]
fn a_link_copies_itself_and_says_so_and_a_telephone_s_own_menu_takes_it() {
    for (width, said, taken) in [(1440, "Copied.", "copied"), (375, "Shared.", "given")] {
        let mut page = Page::new(Scripts::On);
        page.resize(width, 812);
        page.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": width < 500 }));
        page.before_each_page(COPIES);
        page.open(&format!("{}/{}", origin(), chapter_of(ID)));
        find_whole(&mut page, ID);
        page.click(&row("F. "));
        page.wait_until("here.querySelector('.sc-now')");
        unfold(&mut page, "Take away");
        let address = page.value("location.href");
        page.click("here.querySelector('.sc-share')");
        page.wait_until(&format!("here.querySelector('.sc-shared').textContent === '{said}'"));
        assert_eq!(page.value(taken), json!([page.value("here.querySelector('.sc-share').href")]), "at {width}");
        assert_eq!(page.value("copied.length + given.length"), 1, "at {width}");
        let beside = "(() => { const [link, said] = ['.sc-share', '.sc-shared'].map((it) => here.querySelector(it).getBoundingClientRect()); \
                      return said.left - link.right < 20 && said.left >= link.right && said.top < link.bottom && said.bottom > link.top; })()";
        assert_eq!(page.value(beside), true, "at {width} it is said beside the link that was pressed");
        assert_eq!(page.value("location.href"), address, "the page stays");
        // Another step has another link.
        page.press("Home");
        page.wait_until("here.querySelector('.sc-shared').textContent === ''");
        assert_eq!(page.complaints(), [""; 0]);
    }
}

#[test]
fn a_damaged_or_hostile_link_gives_a_message_and_the_book_s_scenario() {
    for (fragment, message) in [
        ("v=1&script=PGltZyBzcmM9eA&sum=00000000&id=ID", "damaged"),
        ("v=1&script=<img src=x onerror=window.hit=1>&id=ID", "cannot be read"),
        ("v=9&id=ID", "version"),
        ("v=1&id=ID&step=zero", "cannot be read"),
    ] {
        let mut page = Page::new(Scripts::On);
        page.open(&format!("{}/{}#{}", origin(), chapter_of(ID), fragment.replace("ID", ID)));
        find(&mut page, ID);
        page.wait_until(&format!("{SAID} !== ''"));
        let said = page.value(SAID).to_string();
        assert!(said.contains(message), "{fragment}: {said}");
        assert_eq!(page.value("[here.querySelectorAll('img').length, window.hit ?? 0]"), json!([0, 0]));
        assert!(page.value(CALLS).to_string().contains("= EPIPE;"), "the book's run stands there");
        assert_eq!(page.complaints(), [""; 0], "{fragment}");
    }
}

#[test]
fn a_reader_takes_every_file_of_a_chapter_s_run_away() {
    let mut page = workshop();
    unfold(&mut page, "Take away");
    takes_every_file(&mut page, "here", "of-a-chapter");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_reader_takes_the_changed_script_away_and_hears_of_what_cannot_be_taken() {
    let mut page = workshop();
    let downloads = downloads(&mut page, "scripts");
    page.click(&row("R "));
    page.click(&tool("Lose it"));
    page.wait_until("here.querySelector('.sc-ladder em')");
    let changed = script(&mut page);
    unfold(&mut page, "Take away");
    page.click("here.querySelector('[data-form=\".tcp\"]')");
    let file = downloaded(&downloads.join(format!("{ID}.tcp")));
    assert_eq!(String::from_utf8_lossy(&file), changed);
    let command = page.value("[...here.querySelectorAll('.sc-beside code')].map((code) => code.textContent).join()");
    assert_eq!(command, format!("cargo run --example native -- {ID}.tcp"));
    unfold(&mut page, "Script");
    page.write(EDITOR, "# Nothing?\n\nserver listen() = 0\n");
    page.wait_until("!here.querySelector('.sc-ladder em')");
    unfold(&mut page, "Take away");
    page.click("here.querySelector('[data-form=\".client.pkt\"]')");
    page.wait_until("here.textContent.includes('packetdrill has nothing to play')");
    assert_eq!(page.complaints(), [""; 0]);
}
