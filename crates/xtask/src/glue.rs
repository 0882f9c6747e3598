//! Makes the glue between a program and the page shorter: what is in it for people, no browser needs.

use std::collections::HashMap;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Output;

use crate::light;

/// The glue's text, to be used instead of the one that `output` writes.
///
/// wasm-bindgen names what program and glue exchange by hashes, which no compression makes shorter: 16 letters, for
/// each of a hundred names, in two files. Here these names and its other ones are numbered. What else is for people goes, too ([`light::js`]).
///
/// # Errors
/// It is no JavaScript.
pub fn shorten(output: &mut Output) -> Result<String> {
    let mut names = HashMap::new();
    let mut shorter = |name: &mut String| {
        if is_internal(name) {
            let next = format!("_{}", names.len());
            *name = names.entry(std::mem::take(name)).or_insert(next).clone();
        }
    };
    let module = output.wasm_mut();
    module.imports.iter_mut().for_each(|import| shorter(&mut import.name));
    module.exports.iter_mut().for_each(|export| shorter(&mut export.name));
    let mut js = renamed(output.js(), &names);
    // Each import names the glue's file. There is no other, so that a letter is enough.
    for import in output.wasm_mut().imports.iter_mut() {
        let glue = std::mem::replace(&mut import.module, GLUE.to_owned());
        js = js.replace(&format!("\"{glue}\""), &format!("\"{GLUE}\""));
    }
    light::js(&with_short_texts(&js)).context("wasm-bindgen's glue cannot be made shorter")
}

/// The glue's name for the program.
const GLUE: &str = "_";

/// What a panic says of a value of JavaScript's is its trace, or its text. wasm-bindgen takes it apart, in fifty lines.
fn with_short_texts(js: &str) -> String {
    const HEAD: &str = "function debugString(val) {\n";
    let Some((before, rest)) = js.split_once(HEAD) else { return js.to_owned() };
    // Every bracket that a text in it opens, it closes.
    let mut open = 1;
    let end = rest.find(|letter| {
        open += i32::from(letter == '{') - i32::from(letter == '}');
        open == 0
    });
    let Some(end) = end else { return js.to_owned() };
    format!("{before}{HEAD}return String(val?.stack ?? val);\n{}", &rest[end..])
}

/// Names that program and glue have for each other alone: `__wbg_value_5f3c09a1e2b47d68`, `__wbindgen_malloc`,
/// `…closures_____invoke__h742136b0c54b78b4`.
fn is_internal(name: &str) -> bool {
    if ["__wbindgen_", "__externref_"].iter().any(|begin| name.starts_with(begin)) {
        return true;
    }
    let Some(at) = name.len().checked_sub(16) else { return false };
    name.is_char_boundary(at) && name[at..].bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// With other names where whole names are known.
fn renamed(js: &str, names: &HashMap<String, String>) -> String {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut written = String::with_capacity(js.len());
    let mut rest = js;
    while let Some(begin) = rest.find(is_of_name) {
        let (between, name) = rest.split_at(begin);
        let (name, behind) = name.split_at(name.find(|c| !is_of_name(c)).unwrap_or(name.len()));
        written.push_str(between);
        written.push_str(names.get(name).map_or(name, String::as_str));
        rest = behind;
    }
    written.push_str(rest);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_told_by_its_text() {
        let js =
            "let a;\nfunction debugString(val) {\nif (val) {\nreturn `${val}`;\n}\nreturn '{}';\n}\nfunction b() {}\n";
        let short = "let a;\nfunction debugString(val) {\nreturn String(val?.stack ?? val);\n}\nfunction b() {}\n";
        assert_eq!(with_short_texts(js), short);
        assert_eq!(with_short_texts("let a;\n"), "let a;\n");
    }

    #[test]
    fn names_are_changed_as_a_whole() {
        let names = HashMap::from([("__wbg_a_0123456789abcdef".to_owned(), "_0".to_owned())]);
        let js = "x.__wbg_a_0123456789abcdef(y__wbg_a_0123456789abcdef);";
        assert_eq!(renamed(js, &names), "x._0(y__wbg_a_0123456789abcdef);");
        assert!(is_internal("__wbg_a_0123456789abcdef") && is_internal("__wbindgen_malloc"));
        assert!(!is_internal("memory") && !is_internal("mount"));
    }
}
