//! What stays in view below a picture: the controls, what was changed, the question, the current step in words.

use ::catalogue::messages::Runtime;
use view::change::{Try, tries};
use view::predict::{Question, Quiz};
use web_sys::{Element, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::explain::explain;
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
            if session.is_changed() { { changed(session, act) } } else if session.quiz.is_none() { { proposed(session, act) } }
            <div class="sc-panel" aria-atomic="true" aria-live={if playing { "off" } else { "polite" }}>
                <span class="sc-unseen">{ view::texts::step_of(cursor, steps) }</span>
                if let Some(quiz) = &session.quiz {
                    { questions(quiz, cursor.map(|row| view::texts::headline(layout, &layout.rows[row])), act) }
                }
                { explain(layout, cursor, runtime) }
                if let Some(told) = told {
                    <p class="sc-try"><button type="button" onclick={move |_: MouseEvent| page::show(&told)}>{ texts::IN_THE_TEXT }</button></p>
                }
            </div>
        </div>
    }
}

/// What differs from the book's run, in one line, and the ways back.
fn changed(session: &Session, act: &Callback<Act>) -> Html {
    let does = |what: Act| act.reform(move |_: MouseEvent| what.clone());
    html! {
        <p class="sc-changed">
            <span role="status">{ texts::differences(session.differences()) }</span>
            if session.differences() > 0 {
                <button type="button" onclick={does(Act::ShowDifference)}>{ texts::SHOW_DIFFERENCE }</button>
            }
            <button type="button" onclick={does(Act::Undo)}>{ texts::UNDO }</button>
            <button type="button" onclick={does(Act::Original)}>{ texts::ORIGINAL }</button>
        </p>
    }
}

/// What the script proposes.
fn proposed(session: &Session, act: &Callback<Act>) -> Html {
    let tries = tries(&session.text);
    let button = |(index, proposed): (usize, Try)| {
        let does = act.reform(move |_: MouseEvent| Act::Try(index));
        html! { <button type="button" onclick={does}>{ proposed.label }</button> }
    };
    html! { if !tries.is_empty() { <p class="sc-try">{ for tries.into_iter().enumerate().map(button) }</p> } }
}

/// The question that is asked, or what became of the last answer and the way on; at the end the result. After a wrong
/// answer the current row shows the right one.
fn questions(quiz: &Quiz, right: Option<String>, act: &Callback<Act>) -> Html {
    let on_next = act.reform(|_: MouseEvent| Act::Next);
    let whole = act.reform(|_: MouseEvent| Act::Predict);
    if let Some(question) = quiz.asking() {
        return asked(question, act);
    }
    let verdict = quiz.verdict.map(|is_right| {
        let (class, said) = match is_right {
            true => ("sc-right", texts::RIGHT.to_owned()),
            false => ("sc-wrong", texts::not_so(right.as_deref().unwrap_or_default())),
        };
        html! { <strong class={class}>{ said }</strong> }
    });
    html! {
        <div class="sc-verdict">
            { verdict }
            if let Some(reason) = quiz.reason() { <span>{ reason.to_owned() }</span> }
            if quiz.is_over() {
                <span>{ texts::result(quiz.progress()) }</span>
                <button type="button" class="sc-next" onclick={whole}>{ texts::WHOLE_RUN }</button>
            } else {
                <button type="button" class="sc-next" onclick={on_next}>{ texts::NEXT }</button>
            }
            if settings::score().1 > 0 { <small>{ texts::score(settings::score()) }</small> }
        </div>
    }
}

fn asked(question: &Question, act: &Callback<Act>) -> Html {
    let choice = |(index, choice): (usize, &String)| {
        let right = question.right;
        let answer = act.reform(move |_: MouseEvent| {
            settings::count(index == right);
            Act::Answer(index)
        });
        html! { <button type="button" class="sc-answer" onclick={answer}>{ choice }</button> }
    };
    html! {
        <div class="sc-asked">
            <p><b>{ &question.text }</b></p>
            <p class="sc-choices">{ for question.choices.iter().enumerate().map(choice) }</p>
        </div>
    }
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
    let button = |(name, icon, action): (&'static str, &'static str, Action)| {
        html! {
            <button type="button" title={name} aria-label={name} onclick={act.reform(move |_: MouseEvent| Act::Step(action))}>
                <svg viewBox="0 0 16 16" aria-hidden="true"><path d={icon} /></svg>
            </button>
        }
    };
    let slide = act.reform(|event: InputEvent| {
        let step = event.target_dyn_into::<HtmlInputElement>().and_then(|input| input.value().parse::<usize>().ok());
        Act::Step(Action::Go(step.unwrap_or(1).saturating_sub(1)))
    });
    let position = view::texts::step_of(cursor, steps);
    html! {
        <div class="sc-controls" role="group" aria-label={texts::CONTROLS}>
            { for buttons.into_iter().map(button) }
            <input type="range" min="1" max={steps.to_string()} aria-label={texts::POSITION} aria-valuetext={position.clone()}
                value={cursor.map_or(steps, |cursor| cursor + 1).to_string()} oninput={slide} />
            <span class="sc-position">{ position }</span>
            if !is_predicting {
                <button type="button" class="sc-change" onclick={act.reform(|_: MouseEvent| Act::Open(Some(Tools::Row)))}>
                    { texts::CHANGE_HERE }
                </button>
            }
            <button type="button" class="sc-predict" aria-pressed={is_predicting.to_string()}
                onclick={act.reform(|_: MouseEvent| Act::Predict)}>{ texts::PREDICT }</button>
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
                { for Runtime::ALL.into_iter().map(|each| html! { <option selected={each == runtime}>{ each.name() }</option> }) }
            </select>
            <button type="button" class="sc-present" onclick={present}>{ texts::PRESENT }</button>
            <select class="sc-speeds" aria-label={texts::SPEED} title={texts::SPEED} onchange={on_speed}>
                { for Speed::ALL.into_iter().map(|each| html! { <option selected={each == speed}>{ each.label() }</option> }) }
            </select>
        </>
    }
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
