//! The script as the reader writes it: numbered lines, what would complete the line that was begun, and what is wrong
//! behind the line that is wrong. A line that is too long for the page goes on below itself.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::elements::{button_of, each, element, said, yes_or_no};
use crate::language::{begun, completed, proposed};
use crate::run::NoRun;
use crate::{page, texts};

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct EditorProps {
    pub(crate) script: AttrValue,
    /// How often another one was put there: the field is made to hold this one each time.
    pub(crate) edition: u32,
    /// What is wrong with it.
    pub(crate) wrong: Option<NoRun>,
    /// What is wrong with the link that led here.
    #[prop_or_default]
    pub(crate) complaint: Option<AttrValue>,
    /// What can complete a line.
    pub(crate) statements: Rc<Vec<String>>,
    /// The script as it is now.
    pub(crate) typed: Callback<String>,
    /// Another script, by a click.
    pub(crate) put: Callback<String>,
    /// Whoever puts words in where the reader types needs it.
    #[prop_or_default]
    pub(crate) field: NodeRef,
}

/// Whoever is in the middle of a word is not told that it is none.
const PAUSE_MS: u32 = 400;

/// The editor. Its elements stand there always: one that comes and goes would make Yew replace the field in which the
/// reader types. What is wrong stands twice: behind its line, where the eye is, and below, where it is read aloud.
pub(crate) struct Editor {
    /// Runs while the reader types.
    typing: Option<Timeout>,
    /// The line that the reader has begun, while its end is where the caret is.
    begun: String,
}

/// What can happen to it.
pub(crate) enum Message {
    Typed(String),
    /// The reader has paused.
    Rests,
}

impl Component for Editor {
    type Message = Message;
    type Properties = EditorProps;

    fn create(_: &Context<Self>) -> Self {
        Self { typing: None, begun: String::new() }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Typed(text) => {
                let rests = ctx.link().callback(|()| Message::Rests);
                self.typing = Some(Timeout::new(PAUSE_MS, move || rests.emit(())));
                self.begun = begun(&text, caret(&ctx.props().field)).unwrap_or_default();
                // What was typed comes back as the script. Drawn before that, the field would have the one before.
                false
            }
            Message::Rests => {
                self.typing = None;
                true
            }
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, before: &EditorProps) -> bool {
        let EditorProps { script, field, .. } = ctx.props();
        if *script != before.script && begun(script, caret(field)).as_ref() != Some(&self.begun) {
            self.begun.clear();
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let EditorProps { script, wrong, complaint, field, typed, .. } = ctx.props();
        // Whoever has the script hears of it at once: what is pressed next, before anything is drawn, comes behind it.
        let typed = typed.clone();
        let typed = ctx.link().batch_callback(move |event: InputEvent| {
            let text = event.target_dyn_into::<HtmlTextAreaElement>()?.value();
            typed.emit(text.clone());
            Some(Message::Typed(text))
        });
        let wrong = wrong.as_ref().filter(|_| self.typing.is_none());
        let line = wrong.and_then(|wrong| wrong.line).map(|line| line as usize);
        // What is behind the last line's end is a line, too.
        let lines: Vec<&str> = script.split('\n').collect();
        // The same text as in the field, which nobody sees: it gives the lines their heights.
        let copy = |at: usize| match wrong.filter(|_| line == Some(at + 1)) {
            Some(why) => {
                let (statement, caption) = lines[at].split_at(end_of_statement(lines[at]));
                let why = said("b", "", why.what.clone());
                element("span", "sc-bad", html! { <>{ statement.to_owned() }{ why }{ caption.to_owned() }</> })
            }
            None => said("span", "", lines[at].to_owned()),
        };
        let complaint = wrong.map(|why| texts::wrong_line(&why.what, why.line).into()).or_else(|| complaint.clone());
        html! {
            <div class="sc-writing">
                <div class="sc-editor">
                    <textarea ref={field} aria-label={texts::SCRIPT} spellcheck="false" autocapitalize="off" autocomplete="off"
                        aria-invalid={yes_or_no(wrong.is_some())} value={script} oninput={typed} />
                    <pre aria-hidden="true">{ each(lines.len(), &copy) }</pre>
                </div>
                { self.proposed(ctx) }
                <p class="sc-failed" role="status">{ complaint }</p>
            </div>
        }
    }
}

impl Editor {
    /// Statements that begin as the line of the caret does: the Tab key leads from the field to them.
    fn proposed(&self, ctx: &Context<Self>) -> Html {
        let EditorProps { statements, field, put, .. } = ctx.props();
        let proposed = proposed(statements, &self.begun);
        let button = |at: usize| {
            let statement = proposed[at].clone();
            let label = statement.clone().into();
            let (field, put) = (field.clone(), put.clone());
            let complete = Callback::from(move |_: MouseEvent| put_in(&field, &put, completed, &statement));
            button_of(None, label, complete)
        };
        html! {
            <div class="sc-choices sc-proposed" role="group" aria-label={texts::PROPOSED}>
                { each(proposed.len(), &button) }
            </div>
        }
    }
}

/// Where the reader types, in UTF-16 units; the end, if that is nowhere.
pub(crate) fn caret(field: &NodeRef) -> u32 {
    let field = field.cast::<HtmlTextAreaElement>();
    field.and_then(|field| field.selection_end().ok().flatten()).unwrap_or(u32::MAX)
}

/// A script with a statement put in where the caret is, and where the caret is behind it.
type Writes = fn(&str, u32, &str) -> (String, u32);

/// Puts a statement in by a click, into what stands in the field: it may be ahead of what was drawn last. The reader goes
/// on typing there.
pub(crate) fn put_in(place: &NodeRef, put: &Callback<String>, writes: Writes, statement: &str) {
    let Some(field) = place.cast::<HtmlTextAreaElement>() else { return };
    let (text, caret) = writes(&field.value(), caret(place), statement);
    // The field has it at once, so that the caret has its place in it.
    field.set_value(&text);
    let _ = field.set_selection_range(caret, caret);
    page::focus(&field);
    put.emit(text);
}

/// Where a line's statement ends: what is wrong stands there. A caption may be covered: it is not what is wrong.
fn end_of_statement(line: &str) -> usize {
    line.split('#').next().unwrap_or("").trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_stands_behind_its_statement() {
        assert_eq!(end_of_statement("bcd  # so"), 3);
        assert_eq!(end_of_statement("bcd"), 3);
        assert_eq!(end_of_statement("  # so"), 0);
    }
}
