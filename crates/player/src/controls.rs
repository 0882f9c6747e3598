//! What can be pressed: how it is drawn, and what it means. One listener hears all clicks of a widget, one all input.

use catalogue::messages::Runtime;
use view::change::{Change, LINES};
use view::export::Form;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use crate::dom::{Element as Drawn, element, text};
use crate::live::Message;
use crate::settings;
use crate::state::{Action, Player, Speed};
use crate::texts;

/// The player's controls.
pub(crate) fn controls(player: &Player, is_predicting: bool) -> Html {
    let Player { cursor, steps, playing, speed } = *player;
    let play = if playing { ("play", texts::PAUSE, PAUSE) } else { ("play", texts::PLAY, PLAY) };
    let buttons = [
        ("first", texts::FIRST, FIRST),
        ("back", texts::BACK, BACK),
        play,
        ("forward", texts::FORWARD, FORWARD),
        ("last", texts::LAST, LAST),
    ];
    let mut controls =
        element("div", "sc-controls").with("role", "group".into()).with("aria-label", texts::CONTROLS.into());
    for (does, name, icon) in buttons {
        let icon = element("svg", "")
            .with("viewBox", "0 0 16 16".into())
            .with("aria-hidden", "true".into())
            .child(element("path", "").with("d", icon.into()).end());
        let button = button(does).with("title", name.into()).with("aria-label", name.into());
        controls = controls.child(button.child(icon.end()).end());
    }
    let slider = element("input", "")
        .with("type", "range".into())
        .with("min", "1".into())
        .with("max", steps.to_string().into())
        .with("aria-label", texts::POSITION.into())
        .with("aria-valuetext", texts::step_of(cursor, steps).into())
        .value(cursor.map_or(steps, |cursor| cursor + 1).to_string());
    let mut speeds = menu("", texts::SPEED);
    for each in Speed::ALL {
        speeds = speeds.child(option(each.label(), each == speed));
    }
    let mut runtimes = menu("sc-runtimes", texts::RUNTIME);
    let runtime = settings::chosen().unwrap_or(Runtime::C);
    for each in Runtime::ALL {
        runtimes = runtimes.child(option(each.name(), each == runtime));
    }
    controls
        .child(slider.end())
        .child(text("span", "sc-position", &texts::step_of(cursor, steps)))
        .child(speeds.end())
        .child(runtimes.end())
        .child(pressed("predict", texts::PREDICT, is_predicting))
        .end()
}

/// A button that says what it does.
pub(crate) fn button(does: &'static str) -> Drawn {
    element("button", "").with("type", "button".into()).with("data-do", does.into())
}

/// A button that stays down.
pub(crate) fn pressed(does: &'static str, name: &str, is_down: bool) -> Html {
    button(does).with("aria-pressed", is_down.to_string().into()).text(name).end()
}

/// A menu without its options.
pub(crate) fn menu(class: &'static str, name: &'static str) -> Drawn {
    element("select", class).with("aria-label", name.into()).with("title", name.into())
}

/// One of a menu's options.
pub(crate) fn option(name: &'static str, is_chosen: bool) -> Html {
    let option = element("option", "").text(name);
    if is_chosen { option.with("selected", "".into()) } else { option }.end()
}

/// Buttons say what they do, choices which they are, rows their step.
pub(crate) fn on_click(event: MouseEvent) -> Option<Message> {
    let target = event.target_dyn_into::<Element>()?;
    if let Some(button) = target.closest("[data-do]").ok()? {
        return Some(match button.get_attribute("data-do")?.as_str() {
            "first" => Message::Do(Action::First),
            "back" => Message::Do(Action::Back),
            "play" => Message::Do(Action::PlayOrPause),
            "forward" => Message::Do(Action::Forward),
            "last" => Message::Do(Action::Last),
            "predict" => Message::Predict,
            "lose" => Message::Change(Change::Lose),
            "hold" => Message::Change(Change::Hold),
            "twice" => Message::Change(Change::Twice),
            "remove" => Message::Change(Change::Remove),
            "undo" => Message::Undo,
            "original" => Message::Original,
            "bare" => Message::OtherRules,
            "compare" => Message::Compare,
            _ => return None,
        });
    }
    if let Some(ending) = target.get_attribute("data-form") {
        return Form::of_ending(&ending).map(Message::Take);
    }
    if let Some(choice) = target.get_attribute("data-answer") {
        return choice.parse().ok().map(Message::Answer);
    }
    // The picture beside it has steps of its own.
    let row = target.closest("[data-step]:not(.sc-bare *)").ok()??;
    row.get_attribute("data-step")?.parse().ok().map(|step| Message::Do(Action::Go(step)))
}

/// The slider moves to a step, the menus set speed and runtime or put a line in, the editor holds the script.
pub(crate) fn on_input(event: InputEvent) -> Option<Message> {
    let target = event.target_dyn_into::<Element>()?;
    let tag = target.tag_name();
    // Menus and editors have the property `value` as well.
    let input = target.unchecked_into::<HtmlInputElement>();
    let value = input.value();
    match tag.as_str() {
        "INPUT" => value.parse::<usize>().ok().map(|step| Message::Do(Action::Go(step.saturating_sub(1)))),
        "TEXTAREA" => Some(Message::Typed(value)),
        _ => {
            if let Some(line) = LINES.iter().position(|line| *line == value) {
                // The menu goes back to its first entry.
                input.set_value("");
                return Some(Message::Change(Change::Insert(line)));
            }
            if let Some(runtime) = Runtime::ALL.into_iter().find(|runtime| runtime.name() == value) {
                return Some(Message::Choose(runtime));
            }
            let speed = Speed::ALL.into_iter().find(|speed| speed.label() == value)?;
            Some(Message::Do(Action::Speed(speed)))
        }
    }
}

/// Keys act only while something in the widget has the focus, and those that act do not reach the page:
/// mdBook turns pages with the arrows. Controls keep the keys that are theirs.
pub(crate) fn on_key(event: KeyboardEvent) -> Option<Message> {
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return None;
    }
    let control = event.target_dyn_into::<Element>().map(|element| element.tag_name()).unwrap_or_default();
    let key = event.key();
    if control == "TEXTAREA" || matches!(key.as_str(), "ArrowLeft" | "ArrowRight") {
        event.stop_propagation();
    }
    let action = match key.as_str() {
        _ if matches!(control.as_str(), "INPUT" | "SELECT" | "TEXTAREA") => return None,
        " " if control == "DIV" => Action::PlayOrPause,
        "ArrowLeft" => Action::Back,
        "ArrowRight" => Action::Forward,
        "Home" => Action::First,
        "End" => Action::Last,
        "Escape" => Action::Overview,
        _ => return None,
    };
    event.prevent_default();
    event.stop_propagation();
    Some(Message::Do(action))
}

const FIRST: &str = "M3 3h2v10h-2zM13 3v10L6 8z";
const BACK: &str = "M12 3v10L4 8z";
const PLAY: &str = "M4 2v12L14 8z";
const PAUSE: &str = "M4 3h3v10h-3zM9 3h3v10h-3z";
const FORWARD: &str = "M4 3v10L12 8z";
const LAST: &str = "M3 3v10L10 8zM11 3h2v10h-2z";
