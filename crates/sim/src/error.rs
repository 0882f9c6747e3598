use std::fmt;

use scenario::Host;

/// Why a run could not be carried to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The run has reached a bound of the simulator.
    Bound {
        /// What is bounded.
        what: &'static str,
        /// The bound.
        most: u64,
    },
    /// `link inject` needs a connection whose numbers it can take.
    NothingToForge {
        /// The statement's line.
        line: u32,
        /// The host that has had no connection yet.
        host: Host,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bound { what, most } => write!(f, "the run reached a bound: more than {most} {what}"),
            Self::NothingToForge { line, host } => {
                write!(
                    f,
                    "line {line}: {host} has had no connection yet, so there are no numbers to forge a segment with"
                )
            }
        }
    }
}

impl std::error::Error for Error {}
