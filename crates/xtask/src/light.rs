//! Styles and scripts of the built book without what is in them for people: comments and indentation. The sources keep
//! theirs.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

type Lighter = fn(&str) -> String;

/// What every page with a picture loads, and what runs the program for captures; below the book's folder.
const FILES: [(&str, &str, Lighter); 5] = [
    ("crates/mdbook-scenario", "loader-", js),
    ("crates/mdbook-scenario", "themes-", css),
    ("crates/player", "player-", css),
    ("theme", "drawn-", css),
    ("", "capture-worker.", js),
];

/// Makes the files of a built book lighter.
///
/// # Errors
/// One is not there, or cannot be read or written.
pub fn write(folder: &Path) -> Result<()> {
    for (below, name, lighter) in FILES {
        let below = folder.join(below);
        let mut found = 0;
        for entry in fs::read_dir(&below).with_context(|| format!("cannot read {}", below.display()))? {
            let path = entry?.path();
            if path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name)) {
                let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
                fs::write(&path, lighter(&text)).with_context(|| format!("cannot write {}", path.display()))?;
                found += 1;
            }
        }
        ensure!(found > 0, "no {name}* in {}: book.toml names it", below.display());
    }
    Ok(())
}

/// A script without comments that have lines of their own, and without indentation. None of its texts may have more than
/// one line.
pub fn js(js: &str) -> String {
    let mut is_comment = false;
    let mut shorter = String::with_capacity(js.len());
    for line in js.lines().map(str::trim) {
        is_comment |= line.starts_with("/*");
        if !is_comment && !line.is_empty() && !line.starts_with("//") {
            shorter.push_str(line);
            shorter.push('\n');
        }
        is_comment &= !line.ends_with("*/");
    }
    shorter
}

/// A style sheet without comments, and without space beside braces, colons, semicolons and commas where it means nothing:
/// before a colon it does (`a :hover`).
pub fn css(css: &str) -> String {
    let mut shorter = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(next) = rest.chars().next() {
        let piece = if rest.starts_with("/*") {
            let end = rest.find("*/").map_or(rest.len(), |end| end + 2);
            rest = &rest[end..];
            continue;
        } else if next == '"' {
            let end = rest[1..].find('"').map_or(rest.len(), |end| end + 2);
            &rest[..end]
        } else {
            &rest[..next.len_utf8()]
        };
        rest = &rest[piece.len()..];
        if !piece.chars().all(char::is_whitespace) {
            if shorter.ends_with(' ') && matches!(next, '{' | '}' | ';' | ',') {
                shorter.pop();
            }
            shorter.push_str(piece);
        } else if !shorter.is_empty() && !shorter.ends_with([' ', '{', '}', ';', ',', ':']) {
            shorter.push(' ');
        }
    }
    shorter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_script_only_comments_and_indentation_go() {
        let text = "/**\n * @param {string} a\n */\nexport function f(a) {\n    // why\n    return a; // so\n}\n";
        assert_eq!(js(text), "export function f(a) {\nreturn a; // so\n}\n");
        assert_eq!(js("/* one line */\nf();\n"), "f();\n");
    }

    #[test]
    fn of_a_style_sheet_what_means_something_stays() {
        assert_eq!(css("/* a; */ a :hover,\n  b > c {\n    color: red; /* so */\n}\n"), "a :hover,b > c{color:red;}");
        assert_eq!(css("a::before { content: \"a  {b: /* c */ \"; }"), "a::before{content:\"a  {b: /* c */ \";}");
        assert_eq!(css("a { width: calc(50% - .45rem); }"), "a{width:calc(50% - .45rem);}");
        assert_eq!(css("@media (a: 1) and (b) { .x .y { } }"), "@media (a:1) and (b){.x .y{}}");
    }

    #[test]
    fn no_text_of_a_script_has_more_than_one_line() {
        let loader = fs::read_to_string(crate::root().join("crates/mdbook-scenario/loader.js")).expect("it is there");
        let odd = loader.lines().find(|line| line.matches('`').count() % 2 == 1);
        assert_eq!(odd, None, "indentation in it would go");
    }
}
