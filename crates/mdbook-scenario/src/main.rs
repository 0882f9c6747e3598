//! The preprocessor as a program, for plain `mdbook build`: the book as JSON on stdin, and again on stdout.

use std::io::{self, Write};
use std::process::ExitCode;

use mdbook_preprocessor::errors::Result;
use mdbook_preprocessor::{Preprocessor, parse_input};
use mdbook_scenario::ScenarioPreprocessor;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => run(),
        ["supports", renderer] => {
            return match ScenarioPreprocessor.supports_renderer(renderer) {
                Ok(true) => ExitCode::SUCCESS,
                _ => ExitCode::FAILURE,
            };
        }
        _ => {
            eprintln!("usage: mdbook-scenario [supports RENDERER], otherwise mdBook's JSON on stdin");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let (context, book) = parse_input(io::stdin().lock())?;
    let book = ScenarioPreprocessor.run(&context, book)?;
    io::stdout().write_all(&serde_json::to_vec(&book)?)?;
    Ok(())
}
