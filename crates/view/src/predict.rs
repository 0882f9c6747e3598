//! "What comes next?" The questions of a run: asked before a row is shown, answered by the run itself.

use scenario::{Fate, Host, Outcome, State, Verb};

use crate::layout::{Layout, Look, Row, Thing};
use crate::texts;

/// A run's questions, and how far the reader has come with them.
#[derive(Clone, Debug, PartialEq)]
pub struct Quiz {
    questions: Vec<Question>,
    /// How many have been answered.
    answered: usize,
    /// Whether the next one stands there now.
    is_asking: bool,
    /// The last answer, until the reader goes on: whether it was right.
    pub verdict: Option<bool>,
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
    /// Which choice the run makes.
    pub right: usize,
}

impl Quiz {
    /// The questions of a run.
    pub fn of(layout: &Layout) -> Self {
        let questions = (1..layout.rows.len()).filter_map(|row| question(layout, row)).collect();
        Self { questions, answered: 0, is_asking: false, verdict: None }
    }

    /// The question that stands there now.
    pub fn asking(&self) -> Option<&Question> {
        self.questions.get(self.answered).filter(|_| self.is_asking)
    }

    /// How far the reader may go who wants to go to `row`: to the next question.
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
        self.verdict = Some(is_right);
        self.answered += 1;
        self.is_asking = false;
        Some(row)
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
            (texts::what_returns(host, call), outcomes(row, host, call, *outcome)?, outcome.to_string())
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
            let looks = [Look::Fin, Look::Rst, Look::Ack, Look::Data];
            (
                texts::what_leaves(host, call),
                looks.map(texts::look).map(str::to_owned).to_vec(),
                texts::look(look).to_owned(),
            )
        }
        _ => return None,
    };
    if !choices.contains(&right) {
        choices.insert(0, right.clone());
    }
    let right = choices.iter().position(|choice| *choice == right)?;
    Some(Question { row: at, before, text, choices, right })
}

/// What a call might return; `None` where it would be no question.
fn outcomes(row: &Row, host: Host, call: &Verb, outcome: Outcome) -> Option<Vec<String>> {
    let is_open = |lane: &crate::layout::Lane| matches!(lane.before, Some(State::Established) | None);
    let is_plain = matches!(outcome, Outcome::Number(_)) && row.lanes[host.index()].iter().all(is_open);
    let likely: &[&str] = match call {
        Verb::Read { .. } if matches!(outcome, Outcome::Number(1..)) => return None,
        Verb::Read { .. } => &["0", "ECONNRESET", "EPIPE", "blocks"],
        Verb::Write(_) if is_plain => return None,
        Verb::Write(_) => &["ECONNRESET", "EPIPE", "blocks"],
        Verb::Connect { .. } if is_plain => return None,
        Verb::Connect { .. } => &["0", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT"],
        _ => return None,
    };
    Some(likely.iter().map(|&outcome| outcome.to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use scenario::Script;

    use super::*;

    fn quiz(id: &str) -> Quiz {
        let entry = scenario::scenario(id).unwrap_or_else(|| panic!("{id} is not in the book"));
        let script = Script::parse(entry.text).expect("it is a script");
        Quiz::of(&Layout::of(&script, &sim::run(id, &script, sim::Rules::Linux).expect("it runs")))
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
}
