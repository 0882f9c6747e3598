//! A link that holds a script: everything stands behind the `#`, which no browser sends to a server.
//!
//! `#v=1&id=linger-zero&step=3` names a scenario of the book; `#v=1&script=…&sum=…` carries the script itself, as
//! base64url (RFC 4648 §5), whose letters no messenger breaks. Parts that a reader does not know it ignores; what
//! would be misunderstood gets another version.

use std::fmt;

use catalogue::messages::Runtime;
use scenario::packed::{self, Unpacked};
use sim::Stack;

/// What a link holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What is performed.
    pub holds: Holds,
    /// The current step, from 0; `None` is the finished picture.
    pub step: Option<usize>,
    /// Which TCP performs it.
    pub stack: Stack,
    /// Whose messages stand beside the calls, if the reader chose.
    pub runtime: Option<Runtime>,
}

/// What a link has performed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A scenario of the book, by its id.
    Id(String),
    /// A script's text.
    Script(String),
}

/// Why a link cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damaged {
    /// It is longer than any that was made here; in characters.
    Long(usize),
    /// It is of another version.
    Version(String),
    /// It holds no script and names none.
    Empty,
    /// This part of it cannot be read.
    Part(&'static str),
    /// The script is not the one that was put in: something was lost or changed on the way.
    Sum,
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Long(length) => write!(f, "the link is {length} characters long, at most {LINK_MAX} can be read"),
            Self::Version(version) => {
                write!(
                    f,
                    "the link is of version `{version}`, this book reads version {VERSION}: a newer book may read it"
                )
            }
            Self::Empty => f.write_str("the link holds no script and names no scenario"),
            Self::Part(part) => write!(f, "the link's part `{part}` cannot be read: ask for the link again"),
            Self::Sum => f.write_str(
                "the script in the link is damaged, often because its end was cut off: ask for the link again",
            ),
        }
    }
}

impl std::error::Error for Damaged {}

const VERSION: &str = "1";
/// In characters; well below what browsers and messengers take.
pub const LINK_MAX: usize = 24_000;
/// A scenario's id is not longer, in bytes.
const ID_MAX: usize = 64;
/// How much of a foreign version is repeated, in characters.
const SHOWN_MAX: usize = 12;

impl Link {
    /// The link's part behind the `#`.
    ///
    /// # Errors
    /// The script is too long for a link.
    pub fn encode(&self) -> Result<String, Damaged> {
        let mut link = format!("v={VERSION}");
        if let Some(step) = self.step {
            link.push_str(&format!("&step={step}"));
        }
        if self.stack == Stack::Bare {
            link.push_str("&rules=bare");
        }
        if let Some(runtime) = self.runtime {
            link.push_str("&runtime=");
            link.extend(slug(runtime));
        }
        match &self.holds {
            Holds::Id(id) => link.push_str(&format!("&id={id}")),
            Holds::Script(script) => {
                link.push('&');
                link.push_str(&packed::pack(script));
            }
        }
        if link.len() > LINK_MAX { Err(Damaged::Long(link.len())) } else { Ok(link) }
    }

    /// Reads what stands behind the `#`. Nothing that it gives back is more than text.
    ///
    /// # Errors
    /// The link cannot be used.
    pub fn decode(fragment: &str) -> Result<Self, Damaged> {
        if fragment.len() > LINK_MAX {
            return Err(Damaged::Long(fragment.chars().count()));
        }
        let part = |name: &str| {
            fragment
                .split('&')
                .filter_map(|part| part.split_once('='))
                .find(|(known, _)| *known == name)
                .map(|(_, it)| it)
        };
        match part("v") {
            Some(VERSION) => {}
            Some(other) => return Err(Damaged::Version(other.chars().take(SHOWN_MAX).collect())),
            None => return Err(Damaged::Empty),
        }
        let holds = match (part("script"), part("id")) {
            (Some(script), _) => {
                let script = packed::unpack(script, part("sum").unwrap_or_default());
                Holds::Script(script.map_err(|unpacked| match unpacked {
                    Unpacked::Letters => Damaged::Part("script"),
                    Unpacked::Sum => Damaged::Sum,
                })?)
            }
            (None, Some(id)) => {
                let is_id = !id.is_empty()
                    && id.len() <= ID_MAX
                    && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
                if is_id { Holds::Id(id.to_owned()) } else { return Err(Damaged::Part("id")) }
            }
            (None, None) => return Err(Damaged::Empty),
        };
        let step = part("step").map(|step| step.parse().map_err(|_| Damaged::Part("step"))).transpose()?;
        let stack = match part("rules") {
            None | Some("linux") => Stack::Linux,
            Some("bare") => Stack::Bare,
            Some(_) => return Err(Damaged::Part("rules")),
        };
        // A runtime that this book does not know is no reason to refuse the script.
        let runtime =
            part("runtime").and_then(|name| Runtime::ALL.into_iter().find(|runtime| slug(*runtime).eq(name.chars())));
        Ok(Self { holds, step, stack, runtime })
    }
}

