//! The last things tried, as the page's own storage keeps them: texts, the newest first.

/// So many are kept.
const KEPT_MAX: usize = 10;
/// What is longer is not kept, in bytes.
const TEXT_MAX: usize = 20_000;
/// Stands between two texts (Unicode's record separator).
const BETWEEN: char = '\u{1e}';

/// The scripts that a reader has changed or written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recent(Vec<String>);

impl Recent {
    /// Reads what [`Recent::written`] wrote; nothing in it can be wrong.
    pub fn read(stored: &str) -> Self {
        Self(stored.split(BETWEEN).filter(|text| !text.trim().is_empty()).take(KEPT_MAX).map(str::to_owned).collect())
    }

    /// One text for the storage.
    pub fn written(&self) -> String {
        self.0.join(&BETWEEN.to_string())
    }

    /// All, the newest first.
    pub fn texts(&self) -> &[String] {
        &self.0
    }

    /// Remembers a text. `before` is the same thing as it was before the last change: it is replaced.
    pub fn remember(&mut self, text: &str, before: Option<&str>) {
        let text = text.replace(BETWEEN, " ");
        self.0.retain(|known| *known != text && Some(known.as_str()) != before);
        if !text.trim().is_empty() && text.len() <= TEXT_MAX {
            self.0.insert(0, text);
        }
        self.0.truncate(KEPT_MAX);
    }
}

/// What a text is called: its first comment's words, or its first statement.
pub fn title(text: &str) -> String {
    const TITLE_MAX: usize = 60;
    let first = text.lines().map(|line| line.trim_start_matches(['#', ' '])).find(|line| !line.is_empty());
    first.unwrap_or("…").chars().take(TITLE_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_tried_comes_back_the_newest_first() {
        let mut recent = Recent::default();
        recent.remember("# a\n", None);
        recent.remember("# b\n", None);
        recent.remember("# b2\n", Some("# b\n"));
        assert_eq!(recent.texts(), ["# b2\n", "# a\n"]);
        recent.remember("# a\n", None);
        assert_eq!(recent.texts(), ["# a\n", "# b2\n"], "once each");
        assert_eq!(Recent::read(&recent.written()), recent);
        assert_eq!(Recent::read(""), Recent::default());
    }

    #[test]
    fn it_is_bounded_and_keeps_its_texts_apart() {
        let mut recent = Recent::default();
        for number in 0..99 {
            recent.remember(&format!("# {number}\u{1e}\n"), None);
        }
        recent.remember(&"x".repeat(TEXT_MAX + 1), None);
        recent.remember(" \n", None);
        assert_eq!(recent.texts().len(), KEPT_MAX);
        assert_eq!(recent.texts()[0], "# 98 \n");
        assert_eq!(Recent::read(&"\u{1e}a".repeat(99)).texts().len(), KEPT_MAX);
    }

    #[test]
    fn a_title_is_the_first_thing_said() {
        assert_eq!(title("\n# What if?\nserver listen()\n"), "What if?");
        assert_eq!(title("server listen()\n"), "server listen()");
        assert_eq!(title(""), "…");
    }
}
