//! "What comes next?" The questions of a run: asked before a row is shown, answered by the run itself.

use scenario::{Errno, Fate, Host, Outcome, State, Verb};

use crate::layout::{Layout, Look, Row, Thing};
use crate::reasons::{Choice, against};
use crate::texts;

/// A run's questions, and how far the reader has come with them.
#[derive(Clone, Debug, PartialEq)]
pub struct Quiz {
    questions: Vec<Question>,
    /// How many have been answered.
    answered: usize,
    /// How many of the answers were right.
    right: usize,
    /// Whether the next one stands there now.
    is_asking: bool,
    /// The last answer, until the reader goes on: whether it was right.
    pub verdict: Option<bool>,
    /// The choice that was it.
    chosen: Option<usize>,
}

/// One question.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The row that answers it.
    pub row: usize,
    /// The last row that the reader may see before: the call that makes a segment leave would tell too much.
    pub before: usize,
    /// What is asked.
    pub text: String,
    /// What the reader may choose.
    pub choices: Vec<String>,
    /// Why each of them is wrong; empty for the right one.
    pub reasons: Vec<String>,
    /// Which choice the run makes.
    pub right: usize,
}

impl Quiz {
    /// The questions of a run, from this row on: nothing is asked of what the reader has seen.
    pub fn of(layout: &Layout, from: usize) -> Self {
        let questions = (from.max(1)..layout.rows.len()).filter_map(|row| question(layout, row)).collect();
        Self { questions, answered: 0, right: 0, is_asking: false, verdict: None, chosen: None }
    }

    /// The question that stands there now.
    pub fn asking(&self) -> Option<&Question> {
        self.questions.get(self.answered).filter(|_| self.is_asking)
    }

    /// Whether every question was answered.
    pub fn is_over(&self) -> bool {
        self.answered == self.questions.len()
    }

    /// How many answers were right, and how many questions there are.
    pub fn progress(&self) -> (usize, usize) {
        (self.right, self.questions.len())
    }

    /// The last row that may be shown on the way to `row`: that of the next question.
    pub fn stop(&mut self, row: usize) -> usize {
        self.verdict = None;
        match self.questions.get(self.answered) {
            Some(question) if question.before < row => {
                self.is_asking = true;
                question.before
            }
            _ => {
                self.is_asking = false;
                row
            }
        }
    }

    /// Takes an answer, and says which row shows whether it is right.
    pub fn answer(&mut self, choice: usize) -> Option<usize> {
        let question = self.asking()?;
        let (row, is_right) = (question.row, question.right == choice);
        (self.verdict, self.chosen) = (Some(is_right), Some(choice));
        self.answered += 1;
        self.right += usize::from(is_right);
        self.is_asking = false;
        Some(row)
    }
}

impl Quiz {
    /// Why the last answer was wrong, until the reader goes on.
    pub fn reason(&self) -> Option<&str> {
        self.verdict.filter(|is_right| !is_right)?;
        let answered = &self.questions[self.answered.checked_sub(1)?];
        answered.reasons.get(self.chosen?).map(String::as_str).filter(|reason| !reason.is_empty())
    }
}

fn question(layout: &Layout, at: usize) -> Option<Question> {
    let row = &layout.rows[at];
    let host = row.host?;
    let cause = layout.rows[..at].iter().rposition(|row| matches!(row.thing, Thing::Call { .. }));
    let cause = cause.filter(|cause| layout.rows[*cause].host == Some(host) && layout.rows[*cause].at_us == row.at_us);
    let mut before = at - 1;
    let (text, mut choices, right) = match &row.thing {
        Thing::Call { call, outcome: Some(outcome), .. } => {
            let choices = outcomes(row, host, call, *outcome)?.iter().copied().map(Choice::Gives).collect();
            (texts::what_returns(host, call), choices, Choice::Gives(*outcome))
        }
        Thing::Segment(flight) => {
            let flight = &layout.flights[*flight];
            let look = Look::of(&flight.segment);
            if !matches!(look, Look::Fin | Look::Rst) || flight.fate == Fate::Injected {
                return None;
            }
            let call = cause.map(|cause| {
                before = cause.saturating_sub(1);
                texts::headline_of_call(&layout.rows[cause])
            });
            let choices = [Look::Fin, Look::Rst, Look::Ack, Look::Data].map(Choice::Sends).to_vec();
            (texts::what_leaves(host, call), choices, Choice::Sends(look))
        }
        _ => return None,
    };
    if !choices.contains(&right) {
        choices.insert(0, right);
    }
    let reason = |choice: &Choice| if *choice == right { String::new() } else { against(layout, at, *choice) };
    let reasons = choices.iter().map(reason).collect();
    let right = choices.iter().position(|choice| *choice == right)?;
    let choices = choices.into_iter().map(texts::choice).collect();
    Some(Question { row: at, before, text, choices, reasons, right })
}

