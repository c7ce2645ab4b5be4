//! A cell of CSV as the JSON member that the API would read.

use crate::app::export::rows::{COMPUTED, SEPARATORS};
use crate::domain::catalog::{CATEGORY_LEVELS_MAX, CATEGORY_MAX};
use crate::domain::money::Decimal;

use super::table::Kind;

/// Words on a label that are a food type.
const DIETS: [(&str, &str); 10] = [
    ("vegan", "vegan"),
    ("vegetarian", "vegetarian"),
    ("organic", "organic"),
    ("bio", "organic"),
    ("eu organic", "organic"),
    ("gluten-free", "gluten-free"),
    ("no gluten", "gluten-free"),
    ("no lactose", "lactose-free"),
    ("halal", "halal"),
    ("kosher", "kosher"),
];

/// Signs and codes of currencies that stand beside a price.
const CURRENCIES: [&str; 9] = ["€", "$", "£", "EUR", "USD", "GBP", "CHF", "Fr.", "Euro"];

/// A cell as JSON; `None` leaves the member out.
pub(super) fn member(
    cell: &str,
    kind: Kind,
    delimiter: u8,
) -> std::result::Result<Option<String>, String> {
    let cell = undefused(cell.trim());
    let cell = cell.as_str();
    Ok(Some(match (kind, cell) {
        (Kind::Ignored, _)
        | (
            Kind::Word
            | Kind::Line
            | Kind::Whole
            | Kind::Decimal
            | Kind::Flag
            | Kind::Json
            | Kind::FirstOf
            | Kind::Path
            | Kind::Tags
            | Kind::Diets
            | Kind::Weight,
            "",
        ) => return Ok(None),
        (Kind::Clearable | Kind::ClearableWhole, "") => "null".to_owned(),
        (Kind::Text | Kind::Word | Kind::Clearable, text) => quoted(text),
        (Kind::Whole | Kind::ClearableWhole, text) => match text.parse::<i64>() {
            Ok(number) => number.to_string(),
            Err(_) => return Err("is a whole number".to_owned()),
        },
        (Kind::Decimal, text) => amount(text, delimiter)?.to_string(),
        (Kind::List, text) => array(values(text).iter().map(String::as_str)),
        (Kind::WholeList, text) => {
            let numbers: std::result::Result<Vec<_>, _> =
                values(text).iter().map(|value| value.parse::<i64>()).collect();
            let numbers = numbers.map_err(|_| "is whole numbers separated by |".to_owned())?;
            let numbers = numbers.iter().map(ToString::to_string);
            format!("[{}]", numbers.collect::<Vec<_>>().join(","))
        }
        (Kind::PricesByTime, text) => prices_by_time(text, delimiter)?,
        (Kind::Flag, text) => match text.to_lowercase().as_str() {
            "true" | "yes" | "1" | "ja" | "x" => "true".to_owned(),
            "false" | "no" | "0" | "nein" => "false".to_owned(),
            _ => return Err("is true or false".to_owned()),
        },
        (Kind::Json, text) => match serde_json::from_str::<&serde_json::value::RawValue>(text) {
            Ok(json) => json.get().to_owned(),
            Err(error) => return Err(format!("is no JSON: {error}")),
        },
        (Kind::Line, text) => quoted(&text.split_whitespace().collect::<Vec<_>>().join(" ")),
        (Kind::FirstOf, text) => quoted(text.split(',').next().unwrap_or_default().trim()),
        (Kind::Path, text) => quoted(&path(text)),
        (Kind::Tags, text) => array(tags(text).map(|tag| tag.1)),
        (Kind::Diets, text) => array(diets(text).into_iter()),
        (Kind::Weight, text) => match weight_g(text) {
            Some(grams) => grams.to_string(),
            None => return Ok(None),
        },
    }))
}

/// Values separated by `|`; `\|` is one that belongs to a value.
fn values(text: &str) -> Vec<String> {
    let (mut all, mut value) = (Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if matches!(chars.peek(), Some('\\' | '|')) => value.extend(chars.next()),
            '|' => all.push(std::mem::take(&mut value)),
            other => value.push(other),
        }
    }
    all.push(value);
    let all = all.iter().map(|value| value.trim().to_owned());
    all.filter(|value| !value.is_empty()).collect()
}

