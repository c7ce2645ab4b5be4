//! How scanned codes are read: the owner's rules and their tester.

use axum::extract::State;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::barcode_rules::{Explained, RuleDraft, Rules as AppRules};
use crate::app::{Admin, App, Staff};
use crate::domain::codes::{Measure, Plu};
use crate::domain::money::{Currency, Money};
use crate::http::extract::{IfMatch, Json};
use crate::http::reply::Versioned;
use crate::http::{Problem, Result};
use crate::wire::amount::Amount;
use crate::wire::read_only;

/// Longest code that is explained, in bytes; GS1 symbols hold less.
const CODE_MAX: usize = 512;

/// What is worth knowing about the rules.
pub(in crate::http) const ABOUT: &str = "A pattern has thirteen characters and begins with `2` or \
    `02`: digits stand for themselves, `I` is the item (a product's PLU), `W` grams, `P` the price \
    in cents, `V` a digit to pass over (the inner check digit of some scales), `C` the check \
    digit. The first rule that fits counts; a product's own barcode comes before all rules. \
    They are in force at once, without a restart.";

/// One way to read a variable-measure barcode.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct BarcodeRule {
    #[schema(example = "21IIIIIWWWWWC")]
    pattern: String,
    /// Whether a code with a wrong check digit is refused.
    strict_check_digit: bool,
}

/// The rules in the order in which they are tried.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct BarcodeRules {
    rules: Vec<BarcodeRule>,
    /// 0 until somebody writes rules: those that every store begins with.
    version: u64,
}

impl From<AppRules> for BarcodeRules {
    fn from(found: AppRules) -> Self {
        let rule = |rule: crate::domain::codes::VariableMeasureRule| BarcodeRule {
            pattern: rule.pattern,
            strict_check_digit: rule.strict_check_digit,
        };
        Self { rules: found.rules.into_iter().map(rule).collect(), version: found.version }
    }
}

/// A rule to write or try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct BarcodeRuleInput {
    /// For example `21IIIIIWWWWWC`.
    #[schema(min_length = 13, max_length = 13)]
    pattern: String,
    /// Whether a code with a wrong check digit is refused; some scales print none.
    #[serde(default = "strict")]
    #[schema(default = true)]
    strict_check_digit: bool,
}

const fn strict() -> bool {
    true
}

/// The rules that are to be in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct BarcodeRulesInput {
    /// In the order in which they are tried; none for no embedded weights and prices.
    #[schema(max_items = 32)]
    rules: Vec<BarcodeRuleInput>,
    #[serde(default)]
    #[schema(schema_with = read_only)]
    #[expect(dead_code, reason = "an answer may be sent back")]
    version: Option<IgnoredAny>,
}

/// A code to explain.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct CodeToTest {
    /// As the scanner sends it.
    #[schema(max_length = 512)]
    code: String,
    /// Rules to try instead of those in force.
    #[serde(default)]
    #[schema(max_items = 32)]
    rules: Option<Vec<BarcodeRuleInput>>,
}

/// How a code is read.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CodeExplained {
    /// Without blanks and control characters around it.
    code: String,
    gtin: GtinRead,
    /// The rule by which a scan reads it; none when a product has the code itself.
    rule: Option<RuleRead>,
    /// The item of that rule, without leading zeros.
    #[schema(example = "12345")]
    item: Option<String>,
    /// The weight in the code.
    weight_g: Option<u32>,
    /// The price in the code.
    price: Option<Amount>,
    /// The digits as a PLU, without leading zeros.
    plu: Option<String>,
    /// What a scan finds; for staff inactive products too.
    product: Option<ProductRead>,
    /// All of it in words.
    #[schema(example = "No product has PLU 12345. A scan finds nothing.")]
    explanation: String,
}

/// The code as a GTIN.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct GtinRead {
    valid: bool,
    /// As products show it: 8, 13 or 14 digits.
    #[schema(example = "9520074262384")]
    normalised: Option<String>,
    /// Why it is none, with the check digit that would be right.
    #[schema(example = json!(null))]
    problem: Option<String>,
}

/// A rule that fits.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct RuleRead {
    /// Its place, from 0.
    #[schema(example = 0)]
    index: usize,
    #[schema(example = "21IIIIIWWWWWC")]
    pattern: String,
}

/// A product that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ProductRead {
    id: u64,
    name: String,
}

impl CodeExplained {
    fn new(found: Explained, currency: &Currency) -> Self {
        let Explained { reading, rule, measure, product, explanation } = found;
        let item = reading.fitting().filter(|_| rule.is_some()).map(|(_, read)| read.item);
        let (weight_g, price) = match measure {
            Some(Measure::Weight { grams }) => (Some(grams), None),
            Some(Measure::Price { minor }) => {
                (None, Some(Amount::of(Money::from_minor(minor), currency)))
            }
            None => (None, None),
        };
        let text = |plu: Plu| plu.to_string();
        Self {
            gtin: GtinRead {
                valid: reading.gtin.is_ok(),
                normalised: reading.gtin.as_ref().ok().map(ToString::to_string),
                problem: reading.gtin.as_ref().err().map(ToString::to_string),
            },
            rule: rule.map(|(index, pattern)| RuleRead { index, pattern }),
            item: item.map(text),
            weight_g,
            price,
            plu: reading.plu.map(text),
            product: product.map(|it| ProductRead { id: it.id.value(), name: it.name }),
            code: reading.code,
            explanation,
        }
    }
}

fn drafts(rules: Vec<BarcodeRuleInput>) -> Vec<RuleDraft> {
    let draft = |rule: BarcodeRuleInput| RuleDraft {
        pattern: rule.pattern,
        strict_check_digit: rule.strict_check_digit,
    };
    rules.into_iter().map(draft).collect()
}

pub(in crate::http) async fn find(
    State(app): State<App>,
    staff: Staff,
) -> Result<Versioned<Json<BarcodeRules>>> {
    let found = app.barcode_rules(&staff)?;
    Ok(Versioned(found.version, Json(found.into())))
}

pub(in crate::http) async fn replace(
    State(app): State<App>,
    admin: Admin,
    IfMatch(expected): IfMatch,
    Json(body): Json<BarcodeRulesInput>,
) -> Result<Versioned<Json<BarcodeRules>>> {
    let written = app.replace_barcode_rules(&admin, drafts(body.rules), expected).await?;
    Ok(Versioned(written.version, Json(written.into())))
}

pub(in crate::http) async fn test(
    State(app): State<App>,
    staff: Staff,
    Json(body): Json<CodeToTest>,
) -> Result<Json<CodeExplained>> {
    if body.code.len() > CODE_MAX {
        return Err(Problem::field("code", format!("has at most {CODE_MAX} bytes")));
    }
    let found = app.explain_code(&staff, &body.code, body.rules.map(drafts))?;
    Ok(Json(CodeExplained::new(found, &app.settings().currency)))
}
