//! What each runtime prints, as one file beside the programs: a page fetches it when its reader asks for a runtime, so
//! that no page has it compiled in.
//!
//! A line is a message, its parts between tabs: the runtime's and the cause's place in their lists, how it is known, the
//! text. The file is read by the build that wrote it.

use std::cell::RefCell;

use scenario::messages::{Cause, Runtime};

/// A text that a runtime prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// Who prints it.
    pub runtime: Runtime,
    /// What it means.
    pub cause: Cause,
    /// How it is known, in words.
    pub known: String,
    /// The text.
    pub text: String,
}

thread_local! {
    static SPOKEN: RefCell<Vec<Spoken>> = const { RefCell::new(Vec::new()) };
}

/// The file.
#[cfg(not(target_arch = "wasm32"))]
pub fn written() -> String {
    let mut written = String::new();
    for message in scenario::messages::MESSAGES {
        let runtime = Runtime::ALL.iter().position(|runtime| *runtime == message.runtime);
        let cause = Cause::ALL.iter().position(|cause| *cause == message.cause);
        let (Some(runtime), Some(cause)) = (runtime, cause) else { unreachable!("both lists are whole") };
        let known = crate::texts::known(message.source);
        written.push_str(&format!("{runtime}\t{cause}\t{known}\t{}\n", message.text));
    }
    written
}

/// Reads the file. What cannot be read is left out.
pub fn read(file: &str) -> Vec<Spoken> {
    let message = |line: &str| {
        let mut parts = line.split('\t');
        let mut place = || parts.next()?.parse::<usize>().ok();
        let (runtime, cause) = (*Runtime::ALL.get(place()?)?, *Cause::ALL.get(place()?)?);
        let (known, text) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        Some(Spoken { runtime, cause, known, text })
    };
    file.lines().filter_map(message).collect()
}

/// Keeps what the page has fetched.
#[cfg(all(target_arch = "wasm32", feature = "live"))]
pub(crate) fn keep(file: &str) {
    SPOKEN.set(read(file));
}

/// Whether the page has fetched it.
#[cfg(all(target_arch = "wasm32", feature = "live"))]
pub(crate) fn is_here() -> bool {
    SPOKEN.with_borrow(|spoken| !spoken.is_empty())
}

/// What that runtime prints for that cause, if it is known and here.
pub(crate) fn message(runtime: Runtime, cause: Cause) -> Option<Spoken> {
    let is_it = |spoken: &&Spoken| spoken.runtime == runtime && spoken.cause == cause;
    SPOKEN.with_borrow(|spoken| spoken.iter().find(is_it).cloned())
}

#[cfg(test)]
mod tests {
    use scenario::messages::{MESSAGES, Source};

    use super::*;

    #[test]
    fn the_file_holds_every_message() {
        let read = read(&written());
        assert_eq!(read.len(), MESSAGES.len());
        for (spoken, message) in read.iter().zip(MESSAGES) {
            assert_eq!((spoken.runtime, spoken.cause), (message.runtime, message.cause));
            assert_eq!(spoken.text, message.text);
            let (Source::Run(known) | Source::Read(known)) = message.source;
            assert!(spoken.known.contains(known), "{spoken:?}");
        }
    }

    #[test]
    fn a_damaged_file_gives_what_can_be_read() {
        assert_eq!(read(""), []);
        assert_eq!(read("<html>not found</html>"), []);
        assert_eq!(read("99\t0\ta\tb\n0\t99\ta\tb\n0\t0\ta\n"), []);
        assert_eq!(read("0\t0\tseen\ttext\n0\t0\n").len(), 1);
    }
}
