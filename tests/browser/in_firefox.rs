//! The core of it in another browser: the same hands, in Firefox.

use crate::book::origin;
use crate::hands::{ID, change_goes_and_comes_back, types_through_a_mistake_and_back};
use crate::page::Page;
use crate::playground::no_line_is_cut;
use crate::steps::picture_goes_back;
use crate::wheel::{WATCH, wheel_through};
use crate::widget::{button, chapter_of, find, find_whole};

fn open(path: &str) -> Page {
    let mut page = Page::in_firefox();
    page.open(&format!("{}/{path}", origin()));
    page
}

fn meet() -> Page {
    let mut page = open(&chapter_of(ID));
    find_whole(&mut page, ID);
    page
}

const NOW: &str = "Number(here.querySelector('.sc-now')?.dataset.step)";

#[test]
fn a_picture_is_live_and_is_stepped_by_keys_and_mouse() {
    let mut page = meet();
    let address = page.value("location.href");
    page.click(&button("First step"));
    page.wait_until(&format!("{NOW} === 0"));
    for (key, expected) in [("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1)] {
        page.press(key);
        page.wait_until(&format!("{NOW} === {expected}"));
    }
    page.click(&button("Last step"));
    page.wait_until(&format!("{NOW} > 15"));
    assert_eq!(page.value("location.href"), address, "keys inside the widget turn no page");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn whoever_types_through_a_mistake_keeps_the_keyboard_and_the_page() {
    types_through_a_mistake_and_back(meet());
}

#[test]
fn no_line_of_a_script_is_cut() {
    for width in [1440, 375] {
        no_line_is_cut(Page::in_firefox(), width);
    }
}

#[test]
fn back_and_forward_bring_a_change_back() {
    change_goes_and_comes_back(meet());
}

#[test]
fn the_wheel_leads_as_far_as_it_is_turned() {
    for address in ["introduction.html", "reset/keep-alive-race.html", "orderly/close-wait.html"] {
        for (width, height) in [(1440, 900), (375, 812)] {
            let mut page = Page::in_firefox();
            page.resize(width, height);
            page.before_each_page(WATCH);
            page.open(&format!("{}/{address}", origin()));
            assert_eq!(wheel_through(&mut page), [""; 0], "{address} at {width}");
            assert_eq!(page.complaints(), [""; 0], "{address}");
        }
    }
}

#[test]
fn a_link_leads_to_its_heading_or_to_its_row() {
    let mut page = open("reset/write-after-close.html#the-cure");
    page.value("new Promise((resolve) => setTimeout(resolve, 1000))");
    let place = page.number("document.getElementById('the-cure').getBoundingClientRect().top");
    assert!((-2.0..=80.0).contains(&place), "{place} pixels away");
    drop(page);
    let mut page = open("reset/write-after-close.html#reset-write-after-close.write-after-peer-close.20");
    let row = "document.querySelector('.sc-now')";
    page.wait_until(&format!("{row}?.id.endsWith('.20')"));
    page.wait_until(&format!(
        "{row}.getBoundingClientRect().top > 0 && {row}.getBoundingClientRect().bottom < innerHeight"
    ));
    page.click("document.querySelector('a.sc-step')");
    page.wait_until(&format!("!{row}?.id.endsWith('.20')"));
    page.value("void history.back()");
    page.wait_until(&format!("{row}?.id.endsWith('.20')"));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_picture_above_the_text_goes_back_to_its_place() {
    for (width, height) in [(1440, 900), (375, 812)] {
        let mut page = Page::in_firefox();
        page.resize(width, height);
        page.open(&format!("{}/reset/write-after-close.html", origin()));
        picture_goes_back(page);
    }
}

/// Firefox gives controls a font and colours of its own where the page does not.
#[test]
fn controls_have_the_book_s_font_and_the_theme_s_colours() {
    for (address, place) in [
        (chapter_of(ID), ".scenario"),
        ("playground.html".to_owned(), ".pg"),
        ("messages.html".to_owned(), "main"),
        ("capture.html".to_owned(), "main"),
        ("introduction.html".to_owned(), "main"),
    ] {
        let mut page = open(&address);
        if place == ".scenario" {
            find(&mut page, ID);
        } else if place == ".pg" {
            page.wait_until("document.querySelector('.pg')");
        }
        let foreign = page.list(&format!(
            "(() => {{ const fonts = (it) => getComputedStyle(it).fontFamily; \
             const known = [fonts(document.body), fonts(document.querySelector('main code') ?? document.body)]; \
             return [...document.querySelectorAll('{place} :is(button, select, input, textarea)')].filter((it) => it.checkVisibility() && !it.closest('.buttons') && !known.some((font) => font === fonts(it))) \
             .map((it) => `${{it.tagName}} ${{it.textContent.slice(0, 20)}}: ${{fonts(it)}}`); }})()"
        ));
        assert_eq!(foreign, [""; 0], "{address}");
        for (theme, scheme) in
            [("light", "light"), ("rust", "normal"), ("coal", "dark"), ("navy", "dark"), ("ayu", "dark")]
        {
            page.value(&format!("document.getElementById('mdbook-theme-{theme}').click()"));
            let foreign = page.list(&format!(
                "[...document.querySelectorAll('{place} :is(select, input)')].filter((it) => it.checkVisibility() && getComputedStyle(it).colorScheme !== '{scheme}') \
                 .map((it) => `${{it.tagName}} ${{it.type}}: ${{getComputedStyle(it).colorScheme}}`)"
            ));
            assert_eq!(foreign, [""; 0], "{address} in {theme}");
        }
    }
}

/// What is bold in a listing or a picture has letters of its own, not the thin ones made thicker or left as they are.
#[test]
fn the_bold_letters_of_code_are_the_font_s_own() {
    let mut page = meet();
    assert_eq!(page.value("getComputedStyle(here.querySelector('.sc-call b')).fontWeight >= 600"), true);
    // Letters that come too late are given up for this visit (`font-display: optional`): the files are asked for here.
    let faces = page.list(
        "Promise.all([...document.styleSheets].flatMap((sheet) => [...sheet.cssRules].map((rule) => [sheet, rule])) \
         .filter(([, rule]) => rule instanceof CSSFontFaceRule && rule.style.getPropertyValue('font-family').includes('Source Code Pro')) \
         .map(async ([sheet, { style }]) => { const file = style.getPropertyValue('src').match(/url\\(\"?([^\")]+)/)[1]; \
         const face = await new FontFace('tried', `url(${new URL(file, sheet.href)})`).load(); \
         return `${style.getPropertyValue('font-weight')}: ${face.status}`; }))",
    );
    assert_eq!(faces, ["300 500: loaded", "600 800: loaded"]);
    assert_eq!(page.complaints(), [""; 0]);
}
