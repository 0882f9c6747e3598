//! The script as the reader writes it: numbered lines, what would complete the line that was begun, and what is wrong
//! behind the line that is wrong.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::elements::{button_of, each, said, words, yes_or_no};
use crate::language::{begun, completed, proposed};
use crate::run::NoRun;
use crate::{page, texts};

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct EditorProps {
    pub(crate) script: AttrValue,
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
    /// The line that was begun becomes this statement.
    Complete(String),
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
                ctx.props().typed.emit(text);
                // What was typed comes back as the script. Drawn before that, the field would have the one before.
                false
            }
            Message::Rests => {
                self.typing = None;
                true
            }
            Message::Complete(statement) => {
                let EditorProps { script, put, field, .. } = ctx.props();
                self.begun.clear();
                put_in(field, put, completed(script, caret(field), &statement));
                false
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
        let EditorProps { script, wrong, complaint, field, statements, .. } = ctx.props();
        let typed = ctx.link().batch_callback(|event: InputEvent| {
            Some(Message::Typed(event.target_dyn_into::<HtmlTextAreaElement>()?.value()))
        });
        let wrong = wrong.as_ref().filter(|_| self.typing.is_none());
        let line = wrong.and_then(|wrong| wrong.line).map(|line| line as usize);
        let count = script.lines().count() + usize::from(script.is_empty() || script.ends_with('\n'));
        let number = |at: usize| {
            let number = format!("{}\n", at + 1);
            if line == Some(at + 1) { said("b", "", number) } else { words(number) }
        };
        let complaint = wrong.map(|why| texts::wrong_line(&why.what, why.line).into()).or_else(|| complaint.clone());
        html! {
            <div class="sc-writing">
                <div class="sc-editor">
                    <pre class="sc-numbers" aria-hidden="true">{ each(count, &number) }</pre>
                    <div class="sc-paper">
                        <textarea ref={field} aria-label={texts::SCRIPT} spellcheck="false" autocapitalize="off" autocomplete="off"
                            aria-invalid={yes_or_no(wrong.is_some())} rows={count.max(3).to_string()}
                            value={script} oninput={typed} />
                        <pre class="sc-behind" aria-hidden="true">
                            { wrong.zip(line).map(|(why, line)| html! { <>{ before(script, line) }{ said("b", "", why.what.clone()) }</> }) }
                        </pre>
                    </div>
                </div>
                { self.proposed(ctx, statements) }
                <p class="sc-failed" role="status">{ complaint }</p>
            </div>
        }
    }
}

impl Editor {
    /// Statements that begin as the line of the caret does: the Tab key leads from the field to them.
    fn proposed(&self, ctx: &Context<Self>, statements: &[String]) -> Html {
        let proposed = proposed(statements, &self.begun);
        let button = |at: usize| {
            let statement = proposed[at].clone();
            let label = statement.clone().into();
            let complete = ctx.link().callback(move |_: MouseEvent| Message::Complete(statement.clone()));
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

/// Another script by a click, and where the caret is in it: the reader goes on typing there.
pub(crate) fn put_in(field: &NodeRef, put: &Callback<String>, (text, caret): (String, u32)) {
    let Some(field) = field.cast::<HtmlTextAreaElement>() else { return };
    // The field has it at once, so that the caret has its place in it.
    field.set_value(&text);
    let _ = field.set_selection_range(caret, caret);
    page::focus(&field);
    put.emit(text);
}

/// As many lines and letters as stand before the end of a line's statement: what follows stands behind it without
/// being measured. A caption may be covered: it is not what is wrong.
fn before(script: &str, line: usize) -> String {
    let statement = script.lines().nth(line - 1).and_then(|text| text.split('#').next()).unwrap_or("");
    "\n".repeat(line - 1) + &" ".repeat(statement.trim_end().chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_stands_behind_its_line() {
        assert_eq!(before("a\nbcd  # so\ne\n", 2), "\n    ");
        assert_eq!(before("", 1), " ");
        assert_eq!(before("a\n", 9), "\n".repeat(8) + " ");
    }
}