/// A runtime's name with nothing in it that a link would have to escape: `java-socket-jdk-17` without its hyphens.
fn slug(runtime: Runtime) -> impl Iterator<Item = char> {
    runtime.name().chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use catalogue::CATALOGUE;

    use super::*;

    fn link(holds: Holds) -> Link {
        Link { holds, step: None, stack: Stack::Linux, runtime: None }
    }

    #[test]
    fn a_link_reads_back_as_it_was_made() {
        for entry in CATALOGUE {
            for holds in [Holds::Id(entry.id.to_owned()), Holds::Script(entry.text.to_owned())] {
                let link =
                    Link { step: Some(7), stack: Stack::Bare, runtime: Some(Runtime::JavaSocket17), ..link(holds) };
                let fragment = link.encode().expect("the book's scripts are short");
                assert!(fragment.len() < 4000, "{}: {} characters", entry.id, fragment.len());
                assert_eq!(Link::decode(&fragment), Ok(link));
                let safe = |c: char| c.is_ascii_alphanumeric() || "-_=&".contains(c);
                assert!(fragment.chars().all(safe), "nothing in it has to be escaped: {fragment}");
            }
        }
        for runtime in Runtime::ALL {
            let link = Link { runtime: Some(runtime), ..link(Holds::Id("a".to_owned())) };
            assert_eq!(Link::decode(&link.encode().expect("it is short")), Ok(link), "runtimes are told apart");
        }
    }

    #[test]
    fn a_link_that_lost_its_end_says_so() {
        let whole = link(Holds::Script("# Title\nserver listen() = 0\n".to_owned())).encode().expect("it is short");
        for end in 0..whole.len() {
            assert!(Link::decode(&whole[..end]).is_err(), "{}", &whole[..end]);
        }
        let changed = whole.replacen("script=I", "script=J", 1);
        assert_eq!(Link::decode(&changed), Err(Damaged::Sum));
    }

    #[test]
    fn a_hostile_link_gives_a_message_or_plain_text() {
        let long = format!("v=1&script={}", "A".repeat(LINK_MAX));
        for (fragment, damaged) in [
            ("", Damaged::Empty),
            ("v=1", Damaged::Empty),
            ("v=2&id=linger-zero", Damaged::Version("2".to_owned())),
            ("v=<script>alert(1)</script>", Damaged::Version("<script>aler".to_owned())),
            ("v=1&id=../../secret", Damaged::Part("id")),
            ("v=1&id=<img src=x onerror=alert(1)>", Damaged::Part("id")),
            ("v=1&id=a&step=-1", Damaged::Part("step")),
            ("v=1&id=a&step=99999999999999999999999", Damaged::Part("step")),
            ("v=1&id=a&rules=none", Damaged::Part("rules")),
            ("v=1&script=<b>", Damaged::Part("script")),
            ("v=1&script=_w&sum=00000000", Damaged::Sum),
            (long.as_str(), Damaged::Long(long.len())),
            ("v=1&script=%FF%00", Damaged::Part("script")),
        ] {
            assert_eq!(Link::decode(fragment), Err(damaged), "{fragment:.60}");
        }
        let too_long = link(Holds::Script("#".repeat(LINK_MAX)));
        assert!(matches!(too_long.encode(), Err(Damaged::Long(_))));
    }
}
