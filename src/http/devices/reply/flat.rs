//! A flat object that fits a small buffer.

use serde::Serialize;
use serde_json::Value;

use crate::app::scans::AnswerRecord;

/// Most bytes of an answer: below 256 with `"duplicate":true` behind it.
const MAX_BYTES: usize = 238;
/// What goes first when an answer is too long, in this order.
const EXPENDABLE: [&str; 7] =
    ["check_confidence", "check_hint", "message", "section", "check", "min_age", "lcdMessage"];

/// An object without objects in it, in the order in which its members were set. Its values are
/// JSON text, so that amounts keep every digit.
#[derive(Debug, Clone)]
pub(super) struct Flat(Vec<(String, String)>);

impl Flat {
    /// An answer to what was done.
    pub(super) fn done() -> Self {
        Self(Vec::new()).with("success", &true)
    }

    /// An answer with the members of an object, `success` before all others.
    pub(super) fn of(object: &impl Serialize) -> Self {
        let value = serde_json::to_value(object).unwrap_or_default();
        let success = value.get("success").and_then(Value::as_bool).unwrap_or_default();
        let members = value.as_object().into_iter().flatten();
        let flat = Self(Vec::new()).with("success", &success);
        members.fold(flat, |flat, (name, value)| flat.with(name, value))
    }

    /// With this member; one of this name is replaced.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Self {
        let json = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = json,
            None => self.0.push((name.to_owned(), json)),
        }
        self
    }

    /// With this member, if there is one.
    #[must_use]
    pub(super) fn with_some(self, name: &str, value: Option<&impl Serialize>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The answer of this status. What can be spared goes when it is too long.
    pub(super) fn answer(mut self, status: u16) -> AnswerRecord {
        for spared in EXPENDABLE {
            if self.length() <= MAX_BYTES {
                break;
            }
            self.0.retain(|(name, _)| name != spared);
        }
        let members = self.0.iter().map(|(name, json)| format!("\"{name}\":{json}"));
        let members: Vec<String> = members.collect();
        AnswerRecord { status, body: format!("{{{}}}", members.join(",")) }
    }

    fn length(&self) -> usize {
        let members = self.0.iter().map(|(name, json)| name.len() + json.len() + 4);
        members.sum::<usize>() + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stay_in_order_and_success_is_first() {
        let answer = Flat::done().with("b", "x\"").with("a", &1).with("b", &2).answer(200);
        assert_eq!(answer.body, r#"{"success":true,"b":2,"a":1}"#);
        let of = Flat::of(&serde_json::json!({"code": "gap", "success": false, "z": null}));
        assert_eq!(of.length(), of.clone().answer(409).body.len());
        assert_eq!(of.answer(409).body, r#"{"success":false,"code":"gap","z":null}"#);
    }

    #[test]
    fn what_can_be_spared_goes_first() {
        let long = "\"".repeat(60);
        let flat = Flat::done().with("message", &long).with("lcdMessage", &long).with("total", &1);
        let answer = flat.answer(200);
        assert!(
            answer.body.len() <= MAX_BYTES && !answer.body.contains("message"),
            "{}",
            answer.body
        );
        assert!(answer.body.contains("lcdMessage"));
    }
}
