//! Turns the book's table of lines (`book/data/messages.json`) into the form that the program has inside.

// Half of the table's type is for readers of the library alone.
#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/text/table.rs"]
mod table;

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let file = PathBuf::from("../../book/data/messages.json");
    println!("cargo:rerun-if-changed={}", file.display());
    println!("cargo:rerun-if-changed=src/text/table.rs");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let table: table::Table = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let packed = postcard::to_allocvec(&table).expect("a table of texts can be packed");
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names the folder"));
    fs::write(folder.join("messages.postcard"), packed).expect("cargo's folder can be written");
}
