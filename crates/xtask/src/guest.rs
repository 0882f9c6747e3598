//! The first process of a machine (`crates/guest`): built, put into an initramfs, and what it answers.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::{cargo, program, root, run};

/// The machines that it is built for: those of [`crate::kernels`], and the one in the book's pages. Static, with musl.
pub const MACHINES: [&str; 2] = [AMD64, I686];
/// A PC of today.
pub const AMD64: &str = "x86_64-unknown-linux-musl";
/// One of 32 bits, whose time and lengths are of other types.
pub const I686: &str = "i686-unknown-linux-musl";

/// Builds it for a target, static, and gives its file.
///
/// # Errors
/// It does not build, or the target cannot be had.
pub fn build(target: &str) -> Result<PathBuf> {
    program::ensure_target(target)?;
    run(cargo().args(["build", "--quiet", "--profile", "guest", "--package", "guest", "--target", target]))?;
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(root().join(folder).join(target).join("guest/guest"))
}

/// A file system in memory, as a kernel unpacks it: cpio's format newc. Root's, and of no time.
#[derive(Clone, Debug, Default)]
pub struct Initramfs {
    bytes: Vec<u8>,
    entries: u32,
    /// Those of [`Initramfs::copy`].
    folders: BTreeSet<String>,
}

impl Initramfs {
    /// One with the program as `/init`, and a console for its messages.
    pub fn with_init(program: &[u8]) -> Self {
        let mut initramfs = Self::default();
        initramfs.folder("dev");
        // A character device, 5:1.
        initramfs.put("dev/console", 0o020_600, &[], [5, 1]);
        initramfs.put("init", 0o100_755, program, [0, 0]);
        initramfs
    }

    /// Adds a file at an absolute path, and the folders above it that are not there.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn copy(&mut self, file: &Path, at: &Path) -> Result<()> {
        let content = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = |path: &Path| path.to_string_lossy().trim_start_matches('/').to_owned();
        let mut above: Vec<String> = at.ancestors().skip(1).map(name).filter(|name| !name.is_empty()).collect();
        above.reverse();
        for folder in above {
            if self.folders.insert(folder.clone()) {
                self.folder(&folder);
            }
        }
        self.put(&name(at), 0o100_755, &content, [0, 0]);
        Ok(())
    }

    /// Adds all that another one has. A file that both have is the other one's.
    pub fn append(&mut self, other: &Self) {
        self.bytes.extend(&other.bytes);
        self.entries += other.entries;
    }

    /// Adds a folder; the one above it must be there.
    pub fn folder(&mut self, name: &str) {
        self.put(name, 0o040_755, &[], [0, 0]);
    }

    /// Adds a file; its folder must be there.
    pub fn file(&mut self, name: &str, content: &[u8]) {
        self.put(name, 0o100_644, content, [0, 0]);
    }

    fn put(&mut self, name: &str, mode: u32, content: &[u8], device: [u32; 2]) {
        self.entries += 1;
        let length = u32::try_from(content.len()).expect("a file of an initramfs is below 4 GiB");
        let name_length = u32::try_from(name.len() + 1).expect("a name is short");
        let links = if mode & 0o040_000 == 0 { 1 } else { 2 };
        let [major, minor] = device;
        let fields = [self.entries, mode, 0, 0, links, 0, length, 0, 0, major, minor, name_length, 0];
        self.bytes.extend(b"070701");
        for field in fields {
            self.bytes.extend(format!("{field:08X}").bytes());
        }
        self.bytes.extend(name.bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend(content);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    /// The archive.
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.put("TRAILER!!!", 0, &[], [0, 0]);
        self.bytes
    }
}

/// What came of a script: what the program `native` gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The script's id.
    pub id: String,
    /// 0 if it went as it should; of a program its exit code.
    pub code: u8,
    /// The trace as JSON; empty if there is none.
    pub trace: String,
    /// The runner's notes.
    pub notes: String,
    /// How long it took by the machine's clock, in microseconds.
    pub took_us: u64,
}

/// Reads everything that a machine has said by its line.
///
/// # Errors
/// It ends in the middle of an answer, or is something else.
pub fn answers(mut said: &[u8]) -> Result<Vec<Answer>> {
    const READY: &[u8] = b"\x02ready\n";
    let start = said.windows(READY.len()).position(|window| window == READY).context("the machine was never ready")?;
    said = &said[start + READY.len()..];
    let mut answers = Vec::new();
    while let Some((mark, rest)) = said.split_first() {
        let end = rest.iter().position(|byte| *byte == b'\n').context("an answer has no first line")?;
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        let words: Vec<&str> = head.split(' ').collect();
        let (2, [id, code, trace, notes, took_us]) = (*mark, &words[..]) else {
            bail!("found `{head}`, expected `ID CODE TRACE NOTES MICROSECONDS`");
        };
        let [trace, notes]: [usize; 2] = [trace.parse()?, notes.parse()?];
        let rest = &rest[end + 1..];
        ensure!(rest.len() >= trace + notes, "the answer to {id} ends in its middle");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (trace, notes) = (text(&rest[..trace]), text(&rest[trace..trace + notes]));
        said = &rest[trace.len() + notes.len()..];
        answers.push(Answer { id: (*id).to_owned(), code: code.parse()?, trace, notes, took_us: took_us.parse()? });
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_cpio_s_format_newc() {
        let mut initramfs = Initramfs::with_init(b"abc");
        initramfs.folder("scripts");
        initramfs.file("scripts/a.tcp", b"# T\n");
        let bytes = initramfs.into_bytes();
        let text = String::from_utf8(bytes).expect("these contents are text");
        assert_eq!(text.len() % 4, 0);
        assert!(text.starts_with("07070100000001000041ED"), "a folder, 0755: {text}");
        assert!(text.contains("dev/console\0"));
        assert!(text.contains("init\0\0abc\x00070701"), "padded to four bytes: {text:?}");
        assert!(text.ends_with("TRAILER!!!\0\0\0\0"), "{text:?}");
    }

    #[test]
    fn answers_are_read_and_half_ones_are_not() {
        let said = b"noise\x02ready\n\x02a 0 2 3 17\n{}ab\n\x02b 2 0 4 5\nwhy\n";
        let expected =
            [("a", 0, "{}", "ab\n", 17), ("b", 2, "", "why\n", 5)].map(|(id, code, trace, notes, took_us)| Answer {
                id: id.to_owned(),
                code,
                trace: trace.to_owned(),
                notes: notes.to_owned(),
                took_us,
            });
        assert_eq!(answers(said).expect("two answers"), expected);
        assert!(answers(&said[..said.len() - 1]).is_err());
        assert!(answers(b"Kernel panic").is_err());
        assert!(answers(b"\x02ready\nKernel panic\n").is_err());
    }
}
