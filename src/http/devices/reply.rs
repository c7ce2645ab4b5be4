//! Flat answers for small buffers.

mod flat;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use self::flat::Flat;
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

/// Longest name in a page of the cart.
const NAME_MAX: usize = 40;
/// Most bytes of a page of the cart.
const PAGE_MAX_BYTES: usize = 1_024;
/// Times in whole seconds.
const TIME_FORMAT: &str = "%Y-%m-%dT%H:%M:%SZ";

/// An amount as a JSON number, with every digit.
fn amount(money: Money, settings: &StoreSettings) -> Amount {
    Amount::of(money, &settings.currency)
}

/// Writes an event's outcome; this is what a repeat gets again.
pub(super) fn render(
    settings: &StoreSettings,
    seq: Option<u32>,
    outcome: Result<Done>,
) -> AnswerRecord {
    let (status, flat) = match outcome {
        Ok(done) => (200, success(settings, &done)),
        Err(error) => refusal(error),
    };
    flat.with_some("seq", seq.as_ref()).answer(status)
}

fn success(settings: &StoreSettings, done: &Done) -> Flat {
    let mut flat = Flat::done().with("message", done.message);
    if let Some((id, code)) = &done.order {
        flat = flat.with("lcdMessage", &lcd(&format!("Code {code}"), ""));
        flat = flat.with("order_id", &id.value()).with("code", code);
    } else if let Some(product) = done.product_id {
        let price = done.price.shown(&settings.currency);
        flat = flat.with("lcdMessage", &lcd(&done.name, &price));
        flat = flat.with("product_id", &product.value()).with("quantity", &done.quantity);
        flat = flat.with("price", &amount(done.price, settings));
        flat = flat.with_some("min_age", done.min_age.as_ref());
    }
    if let Some(check) = done.check {
        flat = checked(flat, check);
    }
    flat = flat.with("items", &done.items).with("total", &amount(done.total, settings));
    flat.with_some("duplicate", done.duplicate.then_some(true).as_ref())
}

/// What the scale says, for the firmware: nothing of it is on the display.
fn checked(flat: Flat, check: Checked) -> Flat {
    let flat = flat.with("check", check.word);
    if check.hint.is_empty() {
        return flat;
    }
    flat.with("check_hint", check.hint).with("check_confidence", &check.confidence.share())
}

fn refusal(error: Error) -> (u16, Flat) {
    let problem = Problem::from(error);
    (problem.status().as_u16(), Flat::of(&problem.device_refusal()))
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
    settings: &StoreSettings,
) -> AnswerRecord {
    let flat = Flat::done().with("success", &(status < 400));
    let flat = flat.with("acked", &done.acked).with("seq", &done.seq).with("code", &code);
    flat.with("total", &amount(done.total, settings)).answer(status)
}

/// A batch that skips a number.
pub(super) fn gap(done: &BatchDone, expect: u32, settings: &StoreSettings) -> AnswerRecord {
    let flat = Flat::done().with("success", &false).with("acked", &done.acked);
    let flat = flat.with("seq", &done.seq).with("code", "gap").with("expect", &expect);
    flat.with("total", &amount(done.total, settings)).answer(409)
}

/// A window for bags.
pub(super) fn tared(window: &TareWindow) -> AnswerRecord {
    let flat = Flat::done().with("message", "Put your bags in");
    flat.with("lcdMessage", "Put your bags in").with("seconds", &window.seconds).answer(200)
}

/// A heartbeat's answer.
pub(super) fn heartbeat(status: &DeviceStatus, settings: &StoreSettings) -> AnswerRecord {
    let flat = Flat::done()
        .with("time", &status.now.strftime(TIME_FORMAT).to_string())
        .with("paired", &status.device.user_id.is_some())
        .with("session", &status.device.session)
        .with("cart_code", &status.device.cart_code)
        .with("cart_version", &status.cart_version)
        .with("items", &status.items)
        .with("total", &amount(status.total, settings));
    flat.answer(200)
}

