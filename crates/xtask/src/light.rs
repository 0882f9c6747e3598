//! Styles and scripts of the built book without what is in them for people: comments, indentation, and the names of what
//! is local. The sources keep theirs.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use oxc::allocator::Allocator;
use oxc::codegen::{Codegen, CodegenOptions, CommentOptions};
use oxc::mangler::MangleOptions;
use oxc::minifier::{CompressOptions, Minifier, MinifierOptions};
use oxc::parser::Parser;
use oxc::span::SourceType;

type Lighter = fn(&str) -> Result<String>;

/// What every page with a picture loads, and what answers to texts and captures; below the book's folder.
const FILES: [(&str, &str, Lighter); 7] = [
    ("crates/mdbook-scenario", "loader-", js),
    ("crates/mdbook-scenario", "themes-", of_style),
    ("crates/player", "player-", of_style),
    ("theme", "drawn-", of_style),
    ("", "capture-worker.js", js),
    ("", "capture.js", js),
    ("", "messages.js", js),
];

fn of_style(text: &str) -> Result<String> {
    Ok(css(text))
}

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
                let shorter = lighter(&text).with_context(|| path.display().to_string())?;
                fs::write(&path, shorter).with_context(|| format!("cannot write {}", path.display()))?;
                found += 1;
            }
        }
        ensure!(found > 0, "no {name}* in {}: book.toml names it", below.display());
    }
    Ok(())
}

/// A script, or a module, that does the same and says it shorter.
///
/// # Errors
/// It is no JavaScript.
pub fn js(js: &str) -> Result<String> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, js, SourceType::unambiguous()).parse();
    ensure!(parsed.diagnostics.is_empty(), "it is no JavaScript: {}", parsed.diagnostics[0]);
    let mut program = parsed.program;
    let options = MinifierOptions {
        mangle: Some(MangleOptions::default()),
        compress: Some(CompressOptions::smallest()),
        ..MinifierOptions::default()
    };
    let shorter = Minifier::new(options).minify(&allocator, &mut program);
    let options = CodegenOptions { minify: true, comments: CommentOptions::disabled(), ..CodegenOptions::default() };
    Ok(Codegen::new().with_options(options).with_scoping(shorter.scoping).build(&program).code.to_string())
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
    fn a_script_says_the_same_shorter() {
        let module = "/** A. */\nexport function first(argument) {\n    // why\n    return argument + 1;\n}\n";
        assert_eq!(js(module).expect("it is a module"), "export function first(e){return e+1}");
        let script = "const shared = 1;\nshow(shared);\n";
        assert_eq!(js(script).expect("it is a script"), "const shared=1;show(1);", "other scripts may know it");
        let error = js("return return").expect_err("it is nothing").to_string();
        assert!(error.starts_with("it is no JavaScript: "), "{error}");
    }

    #[test]
    fn of_a_style_sheet_what_means_something_stays() {
        assert_eq!(css("/* a; */ a :hover,\n  b > c {\n    color: red; /* so */\n}\n"), "a :hover,b > c{color:red;}");
        assert_eq!(css("a::before { content: \"a  {b: /* c */ \"; }"), "a::before{content:\"a  {b: /* c */ \";}");
        assert_eq!(css("a { width: calc(50% - .45rem); }"), "a{width:calc(50% - .45rem);}");
        assert_eq!(css("@media (a: 1) and (b) { .x .y { } }"), "@media (a:1) and (b){.x .y{}}");
    }
}
