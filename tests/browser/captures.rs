//! Captures in the page: choose, drop or paste; the table, the card, and what is played; by keyboard, and without scripts.

use serde_json::json;

use crate::book::{folder, open, origin};
use crate::chapter::inaccessible;
use crate::page::{Page, Scripts};
use crate::paper::UNLIKE_PAPER;

const PLACE: &str = "document.querySelector('.captures')";
const CARD: &str = "document.querySelector('.cap-card')";
const SAID: &str = "document.querySelector('.cap-said').textContent";
const LINES: &str = "\
16:04:05.000001 IP 192.0.2.1.40000 > 192.0.2.2.80: Flags [S], seq 3000000000, win 64240, length 0
16:04:05.010001 IP 192.0.2.2.80 > 192.0.2.1.40000: Flags [S.], seq 100, ack 3000000001, win 65160, length 0
16:04:05.020001 IP 192.0.2.1.40000 > 192.0.2.2.80: Flags [.], ack 1, win 502, length 0
16:04:05.030001 IP 192.0.2.1.40000 > 192.0.2.2.80: Flags [P.], seq 1:12, ack 1, win 502, length 11: HTTP
16:04:05.040001 IP 192.0.2.2.80 > 192.0.2.1.40000: Flags [R.], seq 1, ack 12, win 509, length 0
";
/// Makes a capture of COUNT refused connections, each of two packets, in the page.
const MANY: &str = "((count) => { const packet = 16 + 40, file = new DataView(new ArrayBuffer(24 + count * 2 * packet)); \
    file.setUint32(0, 0xa1b2c3d4, true); file.setUint32(16, 65535, true); file.setUint32(20, 101, true); let at = 24; \
    for (let n = 0; n < count; n++) for (const back of [0, 1]) { \
    file.setUint32(at, 1e9 + n, true); file.setUint32(at + 4, back * 1000, true); file.setUint32(at + 8, 40, true); \
    file.setUint32(at + 12, 40, true); at += 16; \
    file.setUint16(at, 0x4500); file.setUint16(at + 2, 40); file.setUint8(at + 8, 64); file.setUint8(at + 9, 6); \
    const hosts = [0x0a000000 + n, 0xc0000202]; \
    file.setUint32(at + 12, hosts[back]); file.setUint32(at + 16, hosts[1 - back]); \
    const ports = [40000, 80]; file.setUint16(at + 20, ports[back]); file.setUint16(at + 22, ports[1 - back]); \
    file.setUint32(at + 24, back ? 0 : 1000 + n); file.setUint32(at + 28, back ? 1001 + n : 0); \
    file.setUint8(at + 32, 0x50); file.setUint8(at + 33, back ? 0x14 : 0x02); file.setUint16(at + 34, 65535); at += 40; } \
    return new File([file.buffer], 'many.pcap'); })";

/// Files from the book's folder, chosen in the field.
pub(crate) fn choose(page: &mut Page, names: &[&str]) {
    let paths: Vec<String> =
        names.iter().map(|name| folder().join("captures").join(name).display().to_string()).collect();
    let field = json!({ "expression": "document.querySelector('.cap-drop input')" });
    let field = page.call("Runtime.evaluate", field)["result"]["objectId"].clone();
    page.call("DOM.setFileInputFiles", json!({ "files": paths, "objectId": field }));
}

/// A file, an expression in the page, dropped on it.
fn drop_file(page: &mut Page, file: &str) {
    page.value(&format!(
        "(() => {{ const carried = new DataTransfer(); carried.items.add({file}); \
         for (const kind of ['dragover', 'drop']) document.querySelector('main').dispatchEvent(\
         new DragEvent(kind, {{ dataTransfer: carried, bubbles: true, cancelable: true }})); }})()"
    ));
}

fn paste(page: &mut Page, field: &str, text: &str) {
    page.value(&format!(
        "(() => {{ const carried = new DataTransfer(); carried.setData('text/plain', {}); \
         {field}.dispatchEvent(new ClipboardEvent('paste', {{ clipboardData: carried, bubbles: true, cancelable: true }})); }})()",
        json!(text)
    ));
}

