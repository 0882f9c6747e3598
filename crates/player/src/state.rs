//! What moves: the player's state, and what each action makes of it. No clock here, no page.

/// How far the player has come, and whether it goes on by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Player {
    /// The current step; `None` is the finished picture, before anything is pressed.
    pub cursor: Option<usize>,
    /// How many steps there are.
    pub steps: usize,
    /// Whether [`Action::Tick`] moves it.
    pub playing: bool,
    /// How fast.
    pub speed: Speed,
}

/// What a reader, or the clock, asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// To the first step.
    First,
    /// One step back.
    Back,
    /// Begins to play, from the beginning if it is at the end; or stops.
    PlayOrPause,
    /// One step forward.
    Forward,
    /// To the last step.
    Last,
    /// To this step.
    Go(usize),
    /// Back to the finished picture.
    Overview,
    /// The time of a step has passed.
    Tick,
    /// Another speed.
    Speed(Speed),
}

/// How long a step is shown while the player plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speed {
    /// For reading along.
    Slow,
    /// For watching.
    #[default]
    Normal,
    /// For those who know the way.
    Fast,
}

impl Speed {
    /// All, the slowest first.
    pub const ALL: [Self; 3] = [Self::Slow, Self::Normal, Self::Fast];

    /// How long a step is shown, in milliseconds.
    pub const fn step_ms(self) -> u32 {
        match self {
            Self::Slow => 2_400,
            Self::Normal => 1_200,
            Self::Fast => 400,
        }
    }

    /// How it is written on the control.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Slow => "½×",
            Self::Normal => "1×",
            Self::Fast => "3×",
        }
    }
}

impl Player {
    /// The finished picture of so many steps.
    pub const fn new(steps: usize) -> Self {
        Self { cursor: None, steps, playing: false, speed: Speed::Normal }
    }

    /// What an action makes of it. There is no wrong action: one that leads nowhere changes nothing.
    pub fn reduce(self, action: Action) -> Self {
        let Some(last) = self.steps.checked_sub(1) else { return self };
        let at = |cursor: usize| Self { cursor: Some(cursor.min(last)), playing: false, ..self };
        match action {
            Action::First => at(0),
            Action::Back => at(self.cursor.map_or(last, |cursor| cursor.saturating_sub(1))),
            Action::Forward => at(self.cursor.map_or(0, |cursor| cursor + 1)),
            Action::Last => at(last),
            Action::Go(step) => at(step),
            Action::Overview => Self { cursor: None, playing: false, ..self },
            Action::PlayOrPause if self.playing => Self { playing: false, ..self },
            Action::PlayOrPause => {
                let cursor = self.cursor.filter(|cursor| *cursor < last).unwrap_or(0);
                Self { cursor: Some(cursor), playing: last > 0, ..self }
            }
            Action::Tick if !self.playing => self,
            Action::Tick => {
                let cursor = self.cursor.map_or(0, |cursor| cursor + 1).min(last);
                Self { cursor: Some(cursor), playing: cursor < last, ..self }
            }
            Action::Speed(speed) => Self { speed, ..self },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(actions: &[Action]) -> Player {
        actions.iter().fold(Player::new(3), |player, action| player.reduce(*action))
    }

    #[test]
    fn it_begins_with_the_finished_picture_and_steps_both_ways() {
        assert_eq!(after(&[]).cursor, None);
        assert_eq!(after(&[Action::Forward]).cursor, Some(0));
        assert_eq!(after(&[Action::Back]).cursor, Some(2));
        assert_eq!(after(&[Action::First, Action::Back]).cursor, Some(0));
        assert_eq!(after(&[Action::Last, Action::Forward]).cursor, Some(2));
        assert_eq!(after(&[Action::Go(99)]).cursor, Some(2));
        assert_eq!(after(&[Action::Go(1), Action::Overview]).cursor, None);
    }

    #[test]
    fn playing_stops_at_the_end_and_begins_anew() {
        let end = after(&[Action::PlayOrPause, Action::Tick, Action::Tick]);
        assert_eq!((end.cursor, end.playing), (Some(2), false));
        let again = end.reduce(Action::PlayOrPause);
        assert_eq!((again.cursor, again.playing), (Some(0), true));
        assert_eq!(end.reduce(Action::Tick), end, "the clock moves nothing that is paused");
    }

    #[test]
    fn whoever_steps_stops_the_player() {
        let player = after(&[Action::PlayOrPause, Action::Forward]);
        assert_eq!((player.cursor, player.playing), (Some(1), false));
        let faster = after(&[Action::PlayOrPause, Action::Speed(Speed::Fast)]);
        assert!(faster.playing, "another speed does not stop it");
    }

    #[test]
    fn without_steps_nothing_moves() {
        let empty = Player::new(0);
        for action in [Action::First, Action::PlayOrPause, Action::Tick, Action::Go(0), Action::Forward] {
            assert_eq!(empty.reduce(action), empty);
        }
    }
}
