//! What a reader takes away: a link to this step, files, the command for one's own kernel.

use std::rc::Rc;

use sim::Stack;
use view::export::Form;
use yew::prelude::*;

use crate::address::address_of_page;
use crate::elements::{each, element, said};
use crate::link::{Holds, Link};
use crate::page::{self, Shared};
use crate::session::Session;
use crate::{settings, texts};

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct TakeProps {
    pub(crate) session: Rc<Session>,
    /// The scenario's; files are called after it. A script of the reader's own has a name of its own.
    pub(crate) id: AttrValue,
    /// Whether it is a chapter's; the playground's address holds the script in any case.
    #[prop_or_default]
    pub(crate) in_chapter: bool,
}

/// What can be taken away of a run.
pub(crate) struct Take {
    /// What became of the link.
    shared: Option<Shared>,
}

/// What a reader asks for.
pub(crate) enum Message {
    Share(String),
    Shared(Shared),
}

impl Component for Take {
    type Message = Message;
    type Properties = TakeProps;

    fn create(_: &Context<Self>) -> Self {
        Self { shared: None }
    }

    fn changed(&mut self, _: &Context<Self>, _: &TakeProps) -> bool {
        self.shared = None;
        true
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Share(address) => {
                ctx.link().send_future(async move { Message::Shared(page::share(&address).await) });
                return false;
            }
            Message::Shared(shared) => self.shared = Some(shared),
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let TakeProps { session, id, in_chapter } = ctx.props();
        let is_the_book_s = *in_chapter && !session.is_changed();
        let path = if is_the_book_s { format!("book/scenarios/{id}.tcp") } else { format!("{id}.tcp") };
        let file = |at: usize| html! { <button type="button" data-form={Form::ALL[at].ending()}>{ texts::form(Form::ALL[at]) }</button> };
        // The loader hears its buttons: the files are made by a program that few pages need (`crates/here`).
        let run = &session.run;
        let rules = (run.stack == Stack::Bare).then_some("bare");
        html! {
            <>
                <p class="sc-choices">
                    { match link(session, if *in_chapter { id } else { "" }) {
                        Ok(link) => self.link(ctx, &link),
                        Err(why) => html! { { why } },
                    } }
                </p>
                <take-files key={run.text.clone()} name={id} script={run.text.clone()} {rules}>
                    <p class="sc-failed" role="status"></p>
                    { element("p", "sc-choices", each(Form::ALL.len(), &file)) }
                </take-files>
                <p>{ texts::ON_YOUR_KERNEL }{ " " }{ said("code", "", format!("cargo run --example native -- {path}")) }</p>
            </>
        }
    }
}

impl Take {
    /// A link that copies itself when it is pressed, and says so; on a telephone the device's own menu takes it.
    fn link(&self, ctx: &Context<Self>, link: &str) -> Html {
        let TakeProps { session, id, in_chapter } = ctx.props();
        // The id stands there in any case: it says which picture of a chapter is meant.
        let here = if *in_chapter && session.is_changed() { format!("#{link}&id={id}") } else { format!("#{link}") };
        let address = format!("{}{here}", address_of_page());
        let share = ctx.link().batch_callback(move |event: MouseEvent| {
            // With a key held the reader wants a tab or a window.
            let is_plain = !(event.ctrl_key() || event.meta_key() || event.shift_key());
            is_plain.then(|| {
                event.prevent_default();
                Message::Share(address.clone())
            })
        });
        html! {
            <>
                // The loader knows where the book's root lies, and leads there.
                if *in_chapter { <a href={format!("#{link}")} data-playground="">{ texts::IN_PLAYGROUND }</a> }
                <a class="sc-share" href={here} onclick={share}>{ texts::LINK_HERE }</a>
                <span class="sc-shared" role="status">{ self.shared.map(texts::shared) }</span>
            </>
        }
    }
}

/// What stands behind the `#` of an address that leads to this step.
///
/// # Errors
/// The script is too long for an address.
pub(crate) fn link(session: &Session, id: &str) -> Result<String, String> {
    let holds = match session.is_changed() || id.is_empty() {
        true => Holds::Script(session.text.clone()),
        false => Holds::Id(id.to_owned()),
    };
    let link = Link { holds, step: session.player.cursor, stack: session.stack, runtime: settings::chosen() };
    link.encode().map_err(|why| why.to_string())
}
