//! What stays in view below a picture: the controls, what was changed, the question, the current step in words.

use ::catalogue::messages::Runtime;
use view::change::tries;
use view::predict::{Question, Quiz};
use web_sys::{Element, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::elements::{button, button_of, does, each, element, said, toggle};
use crate::explain::explain;
use crate::history::Way;
use crate::page;
use crate::session::{Act, Session, Tools};
use crate::settings;
use crate::state::{Action, Player, Speed};
use crate::texts;

/// The desk.
///
/// `told` is the sentence of the text that speaks of the current row.
pub(crate) fn desk(session: &Session, act: &Callback<Act>, runtime: Option<Runtime>, told: Option<Element>) -> Html {
    let Player { cursor, steps, playing, .. } = session.player;
    let layout = &session.run.layout;
    html! {
        <div class="sc-desk">
            { controls(session.player, session.quiz.is_some(), act) }
            { changes(session, act) }
            <div class="sc-panel" aria-atomic="true" aria-live={if playing { "off" } else { "polite" }}>
                { said("span", "sc-unseen", view::texts::step_of(cursor, steps)) }
                if let Some(quiz) = &session.quiz {
                    { questions(quiz, cursor.map(|row| view::texts::headline(layout, &layout.rows[row])), act) }
                }
                { explain(layout, cursor, runtime) }
                if let Some(told) = told {
                    { element("p", "sc-try", button(texts::IN_THE_TEXT, Callback::from(move |_| page::show(&told)))) }
                }
            </div>
        </div>
    }
}

/// What differs from the book's run, in one line, or what the script proposes; and the ways back and forth. Who is asked
/// about the book's run is told nothing.
fn changes(session: &Session, act: &Callback<Act>) -> Html {
    let is_changed = session.is_changed();
    if session.quiz.is_some() && !is_changed {
        return Html::default();
    }
    let tries = if is_changed { Vec::new() } else { tries(&session.text) };
    let proposed = |index: usize| button_of(None, tries[index].label.clone().into(), does(act, Act::Try(index)));
    let ways = [
        (None, texts::SHOW_DIFFERENCE, Act::ShowDifference, session.differences() > 0),
        (Some("sc-undo"), texts::UNDO, Act::Go(Way::Back), session.leads(Way::Back)),
        (Some("sc-redo"), texts::REDO, Act::Go(Way::Forth), session.leads(Way::Forth)),
        (None, texts::ORIGINAL, Act::Original, is_changed),
    ];
    if !is_changed && tries.is_empty() && ways.iter().all(|(.., leads)| !leads) {
        return Html::default();
    }
    // Each has a place of its own: the keyboard stays at a button, or leaves it, and is never at another.
    let way = |at: usize| {
        let (class, name, what, leads) = &ways[at];
        if *leads { button_of(*class, (*name).into(), does(act, what.clone())) } else { Html::default() }
    };
    html! {
        <p class={if is_changed { "sc-changed" } else { "sc-try" }}>
            if is_changed { <span role="status">{ texts::differences(session.differences()) }</span> }
            { each(tries.len(), &proposed) }
            { each(ways.len(), &way) }
        </p>
    }
}

/// The question that is asked, or what became of the last answer and the way on; at the end the result. After a wrong
/// answer the current row shows the right one.
fn questions(quiz: &Quiz, right: Option<String>, act: &Callback<Act>) -> Html {
    if let Some(question) = quiz.asking() {
        return asked(question, act);
    }
    let verdict = quiz.verdict.map(|is_right| {
        let (class, text) = match is_right {
            true => ("sc-right", texts::RIGHT.to_owned()),
            false => ("sc-wrong", texts::not_so(right.as_deref().unwrap_or_default())),
        };
        said("strong", class, text)
    });
    let (name, goes_on) = if quiz.is_over() { (texts::WHOLE_RUN, Act::Predict) } else { (texts::NEXT, Act::Next) };
    html! {
        <div class={if quiz.is_over() { "sc-verdict" } else { "sc-verdict sc-goes-on" }}>
            { verdict }
            if let Some(reason) = quiz.reason() { { said("span", "", reason.to_owned()) } }
            if quiz.is_over() {
                { said("span", "", texts::result(quiz.progress())) }
            }
            { button_of(Some("sc-next"), name.into(), does(act, goes_on)) }
            if settings::score().1 > 0 { { said("small", "", texts::score(settings::score())) } }
        </div>
    }
}

fn asked(question: &Question, act: &Callback<Act>) -> Html {
    let choice = |index: usize| {
        let right = question.right;
        let answer = act.reform(move |_: MouseEvent| {
            settings::count(index == right);
            Act::Answer(index)
        });
        button_of(Some("sc-answer"), question.choices[index].clone().into(), answer)
    };
    let asks = element("p", "", said("b", "", question.text.clone()));
    let choices = element("p", "sc-choices", each(question.choices.len(), &choice));
    element("div", "sc-asked", html! { <>{ asks }{ choices }</> })
}

/// The player's controls.
fn controls(Player { cursor, steps, playing, .. }: Player, is_predicting: bool, act: &Callback<Act>) -> Html {
    let (play, icon) = if playing { (texts::PAUSE, PAUSE) } else { (texts::PLAY, PLAY) };
    let buttons = [
        (texts::FIRST, FIRST, Action::First),
        (texts::BACK, BACK, Action::Back),
        (play, icon, Action::PlayOrPause),
        (texts::FORWARD, FORWARD, Action::Forward),
        (texts::LAST, LAST, Action::Last),
    ];
    let button = |at: usize| {
        let (name, icon, action) = buttons[at];
        html! {
            <button type="button" title={name} aria-label={name} onclick={does(act, Act::Step(action))}>
                <svg viewBox="0 0 16 16" aria-hidden="true"><path d={icon} /></svg>
            </button>
        }
    };
    let slide = act.reform(|event: InputEvent| {
        let step = event.target_dyn_into::<HtmlInputElement>().and_then(|input| input.value().parse::<usize>().ok());
        Act::Step(Action::Go(step.unwrap_or(1).saturating_sub(1)))
    });
    let position = AttrValue::from(view::texts::step_of(cursor, steps));
    html! {
        <div class="sc-controls" role="group" aria-label={texts::CONTROLS}>
            { each(buttons.len(), &button) }
            <input type="range" min="1" max={steps.to_string()} aria-label={texts::POSITION} aria-valuetext={position.clone()}
                value={cursor.map_or(steps, |cursor| cursor + 1).to_string()} oninput={slide} />
            { said("span", "sc-position", position) }
            if !is_predicting {
                { button_of(Some("sc-change"), texts::CHANGE_HERE.into(), does(act, Act::Open(Some(Tools::Row)))) }
            }
            { toggle(Some("sc-predict"), texts::PREDICT, is_predicting, does(act, Act::Predict)) }
        </div>
    }
}

/// What is chosen seldom: the speed, and whose messages stand beside the calls.
pub(crate) fn menus(speed: Speed, runtime: Option<Runtime>, act: &Callback<Act>) -> Html {
    let runtime = runtime.unwrap_or(Runtime::C);
    let on_speed = act.reform(|event: Event| Act::Step(Action::Speed(chosen(&event, &Speed::ALL).unwrap_or_default())));
    let on_runtime = |event: Event| {
        if let Some(runtime) = chosen(&event, &Runtime::ALL) {
            settings::choose_runtime(runtime);
        }
    };
    // One picture, full screen; keys alone are needed there.
    let present = |event: MouseEvent| {
        let place =
            event.target_dyn_into::<Element>().and_then(|button| button.closest(".sc-live, .pg").ok().flatten());
        let picture = place.and_then(|place| match place.matches(".sc-live") {
            Ok(true) => Some(place),
            _ => page::find(&place, ".sc-live"),
        });
        if let Some(picture) = picture {
            let _ = picture.request_fullscreen();
            page::focus(&picture);
        }
    };
    html! {
        <>
            <select class="sc-runtimes" aria-label={texts::RUNTIME} title={texts::RUNTIME} onchange={on_runtime}>
                { each(Runtime::ALL.len(), &|at| option(Runtime::ALL[at].name(), Runtime::ALL[at] == runtime)) }
            </select>
            { button_of(Some("sc-present"), texts::PRESENT.into(), Callback::from(present)) }
            <select class="sc-speeds" aria-label={texts::SPEED} title={texts::SPEED} onchange={on_speed}>
                { each(Speed::ALL.len(), &|at| option(Speed::ALL[at].label(), Speed::ALL[at] == speed)) }
            </select>
        </>
    }
}

fn option(name: &'static str, selected: bool) -> Html {
    html! { <option {selected}>{ name }</option> }
}

/// Which of them a menu's reader has chosen: its options are these, in their order.
fn chosen<T: Copy>(event: &Event, options: &[T]) -> Option<T> {
    let menu = event.target_dyn_into::<HtmlSelectElement>()?;
    options.get(usize::try_from(menu.selected_index()).ok()?).copied()
}

const FIRST: &str = "M3 3h2v10h-2zM13 3v10L6 8z";
const BACK: &str = "M12 3v10L4 8z";
const PLAY: &str = "M4 2v12L14 8z";
const PAUSE: &str = "M4 3h3v10h-3zM9 3h3v10h-3z";
const FORWARD: &str = "M4 3v10L12 8z";
const LAST: &str = "M3 3v10L10 8zM11 3h2v10h-2z";