fn heading(page: &mut Page) -> String {
    page.wait_until(&format!("!{CARD}?.hidden && {CARD}.querySelector('h2')"));
    page.value(&format!("{CARD}.querySelector('h2').textContent")).as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_chosen_capture_gets_its_verdict_its_picture_and_a_script() {
    let mut page = open("capture.html", Scripts::On);
    choose(&mut page, &["close-with-unread-data.pcap"]);
    assert_eq!(heading(&mut page), "Reset by the server");
    let card = page.value(&format!("{CARD}.textContent")).to_string();
    for part in ["unread-data", "packet", "ECONNRESET", "What this capture does not show", "nstat -az"] {
        assert!(card.contains(part), "{part} in {card}");
    }
    assert!(page.value(&format!("{CARD}.querySelectorAll('svg text').length")).as_u64() > Some(10));
    page.choose("document.querySelector('[name=runtime]')", "Go");
    page.wait_until(&format!("{CARD}.textContent.includes('connection reset by peer')"));
    page.click(&format!("{CARD}.querySelector('[data-do=play]')"));
    page.wait_until(&format!("{CARD}.querySelector('a[href^=\"playground.html#v=1&script=\"]')"));
    let played = page.value(&format!("{CARD}.querySelector('.cap-played').textContent")).to_string();
    assert!(played.contains("Of ") && played.contains("unread-data"), "{played}");
    assert_eq!(page.complaints(), [""; 0]);
    page.follow(&format!("{CARD}.querySelector('.cap-played a')"));
    page.wait_until("document.querySelector('.tcp-playground .sc-call')");
    assert!(
        page.value("document.querySelector('.tcp-playground textarea').value").to_string().contains("server close()")
    );
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn nobody_is_asked_for_anything_and_addresses_can_be_hidden() {
    let mut page = open("capture.html", Scripts::On);
    drop_file(&mut page, &format!("{MANY}(3)"));
    page.wait_until("document.querySelectorAll('.cap-wide tbody tr').length === 3");
    let mut asked = page.requests();
    asked.retain(|address| !address.starts_with(origin()) && !address.starts_with("data:"));
    assert_eq!(asked, [""; 0]);
    assert!(page.value(&format!("{PLACE}.textContent")).to_string().contains("10.0.0.1"));
    page.click("document.querySelector('[name=hidden]')");
    page.wait_until(&format!("!{PLACE}.textContent.includes('10.0.0.')"));
    page.click("document.querySelector('.cap-wide tbody button')");
    heading(&mut page);
    assert!(!page.value(&format!("{PLACE}.textContent")).to_string().contains("10.0.0."));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_hundred_thousand_connections_are_a_table_of_pages() {
    let mut page = open("capture.html", Scripts::On);
    drop_file(&mut page, &format!("{MANY}(100000)"));
    page.wait_until("document.querySelectorAll('.cap-wide tbody tr').length === 50");
    assert!(page.value(SAID).to_string().contains("100000 connections"));
    let pages = "document.querySelector('.cap-pages span').textContent";
    assert_eq!(page.value(pages), "1–50 of 100000");
    page.click("document.querySelector('[data-do=later]')");
    page.wait_until(&format!("{pages} === '51–100 of 100000'"));
    page.write("document.querySelector('[name=text]')", "10.0.0.7:");
    page.wait_until(&format!("{SAID} === '1 found.'"));
    page.write("document.querySelector('[name=text]')", "");
    page.choose("document.querySelector('[name=kind]')", "orderly");
    page.wait_until(&format!("{SAID} === '0 found.'"));
    page.choose("document.querySelector('[name=kind]')", "refused");
    page.wait_until(&format!("{SAID} === '100000 found.'"));
    page.click("document.querySelector('[data-sort=began]')");
    page.wait_until("document.querySelector('th[aria-sort] button').dataset.sort === 'began'");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn reading_can_be_stopped_and_what_is_no_capture_gets_a_sentence() {
    let mut page = open("capture.html", Scripts::On);
    drop_file(&mut page, &format!("{MANY}(400000)"));
    page.wait_until("!document.querySelector('.cap-work').hidden");
    page.value("document.querySelector('[data-do=stop]').click()");
    assert_eq!(page.value(SAID), "Stopped.");
    assert_eq!(page.complaints(), [""; 0]);
    drop_file(&mut page, "new File(['<img src=x onerror=alert(1)>'], '<b>notes</b>.txt')");
    page.wait_until(&format!("{SAID}.startsWith('Not read: no TCP segments were found in <b>notes</b>.txt')"));
    assert_eq!(page.value(&format!("{PLACE}.querySelectorAll('b, img').length")), 0);
}

#[test]
fn two_files_are_the_two_ends_and_gzip_is_unpacked_member_by_member() {
    let mut page = open("capture.html", Scripts::On);
    page.value(
        "fetch('captures/graceful-four-segments.pcap').then((answer) => answer.blob()).then(async (whole) => { \
         const pack = (part) => new Response(part.stream().pipeThrough(new CompressionStream('gzip'))).blob(); \
         const packed = [await pack(whole.slice(0, 100)), await pack(whole.slice(100))]; \
         window.packed = new File(packed, 'client.pcap.gz'); window.whole = new File([whole], 'server.pcap'); })",
    );
    page.value(
        "(() => { const carried = new DataTransfer(); carried.items.add(packed); carried.items.add(whole); \
         document.dispatchEvent(new DragEvent('drop', { dataTransfer: carried, cancelable: true })); })()",
    );
    page.wait_until(
        "document.querySelectorAll('.cap-files li').length === 2 && document.querySelector('.cap-wide tbody button')",
    );
    page.click("document.querySelector('.cap-wide tbody button')");
    heading(&mut page);
    assert!(page.value(&format!("{CARD}.textContent")).to_string().contains("Both ends saw the same segments"));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn lines_pasted_on_the_front_page_or_among_the_messages_are_read_there() {
    for (address, field) in [
        ("index.html", "document.getElementById('front-line')"),
        ("messages.html", "document.getElementById('finder-text')"),
    ] {
        let mut page = open(address, Scripts::On);
        assert_eq!(page.value(&format!("{PLACE}.hidden")), true);
        paste(&mut page, field, LINES);
        assert_eq!(heading(&mut page), "Reset by the server", "{address}");
        assert_eq!(page.value("document.querySelector('.front-find textarea')?.value ?? ''"), "", "{address}");
        assert_eq!(page.complaints(), [""; 0], "{address}");
    }
    let mut page = open("messages.html", Scripts::On);
    page.write("document.getElementById('finder-text')", LINES);
    page.wait_until("document.querySelector('[data-packets]')");
    page.click("document.querySelector('[data-packets]')");
    assert_eq!(heading(&mut page), "Reset by the server");
    let mut page = open("index.html", Scripts::On);
    drop_file(&mut page, &format!("{MANY}(1)"));
    assert_eq!(heading(&mut page), "Refused by the server");
}

#[test]
fn from_paste_to_verdict_by_the_keyboard_alone() {
    let mut page = open("capture.html", Scripts::On);
    page.value("document.querySelector('.cap-paste summary').focus()");
    page.press(" ");
    page.wait_until("document.querySelector('.cap-paste').open");
    page.press("Tab");
    assert_eq!(page.value("document.activeElement.tagName"), "TEXTAREA");
    page.call("Input.insertText", json!({ "text": LINES }));
    page.press("Tab");
    page.press(" ");
    assert_eq!(heading(&mut page), "Reset by the server");
    assert_eq!(page.value("document.activeElement.dataset.do"), "paste", "the card takes no focus by itself");
    page.value("document.querySelector('.cap-wide tbody button').focus()");
    page.press(" ");
    page.wait_until("document.activeElement.matches('.cap-ending')");
    page.value("document.querySelector('[data-do=back]').focus()");
    page.press(" ");
    page.wait_until("document.activeElement.dataset.at === '0'");
    page.value(
        "Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.copied = text; } } })",
    );
    page.value("document.querySelector('[data-do=copy]').focus()");
    page.press(" ");
    page.wait_until("window.copied");
    let copied = page.value("window.copied").to_string();
    assert!(copied.contains("## Reset by the server") && copied.contains("server > R."), "{copied}");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn without_javascript_the_page_says_so_and_names_the_command() {
    let mut page = open("capture.html", Scripts::Off);
    let text = page.value("document.querySelector('main').innerText").to_string();
    assert!(text.contains("JavaScript is off") && text.contains("who-reset"), "{text}");
}

#[test]
fn a_verdict_can_be_read_in_every_theme_and_on_a_telephone() {
    let mut page = open("capture.html", Scripts::On);
    choose(&mut page, &["close-with-unread-data.pcap"]);
    heading(&mut page);
    assert_eq!(inaccessible(&mut page), [""; 0]);
    page.call(
        "Emulation.setDeviceMetricsOverride",
        json!({ "width": 375, "height": 700, "deviceScaleFactor": 1, "mobile": true }),
    );
    page.wait_until("innerWidth === 375");
    assert_eq!(page.value("document.documentElement.scrollWidth"), 375);
}

/// The picture is wider than a telephone, its lifelines are not. Where there is one connection, none is sought.
#[test]
fn on_a_telephone_the_picture_of_a_capture_shows_its_wire() {
    let mut page = Page::new(Scripts::On);
    let telephone = json!({ "width": 375, "height": 700, "deviceScaleFactor": 1, "mobile": true });
    page.call("Emulation.setDeviceMetricsOverride", telephone);
    page.open(&format!("{}/capture.html", origin()));
    page.wait_until("document.querySelector('.cap-drop input')");
    choose(&mut page, &["close-with-unread-data.pcap"]);
    heading(&mut page);
    let outside = "(() => { const place = document.querySelector('.cap-picture').getBoundingClientRect(); \
        const heads = [...document.querySelectorAll('.cap-picture .h')].map(head => head.getBoundingClientRect()); \
        return [heads.length, heads.filter(head => head.left < place.left || head.right > place.right).length]; })()";
    assert_eq!(page.value(outside), json!([2, 0]));
    let shown = "[...document.querySelectorAll('.cap-filter [name]')].filter(field => field.checkVisibility()).map(field => field.name).join()";
    assert_eq!(page.value(shown), "runtime,hidden");
    drop_file(&mut page, &format!("{MANY}(3)"));
    page.wait_until("document.querySelectorAll('.cap-wide tbody tr').length === 3");
    assert_eq!(page.value(shown), "text,kind,by,runtime,hidden");
    assert_eq!(page.complaints(), [""; 0]);
}

/// A capture of the book, dropped as a file; then its verdict.
const DROP: &str = "fetch('captures/close-with-unread-data.pcap').then((answer) => answer.blob()).then((whole) => { \
    const carried = new DataTransfer(); carried.items.add(new File([whole], 'ends.pcap')); \
    document.dispatchEvent(new DragEvent('drop', { dataTransfer: carried, cancelable: true })); })";

#[test]
fn in_firefox_a_capture_gets_its_verdict_and_is_played() {
    for (width, height) in [(1440, 900), (375, 812)] {
        let mut page = Page::in_firefox();
        page.resize(width, height);
        page.open(&format!("{}/capture.html", origin()));
        page.value(DROP);
        assert_eq!(heading(&mut page), "Reset by the server");
        assert!(page.value(&format!("{CARD}.querySelectorAll('svg text').length")).as_u64() > Some(10));
        page.click(&format!("{CARD}.querySelector('[data-do=play]')"));
        page.wait_until(&format!("{CARD}.querySelector('a[href^=\"playground.html#v=1&script=\"]')"));
        assert_eq!(page.value("document.documentElement.scrollWidth <= innerWidth"), true, "at {width}");
        assert_eq!(page.complaints(), [""; 0]);
    }
}

#[test]
fn on_paper_a_verdict_is_black_on_white_in_every_theme() {
    let mut page = open("capture.html", Scripts::On);
    // A4 between its margins.
    page.resize(718, 1046);
    page.value(DROP);
    heading(&mut page);
    page.value("document.head.insertAdjacentHTML('beforeend', '<style>* { transition: none !important }</style>')");
    for theme in ["light", "rust", "coal", "navy", "ayu"] {
        page.call("Emulation.setEmulatedMedia", json!({ "media": "screen" }));
        page.value(&format!("document.getElementById('mdbook-theme-{theme}').click()"));
        page.wait_until(&format!("document.documentElement.classList.contains('{theme}')"));
        page.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
        assert_eq!(page.list(UNLIKE_PAPER), [""; 0], "{theme}");
        // What sorts a column, or opens a card, is its name as well.
        let controls =
            format!("[...{PLACE}.querySelectorAll('button:not([data-sort], [data-at]), input, select, textarea')]");
        let seen = format!("{controls}.filter((it) => it.checkVisibility()).map((it) => it.outerHTML.slice(0, 60))");
        assert_eq!(page.list(&seen), [""; 0], "{theme}");
    }
}
