//! Aisles that staff report as blocked: a spill, a pallet, a broken lift. They are not part of the
//! map: they come and go without a new version of it, and outlive one.

use jiff::Timestamp;

use super::id::ClosureId;
use super::invalid::FieldErrors;
use super::store_map::{MAX_ID_CHARS, MAX_NAME_CHARS, StoreMap};

/// Most closures at once: each walk looks at all of them.
pub const CLOSURES_MAX: usize = 200;
/// Longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 200;

/// Something that cannot be walked for now. [`Closure::create`] holds the limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    /// Identity.
    pub id: ClosureId,
    /// What is blocked.
    pub blocked: Blocked,
    /// Why, in words for shoppers; may be empty.
    pub reason: String,
    /// When it is over by itself; `None`: when somebody says so.
    pub until: Option<Timestamp>,
    /// Since when.
    pub created_at: Timestamp,
    /// The username of who reported it; `None` for the command line.
    pub created_by: Option<String>,
}

/// What a closure blocks, by the map's own names: another map may not have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocked {
    /// Every edge of an aisle.
    Aisle(String),
    /// Every edge between two nodes, in both directions.
    Between(String, String),
}

/// A closure as it is reported: either an aisle, or two nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClosureReport {
    /// The aisle.
    pub aisle: Option<String>,
    /// One node.
    pub from: Option<String>,
    /// The other.
    pub to: Option<String>,
    /// See [`Closure::reason`].
    pub reason: String,
    /// See [`Closure::until`].
    pub until: Option<Timestamp>,
}

impl Closure {
    /// A closure from now on; everything that is wrong with the report at once. Whether the map
    /// has what it names is the caller's to check.
    pub fn create(
        id: ClosureId,
        report: ClosureReport,
        created_by: Option<String>,
        now: Timestamp,
    ) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let reason = report.reason.trim().to_owned();
        if reason.chars().count() > REASON_CHARS_MAX {
            errors.push("reason", format!("is at most {REASON_CHARS_MAX} characters long"));
        } else if reason.chars().any(char::is_control) {
            errors.push("reason", "has a control character");
        }
        if report.until.is_some_and(|until| until <= now) {
            errors.push("until", "lies in the future; leave it out for an end that is not known");
        }
        let named = blocked(report.aisle, report.from, report.to);
        let blocked = errors.take("aisle", named);
        errors.into_result()?;
        let blocked = blocked.expect("without an error there is a place");
        Ok(Self { id, blocked, reason, until: report.until, created_at: now, created_by })
    }

    /// Whether it still counts.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

impl Blocked {
    /// The edges of this map that it bars, by their position, rising.
    pub fn edges<'a>(&'a self, map: &'a StoreMap) -> impl Iterator<Item = usize> + 'a {
        let edges = map.edges.iter().enumerate();
        edges
            .filter(|(_, edge)| match self {
                Self::Aisle(aisle) => edge.aisle.as_ref() == Some(aisle),
                Self::Between(one, other) => {
                    (edge.from == *one && edge.to == *other)
                        || (edge.from == *other && edge.to == *one)
                }
            })
            .map(|(index, _)| index)
    }
}

fn blocked(
    aisle: Option<String>,
    from: Option<String>,
    to: Option<String>,
) -> Result<Blocked, &'static str> {
    let fits = |text: &str, most: usize| !text.is_empty() && text.chars().count() <= most;
    match (aisle, from, to) {
        (Some(aisle), None, None) if fits(&aisle, MAX_NAME_CHARS) => Ok(Blocked::Aisle(aisle)),
        (None, Some(from), Some(to)) if fits(&from, MAX_ID_CHARS) && fits(&to, MAX_ID_CHARS) => {
            Ok(Blocked::Between(from, to))
        }
        _ => Err("send the name of an aisle, or the two nodes from and to"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::store_map::{Edge, Node};

    fn made(report: ClosureReport) -> Result<Closure, String> {
        let now = Timestamp::from_second(100).unwrap();
        let made = Closure::create(ClosureId::new(1).unwrap(), report, None, now);
        made.map_err(|errors| errors.to_string())
    }

    fn aisle(name: &str) -> ClosureReport {
        ClosureReport { aisle: Some(name.into()), ..ClosureReport::default() }
    }

    #[test]
    fn a_report_names_one_place_and_an_end_to_come() {
        let second = |second| Some(Timestamp::from_second(second).unwrap());
        let closure = made(ClosureReport { reason: " spill ".into(), ..aisle("A3") }).unwrap();
        assert_eq!(closure.reason, "spill");
        let soon = made(ClosureReport { until: second(101), ..aisle("A3") }).unwrap();
        assert!(soon.is_in_force(second(100).unwrap()) && !soon.is_in_force(second(101).unwrap()));
        let both = ClosureReport { from: Some("a".into()), to: Some("b".into()), ..aisle("A3") };
        let half = ClosureReport { from: Some("a".into()), ..ClosureReport::default() };
        for (report, said) in [
            (ClosureReport::default(), "aisle: send"),
            (both, "aisle: send"),
            (half, "aisle: send"),
            (aisle(""), "aisle: send"),
            (aisle(&"x".repeat(201)), "aisle: send"),
            (ClosureReport { until: second(100), ..aisle("A3") }, "until: lies in the future"),
            (ClosureReport { reason: "x".repeat(201), ..aisle("A3") }, "200 characters"),
            (ClosureReport { reason: "a\u{7}b".into(), ..aisle("A3") }, "control"),
        ] {
            let refused = made(report).unwrap_err();
            assert!(refused.contains(said), "{refused}");
        }
    }

    #[test]
    fn an_aisle_is_all_its_edges_and_a_stretch_both_directions() {
        let in_aisle =
            |from, to, aisle: &str| Edge { aisle: Some(aisle.into()), ..Edge::new(from, to) };
        let map = StoreMap {
            nodes: ["a", "b", "c"].map(|id| Node::new(id, 0.0, 0.0)).into(),
            edges: vec![
                in_aisle("a", "b", "A1"),
                in_aisle("b", "c", "A2"),
                in_aisle("b", "a", "A2"),
                Edge::new("c", "a"),
            ],
            ..StoreMap::default()
        };
        let bars = |blocked: Blocked| blocked.edges(&map).collect::<Vec<_>>();
        assert_eq!(bars(Blocked::Aisle("A2".into())), [1, 2]);
        assert_eq!(bars(Blocked::Aisle("a2".into())), [0; 0]);
        assert_eq!(bars(Blocked::Between("b".into(), "a".into())), [0, 2]);
        assert_eq!(bars(Blocked::Between("a".into(), "x".into())), [0; 0]);
    }
}
