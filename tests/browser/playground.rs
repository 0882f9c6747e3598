//! What a reader can do in the playground, and what comes out of it.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use catalogue::CATALOGUE;
use serde_json::json;

use crate::book::{chapters_with_scenarios, open, origin};
use crate::change::WRONG_LINE;
use crate::page::{Page, Scripts};
use crate::widget::{enliven, enliven_playground, unfold};

const EDITOR: &str = "document.querySelector('.sc-editor textarea')";
const CALLS: &str = "[...document.querySelectorAll('.sc-live .sc-call')].map((call) => call.textContent).join('; ')";

fn playground(fragment: &str) -> Page {
    let mut page = open(&format!("playground.html{fragment}"), Scripts::On);
    assert!(enliven_playground(&mut page), "the page has a playground");
    page
}

fn press(page: &mut Page, name: &str) {
    page.click(&format!(
        "[...document.querySelectorAll('.pg button')].find((button) => button.textContent === {})",
        json!(name)
    ));
}

fn write(page: &mut Page, script: &str) {
    page.write(EDITOR, script);
}

fn text(id: &str) -> &'static str {
    catalogue::scenario(id).unwrap_or_else(|| panic!("{id} is not in the book")).text
}

#[test]
fn without_javascript_it_leads_to_the_list_of_all_scenarios() {
    let mut page = open("playground.html", Scripts::Off);
    assert_eq!(page.value("document.querySelectorAll('.tcp-playground button, .tcp-playground select').length"), 0);
    let link = page.value("document.querySelector('.tcp-playground a').getAttribute('href')");
    let mut page = open(link.as_str().expect("it has an address"), Scripts::Off);
    let list = page.value("document.querySelector('main').textContent").to_string();
    for entry in CATALOGUE {
        assert!(list.contains(entry.id), "{}", entry.id);
    }
}

