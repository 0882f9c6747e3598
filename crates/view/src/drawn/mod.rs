//! What other pictures than the ladder show of a run: pure functions of its layout and a row.
//!
//! - [`buffers`]: where a connection's bytes are: send buffers, wire, receive buffers
//! - [`queues`]: the two queues of a listener
//! - [`chain`]: how long each end of a run's connections waits, and which closes first
//! - [`clock`]: what one host sends again while it waits, and what ends the waiting
//! - [`flows`]: the table of a box that forgets
//! - [`texts`]: each of them in words

pub mod buffers;
pub mod chain;
pub mod clock;
pub mod flows;
pub mod queues;
pub mod texts;

#[cfg(test)]
pub(crate) mod tests {
    use scenario::Script;

    use crate::layout::Layout;
    use crate::step::Step;

    /// The layout of a scenario of the book.
    pub(crate) fn layout(id: &str) -> Layout {
        let entry = catalogue::scenario(id).unwrap_or_else(|| panic!("{id} is not in the book"));
        let script = Script::parse(entry.text).expect("it is a script");
        Layout::of(&script, &sim::run(id, &script, sim::Stack::Linux).expect("it runs"))
    }

    /// The row of a step.
    pub(crate) fn row(layout: &Layout, step: &str) -> usize {
        Step::parse(step).and_then(|step| step.find(layout)).unwrap_or_else(|error| panic!("{step}: {error}"))
    }
}
