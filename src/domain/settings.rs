//! What the owner decides once for the whole store.

use std::str::FromStr;

use jiff::tz::TimeZone;

use super::accounts::Country;
use super::cart::CartTimes;
use super::codes::VariableMeasureRule;
use super::money::Currency;
use super::weight::WeightRules;

/// Whether shelf prices contain the tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TaxMode {
    /// Prices contain it: total = subtotal - discount.
    #[default]
    Included,
    /// It comes on top: total = subtotal - discount + tax.
    Excluded,
}

impl FromStr for TaxMode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "included" => Ok(Self::Included),
            "excluded" => Ok(Self::Excluded),
            _ => Err("tax_mode is `included` or `excluded`"),
        }
    }
}

/// The store's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// The one currency of all prices.
    pub currency: Currency,
    /// See [`TaxMode`].
    pub tax_mode: TaxMode,
    /// Where the store is: completes mobile numbers.
    pub country: Country,
    /// The store's time zone: days and opening hours are in it.
    pub time_zone: TimeZone,
    /// When a cart counts as idle or abandoned.
    pub cart_times: CartTimes,
    /// How restricted-circulation barcodes are read, the first match counts.
    pub variable_measure: Vec<VariableMeasureRule>,
    /// What trolleys' scales are held against.
    pub weight: WeightRules,
}

impl StoreSettings {
    /// The settings of a new store in this currency.
    pub fn new(currency: Currency) -> Self {
        Self {
            currency,
            tax_mode: TaxMode::default(),
            country: Country::default(),
            time_zone: TimeZone::UTC,
            cart_times: CartTimes::default(),
            variable_measure: VariableMeasureRule::defaults(),
            weight: WeightRules::default(),
        }
    }
}
