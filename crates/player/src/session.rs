//! What one picture's reader has done: script, run, step, changes, predictions. Each act gives another session.
//!
//! A script is performed here, once for each change, and nowhere while anything is drawn.

use std::rc::Rc;

use sim::Stack;
use view::change::{Change, Changed, change, tries};
use view::compare::Difference;
use view::predict::Quiz;

use crate::history::{History, Way};
use crate::run::{NoRun, Run};
use crate::state::{Action, Player};

/// A reader's state.
#[derive(Clone, Debug)]
pub struct Session {
    /// The run of the script as the book has it.
    pub book: Rc<Run>,
    /// The last run; of an older script if the one in the editor cannot run.
    pub run: Rc<Run>,
    /// Which TCP performs scripts.
    pub stack: Stack,
    /// The script as it stands in the editor.
    pub text: String,
    /// What is wrong with it.
    pub wrong: Option<NoRun>,
    /// What the run has otherwise than the book's, if the script is another.
    pub differs: Option<Rc<Difference>>,
    /// The step, and whether it goes on by itself.
    pub player: Player,
    /// So many rows of the book's run the reader has seen before: none of them is asked for.
    pub seen: usize,
    /// How often the reader, or the clock that the reader started, has asked for a step: the page follows then alone.
    pub asked: u32,
    /// How often another script was put there: a field in which someone writes may be ahead of what was drawn last.
    pub edition: u32,
    /// What is open at the current row.
    pub open: Option<Tools>,
    /// While the reader predicts.
    pub quiz: Option<Quiz>,
    /// The run without Linux's rules, if the reader wants to see it beside the other.
    pub bare: Option<Rc<Run>>,
    history: History,
}

/// What is open at a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tools {
    /// What can be done to it.
    Row,
    /// What can be put in behind it.
    Palette,
}

/// What a reader does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Another script takes the place of the book's.
    Begin {
        /// The script.
        text: String,
        /// The step at which it stands.
        step: Option<usize>,
        /// Which TCP performs it.
        stack: Stack,
    },
    /// It plays by itself, from this step.
    Show(usize),
    /// The reader, or the clock, asks for a step.
    Step(Action),
    /// The reader points at a row, and wants these tools there.
    Pick(usize, Tools),
    /// A sentence of the chapter leads to a row. It has told already what would be asked.
    Follow(usize),
    /// The reader wants tools at the current row, or none.
    Open(Option<Tools>),
    /// The reader changes the script at the current row.
    Change(Change),
    /// The reader has moved the end of an arrow: its row, and by how many milliseconds.
    Delay(usize, u32),
    /// The reader typed: the script as it is now.
    Type(String),
    /// Another script, by a click.
    Put(String),
    /// What the script proposes: an index.
    Try(usize),
    /// To the next row that differs from the book's run.
    ShowDifference,
    /// The last change is taken back, or brought again.
    Go(Way),
    /// All changes are taken back.
    Original,
    /// Another TCP.
    Stack(Stack),
    /// Without Linux's rules beside it, or no longer.
    Compare,
    /// The reader wants to predict, or no longer.
    Predict,
    /// The reader's prediction: the index of a choice.
    Answer(usize),
    /// To the next question, or to the end.
    Next,
}

impl Session {
    /// The run of a script, whole. One that cannot run shows nothing, and says why.
    pub fn new(text: &str) -> Self {
        let (run, wrong) = match Run::of(text, Stack::Linux) {
            Ok(run) => (run, None),
            Err(wrong) => (Run::empty(), Some(wrong)),
        };
        let run = Rc::new(run);
        Self {
            book: Rc::clone(&run),
            stack: Stack::Linux,
            text: text.to_owned(),
            wrong,
            differs: None,
            player: Player::new(run.layout.rows.len()),
            seen: 0,
            asked: 0,
            edition: 0,
            open: None,
            quiz: None,
            bare: None,
            history: History::default(),
            run,
        }
    }

