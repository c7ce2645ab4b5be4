//! A receipt to print: 42 columns, as till printers have, and the same in HTML.

use std::fmt::Write as _;

use crate::domain::money::{Currency, Money};
use crate::domain::orders::Order;
use crate::domain::pricing::tax_by_rate;
use crate::domain::settings::TaxMode;

/// Columns of a till printer.
const COLUMNS: usize = 42;

/// The receipt in lines of [`COLUMNS`] characters.
pub(super) fn text(order: &Order) -> String {
    let currency: Currency =
        order.currency.parse().unwrap_or_else(|_| "EUR".parse().expect("EUR is a currency"));
    let money = |amount: Money| amount.shown(&currency);
    let rule = "-".repeat(COLUMNS);
    let mut lines = vec![
        columns(&format!("Order {}", order.number), &order.code),
        order.created_at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        rule.clone(),
    ];
    for line in &order.lines {
        if line.deposit_of.is_some() {
            let pieces = format!("    {} x {}", line.quantity, money(line.unit_price));
            lines.push(format!("  + {}", line.name).chars().take(COLUMNS).collect());
            lines.push(columns(&pieces, &money(line.total)));
            continue;
        }
        let detail = match line.weight_g {
            Some(grams) => format!("  {grams} g x {}/kg", money(line.unit_price)),
            None => format!("  {} x {}", line.quantity, money(line.unit_price)),
        };
        lines.push(line.name.chars().take(COLUMNS).collect());
        lines.push(columns(&detail, &money(line.total + line.discount)));
        for applied in &line.promotions {
            lines.push(columns(&format!("  {}", applied.name), &money(-applied.amount)));
        }
    }
    lines.push(rule.clone());
    if order.totals.discount > Money::ZERO {
        lines.push(columns("Subtotal", &money(order.totals.subtotal)));
        lines.push(columns("You save", &money(-order.totals.discount)));
    }
    let total = format!("TOTAL {}", order.currency);
    lines.push(columns(&total, &money(order.totals.total)));
    // Whether the tax came on top is not stored: it did exactly when the total exceeds the lines.
    let lines_total: Money = order.lines.iter().map(|line| line.total).sum();
    let on_top = order.totals.total > lines_total;
    let mode = if on_top { TaxMode::Excluded } else { TaxMode::Included };
    for (rate, (_, tax)) in tax_by_rate(&order.lines, mode) {
        let percent = crate::wire::amount::Amount::percent(rate).0;
        let word = if on_top { "plus" } else { "incl." };
        lines.push(columns(&format!("{word} {percent} % tax"), &money(tax)));
    }
    lines.push(rule);
    lines.push(format!("Status: {}", order.status));
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// The receipt as a page that prints as it looks.
pub(super) fn html(order: &Order) -> String {
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Receipt ",
    );
    let _ = write!(page, "{}</title></head><body><pre>", escaped(&order.number));
    page.push_str(&escaped(&text(order)));
    page.push_str("</pre></body></html>\n");
    page
}

fn columns(left: &str, right: &str) -> String {
    let width = COLUMNS.saturating_sub(right.chars().count() + 1);
    let left: String = left.chars().take(width).collect();
    format!("{left:<width$} {right}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
