//! The steps in plain English.

use std::borrow::Cow;

use super::{Beside, End, Errand, Means, Step, Turn};
use crate::domain::store_map::{
    EdgeKind, Side,
    length::{self, TICKS_PER_METRE, Ticks},
};

impl Step<'_> {
    /// The step as a sentence, without a full stop.
    pub(super) fn sentence(&self) -> String {
        match *self {
            Self::Walk { turn, cost, aisle, is_new, into } => {
                let metres = metres(cost);
                let way = match (turn, aisle.map(aisle_name)) {
                    (None, None) => format!("Walk {metres}"),
                    (None, Some(aisle)) => format!("Walk {metres} along {aisle}"),
                    (Some(turn), None) => format!("{} and walk {metres}", turn.words()),
                    (Some(turn), Some(aisle)) if is_new && turn != Turn::Around => {
                        format!("{} into {aisle} and walk {metres}", turn.words())
                    }
                    (Some(turn), Some(aisle)) => {
                        format!("{} and walk {metres} along {aisle}", turn.words())
                    }
                };
                match into {
                    Some(section) => format!("{way} to {section}"),
                    None => way,
                }
            }
            Self::Ride { means, floor } => match means {
                Means::Lift => format!("Take the lift to floor {floor}"),
                Means::Stairs => format!("Take the stairs to floor {floor}"),
                Means::Within(EdgeKind::Lift) => "Take the lift".to_owned(),
                Means::Within(_) => "Take the stairs".to_owned(),
                Means::Ramp { is_up: true } => format!("Walk up to floor {floor}"),
                Means::Ramp { is_up: false } => format!("Walk down to floor {floor}"),
            },
            Self::Arrive { errand, section, beside } => {
                let what = match errand {
                    Errand::Pick { name, at: None } => format!("Pick up {name}"),
                    Errand::Pick { name, at: Some(location) } => {
                        format!("Pick up {name} at {location}")
                    }
                    Errand::Seek { name, around } => format!("Look for {name} around {around}"),
                    Errand::Node(id) => format!("Stop at {id}"),
                    Errand::Point { x, y } => format!("Stop at ({x:.1}, {y:.1})"),
                };
                let section = section.map_or_else(String::new, |name| format!(" in {name}"));
                format!("{what}{section}{}", beside.words())
            }
            Self::Finish(End::Checkout(id)) => format!("Finish at checkout {id}"),
            Self::Finish(End::Node(id)) => format!("Finish at {id}"),
            Self::Finish(End::Start) => "Finish where you began".to_owned(),
        }
    }
}

impl Turn {
    fn words(self) -> &'static str {
        match self {
            Self::Left => "Turn left",
            Self::Right => "Turn right",
            Self::SlightLeft => "Bear left",
            Self::SlightRight => "Bear right",
            Self::Around => "Turn around",
        }
    }
}

impl Beside {
    fn words(self) -> String {
        let side = match self.side {
            None => return String::new(),
            Some(Side::Left) => "left",
            Some(Side::Right) => "right",
        };
        if self.away < TICKS_PER_METRE {
            format!(", on your {side}")
        } else {
            format!(", {} to your {side}", metres(self.away))
        }
    }
}

/// `aisle A3`; a name that says that it is an aisle is left as it is.
fn aisle_name(name: &str) -> Cow<'_, str> {
    let says_so = name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("aisle"));
    if says_so { Cow::Borrowed(name) } else { Cow::Owned(format!("aisle {name}")) }
}

/// Whole metres, and tenths below 10 m.
pub(super) fn metres(cost: Ticks) -> String {
    let tenth = TICKS_PER_METRE / 10;
    let tenths = (cost + tenth / 2) / tenth;
    if tenths < 100 && tenths % 10 != 0 {
        format!("{:.1} m", length::metres_from_ticks(tenths * tenth))
    } else {
        format!("{} m", (cost + TICKS_PER_METRE / 2) / TICKS_PER_METRE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_out_as_people_say_them() {
        let read = |m: f64| metres(length::ticks_from_metres(m).unwrap());
        assert_eq!(read(12.4), "12 m");
        assert_eq!(read(9.96), "10 m");
        assert_eq!(read(3.04), "3 m");
        assert_eq!(read(3.06), "3.1 m");
        assert_eq!(read(0.5), "0.5 m");
    }

    #[test]
    fn aisles_are_not_called_aisle_twice() {
        assert_eq!(aisle_name("A3"), "aisle A3");
        assert_eq!(aisle_name("Aisle 3"), "Aisle 3");
        assert_eq!(aisle_name("中央通り"), "aisle 中央通り");
    }
}