    /// The same after what a reader did.
    pub fn after(&self, act: Act) -> Self {
        let mut next = self.clone();
        next.act(act);
        next
    }

    /// Whether the script is not the book's.
    pub fn is_changed(&self) -> bool {
        self.text != self.book.text
    }

    /// Whether there is a change to be taken back, or brought again.
    pub const fn leads(&self, way: Way) -> bool {
        self.history.leads(way)
    }

    /// In how many places the run is not the book's.
    pub fn differences(&self) -> usize {
        self.differs.as_ref().map_or(0, |differs| differs.count())
    }

    /// The next row behind the current one that differs; from the last on, the first.
    fn next_difference(&self) -> Option<usize> {
        let differs = self.differs.as_ref()?;
        let last = self.run.layout.rows.len().checked_sub(1)?;
        let missing = differs.missing.iter().map(|missing| missing.before.min(last));
        let rows = differs.marks.iter().map(|(row, _)| *row).chain(missing);
        let behind = rows.clone().filter(|row| self.player.cursor.is_none_or(|cursor| *row > cursor)).min();
        behind.or_else(|| rows.min())
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Begin { text, step, stack } => {
                let (asked, edition) = (self.asked, self.edition + 1);
                *self = Self { edition, ..Self::new(&text) };
                if stack != self.stack {
                    self.act(Act::Stack(stack));
                }
                if let Some(step) = step {
                    self.step(Action::Go(step));
                }
                self.asked = asked;
            }
            Act::Show(step) => self.player = self.player.reduce(Action::Go(step)).reduce(Action::PlayOrPause),
            // The clock of a picture that plays by itself moves no page.
            Act::Step(Action::Tick) => {
                self.step(Action::Tick);
                self.asked += u32::from(self.asked > 0);
            }
            Act::Step(action) => {
                self.step(action);
                self.open = None;
                self.asked += 1;
            }
            Act::Pick(row, tools) => {
                let is_again = self.open == Some(tools) && self.player.cursor == Some(row);
                self.step(Action::Go(row));
                self.open = (self.quiz.is_none() && !is_again).then_some(tools);
                self.asked += 1;
            }
            Act::Follow(row) => {
                self.quiz = None;
                self.step(Action::Go(row));
                self.open = None;
                self.asked += 1;
            }
            Act::Open(tools) => {
                if self.player.cursor.is_none() && tools.is_some() {
                    self.step(Action::First);
                }
                self.player.playing = false;
                self.open = tools;
            }
            Act::Change(what) => self.change(self.player.cursor.unwrap_or(0), what),
            Act::Delay(row, ms) => self.change(row, Change::Hold(ms)),
            Act::Type(text) => {
                // Some input events come twice.
                if text != self.text {
                    self.history.typed(&self.text, &text);
                    self.put(text);
                }
            }
            Act::Put(text) => {
                self.history.changed(&self.text, None);
                self.put(text);
            }
            Act::Try(index) => {
                if let Some(proposed) = tries(&self.text).into_iter().nth(index) {
                    let row = proposed.changed.at.row(&self.run.layout);
                    self.take_over(row, proposed.changed);
                }
            }
            Act::ShowDifference => {
                if let Some(row) = self.next_difference() {
                    self.step(Action::Go(row));
                    self.asked += 1;
                }
            }
            Act::Go(way) => {
                if let Some((text, row)) = self.history.go(way, &self.text) {
                    self.put(text);
                    self.show_row(row);
                }
            }
            Act::Original => {
                // What led there is gone; the step itself can be taken back.
                self.history = History::default();
                self.history.changed(&self.text, None);
                self.put(self.book.text.clone());
            }
            Act::Stack(stack) => {
                self.stack = stack;
                self.bare = None;
                self.put(self.text.clone());
            }
            Act::Compare => {
                self.bare = match self.bare {
                    Some(_) => None,
                    None => bare(&self.run),
                }
            }
            Act::Predict if self.quiz.is_some() => {
                self.quiz = None;
                self.player = self.player.reduce(Action::Overview);
            }
            Act::Predict => {
                self.open = None;
                let from = if Rc::ptr_eq(&self.run, &self.book) { self.seen } else { 0 };
                self.quiz = Some(Quiz::of(&self.run.layout, from));
                self.step(Action::Last);
                self.asked += 1;
            }
            Act::Answer(choice) => {
                if let Some(row) = self.quiz.as_mut().and_then(|quiz| quiz.answer(choice)) {
                    self.player = self.player.reduce(Action::Go(row));
                    self.asked += 1;
                }
            }
            Act::Next => {
                self.step(Action::Last);
                self.asked += 1;
            }
        }
    }

    /// A step; while the reader predicts, no further than the next question.
    fn step(&mut self, action: Action) {
        self.player = self.player.reduce(action);
        let (Some(quiz), Some(cursor)) = (&mut self.quiz, self.player.cursor) else { return };
        let stop = quiz.stop(cursor);
        if quiz.asking().is_some() {
            self.player = self.player.reduce(Action::Go(stop));
        }
    }

    /// Changes the script at a row.
    fn change(&mut self, row: usize, what: Change) {
        if let Some(changed) = change(&self.text, &self.run.layout, row, what) {
            self.take_over(Some(row), changed);
        }
    }

    /// Another script; the row in which the change shows is the current one then. `from` is the row that is changed.
    fn take_over(&mut self, from: Option<usize>, changed: Changed) {
        let before = self.text.clone();
        self.put(changed.text);
        let row = changed.at.row(&self.run.layout);
        self.history.changed(&before, from.zip(row).map(|(from, row)| [from, row]));
        self.open = None;
        self.show_row(row);
    }

    /// The row of a change is the current one, unless it did not come to that.
    fn show_row(&mut self, row: Option<usize>) {
        if let Some(row) = row {
            self.player = self.player.reduce(Action::Go(row));
            self.asked += 1;
        }
    }

    /// Another script: it is performed at once. One that cannot run leaves the last run standing.
    fn put(&mut self, text: String) {
        self.text = text;
        self.edition += 1;
        // The book's own run is there already.
        let run = match self.stack == self.book.stack && self.text == self.book.text {
            true => Ok(Rc::clone(&self.book)),
            false => Run::of(&self.text, self.stack).map(Rc::new),
        };
        match run {
            Ok(run) => self.show(run),
            Err(wrong) => self.wrong = Some(wrong),
        }
    }

    fn show(&mut self, run: Rc<Run>) {
        let steps = run.layout.rows.len();
        let cursor = self.player.cursor.filter(|_| steps > 0).map(|cursor| cursor.min(steps - 1));
        self.player = Player { cursor, speed: self.player.speed, ..Player::new(steps) };
        if self.bare.is_some() {
            self.bare = bare(&run);
        }
        let is_other = self.text != self.book.text;
        self.differs = is_other.then(|| Rc::new(Difference::of(&self.book.layout, &run.layout)));
        (self.run, self.wrong, self.quiz, self.open) = (run, None, None, None);
    }
}

