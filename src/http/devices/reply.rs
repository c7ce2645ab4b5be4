//! Flat answers for small buffers.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::app::fleet::DeviceStatus;
use crate::app::positions::Located;
use crate::app::scans::{AnswerRecord, BatchDone, Done};
use crate::app::weights::{Checked, TareWindow};
use crate::app::{Error, Result};
use crate::domain::lcd::ascii;
use crate::domain::money::Money;
use crate::domain::settings::StoreSettings;
use crate::domain::view::PricedCart;
use crate::http::problem::{LCD_COLUMNS, Problem};
use crate::wire::amount::Amount;

/// An answer has fewer than 256 bytes, and `,"duplicate":true` may come behind it.
const ROOMY: usize = 255 - 17;
/// Longest name in a page of the cart.
const NAME_MAX: usize = 40;

/// An amount as a JSON number.
pub(super) fn amount(money: Money, settings: &StoreSettings) -> Value {
    serde_json::to_value(Amount::of(money, &settings.currency)).unwrap_or(Value::Null)
}

/// Writes an event's outcome; this is what a repeat gets again.
pub(super) fn render(
    settings: &StoreSettings,
    seq: Option<u32>,
    outcome: Result<Done>,
) -> AnswerRecord {
    let mut answer = match outcome {
        Ok(done) => AnswerValue { status: 200, body: success(settings, &done) },
        Err(error) => refusal(error),
    };
    if let (Some(seq), Some(members)) = (seq, answer.body.as_object_mut()) {
        members.insert("seq".to_owned(), seq.into());
    }
    shorten(&mut answer.body);
    AnswerRecord { status: answer.status, body: answer.body.to_string() }
}

struct AnswerValue {
    status: u16,
    body: Value,
}

fn success(settings: &StoreSettings, done: &Done) -> Value {
    let mut body = json!({
        "success": true,
        "message": done.message,
        "items": done.items,
        "total": amount(done.total, settings),
    });
    if let Some((id, code)) = &done.order {
        body["order_id"] = id.value().into();
        body["code"] = code.as_str().into();
        body["lcdMessage"] = lcd(&format!("Code {code}"), "").into();
    } else if let Some(product) = done.product_id {
        body["product_id"] = product.value().into();
        body["quantity"] = done.quantity.into();
        let price = amount(done.price, settings);
        body["lcdMessage"] = lcd(&done.name, &done.price.shown(&settings.currency)).into();
        body["price"] = price;
        if let Some(years) = done.min_age {
            body["min_age"] = years.into();
        }
    }
    if let Some(check) = done.check {
        checked(&mut body, check);
    }
    if done.duplicate {
        body["duplicate"] = true.into();
    }
    body
}

/// What the scale says, for the firmware: nothing of it is on the display.
fn checked(body: &mut Value, check: Checked) {
    body["check"] = check.word.into();
    if !check.hint.is_empty() {
        body["check_hint"] = check.hint.into();
        body["check_confidence"] = check.confidence.share().into();
    }
}

/// Leaves out what can be missed, until the answer and `duplicate` fit a small buffer.
fn shorten(body: &mut Value) {
    for member in ["check_confidence", "check_hint", "check"] {
        if body.to_string().len() <= ROOMY {
            return;
        }
        if let Some(members) = body.as_object_mut() {
            members.remove(member);
        }
    }
}

fn refusal(error: Error) -> AnswerValue {
    let problem = Problem::from(error);
    let status = problem.status().as_u16();
    let body = serde_json::to_value(problem.device_refusal()).unwrap_or_default();
    AnswerValue { status, body }
}

/// The code of a kept refusal.
pub(super) fn code_of(answer: &AnswerRecord) -> Option<String> {
    let body: Value = serde_json::from_str(&answer.body).ok()?;
    body.get("code")?.as_str().map(str::to_owned)
}

