use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a script could not be performed. An errno that a call gave is no error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Error {
    /// This machine allows none of the rungs that were asked for: for each, which step was refused and how.
    Refused(Vec<String>),
    /// The rung cannot perform this statement.
    Unperformed {
        /// The statement's line.
        line: u32,
        /// The statement as written.
        text: String,
        /// Why it cannot.
        why: String,
    },
    /// The link did not become quiet.
    Restless {
        /// How long the run waited, in seconds.
        waited_s: u64,
    },
    /// A process, a pipe or a file of the runner failed.
    Broken(String),
}

impl Error {
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn not_linux() -> Self {
        let system = std::env::consts::OS;
        Self::Refused(vec![format!("this is {system}: two hosts in one machine take Linux and its network namespaces")])
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn broken(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self::Broken(format!("{what}: {why}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reasons) => {
                f.write_str("this machine does not let the script be performed")?;
                reasons.iter().try_for_each(|reason| write!(f, "\n  {reason}"))
            }
            Self::Unperformed { line, text, why } => write!(f, "line {line}: `{text}` cannot be performed: {why}"),
            Self::Restless { waited_s } => write!(f, "the link did not become quiet within {waited_s} s"),
            Self::Broken(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Error {}
