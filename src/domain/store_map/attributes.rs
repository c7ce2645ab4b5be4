//! What a drawing program says about an object, in its own words: `true`, `1` and `yes` are one,
//! and so are `floor` and `level`.

use serde_json::{Map, Value};

use super::{Edge, EdgeKind, NodeKind, hours::Hours};

/// Most floors that one lift joins.
const MAX_FLOORS: usize = 100;

/// Most members that are taken from the surroundings: more than there are names that count.
const MAX_INHERITED: usize = 32;

/// Members with their values; those without a value are left out.
#[derive(Debug, Clone, Default)]
pub(super) struct Attributes(Map<String, Value>);

/// Why a value is not understood: its member, and what is wrong.
pub(super) type Misread = (&'static str, String);

/// What an object stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A node of this kind.
    Node(NodeKind),
    /// A shelf location beside an aisle.
    Location,
    /// A lift or stairs, on this floor or between floors.
    Riser(EdgeKind),
    /// Something to walk on.
    Walk,
}

/// Which way an edge may be walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Both,
    Forward,
    Backward,
}

impl Attributes {
    /// Takes what has a value: programs write `null` or nothing into empty cells of a table.
    pub(super) fn new(members: Map<String, Value>) -> Self {
        let has_value = |value: &Value| !value.is_null() && value.as_str() != Some("");
        Self(members.into_iter().filter(|(_, value)| has_value(value)).collect())
    }

    /// Takes what is not `null`: nothing is a name, too, for a program that writes what it means.
    pub(super) fn exact(mut members: Map<String, Value>) -> Self {
        members.retain(|_, value| !value.is_null());
        Self(members)
    }

    /// These, and those of the surroundings that they do not stand in for.
    pub(super) fn within(&self, surroundings: &Self) -> Self {
        let inherited = surroundings.0.iter().filter(|(name, _)| !self.has(name));
        let inherited = inherited.take(MAX_INHERITED);
        let all = self.0.iter().chain(inherited);
        Self(all.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Writes yes and no as JSON has them, where they can be read.
    pub(super) fn plain_flags(&mut self, names: &[&str]) {
        for name in names {
            if let Some(value) = self.0.get_mut(*name)
                && let Some(truth) = truth(value)
            {
                *value = truth.into();
            }
        }
    }

    pub(super) fn into_members(self) -> Map<String, Value> {
        self.0
    }

    /// The first of these members that is a text or a number.
    pub(super) fn text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| match self.0.get(*name)? {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    }

    pub(super) fn number(&self, name: &'static str) -> Result<Option<f64>, Misread> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => {
                text.trim().parse().ok().filter(|number: &f64| number.is_finite())
            }
            _ => None,
        };
        let wrong = || (name, format!("{value} is no number; write one, such as 1.2"));
        number.map(Some).ok_or_else(wrong)
    }

    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>, Misread> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let wrong = || (name, format!("{value} is neither true nor false; write one of them"));
        truth(value).map(Some).ok_or_else(wrong)
    }

    /// `one_way`, or `oneway` as `OpenStreetMap` has it, where -1 is against the drawing.
    fn direction(&self) -> Result<Direction, Misread> {
        let value = self.0.get("oneway");
        if !self.has("one_way")
            && value.is_some_and(|it| {
                it.as_i64() == Some(-1) || matches!(it.as_str(), Some("-1" | "reverse"))
            })
        {
            return Ok(Direction::Backward);
        }
        let is_one_way = match self.flag("one_way")? {
            Some(is_one_way) => is_one_way,
            None => self.flag("oneway")?.unwrap_or(false),
        };
        Ok(if is_one_way { Direction::Forward } else { Direction::Both })
    }

    /// The floors of `floor` or `level`: one, or several as in `0;1;2`. Empty when nothing is
    /// said.
    pub(super) fn floors(&self) -> Result<Vec<i32>, Misread> {
        for name in ["floor", "level"] {
            let Some(value) = self.0.get(name) else { continue };
            let wrong = || (name, format!("{value} is no floor; write a whole number"));
            let texts: Vec<String> = match value {
                Value::String(text) => text.split(';').map(|part| part.trim().to_owned()).collect(),
                Value::Number(number) => vec![number.to_string()],
                _ => return Err(wrong()),
            };
            if texts.len() > MAX_FLOORS {
                return Err((name, format!("names more than {MAX_FLOORS} floors; name fewer")));
            }
            return texts.iter().map(|text| whole(text).ok_or_else(wrong)).collect();
        }
        Ok(Vec::new())
    }

    /// The one floor of an object that is on one.
    pub(super) fn floor(&self) -> Result<i32, Misread> {
        match self.floors()?.as_slice() {
            [] => Ok(0),
            [floor] => Ok(*floor),
            _ => Err(("floor", "names several floors; draw this once on each".to_owned())),
        }
    }

    /// Opening hours; a schedule that is more than daily hours is none.
    fn hours(&self) -> Option<String> {
        let own = self.text(&["hours"]);
        own.or_else(|| self.text(&["opening_hours"]).filter(|it| it.parse::<Hours>().is_ok()))
    }

    /// Whether `OpenStreetMap`'s words or ours close it.
    fn is_closed(&self) -> Result<bool, Misread> {
        let is_private = self.text(&["access"]).is_some_and(|access| access == "no");
        Ok(self.flag("closed")?.unwrap_or(is_private))
    }

    /// What an edge is like, apart from its ends and its kind, and which way it is walked.
    pub(super) fn edge(&self) -> Result<(Edge, Direction), Misread> {
        let direction = self.direction()?;
        let edge = Edge {
            length: self.number("length")?,
            one_way: direction != Direction::Both,
            closed: self.is_closed()?,
            aisle: self.text(&["aisle"]),
            seconds: self.number("seconds")?,
            // Other programs' widths may have a unit.
            width_m: self.number("width_m")?.or(self.number("width").ok().flatten()),
            hours: self.hours(),
            ..Edge::default()
        };
        Ok((edge, direction))
    }

    /// What it stands for, by `class` (the program's own word for it), `kind`, `class`, `type` or
    /// `OpenStreetMap`'s tags. A word in `kind` has to be known.
    pub(super) fn role(&self, class: Option<&str>) -> Result<Option<Role>, Misread> {
        if let Some(kind) = self.text(&["kind"]) {
            let wrong = || {
                (
                    "kind",
                    format!(
                        "{kind:?} is not known; use junction, entrance, checkout, shelf, location, \
                         walk, stairs or lift"
                    ),
                )
            };
            return role_of(&kind).map(Some).ok_or_else(wrong);
        }
        let words = [class.map(ToOwned::to_owned), self.text(&["class"]), self.text(&["type"])];
        if let Some(role) = words.iter().flatten().find_map(|word| role_of(word)) {
            return Ok(Some(role));
        }
        if self.text(&["entrance"]).is_some_and(|entrance| entrance != "no") {
            return Ok(Some(Role::Node(NodeKind::Entrance)));
        }
        Ok(match self.text(&["highway"]).as_deref() {
            Some("elevator") => Some(Role::Riser(EdgeKind::Lift)),
            Some("steps") => Some(Role::Riser(EdgeKind::Stairs)),
            _ => None,
        })
    }
}

