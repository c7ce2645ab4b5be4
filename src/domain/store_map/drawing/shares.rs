//! Labels that become ids, and wholes that are shared out.

use std::collections::HashMap;

use super::round;

/// The label, or with the first number behind it that makes it unused.
///
/// `numbers` remembers how far each label is: a thousand shelves of one name need no second look.
pub(super) fn unused(
    label: &str,
    numbers: &mut HashMap<String, u64>,
    is_used: impl Fn(&str) -> bool,
) -> String {
    if !is_used(label) {
        return label.to_owned();
    }
    let number = numbers.entry(label.to_owned()).or_insert(1);
    loop {
        *number += 1;
        let id = format!("{label}-{number}");
        if !is_used(&id) {
            return id;
        }
    }
}

/// A whole shared out by weights, so that the parts add up to it; nothing when there is none.
pub(super) fn shares(whole: Option<f64>, weights: &[f64]) -> impl Iterator<Item = f64> {
    let total: f64 = weights.iter().sum();
    let mut left = whole.unwrap_or(0.0);
    let count = if whole.is_some() { weights.len() } else { 0 };
    let parts: Vec<f64> = weights
        .iter()
        .take(count)
        .enumerate()
        .map(|(index, weight)| {
            let share = if index + 1 == count || total <= 0.0 {
                left
            } else {
                round(whole.unwrap_or(0.0) * weight / total)
            };
            left = round(left - share);
            share
        })
        .collect();
    parts.into_iter()
}