/// A number as people write it: `1.29`, `1,29 €`, `1.299,00`, `1'299.00`, `19 %`.
fn amount(text: &str, delimiter: u8) -> std::result::Result<Decimal, String> {
    let wrong = || "is a number such as 1.29".to_owned();
    let mut bare = text.trim();
    for sign in CURRENCIES {
        bare = bare.strip_prefix(sign).unwrap_or(bare).trim_start();
        bare = bare.strip_suffix(sign).unwrap_or(bare).trim_end();
    }
    let bare = bare.strip_suffix('%').unwrap_or(bare).trim();
    let spaced = |c: char| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '\u{2019}');
    let grouped_by_space = bare.contains(spaced);
    let number: String = if grouped_by_space {
        let (whole, fraction) =
            bare.rfind(['.', ',']).map_or((bare, ""), |at| (&bare[..at], &bare[at..]));
        if !is_grouped(whole, spaced) || fraction.contains(spaced) {
            return Err(wrong());
        }
        format!("{}{fraction}", whole.replace(spaced, ""))
    } else {
        bare.to_owned()
    };
    let (commas, dots) = (number.matches(',').count(), number.matches('.').count());
    let plain = match (commas, dots) {
        (0, 1) if delimiter == b';' && !grouped_by_space && may_be_a_thousand(&number) => {
            return Err(ambiguous(text));
        }
        (0, 0 | 1) => number,
        (1, 0) => {
            let decimals = number.len() - number.find(',').unwrap_or_default() - 1;
            if decimals == 3 && delimiter == b',' && !grouped_by_space {
                return Err(ambiguous(text));
            }
            number.replace(',', ".")
        }
        _ => {
            // The last one is before the decimals, unless it is there more often.
            let last = number.rfind(['.', ',']).ok_or_else(wrong)?;
            let sign = if number[last..].starts_with(',') { ',' } else { '.' };
            let other = if sign == ',' { '.' } else { ',' };
            let (whole, fraction) = if number.matches(sign).count() == 1 {
                (&number[..last], &number[last + 1..])
            } else {
                (number.as_str(), "")
            };
            let between = if fraction.is_empty() { sign } else { other };
            if !is_grouped(whole, |c| c == between) {
                return Err(wrong());
            }
            let whole = whole.replace(between, "");
            if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") }
        }
    };
    let plain = plain.strip_prefix('+').unwrap_or(&plain);
    plain.parse().map_err(|_| wrong())
}

fn ambiguous(text: &str) -> String {
    format!(
        "{text} can be read as a thousand and as a decimal: write it with two decimals and nothing \
         between thousands"
    )
}

/// Whether a number with one point is how people who write a decimal comma write thousands.
fn may_be_a_thousand(number: &str) -> bool {
    is_grouped(number, |c| c == '.') && !number.trim_start_matches('-').starts_with('0')
}

/// Whether a number's digits stand in threes, but for the first.
fn is_grouped(text: &str, between: impl Fn(char) -> bool) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let groups: Vec<&str> = text.split(between).collect();
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    groups.iter().all(|it| digits(it))
        && (groups.len() == 1
            || (groups[0].len() <= 3 && groups[1..].iter().all(|it| it.len() == 3)))
}

/// `en:milk, fr:lait` as languages and words.
fn tags(text: &str) -> impl Iterator<Item = (Option<&str>, &str)> {
    let tags = text.split(',').map(str::trim).map(|tag| match tag.split_once(':') {
        Some((language, word)) if language.len() == 2 => (Some(language), word.trim()),
        _ => (None, tag),
    });
    tags.filter(|(_, word)| !word.is_empty())
}

fn diets(text: &str) -> Vec<&'static str> {
    let mut found: Vec<&str> = Vec::new();
    for (_, word) in tags(text) {
        let word = word.to_lowercase();
        if let Some((_, diet)) = DIETS.iter().find(|(label, _)| *label == word)
            && !found.contains(diet)
        {
            found.push(diet);
        }
    }
    found
}