fn bare(run: &Run) -> Option<Rc<Run>> {
    Run::of(&run.text, Stack::Bare).ok().map(Rc::new)
}

/// Runs are compared by their place: none is made twice of the same script.
impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        let bare = |session: &Self| session.bare.as_ref().map(Rc::as_ptr);
        let ways = |session: &Self| (session.leads(Way::Back), session.leads(Way::Forth));
        Rc::ptr_eq(&self.run, &other.run)
            && Rc::ptr_eq(&self.book, &other.book)
            && bare(self) == bare(other)
            && ways(self) == ways(other)
            && (self.stack, self.player, self.asked, self.open) == (other.stack, other.player, other.asked, other.open)
            && self.edition == other.edition
            && (&self.text, &self.wrong, &self.quiz) == (&other.text, &other.wrong, &other.quiz)
    }
}

#[cfg(test)]
mod tests {
    use scenario::Fate;
    use view::layout::Thing;

    use super::*;

    fn session(id: &str) -> Session {
        Session::new(::catalogue::scenario(id).expect("it is in the book").text)
    }

    fn after(session: Session, acts: impl IntoIterator<Item = Act>) -> Session {
        acts.into_iter().fold(session, |session, act| session.after(act))
    }

    fn fin(session: &Session) -> usize {
        let layout = &session.run.layout;
        layout.flights.iter().find(|flight| flight.segment.flags.fin).expect("it ends with a FIN").row
    }

