//! Why a request has no answer.

use super::request::{MAX_BUDGET_MS, MAX_ENDS, MAX_STOPS};

/// Why a request has no answer. Everything but [`RouteError::NoWalk`] is the request's fault.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RouteError {
    /// A node that the map does not have.
    #[error("{field}: no node is called {id:?}; look at the map's nodes")]
    UnknownNode {
        /// Where it is named, as a path in the JSON.
        field: String,
        /// The id.
        id: String,
    },
    /// A shelf location that the map does not have.
    #[error("stops[{index}].location: no location is called {id:?}; look at the map's locations")]
    UnknownLocation {
        /// Which stop.
        index: usize,
        /// The id.
        id: String,
    },
    /// A stop without a place, or with several.
    #[error("stops[{index}]: give exactly one of node, location, product_id, or x and y")]
    BadStop {
        /// Which stop.
        index: usize,
    },
    /// A product, but no catalogue at hand.
    #[error(
        "stops[{index}].product_id: only a server knows where products stand; \
         send its location or node"
    )]
    ProductNeedsServer {
        /// Which stop.
        index: usize,
    },
    /// A point that is not on this planet.
    #[error("{field}: x and y are metres within 10000 of 0, floor is a whole number within 1000")]
    BadPoint {
        /// Where it stands, as a path in the JSON.
        field: String,
    },
    /// Too many stops.
    #[error("stops: {count} are too many; at most {MAX_STOPS} are allowed")]
    TooManyStops {
        /// How many were sent.
        count: usize,
    },
    /// Too many ends.
    #[error("ends: {count} are too many; at most {MAX_ENDS} are allowed")]
    TooManyEnds {
        /// How many were sent.
        count: usize,
    },
    /// Both `ends` and `return_to_start`.
    #[error("return_to_start: the walk already ends where it began; leave ends out")]
    EndsWithReturn,
    /// The walk shall end at a checkout, but the map has none.
    #[error(
        "ends: the map has no checkout; mark a node with kind checkout, or name the ends \
         ([] for anywhere)"
    )]
    NoCheckout,
    /// A time that is not RFC 3339.
    #[error("at: {at:?} is no time; write it like 2026-11-20T09:30:00+01:00")]
    BadTime {
        /// The beginning of what was sent.
        at: String,
    },
    /// A width that is no width.
    #[error("min_width_m: {width_m} is out of range; use 0 to 10000 metres")]
    BadWidth {
        /// What was sent.
        width_m: f64,
    },
    /// A budget beyond the limit.
    #[error("budget_ms: {budget_ms} is too much; at most {MAX_BUDGET_MS} is allowed")]
    BadBudget {
        /// What was sent.
        budget_ms: u64,
    },
    /// The map as it is now has no such walk.
    #[error("there is no such walk: {reason}")]
    NoWalk {
        /// What is in the way.
        reason: String,
    },
}

impl RouteError {
    /// A stable name for programs, in kebab-case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownNode { .. } => "unknown-node",
            Self::UnknownLocation { .. } => "unknown-location",
            Self::BadStop { .. } => "invalid-stop",
            Self::ProductNeedsServer { .. } => "product-needs-server",
            Self::BadPoint { .. } => "invalid-point",
            Self::TooManyStops { .. } => "too-many-stops",
            Self::TooManyEnds { .. } => "too-many-ends",
            Self::EndsWithReturn => "ends-with-return",
            Self::NoCheckout => "no-checkout",
            Self::BadTime { .. } => "invalid-time",
            Self::BadWidth { .. } => "invalid-width",
            Self::BadBudget { .. } => "invalid-budget",
            Self::NoWalk { .. } => "no-walk",
        }
    }

    /// What is wrong and what to do about it, in English.
    pub fn detail(&self) -> String {
        self.to_string()
    }

    /// Whether the request is fine and the map stands in its way; otherwise the request is wrong.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::NoWalk { .. })
    }
}