/// A page of the cart: names are cut until it fits.
pub(super) fn cart(
    cart: Option<&PricedCart>,
    offset: usize,
    limit: usize,
    settings: &StoreSettings,
) -> AnswerRecord {
    let lines = cart.map_or(&[][..], |cart| &cart.lines);
    let end = lines.len().min(offset.saturating_add(limit));
    let page = lines.get(offset..end).unwrap_or_default();
    let body = |name_max: usize| {
        let lines = page.iter().map(|line| Line {
            product_id: line.product_id.value(),
            name: ascii(&line.name).chars().take(name_max).collect(),
            quantity: line.quantity,
            total: amount(line.total, settings),
        });
        let page = Page {
            success: true,
            lines: lines.collect(),
            next: (end < lines_of(cart)).then_some(end),
            items: cart.map_or(0, |cart| cart.cart.item_count()),
            total: amount(cart.map_or(Money::ZERO, |cart| cart.totals.total), settings),
        };
        serde_json::to_string(&page).unwrap_or_default()
    };
    let mut name_max = NAME_MAX;
    let mut text = body(name_max);
    while text.len() > PAGE_MAX_BYTES && name_max > 0 {
        name_max = name_max.saturating_sub(8);
        text = body(name_max);
    }
    AnswerRecord { status: 200, body: text }
}

fn lines_of(cart: Option<&PricedCart>) -> usize {
    cart.map_or(0, |cart| cart.lines.len())
}

#[derive(Serialize)]
struct Page {
    success: bool,
    lines: Vec<Line>,
    next: Option<usize>,
    items: u32,
    total: Amount,
}

#[derive(Serialize)]
struct Line {
    product_id: u64,
    name: String,
    quantity: u32,
    total: Amount,
}

/// Where the trolley is taken to be.
pub(super) fn location(located: &Located) -> AnswerRecord {
    let section = located.section.as_ref().map(|section| ascii(&section.name));
    let section = section.map(|name| name.chars().take(NAME_MAX).collect::<String>());
    let flat = Flat::done()
        .with("message", "Noted")
        .with("lcdMessage", &lcd(section.as_deref().unwrap_or("Noted"), ""))
        .with("x", &located.point.x)
        .with("y", &located.point.y)
        .with("floor", &located.point.floor)
        .with("section", &section);
    flat.answer(200)
}

/// The appliance's time.
pub(super) fn time(now: Timestamp) -> AnswerRecord {
    let flat = Flat::done().with("time", &now.strftime(TIME_FORMAT).to_string());
    flat.with("unix", &now.as_second()).answer(200)
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

    fn euros() -> StoreSettings {
        StoreSettings::new("EUR".parse().unwrap())
    }

    #[test]
    fn the_longest_answer_to_a_scan_fits() {
        let done = Done {
            message: "Pay at the till",
            name: "\"\\".repeat(60),
            product_id: crate::domain::id::ProductId::new(9_999_999_999_999_999_999).ok(),
            quantity: 499_500,
            price: Money::from_minor(999_999_999_999),
            items: 499_500,
            total: Money::from_minor(123_456_789_012_345_678),
            min_age: Some(18),
            check: None,
            duplicate: true,
            order: None,
        };
        let answer = render(&euros(), Some(2_147_483_647), Ok(done));
        assert!(answer.body.len() < 256, "{}", answer.body);
        assert!(answer.body.starts_with("{\"success\":true,"), "{}", answer.body);
        assert!(
            answer.body.contains("\"total\":1234567890123456.78"),
            "every digit: {}",
            answer.body
        );
    }

    #[test]
    fn the_longest_refusal_fits() {
        let detail = format!("{} is sold by weight", "\"\\\u{7}ä".repeat(100));
        let refused = Err(Error::bad_request("product-unavailable", detail));
        let answer = render(&euros(), Some(2_147_483_647), refused);
        assert!(answer.body.len() + ",\"duplicate\":true".len() < 256, "{}", answer.body);
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(
            (&body["success"], &body["seq"]),
            (&Value::from(false), &Value::from(2_147_483_647_u32))
        );
        assert!(body["message"].as_str().unwrap().is_ascii());
    }

    #[test]
    fn a_line_of_the_display_is_sixteen_ascii_characters() {
        assert_eq!(lcd("Milk 1 l", "1.29"), "Milk 1 l    1.29");
        assert_eq!(lcd("Käse aus dem Süden", "12.99"), "Kaese aus  12.99");
        assert_eq!(lcd("a very long message", ""), "a very long mess");
    }
}
