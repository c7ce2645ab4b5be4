//! What staff should look at: a trolley whose scale and list do not agree, one that went silent
//! with goods in it, an empty battery. An alert says what was measured and how sure that is; it
//! accuses nobody, and what it means is for people to judge.

use jiff::Timestamp;

use super::id::{AlertId, CartId, DeviceId, ProductId};

/// Most alerts that are kept; beyond it the oldest go, cleared ones first.
pub const ALERTS_MAX: usize = 10_000;
/// Longest note of who clears one, in characters.
pub const NOTE_CHARS_MAX: usize = 500;
/// Longest detail, in characters: more is cut off.
pub const DETAIL_CHARS_MAX: usize = 300;

/// What is up. New kinds go to the end: the position is the number on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertKind {
    /// The scale gained what no scan explains.
    UnscannedItem,
    /// The scale lost what no removal explains.
    ItemMissing,
    /// What was put in weighs like something else than what was scanned.
    SwappedItem,
    /// Scale and list disagree, and nothing explains it well.
    WeightMismatch,
    /// A trolley with goods in it is not heard of.
    OfflineWithBasket,
    /// A trolley needs charging.
    BatteryLow,
    /// A trolley's new firmware did not start well.
    FirmwareFailed,
}

impl AlertKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::UnscannedItem,
        Self::ItemMissing,
        Self::SwappedItem,
        Self::WeightMismatch,
        Self::OfflineWithBasket,
        Self::BatteryLow,
        Self::FirmwareFailed,
    ];

    /// The kinds that a scale raises.
    pub const OF_SCALES: [Self; 4] =
        [Self::UnscannedItem, Self::ItemMissing, Self::SwappedItem, Self::WeightMismatch];

    /// The stable word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnscannedItem => "unscanned-item",
            Self::ItemMissing => "item-missing",
            Self::SwappedItem => "swapped-item",
            Self::WeightMismatch => "weight-mismatch",
            Self::OfflineWithBasket => "offline-with-basket",
            Self::BatteryLow => "battery-low",
            Self::FirmwareFailed => "firmware-failed",
        }
    }
}

/// How sure an alert is, in percent: 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Confidence(u8);

impl Confidence {
    /// A fact, such as an empty battery.
    pub const CERTAIN: Self = Self(100);

    /// The nearest whole percent; what is no number is 0.
    pub fn from_share(share: f64) -> Self {
        let percent = (share.clamp(0.0, 1.0) * 100.0).round();
        let fits = (0..=100_u8).rev().find(|whole| f64::from(*whole) <= percent);
        Self(fits.unwrap_or(0))
    }

    /// This many percent; more than 100 are 100.
    pub fn from_percent(percent: u8) -> Self {
        Self(percent.min(100))
    }

    /// Percent.
    pub const fn percent(self) -> u8 {
        self.0
    }

    /// 0 to 1, with two decimals.
    pub fn share(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

/// Something that staff should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Identity; rises with time.
    pub id: AlertId,
    /// About which trolley.
    pub device_id: DeviceId,
    /// The cart that was open on it.
    pub cart_id: Option<CartId>,
    /// What is up.
    pub kind: AlertKind,
    /// In words for staff.
    pub detail: String,
    /// How sure that is.
    pub confidence: Confidence,
    /// The product that it is about, where one is plausible.
    pub product_id: Option<ProductId>,
    /// The grams that it is about: what is too much, or too little when negative.
    pub weight_g: Option<i64>,
    /// Since when.
    pub at: Timestamp,
    /// By whom and when it was cleared; `None` while it is open.
    pub cleared: Option<Cleared>,
}

/// The end of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleared {
    /// When.
    pub at: Timestamp,
    /// The username of who did; `None` when it cleared by itself, or by the command line.
    pub by: Option<String>,
    /// What came of it; may be empty.
    pub note: String,
}

/// An alert to be raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAlert {
    /// See [`Alert`], as with the rest.
    pub device_id: DeviceId,
    /// The cart that is open on the trolley.
    pub cart_id: Option<CartId>,
    /// What is up.
    pub kind: AlertKind,
    /// In words for staff; cut to [`DETAIL_CHARS_MAX`].
    pub detail: String,
    /// How sure that is.
    pub confidence: Confidence,
    /// The product that it is about.
    pub product_id: Option<ProductId>,
    /// The grams that it is about.
    pub weight_g: Option<i64>,
}

/// Which alerts a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shown {
    /// Those that nobody cleared.
    #[default]
    Open,
    /// Those that are over.
    Cleared,
    /// All that are kept.
    All,
}

impl Alert {
    /// A new, open one.
    pub fn open(id: AlertId, new: NewAlert, now: Timestamp) -> Self {
        Self {
            id,
            device_id: new.device_id,
            cart_id: new.cart_id,
            kind: new.kind,
            detail: cut(new.detail),
            confidence: new.confidence,
            product_id: new.product_id,
            weight_g: new.weight_g,
            at: now,
            cleared: None,
        }
    }

    /// The same trouble again, as it is now. Since when, and its id, stay.
    #[must_use]
    pub fn refreshed(&self, new: NewAlert) -> Self {
        Self { cleared: None, ..Self::open(self.id, new, self.at) }
    }
}

/// Checks a note: at most [`NOTE_CHARS_MAX`] printable characters.
pub fn note(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.chars().count() > NOTE_CHARS_MAX {
        return Err(format!("is at most {NOTE_CHARS_MAX} characters long"));
    }
    if text.chars().any(|it| it.is_control() && it != '\n') {
        return Err("has a control character".to_owned());
    }
    Ok(text.to_owned())
}

fn cut(text: String) -> String {
    match text.char_indices().nth(DETAIL_CHARS_MAX) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_is_whole_percent() {
        for (share, percent) in
            [(0.0, 0), (0.004, 0), (0.866, 87), (1.0, 100), (7.0, 100), (f64::NAN, 0), (-1.0, 0)]
        {
            assert_eq!(Confidence::from_share(share).percent(), percent, "{share}");
        }
        assert!((Confidence::from_percent(87).share() - 0.87).abs() < 1e-12);
        assert_eq!(Confidence::from_percent(200), Confidence::CERTAIN);
    }

    #[test]
    fn a_detail_is_cut_at_a_character_and_a_refresh_keeps_its_beginning() {
        let new = |detail: String| NewAlert {
            device_id: DeviceId::new(1).unwrap(),
            cart_id: None,
            kind: AlertKind::BatteryLow,
            detail,
            confidence: Confidence::CERTAIN,
            product_id: None,
            weight_g: None,
        };
        let at = |second| Timestamp::from_second(second).unwrap();
        let alert = Alert::open(AlertId::new(3).unwrap(), new("ü".repeat(400)), at(1));
        assert_eq!(alert.detail.chars().count(), DETAIL_CHARS_MAX);
        let again = alert.refreshed(new("4 %".into()));
        assert_eq!((again.id, again.at, again.detail.as_str()), (alert.id, at(1), "4 %"));
    }

    #[test]
    fn a_note_is_text() {
        assert_eq!(note(" a bag\nof theirs ").unwrap(), "a bag\nof theirs");
        assert!(note(&"x".repeat(501)).is_err() && note("a\u{7}b").is_err());
    }
}