    #[test]
    fn who_follows_a_sentence_is_not_asked_any_more() {
        let asked = after(session("write-after-peer-close"), [Act::Predict]);
        assert!(asked.quiz.is_some());
        let last = asked.run.layout.rows.len() - 1;
        assert_ne!(asked.after(Act::Step(Action::Go(last))).player.cursor, Some(last), "nobody gets past a question");
        let followed = asked.after(Act::Follow(last));
        assert_eq!((followed.player.cursor, &followed.quiz, followed.asked), (Some(last), &None, asked.asked + 1));
    }

    #[test]
    fn whoever_loses_a_segment_stands_at_it() {
        let session = session("write-after-peer-close");
        let fin = fin(&session);
        let lost = after(session.clone(), [Act::Pick(fin, Tools::Row), Act::Change(Change::Lose)]);
        let Some(cursor) = lost.player.cursor else { panic!("there is a current row") };
        let Thing::Segment(flight) = lost.run.layout.rows[cursor].thing else { panic!("it is a segment's") };
        assert_eq!(lost.run.layout.flights[flight].fate, Fate::Dropped);
        assert!(lost.differences() > 0 && lost.next_difference().is_some(), "what differs is counted and can be found");
        assert!(lost.is_changed() && lost.open.is_none() && lost.wrong.is_none());
        let back = lost.after(Act::Go(Way::Back));
        assert_eq!((&back.run, &back.text), (&session.run, &session.text));
        let again = back.after(Act::Go(Way::Forth));
        assert_eq!((&again.text, again.differences()), (&lost.text, lost.differences()));
        // Nor is it gone for whoever goes back to the book's run.
        let original = again.after(Act::Original);
        assert!(!original.is_changed() && original.leads(Way::Back));
        assert_eq!(original.after(Act::Go(Way::Back)).text, lost.text);
    }

    #[test]
    fn whoever_takes_a_change_back_stands_where_it_was_made() {
        let session = session("write-after-peer-close");
        let fin = fin(&session);
        let call = session.run.layout.rows.iter().rposition(|row| row.line.is_some()).expect("it has calls");
        for (row, what) in [
            (fin, Change::Lose),
            (fin, Change::Hold(500)),
            (fin, Change::Twice),
            (fin, Change::Insert(0)),
            (call, Change::Remove),
        ] {
            let changed = after(session.clone(), [Act::Pick(row, Tools::Row), Act::Change(what)]);
            let shows = changed.player.cursor;
            let elsewhere = changed.after(Act::Step(Action::First));
            let back = elsewhere.after(Act::Go(Way::Back));
            assert_eq!((back.player.cursor, back.asked), (Some(row), elsewhere.asked + 1), "{what:?}");
            let again = after(back, [Act::Step(Action::Last), Act::Go(Way::Forth)]);
            assert_eq!(again.player.cursor, shows, "{what:?}");
        }
        // By the arrow's end, and by what the script proposes, too; words move nothing.
        let drawn = after(session.clone(), [Act::Delay(fin, 250), Act::Step(Action::First), Act::Go(Way::Back)]);
        assert_eq!(drawn.player.cursor, Some(fin));
        let typed = after(session, [Act::Type("wait 1s\n".to_owned()), Act::Go(Way::Back)]);
        assert_eq!((typed.player.cursor, typed.asked), (None, 0));
    }

