//! `cargo xtask`: the tasks of this repository.

use std::process::ExitCode;

use anyhow::{Result, bail};
use xtask::{book, check, kernel_tests, kernels, linux, new_scenario, offline, scenarios, serve, social_card, speed};

const HELP: &str = "\
cargo xtask serve [--open] [--port N]   build the book, serve it at http://127.0.0.1:3000, build again at each change
cargo xtask build                       build the book into target/book
cargo xtask offline                     build it into one file, to be opened without a server
cargo xtask test                        every check there is, the browser's too
cargo xtask scenarios                   the book's scenarios, what acted in each and how it ends
cargo xtask kernels [VERSION…] [--keep] the scripts on other kernels, Debian's, in QEMU: 5.10, 6.1, 6.12, 6.18, the newest;
                                        --keep writes into the book's data what was seen, --only WORD takes some
cargo xtask kernel-tests [VERSION…]     the tests themselves on other kernels; --only WORD takes some
cargo xtask linux [--check]             make the Linux that a page runs anew; or perform every scenario on it, in Node
cargo xtask speed                       how long the book's scenarios take natively and as wasm, in one run
cargo xtask new ID                      a new script, with what the calls returned on this machine's kernel
cargo xtask card                        draw the picture that shared links show (book/card.png)
cargo xtask help                        this
";

fn main() -> ExitCode {
    // A run on the kernel starts this program again, as a host.
    native::enter();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match task(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn task(arguments: &[&str]) -> Result<ExitCode> {
    match arguments {
        ["serve", options @ ..] => serve::serve(serve::Options::read(options)?)?,
        ["build"] => book::build()?,
        ["offline"] => offline::make()?,
        ["test"] => return Ok(if check::test()? { ExitCode::SUCCESS } else { ExitCode::FAILURE }),
        ["scenarios"] => scenarios::list()?,
        ["speed"] => speed::compare()?,
        ["card"] => social_card::draw()?,
        ["linux"] => linux::make()?,
        ["linux", "--check"] => linux::check()?,
        ["kernel-tests", words @ ..] => kernel_tests::on_kernels(&kernels::Options::read(words)?)?,
        ["kernels", words @ ..] => kernels::kernels(&kernels::Options::read(words)?)?,
        ["new", id] => new_scenario::new(id)?,
        [] | ["help" | "--help" | "-h"] => print!("{HELP}"),
        _ => bail!("found `{}`, expected one of:\n{HELP}", arguments.join(" ")),
    }
    Ok(ExitCode::SUCCESS)
}