fn role_of(word: &str) -> Option<Role> {
    Some(match word.trim().to_lowercase().as_str() {
        "junction" | "node" => Role::Node(NodeKind::Junction),
        "entrance" | "entry" => Role::Node(NodeKind::Entrance),
        "checkout" | "till" => Role::Node(NodeKind::Checkout),
        "shelf" => Role::Node(NodeKind::Shelf),
        "location" => Role::Location,
        "stairs" | "steps" => Role::Riser(EdgeKind::Stairs),
        "lift" | "elevator" => Role::Riser(EdgeKind::Lift),
        "walk" | "aisle" | "edge" => Role::Walk,
        _ => return None,
    })
}

/// A yes or no, however it is written.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => match number.as_f64() {
            Some(number) if number.abs() < f64::EPSILON => Some(false),
            Some(number) if (number - 1.0).abs() < f64::EPSILON => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A whole number; programs also write `1.0`.
fn whole(text: &str) -> Option<i32> {
    text.strip_suffix(".0").unwrap_or(text).parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn attributes(members: &Value) -> Attributes {
        Attributes::new(members.as_object().unwrap().clone())
    }

    #[test]
    fn values_are_read_however_they_are_written() {
        let some = attributes(&json!({
            "one_way": 1, "closed": "no", "length": "2.5", "floor": "1", "name": null, "aisle": "",
        }));
        assert_eq!(some.direction(), Ok(Direction::Forward));
        assert_eq!(some.is_closed(), Ok(false));
        assert_eq!(some.number("length"), Ok(Some(2.5)));
        assert_eq!(some.floor(), Ok(1));
        assert_eq!(some.text(&["aisle", "name"]), None);
        let osm = attributes(&json!({"oneway": "-1", "level": "0;-1.0", "highway": "elevator"}));
        assert_eq!(osm.direction(), Ok(Direction::Backward));
        assert_eq!(osm.floors(), Ok(vec![0, -1]));
        assert_eq!(osm.role(None), Ok(Some(Role::Riser(EdgeKind::Lift))));
        assert_eq!(
            attributes(&json!({"entrance": "main"})).role(None).unwrap(),
            role_of("entrance")
        );
    }

    #[test]
    fn what_is_not_understood_names_its_member() {
        let some = attributes(&json!({
            "one_way": "maybe", "length": [], "level": "ground", "kind": "door",
        }));
        assert_eq!(some.direction().unwrap_err().0, "one_way");
        assert_eq!(some.number("length").unwrap_err().0, "length");
        assert_eq!(some.floors().unwrap_err().0, "level");
        assert!(some.role(None).unwrap_err().1.contains("junction, entrance"));
        assert_eq!(attributes(&json!({"type": "tree"})).role(Some("")), Ok(None));
    }
}
