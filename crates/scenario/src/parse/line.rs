use std::fmt::Display;

use super::{Result, ScriptError};

/// A line of a script, cut into words and signs.
pub(super) struct Line<'a> {
    pub(super) number: u32,
    /// The statement as written: without comment, without white space around it.
    pub(super) text: &'a str,
    /// What stands behind `#`, without white space around it.
    pub(super) comment: Option<&'a str>,
    tokens: Vec<(u32, Token<'a>)>,
    /// The column behind the statement.
    end: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Letters, digits and whatever is no sign: `client`, `40ms`, `IN|OUT`, `R.`, `+100`.
    Word(&'a str),
    /// What stands between quotes.
    Text(&'a str),
    /// One of `(),=&`.
    Sign(char),
}

const fn is_sign(letter: char) -> bool {
    matches!(letter, '(' | ')' | ',' | '=' | '&')
}

impl<'a> Line<'a> {
    /// Cuts a line. `tokens` is room for its tokens, kept from line to line: see [`Self::into_room`].
    pub(super) fn cut(number: u32, raw: &'a str, mut tokens: Vec<(u32, Token<'a>)>) -> Result<Self> {
        tokens.clear();
        // Counting letters is slow, and a script is ASCII but for its comments.
        let is_ascii = raw.is_ascii();
        let column_of = |rest: &str| {
            let before = &raw[..raw.len() - rest.len()];
            let letters = if is_ascii { before.len() } else { before.chars().count() };
            u32::try_from(letters).unwrap_or(u32::MAX - 1) + 1
        };
        let (mut rest, mut comment) = (raw, None);
        // From the first token on, and behind the last one.
        let (mut from_first, mut behind_last) = (None, raw);
        loop {
            rest = without_space_before(rest);
            let column = column_of(rest);
            let wrong = |found: &str, right: &str| {
                let (found, right) = (found.to_owned(), right.to_owned());
                Err(Box::new(ScriptError { line: number, column, found, right }))
            };
            // No sign, quote or comment begins with a byte that is not ASCII.
            let Some(&first) = rest.as_bytes().first() else { break };
            if first == b'#' {
                comment = Some(rest[1..].trim());
                break;
            }
            // As other languages have it.
            if rest.starts_with("//") {
                return wrong("found `//`", "`#` begins a comment");
            }
            if first == b'\'' {
                return wrong("found `'`", "text stands between double quotes: `write(\"hello\")`");
            }
            from_first.get_or_insert(rest);
            let token = if is_sign(char::from(first)) {
                rest = &rest[1..];
                Token::Sign(char::from(first))
            } else if first == b'"' {
                let Some(length) = rest[1..].find('"') else {
                    return wrong("a quote that never ends", "a second `\"` closes it on the same line");
                };
                let text = &rest[1..=length];
                rest = &rest[length + 2..];
                Token::Text(text)
            } else {
                let length = word_length(rest);
                let word = &rest[..length];
                rest = &rest[length..];
                Token::Word(word)
            };
            behind_last = rest;
            tokens.push((column, token));
        }
        let text = from_first.map_or("", |text| &text[..text.len() - behind_last.len()]);
        Ok(Self { number, text, comment, tokens, end: column_of(behind_last) })
    }

    /// Room for the tokens of the next line.
    pub(super) fn into_room(self) -> Vec<(u32, Token<'a>)> {
        self.tokens
    }

    /// Whether there is no statement.
    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// A reader at the line's beginning.
    pub(super) fn reader(&self) -> Reader<'a, '_> {
        Reader { line: self, next: 0 }
    }
}

/// The text from its first letter on that is no white space.
pub(super) fn without_space_before(text: &str) -> &str {
    // It is spaces, or none at all: they are seen faster than all of Unicode's.
    let mut rest = text;
    while let Some(b' ') = rest.as_bytes().first() {
        rest = &rest[1..];
    }
    match rest.as_bytes().first() {
        Some(byte) if !byte.is_ascii_graphic() => rest.trim_start(),
        _ => rest,
    }
}

/// The bytes of the word at the beginning: up to white space, a sign, a quote or a comment.
fn word_length(text: &str) -> usize {
    // Most words are ASCII to their end, and bytes are looked through faster than letters.
    let ends_ascii = |byte: u8| !byte.is_ascii() || ends_word(char::from(byte));
    let ascii = text.bytes().position(ends_ascii).unwrap_or(text.len());
    let rest = &text[ascii..];
    if rest.as_bytes().first().is_none_or(u8::is_ascii) {
        ascii
    } else {
        ascii + rest.find(ends_word).unwrap_or(rest.len())
    }
}

const fn ends_word(letter: char) -> bool {
    is_sign(letter) || letter == '#' || letter == '"' || letter.is_whitespace()
}

/// Goes through a line's tokens, and says what it wanted where it finds something else.
pub(super) struct Reader<'a, 'l> {
    line: &'l Line<'a>,
    next: usize,
}

impl<'a> Reader<'a, '_> {
    pub(super) const fn line(&self) -> u32 {
        self.line.number
    }

    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.line.tokens.get(self.next).map(|(_, token)| *token)
    }

    /// The next word, whatever it is; `right` says what would be right where there is none.
    pub(super) fn word(&mut self, right: &str) -> Result<(u32, &'a str)> {
        self.next_word().ok_or_else(|| self.unexpected(right))
    }

    /// The next word, if one comes next, and its column.
    pub(super) fn next_word(&mut self) -> Option<(u32, &'a str)> {
        match self.line.tokens.get(self.next) {
            Some(&(column, Token::Word(word))) => {
                self.next += 1;
                Some((column, word))
            }
            _ => None,
        }
    }

    /// The next text between quotes, if one comes next.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        match self.peek() {
            Some(Token::Text(text)) => {
                self.next += 1;
                Some(text)
            }
            _ => None,
        }
    }

    /// Whether this sign came next; then it is behind us.
    pub(super) fn sign(&mut self, sign: char) -> bool {
        let found = self.peek() == Some(Token::Sign(sign));
        self.next += usize::from(found);
        found
    }

    /// Whether this word came next; then it is behind us.
    pub(super) fn keyword(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(Token::Word(word));
        self.next += usize::from(found);
        found
    }

    pub(super) fn expect_sign(&mut self, sign: char, right: &str) -> Result<()> {
        if self.sign(sign) { Ok(()) } else { Err(self.unexpected(right)) }
    }

    pub(super) fn expect_end(&self, right: &str) -> Result<()> {
        if self.peek().is_none() { Ok(()) } else { Err(self.unexpected(right)) }
    }

    /// The column of what comes next.
    pub(super) fn column(&self) -> u32 {
        self.line.tokens.get(self.next).map_or(self.line.end, |(column, _)| *column)
    }

    /// What comes next is not what would be right.
    pub(super) fn unexpected(&self, right: impl Display) -> Box<ScriptError> {
        self.instead_of(&right)
    }

    fn instead_of(&self, right: &dyn Display) -> Box<ScriptError> {
        let found = match self.peek() {
            None => "the line ends here".to_owned(),
            Some(Token::Word(word)) => format!("found `{word}`"),
            Some(Token::Text(text)) => format!("found \"{text}\""),
            Some(Token::Sign(sign)) => format!("found `{sign}`"),
        };
        self.wrong(self.column(), &found, right)
    }

    pub(super) fn error(&self, column: u32, found: impl Display, right: impl Display) -> Box<ScriptError> {
        self.wrong(column, &found, &right)
    }

    fn wrong(&self, column: u32, found: &dyn Display, right: &dyn Display) -> Box<ScriptError> {
        Box::new(ScriptError { line: self.line.number, column, found: found.to_string(), right: right.to_string() })
    }
}

/// What would be right in place of a word that nobody knows: its likeliest meaning, or all there is.
pub(super) fn one_of(word: &str, known: &[&str]) -> String {
    match known.iter().min_by_key(|candidate| distance(word, candidate)) {
        Some(nearest) if distance(word, nearest) * 2 <= nearest.chars().count() => format!("did you mean `{nearest}`?"),
        _ => {
            let (last, others) = known.split_last().expect("there is always something to choose from");
            if others.is_empty() {
                format!("`{last}` is known")
            } else {
                format!("known are {} and {last}", others.join(", "))
            }
        }
    }
}

/// Levenshtein's distance: how many letters must be put in, left out or changed, upper and lower case alike. `strsim` has
/// it with more code, for any kind of item, and this is part of every page's program.
fn distance(word: &str, other: &str) -> usize {
    let other: Vec<char> = other.to_ascii_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in word.to_ascii_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}