/// What a call might return; `None` where it would be no question.
fn outcomes(row: &Row, host: Host, call: &Verb, outcome: Outcome) -> Option<&'static [Outcome]> {
    const ZERO: Outcome = Outcome::ZERO;
    const RESET: Outcome = Outcome::Errno(Errno::ECONNRESET);
    const PIPE: Outcome = Outcome::Errno(Errno::EPIPE);
    const REFUSED: Outcome = Outcome::Errno(Errno::ECONNREFUSED);
    const TIMED_OUT: Outcome = Outcome::Errno(Errno::ETIMEDOUT);
    let is_open = |lane: &crate::layout::Lane| matches!(lane.before, Some(State::Established) | None);
    let is_plain = matches!(outcome, Outcome::Number(_)) && row.lanes[host.index()].iter().all(is_open);
    match call {
        Verb::Read { .. } if matches!(outcome, Outcome::Number(1..)) => None,
        Verb::Read { .. } => Some(&[ZERO, RESET, PIPE, Outcome::Blocks]),
        Verb::Write(_) if is_plain => None,
        Verb::Write(_) => Some(&[RESET, PIPE, Outcome::Blocks]),
        Verb::Connect { .. } if is_plain => None,
        Verb::Connect { .. } => Some(&[ZERO, REFUSED, RESET, TIMED_OUT]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use scenario::Script;

    use super::*;

    fn quiz(id: &str) -> Quiz {
        let entry = catalogue::scenario(id).unwrap_or_else(|| panic!("{id} is not in the book"));
        let script = Script::parse(entry.text).expect("it is a script");
        Quiz::of(&Layout::of(&script, &sim::run(id, &script, sim::Stack::Linux).expect("it runs")), 0)
    }

    #[test]
    fn it_asks_for_what_the_chapter_is_about() {
        let quiz = quiz("write-after-peer-close");
        let asked: Vec<_> = quiz.questions.iter().map(|it| (it.text.as_str(), it.choices[it.right].as_str())).collect();
        assert_eq!(
            asked,
            [
                ("server calls close(). What does it send?", "a FIN"),
                ("What does client write(\"one more\") return?", "8"),
                ("What does server send now?", "a reset"),
                ("What does client write(\"again\") return?", "EPIPE"),
                ("What does client read() return?", "0"),
            ]
        );
    }

    #[test]
    fn nobody_gets_past_a_question_without_an_answer() {
        let mut quiz = quiz("write-after-peer-close");
        let Question { row: first, before, .. } = quiz.questions[0];
        assert_eq!(quiz.answer(0), None, "nothing is asked yet");
        assert_eq!(quiz.stop(2), 2);
        assert_eq!(quiz.stop(usize::MAX), before);
        assert_eq!(before, first - 2, "the call that makes the FIN leave is not shown");
        let wrong = (quiz.asking().expect("it asks").right + 1) % 2;
        assert_eq!((quiz.answer(wrong), quiz.verdict), (Some(first), Some(false)));
        assert_eq!((quiz.stop(first), quiz.verdict), (first, None), "what was answered is not asked again");
        assert_eq!(quiz.stop(usize::MAX), quiz.questions[1].before);
        assert_eq!(quiz.stop(0), 0, "going back is free");
        assert_eq!(quiz.asking(), None);
    }

    #[test]
    fn every_wrong_answer_of_the_book_gets_its_reason() {
        let mut wrong = 0;
        for entry in catalogue::CATALOGUE {
            for question in quiz(entry.id).questions {
                for (at, reason) in question.reasons.iter().enumerate() {
                    assert_eq!(
                        reason.is_empty(),
                        at == question.right,
                        "{}: {} {:?}",
                        entry.id,
                        question.text,
                        question.choices[at]
                    );
                    wrong += usize::from(!reason.is_empty());
                }
            }
        }
        assert!(wrong > 300, "only {wrong}");
    }

    #[test]
    fn the_reason_is_about_the_answer_that_was_given() {
        let mut quiz = quiz("write-after-peer-close");
        let mut reasons = Vec::new();
        while let Some(question) = {
            quiz.stop(usize::MAX);
            quiz.asking().cloned()
        } {
            let wrong =
                question.choices.iter().position(|choice| choice == "ECONNRESET" || choice == "an acknowledgement");
            quiz.answer(wrong.expect("it is among them"));
            reasons.push(quiz.reason().expect("it is wrong").to_owned());
        }
        assert_eq!(
            reasons,
            [
                "An ACK would not tell the other side that no more comes.",
                "No reset has reached this side so far, so there is no error to give.",
                "An ACK would say that all is well, and that the connection goes on.",
                "ECONNRESET needs a reset that no FIN preceded. Here a FIN has come first.",
                "The error has been given to an earlier call, and it is given once.",
            ]
        );
        assert_eq!(quiz.stop(0), 0);
        assert_eq!(quiz.reason(), None, "who goes on is told no more");
    }
}