#[test]
fn a_reader_finds_a_scenario_by_the_error_that_it_ends_with() {
    let mut page = playground("");
    press(&mut page, "Examples");
    page.choose("document.querySelector('.pg-filter select')", "ECONNREFUSED");
    let listed = "[...document.querySelectorAll('.pg-all button')].map((button) => button.dataset.id)";
    page.wait_until(&format!("{listed}.includes('connection-refused') && {listed}.length < 10"));
    page.click("document.querySelector('.pg-all button[data-id=connection-refused]')");
    page.wait_until(&format!("{CALLS}.includes('ECONNREFUSED')"));
    assert_eq!(page.value(&format!("{EDITOR}.value.trimEnd()")), text("connection-refused").trim_end());
    press(&mut page, "New script");
    page.wait_until(&format!("{EDITOR}.value.startsWith('# My question?')"));
    press(&mut page, "Examples");
    page.click("document.querySelectorAll('.pg-card')[1]");
    page.wait_until(&format!("{CALLS}.includes('ECONNRESET')"));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_statement_of_the_language_goes_where_the_caret_is() {
    let mut page = playground("#v=1&id=linger-zero");
    press(&mut page, "Language");
    let line = text("linger-zero").lines().position(|line| line.starts_with("server accept()")).expect("it accepts");
    page.value(&format!(
        "(() => {{ const field = {EDITOR}; const at = field.value.split('\\n').slice(0, {line}).join('\\n').length + 1; \
         field.focus(); field.setSelectionRange(at, at); }})()"
    ));
    page.click(
        "[...document.querySelectorAll('.pg-language button')].find((button) => button.textContent === 'link cut')",
    );
    page.wait_until(&format!("{EDITOR}.value.split('\\n')[{}] === 'link cut'", line + 1));
    assert_eq!(page.value("document.activeElement.tagName"), "TEXTAREA", "and typing goes on there");
    page.wait_until("document.querySelector('.sc-statement')?.textContent === 'link cut'");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_line_that_was_begun_is_completed_by_keys_alone() {
    let mut page = playground("#v=1&id=linger-zero");
    page.value(&format!("{EDITOR}.focus(); {EDITOR}.setSelectionRange(1e6, 1e6)"));
    page.type_text("\nclient rea");
    let first = "document.querySelector('.sc-proposed button')";
    page.wait_until(&format!("{first}?.textContent === 'client read()'"));
    page.press("Tab");
    assert_eq!(page.value(&format!("document.activeElement === {first}")), true, "Tab leaves the field for them");
    page.press(" ");
    page.wait_until(&format!("{EDITOR}.value.endsWith('\\nclient read()\\n')"));
    assert_eq!(page.value("document.activeElement.tagName"), "TEXTAREA", "and typing goes on there");
    page.wait_until(&format!("!{first}"));
    page.type_text(" = 0");
    page.wait_until(&format!("{EDITOR}.value.endsWith('\\nclient read() = 0\\n')"));
    assert_eq!(page.complaints(), [""; 0]);
}

/// What completes the last line stands right below the field, and so does what is wrong with it.
#[test]
fn on_a_telephone_what_is_wrong_covers_no_completion() {
    let mut page = Page::new(Scripts::On);
    page.resize(375, 700);
    page.open(&format!("{}/playground.html#v=1&id=linger-zero", origin()));
    assert!(enliven_playground(&mut page), "the page has a playground");
    press(&mut page, "Script");
    page.wait_until(&format!("{EDITOR}.checkVisibility()"));
    page.value(&format!("{EDITOR}.focus(), {EDITOR}.setSelectionRange(1e6, 1e6)"));
    // One line below the field's last, and one that is longer than two lines of a telephone.
    for line in ["\nserver wri", "\nserver setsockopt(SO_KEEPALIVF_AND_MORE_THAN_THAT_AND_MORE, 1) "] {
        let before = page.value(&format!("{EDITOR}.value"));
        page.type_text(line);
        page.wait_until("document.querySelector('.sc-editor b')");
        let places = page.value(
            "(() => { const said = document.querySelector('.sc-editor b').getBoundingClientRect(); \
             const field = document.querySelector('.sc-editor').getBoundingClientRect(); \
             const line = [...document.querySelectorAll('.sc-editor .sc-bad')].at(-1).getBoundingClientRect(); \
             const below = [...document.querySelectorAll('.sc-proposed button')].map(button => button.getBoundingClientRect().top); \
             return [said.bottom <= field.bottom + 1, below.every(top => top >= said.bottom), below.length, said.height]; })()",
        );
        assert_eq!([&places[0], &places[1]], [true, true], "{line}: {places}");
        page.write(EDITOR, before.as_str().expect("a text"));
        page.wait_until("!document.querySelector('.sc-editor b')");
        page.value(&format!("{EDITOR}.focus(), {EDITOR}.setSelectionRange(1e6, 1e6)"));
    }
    assert_eq!(page.complaints(), [""; 0]);
}

/// The keyboard of a telephone takes half of it: what is wrong is said at the line in which the caret is.
#[test]
fn on_a_telephone_what_is_wrong_is_seen_at_its_line() {
    let mut page = Page::new(Scripts::On);
    page.resize(375, 400);
    page.open(&format!("{}/playground.html#v=1&id=linger-zero", origin()));
    assert!(enliven_playground(&mut page), "the page has a playground");
    press(&mut page, "Script");
    page.wait_until(&format!("{EDITOR}.checkVisibility()"));
    for line in ["# ", "server listen()", "server close()", "client read()"] {
        let before = page.value(&format!("{EDITOR}.value"));
        page.value(&format!(
            "(() => {{ const field = {EDITOR}; const at = field.value.indexOf('\\n', field.value.indexOf({})); \
             field.focus(); field.setSelectionRange(at, at); }})()",
            json!(line)
        ));
        page.type_text("\nserver lissen()");
        page.wait_until("document.querySelector('.sc-editor b')");
        let why = page.value("document.querySelector('.sc-editor b').textContent").to_string();
        assert!(why.contains("lissen"), "{why}");
        let place = page.value(
            "(() => { const said = document.querySelector('.sc-editor b').getBoundingClientRect(); \
             const line = document.querySelector('.sc-editor .sc-bad').getBoundingClientRect(); \
             const bar = document.getElementById('mdbook-menu-bar').getBoundingClientRect().bottom; \
             return [said.left >= 0 && said.right <= innerWidth, said.top >= Math.max(bar, 0) && said.bottom <= innerHeight, said.top - line.bottom]; })()",
        );
        assert_eq!([&place[0], &place[1]], [true, true], "{line}: it is in view");
        assert!(place[2].as_f64().is_some_and(|below| below.abs() < 4.0), "{line}: and right below its line: {place}");
        page.write(EDITOR, before.as_str().expect("a text"));
        page.wait_until("!document.querySelector('.sc-editor b')");
    }
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_challenge_sees_by_itself_that_it_is_done() {
    let mut page = playground("");
    press(&mut page, "New script");
    press(&mut page, "Challenges");
    let first = "document.querySelector('.pg-challenges .pg-mark').textContent";
    page.wait_until(&format!("{first}.includes('to do')"));
    write(&mut page, "server listen()\nclient connect()\nserver accept()\nclient write(3)\nserver close()\n");
    page.wait_until(&format!("{first} === '✔ done'"));
    press(&mut page, "New script");
    page.wait_until(&format!("{first} === '✔ done before'"));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn every_change_runs_at_once_and_a_mistake_is_shown_at_its_line() {
    let mut page = playground("#v=1&id=write-after-peer-close");
    write(&mut page, &text("write-after-peer-close").replace("server close() = 0 ", "server klose()"));
    page.wait_until(&format!("{WRONG_LINE} === 10"));
    let said = page.value("document.querySelector('.sc-editor b').textContent").to_string();
    assert!(said.contains("did you mean `close`?"), "{said}");
    assert!(page.value(CALLS).to_string().contains("EPIPE"), "the last run stands");
    write(&mut page, "# Six?\nlink ipv6\nserver listen()\nclient connect()\nserver accept()\nclient close()\n");
    page.wait_until(&format!("{CALLS}.includes('close()') && !{CALLS}.includes('EPIPE')"));
    assert_eq!(page.value(WRONG_LINE), 0);
    assert_eq!(page.complaints(), [""; 0]);
}

/// The field's text and the copy that gives its lines their heights break at the same places: no letter of any script is
/// beyond an edge.
pub(crate) fn no_line_is_cut(mut page: Page, width: u32) {
    page.resize(width, 900);
    page.open(&format!("{}/playground.html", origin()));
    assert!(enliven_playground(&mut page), "the page has a playground");
    if width < 1100 {
        press(&mut page, "Script");
    }
    page.wait_until(&format!("{EDITOR}.checkVisibility()"));
    let mut broken = 0.0;
    for entry in CATALOGUE {
        write(&mut page, entry.text);
        page.wait_until(&format!("{EDITOR}.nextSibling.textContent === {}", json!(entry.text.replace('\n', ""))));
        let beyond = page.value(&format!(
            "[{EDITOR}.scrollWidth - {EDITOR}.clientWidth, {EDITOR}.scrollHeight - {EDITOR}.clientHeight]"
        ));
        assert_eq!(beyond, json!([0, 0]), "{} at {width}", entry.id);
        broken += page.number(&format!(
            "[...{EDITOR}.nextSibling.children].filter((line) => line.offsetHeight > 1.5 * parseFloat(getComputedStyle(line).lineHeight)).length"
        ));
    }
    assert!(broken > 20.0, "{width}: only {broken} lines go on below themselves");
}

/// On a telephone the button to present stands below the script, and the picture is in the other pane.
#[test]
fn whoever_presents_from_the_script_s_pane_sees_the_picture() {
    let mut page = Page::new(Scripts::On);
    page.resize(375, 812);
    page.open(&format!("{}/playground.html#v=1&id=linger-zero", origin()));
    assert!(enliven_playground(&mut page), "the page has a playground");
    press(&mut page, "Script");
    page.wait_until(&format!("{EDITOR}.checkVisibility()"));
    press(&mut page, "Present");
    let stage = "document.querySelector('.sc-live')";
    page.wait_until(&format!("document.fullscreenElement === {stage} && document.activeElement === {stage}"));
    assert_eq!(page.value(&format!("{stage}.checkVisibility()")), true);
    for (key, step) in [("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2)] {
        page.press(key);
        page.wait_until(&format!("Number({stage}.querySelector('.sc-now')?.dataset.step) === {step}"));
    }
    page.value("document.exitFullscreen()");
    page.wait_until(&format!("!document.fullscreenElement && !{stage}.checkVisibility()"));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn no_line_of_a_script_is_cut() {
    for width in [1440, 375] {
        no_line_is_cut(Page::new(Scripts::On), width);
    }
}

#[test]
fn the_address_holds_script_and_step_and_what_was_tried_can_be_forgotten() {
    let mut page = playground("#v=1&id=linger-zero");
    let changed = text("linger-zero").replacen("# ", "# Mine: <b>", 1);
    write(&mut page, &changed);
    page.wait_until("location.hash.includes('script=')");
    page.click("document.querySelector('.sc-live .sc-controls button')");
    page.wait_until("location.hash.includes('step=0')");
    let address = page.value("location.href");
    let link = page.value("document.querySelector('.sc-share').href");
    assert_eq!(address, link);
    let mut other = Page::new(Scripts::On);
    other.open(link.as_str().expect("an address"));
    enliven_playground(&mut other);
    assert_eq!(other.value(&format!("{EDITOR}.value")), changed);
    other.wait_until("document.querySelector('.sc-row.sc-now')?.dataset.step === '0'");
    assert_eq!(other.value("document.querySelectorAll('.sc-title b').length"), 0, "a script's text stays text");
    // Without an address the last thing tried is there again, until it is forgotten.
    page.open(&format!("{}/playground.html?again", origin()));
    enliven_playground(&mut page);
    assert_eq!(page.value(&format!("{EDITOR}.value")), changed);
    press(&mut page, "Examples");
    page.click("document.querySelector('.pg-forget')");
    page.wait_until("document.querySelector('.pg-forget') === null");
    assert_eq!(page.value("localStorage.getItem('playground-recent')"), json!(null));
}

#[test]
fn a_chapter_leads_into_the_playground_with_what_it_shows() {
    let chapter = &chapters_with_scenarios()[0];
    let mut page = open(chapter, Scripts::On);
    enliven(&mut page, chapter);
    let id = page.value("document.querySelector('.scenario').dataset.scenario");
    page.value("window.here = document.querySelector('.scenario'); 0");
    unfold(&mut page, "Take away");
    page.follow("document.querySelector('.scenario a[data-playground]')");
    page.wait_until(
        "location.pathname.endsWith('/playground.html') && document.querySelector('.tcp-playground')?.dataset.live",
    );
    assert_eq!(page.value(&format!("{EDITOR}.value.trimEnd()")), text(id.as_str().expect("it has an id")).trim_end());
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_damaged_or_hostile_link_gives_a_message_and_nothing_else() {
    for (fragment, message) in [
        ("#v=1&script=PGltZyBzcmM9eA&sum=00000000", "damaged"),
        ("#v=1&script=<img src=x onerror=window.hit=1>", "cannot be read"),
        ("#v=1&id=<img src=x onerror=window.hit=1>", "cannot be read"),
        ("#v=1&id=no-such-scenario", "which this book has not got"),
        ("#v=9&id=linger-zero", "version"),
        ("#v=1&id=linger-zero&step=zero", "cannot be read"),
    ] {
        let mut page = playground(fragment);
        let said = page.value("document.querySelector('.pg-notice').textContent").to_string();
        assert!(said.contains(message), "{fragment}: {said}");
        assert_eq!(page.value("[document.querySelectorAll('main img').length, window.hit ?? 0]"), json!([0, 0]));
        assert!(page.value(CALLS).to_string().contains("listen()"), "a scenario of the book stands there");
        assert_eq!(page.complaints(), [""; 0], "{fragment}");
    }
}

/// Script left, picture right where there is room; one of them at a time where there is not.
#[test]
fn two_panes_stand_side_by_side_and_a_switch_shows_one_of_them_where_it_is_narrow() {
    let pane = |name: &str| format!("document.querySelector('.pg-{name}')");
    let seen = |page: &mut Page| {
        ["script", "picture"].map(|name| page.value(&format!("{}.checkVisibility()", pane(name))) == true)
    };
    let mut page = playground("#v=1&id=linger-zero");
    page.resize(1440, 900);
    page.wait_until(&format!(
        "{0}.getBoundingClientRect().right <= {1}.getBoundingClientRect().left && {0}.getBoundingClientRect().top === {1}.getBoundingClientRect().top",
        pane("script"),
        pane("picture")
    ));
    assert_eq!(page.value("document.querySelector('.pg-switch').checkVisibility()"), false);
    // The script stays in view beside a long picture.
    page.value("document.querySelector('.pg-picture .sc-desk').scrollIntoView({ block: 'end', behavior: 'instant' })");
    page.wait_until(&format!(
        "{EDITOR}.getBoundingClientRect().top >= 0 && {EDITOR}.getBoundingClientRect().top < innerHeight / 2"
    ));
    page.resize(1100, 800);
    page.wait_until("!document.querySelector('.pg-switch').checkVisibility()");
    assert_eq!(seen(&mut page), [true, true]);
    assert_eq!(page.complaints(), [""; 0]);
    for (width, height) in [(1099, 800), (375, 812)] {
        let mut page = Page::new(Scripts::On);
        page.resize(width, height);
        page.open(&format!("{}/playground.html#v=1&id=linger-zero", origin()));
        enliven_playground(&mut page);
        page.wait_until("document.querySelector('.pg-switch').checkVisibility()");
        for (name, expected) in [("Script", [true, false]), ("Picture", [false, true])] {
            page.click(&format!("[...document.querySelectorAll('.pg-switch button')].find(({{ textContent }}) => textContent === '{name}')"));
            page.wait_until(&format!("{}.checkVisibility()", pane(&name.to_lowercase())));
            assert_eq!(seen(&mut page), expected, "{name} at {width}");
        }
    }
}

#[test]
fn eight_starters_are_cards_and_the_title_is_the_script_s_own() {
    let mut page = playground("");
    press(&mut page, "Examples");
    page.wait_until("document.querySelectorAll('.pg-card').length === 8");
    for index in 0..8 {
        if page.value("document.querySelector('.pg-card')") == json!(null) {
            press(&mut page, "Examples");
            page.wait_until("document.querySelector('.pg-card')");
        }
        let card = format!("document.querySelectorAll('.pg-card')[{index}]");
        let title = page.value(&format!("{card}.querySelector('b').textContent"));
        page.click(&card);
        page.wait_until(&format!("document.querySelector('.pg-picture .sc-title').textContent === {title}"));
        assert_eq!(page.value(&format!("'# ' + {title} === {EDITOR}.value.split('\\n')[0]")), true, "{title}");
    }
    page.click(EDITOR);
    write(&mut page, "# Mine, and nobody else's?\nserver listen()\n");
    page.wait_until("document.querySelector('.pg-picture .sc-title').textContent === \"Mine, and nobody else's?\"");
    let command = page.value("[...document.querySelectorAll('.pg-part code')].map((code) => code.textContent).join()");
    assert_eq!(command, "cargo run --example native -- mine-and-nobody-else-s.tcp");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn linux_and_smoltcp_stand_side_by_side() {
    let mut page = playground("#v=1&id=write-after-peer-close");
    page.click("[...document.querySelectorAll('.pg-script button')].find((button) => button.textContent.startsWith('Side by side'))");
    page.wait_until("document.querySelectorAll('.sc-both .sc-ladder').length === 2");
    let said = page.value("document.querySelector('.pg-differ').textContent").to_string();
    assert!(said.contains("EPIPE on Linux"), "{said}");
    let pictures = page.list("[...document.querySelectorAll('.sc-both .sc-ladder')].map((it) => it.textContent)");
    assert!(pictures[0].contains("EPIPE") && pictures[0] != pictures[1], "{pictures:?}");
}

#[test]
fn a_reader_takes_every_file_away() {
    let mut page = playground("#v=1&id=write-after-peer-close");
    takes_every_file(&mut page, "document", "downloads");
    assert_eq!(page.complaints(), [""; 0]);
}

/// Presses every button for a file that is there below `place`, in a run of `write-after-peer-close`.
pub(crate) fn takes_every_file(page: &mut Page, place: &str, folder: &str) {
    let downloads = downloads(page, folder);
    for (ending, part) in [
        (".tcp", "client write(\"hello\") = 5"),
        (".txt", "client > server   S   0:0(0)"),
        (".pcap", ""),
        (".svg", "EPIPE</text>"),
        (".client.pkt", "0.000 > S 0:0(0) <...>"),
        (".server.pkt", "accept(3, ..., ...) = 4"),
    ] {
        page.click(&format!("{place}.querySelector('[data-form=\"{ending}\"]')"));
        let file = downloads.join(format!("write-after-peer-close{ending}"));
        let bytes = downloaded(&file);
        assert!(String::from_utf8_lossy(&bytes).contains(part), "{} holds {part}", file.display());
        if ending == ".pcap" {
            opens_with_right_checksums(&file);
        }
    }
}

/// An empty folder, to which the page's files go.
pub(crate) fn downloads(page: &mut Page, folder: &str) -> PathBuf {
    let downloads = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
    // Left over from the last run; there may be none.
    let _ = fs::remove_dir_all(&downloads);
    fs::create_dir_all(&downloads).expect("the folder for tests can be written");
    page.call("Page.setDownloadBehavior", json!({ "behavior": "allow", "downloadPath": downloads }));
    downloads
}

#[test]
fn the_page_may_ask_nobody_else_and_run_nothing_else() {
    let mut page = playground("#v=1&id=linger-zero");
    assert_eq!(page.complaints(), [""; 0], "what the book needs is allowed");
    page.value(
        "window.blocked = []; \
         document.addEventListener('securitypolicyviolation', (event) => window.blocked.push(event.effectiveDirective)); 0",
    );
    page.value("fetch('http://127.0.0.2:9/').catch(() => 0)");
    page.value(
        "(() => { const script = document.createElement('script'); script.textContent = 'window.hit = 1'; \
         document.body.append(script); const image = new Image(); image.src = 'http://127.0.0.2:9/a.png'; \
         document.body.append(image); document.body.insertAdjacentHTML('beforeend', '<b onclick=\"window.hit = 1\">b</b>'); \
         document.body.lastChild.click(); })()",
    );
    page.wait_until("window.blocked.length >= 4");
    assert_eq!(page.list("window.blocked.sort()"), ["connect-src", "img-src", "script-src-attr", "script-src-elem"]);
    assert_eq!(page.value("window.hit ?? 0"), 0);
}

pub(crate) fn downloaded(file: &Path) -> Vec<u8> {
    let began = Instant::now();
    loop {
        match fs::read(file) {
            Ok(bytes) if !bytes.is_empty() => return bytes,
            _ => assert!(began.elapsed() < Duration::from_secs(60), "{} never came", file.display()),
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// As Wireshark sees it. The bytes themselves are checked in the widget's own tests, on every machine.
fn opens_with_right_checksums(capture: &Path) {
    let tshark = Command::new("tshark")
        .args(["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-T", "fields"])
        .args(["-e", "ip.checksum.status", "-e", "tcp.checksum.status", "-e", "tcp.flags.reset", "-r"])
        .arg(capture)
        .output();
    let Ok(output) = tshark else {
        // Not `eprintln!`, which nobody sees of a test that passes.
        let _ =
            writeln!(io::stderr(), "NOT CHECKED: there is no tshark here, so nobody has opened {}", capture.display());
        return;
    };
    let fields = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(fields.lines().count() > 8, "every segment is there: {fields}");
    assert!(fields.lines().all(|line| line.starts_with("1\t1\t")), "1 is a right checksum: {fields}");
    assert!(fields.lines().any(|line| line.ends_with(['1', 'e'])), "the reset is there: {fields}");
}
