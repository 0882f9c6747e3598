//! The script as the reader writes it: numbered lines, and what is wrong behind the line that is wrong.

use gloo_timers::callback::Timeout;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::run::NoRun;
use crate::texts;

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct EditorProps {
    pub(crate) script: AttrValue,
    /// What is wrong with it.
    pub(crate) wrong: Option<NoRun>,
    /// What is wrong with the link that led here.
    #[prop_or_default]
    pub(crate) complaint: Option<AttrValue>,
    /// The script as it is now.
    pub(crate) typed: Callback<String>,
    /// Whoever puts words in where the reader types needs it.
    #[prop_or_default]
    pub(crate) field: NodeRef,
    /// What stands between the script and what is wrong with it.
    #[prop_or_default]
    pub(crate) children: Html,
}

/// Whoever is in the middle of a word is not told that it is none.
const PAUSE_MS: u32 = 400;

/// The editor. Its elements stand there always: one that comes and goes would make Yew replace the field in which the
/// reader types. What is wrong stands twice: behind its line, where the eye is, and below, where it is read aloud.
pub(crate) struct Editor {
    /// Runs while the reader types.
    typing: Option<Timeout>,
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
        Self { typing: None }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Typed(text) => {
                let rests = ctx.link().callback(|()| Message::Rests);
                self.typing = Some(Timeout::new(PAUSE_MS, move || rests.emit(())));
                ctx.props().typed.emit(text);
                // What was typed comes back as the script. Drawn before that, the field would have the one before.
                false
            }
            Message::Rests => {
                self.typing = None;
                true
            }
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let EditorProps { script, wrong, complaint, field, children, .. } = ctx.props();
        let typed = ctx.link().batch_callback(|event: InputEvent| {
            Some(Message::Typed(event.target_dyn_into::<HtmlTextAreaElement>()?.value()))
        });
        let wrong = wrong.as_ref().filter(|_| self.typing.is_none());
        let line = wrong.and_then(|wrong| wrong.line).map(|line| line as usize);
        let count = script.lines().count() + usize::from(script.is_empty() || script.ends_with('\n'));
        let number = |number: usize| match line == Some(number) {
            true => html! { <b>{ format!("{number}\n") }</b> },
            false => html! { format!("{number}\n") },
        };
        let said = wrong.map(|why| texts::wrong_line(&why.what, why.line).into()).or_else(|| complaint.clone());
        html! {
            <div class="sc-writing">
                <div class="sc-editor">
                    <pre class="sc-numbers" aria-hidden="true">{ for (1..=count).map(number) }</pre>
                    <div class="sc-paper">
                        <textarea ref={field} aria-label={texts::SCRIPT} spellcheck="false" autocapitalize="off" autocomplete="off"
                            aria-invalid={wrong.is_some().to_string()} rows={count.max(3).to_string()}
                            value={script} oninput={typed} />
                        <pre class="sc-behind" aria-hidden="true">
                            { wrong.zip(line).map(|(why, line)| html! { <>{ before(script, line) }<b>{ &why.what }</b></> }) }
                        </pre>
                    </div>
                </div>
                { children.clone() }
                <p class="sc-failed" role="status">{ said }</p>
            </div>
        }
    }
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