    #[test]
    fn a_field_that_is_ahead_of_its_drawing_is_made_to_hold_the_script() {
        let session = session("linger-zero");
        let back = after(session.clone(), [Act::Type("wait 1s\n".to_owned()), Act::Go(Way::Back)]);
        assert_eq!(back.text, session.text);
        assert_ne!(back.edition, session.edition);
        let begun = back.after(Act::Begin { text: session.text.clone(), step: None, stack: Stack::Linux });
        assert_ne!(begun.edition, back.edition);
    }

    #[test]
    fn the_end_of_an_arrow_moves_as_far_as_it_is_drawn() {
        let session = session("write-after-peer-close");
        let row = fin(&session);
        let held = session.after(Act::Delay(row, 250));
        assert!(held.text.contains("link hold next FIN from server 250ms\n"), "{}", held.text);
    }

    #[test]
    fn a_script_that_cannot_run_leaves_the_last_run_standing() {
        let session = session("linger-zero");
        let wrong = session.after(Act::Type("server lissen()\n".to_owned()));
        assert_eq!(wrong.wrong.as_ref().and_then(|wrong| wrong.line), Some(1));
        assert_eq!(wrong.run, session.run);
        let right = after(wrong, [Act::Go(Way::Back)]);
        assert_eq!(right.wrong, None);
    }

    #[test]
    fn a_step_is_asked_for_by_the_reader_alone() {
        let session = session("linger-zero");
        assert_eq!(session.asked, 0, "a picture that comes into the page moves nothing");
        assert_eq!(session.after(Act::Type("wait 1s\n".to_owned())).asked, 0);
        assert_eq!(session.after(Act::Step(Action::Forward)).asked, 1);
    }

    #[test]
    fn a_row_s_tools_come_and_go() {
        let session = session("linger-zero");
        let picked = session.after(Act::Pick(2, Tools::Row));
        assert_eq!(picked.open, Some(Tools::Row));
        assert_eq!(picked.after(Act::Pick(2, Tools::Row)).open, None);
        assert_eq!(picked.after(Act::Pick(3, Tools::Row)).open, Some(Tools::Row));
        assert_eq!(picked.after(Act::Pick(2, Tools::Palette)).open, Some(Tools::Palette));
        assert_eq!(picked.after(Act::Step(Action::Forward)).open, None);
        let predicting = after(session, [Act::Predict, Act::Pick(0, Tools::Row)]);
        assert_eq!(predicting.open, None, "a run is not changed while it is asked about");
    }

    #[test]
    fn nobody_gets_past_a_question() {
        let session = after(session("write-after-peer-close"), [Act::Predict]);
        let stands = session.player.cursor;
        assert!(session.quiz.as_ref().is_some_and(|quiz| quiz.asking().is_some()));
        assert_eq!(after(session.clone(), [Act::Next, Act::Step(Action::Last)]).player.cursor, stands);
        assert_ne!(after(session, [Act::Answer(0)]).player.cursor, stands);
    }

    #[test]
    fn another_stack_gives_another_run_and_the_book_s_comes_back() {
        let session = session("write-after-peer-close");
        let bare = session.after(Act::Stack(Stack::Bare));
        assert_ne!(bare.run, session.run);
        assert_eq!(bare.after(Act::Stack(Stack::Linux)).run, session.run);
        let both = session.after(Act::Compare);
        assert_eq!(both.bare.as_ref().map(|run| run.stack), Some(Stack::Bare));
        let changed = both.after(Act::Put(format!("{}wait 1s\n", both.text)));
        assert_eq!(changed.bare.map(|run| run.text.clone()), Some(changed.text), "a change changes both");
    }
}
