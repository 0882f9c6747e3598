//! The answer of a chapter is on its first screen, at a desk and on a telephone.

use serde_json::json;

use crate::book::{chapters, origin};
use crate::page::{Page, Scripts};

const PARTS: [&str; 5] = ["orderly/", "reset/", "silence/", "between/", "practice/"];
/// Pixels: width, height, and whether it is a telephone.
const SCREENS: [(u32, u32, bool); 2] = [(1440, 900, false), (375, 812, true)];
/// Chapters whose answer is not introduced by "in short": words of the answer.
const ANSWERS: [(&str, &str); 10] = [
    ("orderly/close-wait.html", "You do."),
    ("orderly/ports.html", "the server before it had set it too"),
    ("orderly/time-wait.html", "Nothing is broken."),
    ("orderly/what-close-does.html", "gives back a descriptor"),
    ("practice/from-alert-to-cause.html", "Go down this ladder"),
    ("practice/languages.html", "There are four things that a system call can say"),
    ("practice/the-post.html", "A FIN ends one of the two streams"),
    ("practice/tls.html", "Underneath nothing has changed."),
    ("silence/accept-queue.html", "the queue is full"),
    ("silence/cannot-connect.html", "Connection refused"),
];

/// What is wrong with the place of the words `WORDS`; without words, of what is introduced by "in short". Of a list that
/// stands behind its introduction the first item must be seen.
const ASTRAY: &str = r#"
(() => {
  const isAnswer = (text) => WORDS ? text.includes(WORDS) : /^(In short|The answer in short)/.test(text);
  const found = [...document.querySelectorAll('main :is(p, li, td, summary)')]
    .filter((element) => element.checkVisibility() && isAnswer(element.textContent.trim()));
  if (found.length === 0) return ['no answer'];
  const introduced = /:$/.test(found[0].textContent.trim()) && found[0].nextElementSibling?.querySelector('li');
  const { bottom } = (introduced || found[0]).getBoundingClientRect();
  return bottom > innerHeight ? [`the answer ends at ${Math.round(bottom)} of ${innerHeight}`] : [];
})()
"#;

#[test]
fn the_answer_is_on_the_first_screen() {
    let mut page = Page::new(Scripts::On);
    let mut wrong = Vec::new();
    let mut introduced = 0;
    for (width, height, mobile) in SCREENS {
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile });
        page.call("Emulation.setDeviceMetricsOverride", screen);
        for chapter in chapters().iter().filter(|chapter| PARTS.iter().any(|part| chapter.starts_with(part))) {
            page.open(&format!("{}/{chapter}", origin()));
            let words = ANSWERS.iter().find(|(answered, _)| answered == chapter).map(|(_, words)| *words);
            introduced += usize::from(words.is_none());
            let astray = ASTRAY.replace("WORDS", &json!(words).to_string());
            wrong.extend(page.list(&astray).iter().map(|what| format!("{chapter}, {width} by {height}: {what}")));
        }
    }
    assert!(introduced > 40, "{introduced} pages begin with their answer");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