/// Categories from the widest to the narrowest as one path.
fn path(text: &str) -> String {
    let mut path = String::new();
    for (_, level) in tags(text).take(CATEGORY_LEVELS_MAX) {
        let level = level.replace('/', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        if path.chars().count() + level.chars().count() + 1 > CATEGORY_MAX {
            break;
        }
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(&level);
    }
    path
}

/// `500 g` or `1,5 kg`; what is no weight says nothing.
fn weight_g(text: &str) -> Option<i64> {
    let text = text.trim().to_lowercase();
    let (number, factor) = match text.strip_suffix("kg") {
        Some(number) => (number, 1_000),
        None => (text.strip_suffix('g')?, 1),
    };
    let number: Decimal = number.trim().replace(',', ".").parse().ok()?;
    let grams = number.to_units(3)?.checked_mul(factor)? / 1_000;
    (grams > 0).then_some(grams)
}

/// Prices that are to come, `1.49@2026-12-01T00:00:00Z` separated by `|`, as JSON.
fn prices_by_time(text: &str, delimiter: u8) -> std::result::Result<String, String> {
    let rule = || "is prices such as 1.49@2026-12-01T00:00:00Z separated by |".to_owned();
    let values = values(text);
    let entries = values.iter().map(|value| {
        let (price, at) = value.split_once('@').ok_or_else(rule)?;
        let price = amount(price, delimiter).map_err(|_| rule())?;
        Ok(format!("{{\"price\":{price},\"valid_from\":{}}}", quoted(at.trim())))
    });
    Ok(format!("[{}]", entries.collect::<std::result::Result<Vec<_>, String>>()?.join(",")))
}

/// Takes away the apostrophes that an export put before what a spreadsheet would compute.
fn undefused(cell: &str) -> String {
    let pieces = cell.split_inclusive(SEPARATORS).map(|piece| match piece.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with(COMPUTED) => rest,
        _ => piece,
    });
    pieces.collect()
}

fn array<'a>(values: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", values.map(quoted).collect::<Vec<_>>().join(","))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_as_people_write_them() {
        for (text, delimiter, wanted) in [
            ("1.29", b',', "1.29"),
            ("1,29", b';', "1.29"),
            ("1,29", b',', "1.29"),
            ("1.299,00 €", b';', "1299"),
            ("€ 1,299.00", b',', "1299"),
            ("1 299,50", b';', "1299.5"),
            ("1\u{a0}299,50\u{a0}€", b';', "1299.5"),
            ("CHF 1'299.95", b';', "1299.95"),
            ("1.234.567", b';', "1234567"),
            ("1,234,567.89", b',', "1234567.89"),
            ("1,299", b';', "1.299"),
            ("1.299", b',', "1.299"),
            ("0.299", b';', "0.299"),
            ("-1", b',', "-1"),
            ("19 %", b';', "19"),
            ("$3", b',', "3"),
            ("3 EUR", b',', "3"),
        ] {
            let found = amount(text, delimiter).map(|it| it.to_string());
            assert_eq!(found.as_deref(), Ok(wanted), "{text}");
        }
        for text in ["", "two", "1,2,3", "1.2.3,4", "12 34", "1,29,00", "1.29.", "--1", "1e999999"]
        {
            assert!(amount(text, b';').is_err(), "{text}");
        }
        for (text, delimiter) in [("1,299", b','), ("1.299", b';'), ("1.000", b';')] {
            assert!(amount(text, delimiter).unwrap_err().contains(text));
        }
    }

    #[test]
    fn lists_may_hold_what_separates_them() {
        assert_eq!(values(r" milk | nuts|| a\|b|c\\|d\e "), ["milk", "nuts", "a|b", r"c\", r"d\e"]);
    }

    #[test]
    fn open_food_facts_cells_become_ours() {
        let read = |cell, kind| member(cell, kind, b'\t').unwrap().unwrap_or_default();
        assert_eq!(read("Acme, Other", Kind::FirstOf), "\"Acme\"");
        assert_eq!(read("en:Dairies,Milks, A/B", Kind::Path), "\"Dairies/Milks/A B\"");
        assert_eq!(read("en:milk,fr:lait", Kind::Tags), "[\"milk\",\"lait\"]");
        assert_eq!(
            read("Organic,EU Organic,Vegan,Made in France", Kind::Diets),
            "[\"organic\",\"vegan\"]"
        );
        assert_eq!(read("500 g", Kind::Weight), "500");
        assert_eq!(read("1,5 kg", Kind::Weight), "1500");
        assert_eq!(read("33 cl", Kind::Weight), "");
        assert_eq!(read(" Two\tlines\nhere ", Kind::Line), "\"Two lines here\"");
    }
}
