//! How variable-measure barcodes are read: the owner's rules, in force with their commit, and a
//! tester that tells in words how a code is read.
//!
//! `in_force` is the one place that hands them out. It reads them in the transaction that reads
//! the code, so there is no copy that could be out of date; until the owner writes any, those of
//! the settings count.

use serde_json::{Value, json};

use super::audit::{self, Change};
use super::{Admin, App, Error, Result, Staff, Versions};
use crate::domain::codes::{
    Measure, Owner, Owners, RULES_MAX, Reading, TradeMeasure, VariableMeasureRule, check_rules,
};
use crate::domain::id::ProductId;
use crate::domain::invalid::FieldErrors;
use crate::domain::money::Money;
use crate::domain::settings::StoreSettings;
use crate::storage::records::barcode_rules::BarcodeRules;
use crate::storage::{Reader, barcode_rules, products};

/// A rule as somebody wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleDraft {
    /// See [`VariableMeasureRule::pattern`].
    pub pattern: String,
    /// See [`VariableMeasureRule::strict_check_digit`].
    pub strict_check_digit: bool,
}

/// The rules in force; version 0 until the owner writes any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// In the order in which they are tried.
    pub rules: Vec<VariableMeasureRule>,
    /// Counts the times that they were written.
    pub version: u64,
}

/// How a code is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// All readings.
    pub reading: Reading,
    /// The rule by which a scan reads it: its index and pattern.
    pub rule: Option<(usize, String)>,
    /// What the code carries beside the item, if anything.
    pub measure: Option<Measure>,
    /// The product that a scan finds; inactive ones too.
    pub product: Option<Owner>,
    /// The story in words.
    pub explanation: String,
}

impl App {
    /// The rules in force.
    pub fn barcode_rules(&self, _staff: &Staff) -> Result<Rules> {
        self.read(|tx| in_force(tx, self.settings()))
    }

    /// Replaces the rules; they count from the next scan on.
    pub async fn replace_barcode_rules(
        &self,
        admin: &Admin,
        drafts: Vec<RuleDraft>,
        expected: Option<Versions>,
    ) -> Result<Rules> {
        let rules = judged(&drafts)?;
        let (act, settings) = (self.act(admin), self.settings().clone());
        self.write(move |tx| {
            let before = in_force(tx, &settings)?;
            super::check_version(expected, before.version)?;
            if before.rules == rules && before.version > 0 {
                return Ok(before);
            }
            let after = BarcodeRules { version: before.version + 1, rules };
            barcode_rules::put(tx, &after)?;
            let change = Change::between(shape(&before.rules), shape(&after.rules));
            audit::record(tx, &act, "barcode-rules.replace", ("barcode-rules", ""), change)?;
            Ok(Rules { rules: after.rules, version: after.version })
        })
        .await
    }

    /// Tells how a code is read, by the rules in force or by others that are tried.
    pub fn explain_code(
        &self,
        _staff: &Staff,
        code: &str,
        drafts: Option<Vec<RuleDraft>>,
    ) -> Result<Explained> {
        let tried = drafts.map(|drafts| judged(&drafts)).transpose()?;
        let settings = self.settings();
        self.read(|tx| {
            let rules = match tried {
                Some(rules) => rules,
                None => in_force(tx, settings)?.rules,
            };
            let reading = Reading::of(code, &rules);
            let owners = owners(tx, &reading)?;
            let explanation = reading.explain(&rules, &owners, &settings.currency);
            let fitting = reading.fitting().filter(|_| owners.of_gtin.is_none());
            let rule = fitting.map(|(index, _)| (index, rules[index].pattern.clone()));
            let measure = match reading.trade_measure() {
                None => fitting.map(|(_, read)| read.measure),
                Some(TradeMeasure::Weight { grams }) => Some(Measure::Weight { grams }),
                Some(TradeMeasure::Price(price)) => {
                    let price = price.to_money(&settings.currency).ok();
                    price.map(Money::minor).map(|minor| Measure::Price { minor })
                }
            };
            let product = reading.owner(&owners).cloned();
            Ok(Explained { reading, rule, measure, product, explanation })
        })
    }
}

/// The rules by which a code is read in this transaction.
pub(super) fn in_force(tx: &impl Reader, settings: &StoreSettings) -> Result<Rules> {
    Ok(match barcode_rules::written(tx)? {
        Some(BarcodeRules { version, rules }) => Rules { rules, version },
        None => Rules { rules: settings.variable_measure.clone(), version: 0 },
    })
}

/// The drafts as rules, or what is wrong with which of them.
fn judged(drafts: &[RuleDraft]) -> Result<Vec<VariableMeasureRule>> {
    let mut errors = FieldErrors::new();
    if drafts.len() > RULES_MAX {
        return Err(Error::field("rules", format!("has at most {RULES_MAX} entries")));
    }
    let mut rules = Vec::with_capacity(drafts.len());
    for (index, draft) in drafts.iter().enumerate() {
        let parsed = draft.pattern.parse::<VariableMeasureRule>();
        if let Some(rule) = errors.take(&format!("rules[{index}].pattern"), parsed) {
            let strict_check_digit = draft.strict_check_digit;
            rules.push(VariableMeasureRule { strict_check_digit, ..rule });
        }
    }
    errors.into_result()?;
    check_rules(&rules).map_err(|(index, reason)| {
        Error::Invalid(FieldErrors::one(format!("rules[{index}].pattern"), reason))
    })?;
    Ok(rules)
}

fn shape(rules: &[VariableMeasureRule]) -> Value {
    json!({ "rules": rules })
}

/// The products behind each reading of a code.
fn owners(tx: &impl Reader, reading: &Reading) -> Result<Owners> {
    let owner = |id: Option<ProductId>| -> Result<Option<Owner>> {
        let found = id.map(|id| products::product(tx, id)).transpose()?.flatten();
        Ok(found.map(|product| Owner {
            id: product.id,
            is_on_sale: product.is_on_sale(),
            unit: product.unit,
            name: product.name,
        }))
    };
    let by_gtin = |gtin| products::by_gtin(tx, gtin);
    let by_plu = |plu| products::by_plu(tx, plu);
    let item = reading.fitting().map(|(_, read)| read.item);
    Ok(Owners {
        of_gtin: owner(reading.gtin.as_ref().ok().copied().map(by_gtin).transpose()?.flatten())?,
        of_item: owner(item.map(by_plu).transpose()?.flatten())?,
        of_plu: owner(reading.plu.map(by_plu).transpose()?.flatten())?,
        of_uid: owner(
            reading.uid.as_ref().map(|uid| products::by_uid(tx, uid)).transpose()?.flatten(),
        )?,
    })
}
