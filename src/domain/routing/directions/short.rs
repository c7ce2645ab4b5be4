//! The steps for a display of 16 columns.
//!
//! | line | meaning |
//! |---|---|
//! | `>12m A3` | walk 12 m straight on, along aisle A3 |
//! | `<L A4 7m` | turn left into aisle A4, walk 7 m |
//! | `>R A4 7m` | turn right |
//! | `<l A4 7m`, `>r A4 7m` | bear left, bear right |
//! | `U A4 7m` | turn around |
//! | `Lift to F2`, `Stairs to F2`, `Up to F2`, `Down to F0` | go to that floor |
//! | `Milk 1 l <`, `A3-07 >` | pick it up: on your left, on your right; no mark: right here |
//! | `Stop n17`, `At 12.5,3.2` | stop at a node, at a point |
//! | `Checkout c4`, `End n1`, `Back at start` | the walk ends |
//!
//! Names are cut with a full stop where they are too long, lengths never.

use super::{Beside, End, Errand, Means, Step, Turn, words::metres};
use crate::domain::{
    lcd::{self, COLUMNS},
    store_map::{EdgeKind, Side, length::Ticks},
};

impl Step<'_> {
    /// The step as a line.
    pub(super) fn line(&self) -> String {
        match *self {
            Self::Walk { turn: None, cost, aisle, .. } => {
                named(&format!(">{}", length(cost)), aisle, "")
            }
            Self::Walk { turn: Some(turn), cost, aisle, .. } => {
                let sign = match turn {
                    Turn::Left => "<L",
                    Turn::Right => ">R",
                    Turn::SlightLeft => "<l",
                    Turn::SlightRight => ">r",
                    Turn::Around => "U",
                };
                named(sign, aisle, &length(cost))
            }
            Self::Ride { means, floor } => match means {
                Means::Lift => format!("Lift to F{floor}"),
                Means::Stairs => format!("Stairs to F{floor}"),
                Means::Within(EdgeKind::Lift) => "Lift".to_owned(),
                Means::Within(_) => "Stairs".to_owned(),
                Means::Ramp { is_up: true } => format!("Up to F{floor}"),
                Means::Ramp { is_up: false } => format!("Down to F{floor}"),
            },
            Self::Arrive { errand, beside, .. } => {
                let mark = beside.mark();
                let room = COLUMNS - mark.len();
                let what = match errand {
                    Errand::Pick { name, .. } | Errand::Seek { name, .. } => lcd::cut(name, room),
                    Errand::Node(id) => lcd::cut(&format!("Stop {id}"), room),
                    Errand::Point { x, y } => point(x, y, room),
                };
                format!("{what}{mark}")
            }
            Self::Finish(End::Checkout(id)) => lcd::cut(&format!("Checkout {id}"), COLUMNS),
            Self::Finish(End::Node(id)) => lcd::cut(&format!("End {id}"), COLUMNS),
            Self::Finish(End::Start) => "Back at start".to_owned(),
        }
    }
}

impl Beside {
    fn mark(self) -> &'static str {
        match self.side {
            None => "",
            Some(Side::Left) => " <",
            Some(Side::Right) => " >",
        }
    }
}

/// A length in as few columns as it takes: `12m`.
fn length(cost: Ticks) -> String {
    metres(cost).replace(' ', "")
}

/// The name of an aisle between a beginning and an end that stay whole.
fn named(before: &str, aisle: Option<&str>, after: &str) -> String {
    let taken = before.len() + after.len() + usize::from(!after.is_empty());
    let name = match aisle {
        // Less than two columns would be no name.
        Some(aisle) if COLUMNS > taken + 2 => lcd::cut(aisle, COLUMNS - taken - 1),
        _ => String::new(),
    };
    let parts = [before, &name, after];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn point(x: f64, y: f64, room: usize) -> String {
    let fine = format!("At {x:.1},{y:.1}");
    let whole = format!("At {x:.0},{y:.0}");
    // A point 10 km away in both directions has room for neither the tenths nor a word.
    let bare = format!("{x:.0},{y:.0}");
    [fine, whole].into_iter().find(|text| text.len() <= room).unwrap_or(bare)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::store_map::length::ticks_from_metres;

    fn walk(turn: Option<Turn>, metres: f64, aisle: Option<&str>) -> String {
        let cost = ticks_from_metres(metres).unwrap();
        Step::Walk { turn, cost, aisle, is_new: true, into: None }.line()
    }

    #[test]
    fn lines_fit_and_keep_their_numbers() {
        assert_eq!(walk(None, 12.3, Some("A3")), ">12m A3");
        assert_eq!(walk(None, 7.2, None), ">7.2m");
        assert_eq!(walk(Some(Turn::Left), 7.0, Some("A4")), "<L A4 7m");
        assert_eq!(
            walk(Some(Turn::Around), 1234.0, Some("Water & Soft Drinks")),
            "U Water &. 1234m"
        );
        assert_eq!(walk(Some(Turn::SlightRight), 7.25, Some("Gemüse")), ">r Gemuese 7.3m");
        assert_eq!(walk(None, 12.0, Some("Gate 123456789012")), ">12m Gate.");
        assert_eq!(walk(None, 9e7, Some("A3")), ">90000000m A3");
    }

    #[test]
    fn arrivals_have_a_mark_for_the_side() {
        let arrive = |errand, side| {
            Step::Arrive { errand, section: None, beside: Beside { side, away: 0 } }.line()
        };
        let milk = Errand::Pick { name: "Fresh whole milk 1 l", at: Some("A3-07") };
        assert_eq!(arrive(milk, Some(Side::Left)), "Fresh whole m. <");
        assert_eq!(arrive(Errand::Node("n17"), Some(Side::Right)), "Stop n17 >");
        assert_eq!(arrive(Errand::Point { x: 12.54, y: -3.2 }, None), "At 12.5,-3.2");
        let far = Errand::Point { x: -9_999.9, y: -9_999.4 };
        assert_eq!(arrive(far, Some(Side::Left)), "-10000,-9999 <");
        assert_eq!(Step::Finish(End::Checkout("till 123456789")).line(), "Checkout till.");
    }
}