/// A batch's answer.
pub(super) fn batch(
    status: u16,
    done: &BatchDone,
    code: Option<&str>,
    total: &Value,
) -> AnswerRecord {
    let body = json!({
        "success": status < 400,
        "acked": done.acked,
        "seq": done.seq,
        "code": code,
        "total": total,
    });
    AnswerRecord { status, body: body.to_string() }
}

/// A batch that skips a number.
pub(super) fn gap(done: &BatchDone, expect: u32, total: &Value) -> AnswerRecord {
    let body = json!({
        "success": false,
        "acked": done.acked,
        "seq": done.seq,
        "code": "gap",
        "expect": expect,
        "total": total,
    });
    AnswerRecord { status: 409, body: body.to_string() }
}

/// A window for bags.
pub(super) fn tared(window: &TareWindow) -> AnswerRecord {
    let body = json!({
        "success": true,
        "message": "Put your bags in",
        "lcdMessage": "Put your bags in",
        "seconds": window.seconds,
    });
    AnswerRecord { status: 200, body: body.to_string() }
}

/// A heartbeat's answer.
pub(super) fn heartbeat(status: &DeviceStatus, settings: &StoreSettings) -> AnswerRecord {
    let body = json!({
        "success": true,
        "time": status.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "paired": status.device.user_id.is_some(),
        "session": status.device.session,
        "cart_code": status.device.cart_code,
        "cart_version": status.cart_version,
        "items": status.items,
        "total": amount(status.total, settings),
    });
    AnswerRecord { status: 200, body: body.to_string() }
}

/// A page of the cart.
pub(super) fn cart(
    cart: Option<&PricedCart>,
    offset: usize,
    limit: usize,
    settings: &StoreSettings,
) -> AnswerRecord {
    let lines = cart.map_or(&[][..], |cart| &cart.lines);
    let page: Vec<Value> = lines
        .iter()
        .skip(offset)
        .take(limit)
        .map(|line| {
            json!({
                "product_id": line.product_id.value(),
                "name": ascii(&line.name).chars().take(NAME_MAX).collect::<String>(),
                "quantity": line.quantity,
                "total": amount(line.total, settings),
            })
        })
        .collect();
    let end = offset.saturating_add(page.len());
    let body = json!({
        "success": true,
        "lines": page,
        "next": (end < lines.len()).then_some(end),
        "items": cart.map_or(0, |cart| cart.cart.item_count()),
        "total": amount(cart.map_or(Money::ZERO, |cart| cart.totals.total), settings),
    });
    AnswerRecord { status: 200, body: body.to_string() }
}

/// Where the trolley is taken to be.
pub(super) fn location(located: &Located) -> AnswerRecord {
    let section = located.section.as_ref().map(|section| ascii(&section.name));
    let section = section.map(|name| name.chars().take(NAME_MAX).collect::<String>());
    let body = json!({
        "success": true,
        "message": "Noted",
        "x": located.point.x,
        "y": located.point.y,
        "floor": located.point.floor,
        "lcdMessage": lcd(section.as_deref().unwrap_or("Noted"), ""),
        "section": section,
    });
    AnswerRecord { status: 200, body: body.to_string() }
}

/// The appliance's time.
pub(super) fn time(now: Timestamp) -> AnswerRecord {
    let body = json!({
        "success": true,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "unix": now.as_second(),
    });
    AnswerRecord { status: 200, body: body.to_string() }
}

/// Left and right on one line of the display, in ASCII.
fn lcd(left: &str, right: &str) -> String {
    let left_columns = match right.len() {
        0 => LCD_COLUMNS,
        taken => LCD_COLUMNS.saturating_sub(taken + 1),
    };
    let left: String = ascii(left).chars().take(left_columns).collect();
    if right.is_empty() { left } else { format!("{left:<left_columns$} {right}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_display_is_sixteen_ascii_characters() {
        assert_eq!(lcd("Milk 1 l", "1.29"), "Milk 1 l    1.29");
        assert_eq!(lcd("Käse aus dem Süden", "12.99"), "Kaese aus  12.99");
        assert_eq!(lcd("a very long message", ""), "a very long mess");
    }
}
