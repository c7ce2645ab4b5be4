//! The API's resources: thin handlers and the wire types that only they use.

pub mod alerts;
pub mod audit;
pub mod auth;
pub mod barcode_rules;
pub mod cart_acts;
pub mod carts;
pub mod categories;
pub mod checklist;
pub mod classes;
pub mod closures;
pub mod dashboard;
pub mod devices;
pub mod enrolment;
pub mod firmware;
pub mod map_findings;
pub mod map_import;
pub mod one_time_codes;
pub mod orders;
pub mod pairing;
pub mod pictures;
pub mod positions;
pub mod products;
pub mod profiles;
pub mod promotions;
pub mod searches;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod stock;
pub mod store_map;
pub mod synonyms;
pub mod transfer;
pub mod users;
pub mod walks;
pub mod weights;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::reply::{Stored, Versioned};
use crate::app::{Idempotency, Once, Outcome};

/// Makes the content of a result.
type Render<T> = dyn Fn(&T) -> Vec<u8> + Send + Sync;

/// What an answer's content says of its version.
#[derive(Deserialize)]
struct ContentVersion {
    version: u64,
}

/// How a result is written, the same now and when it is kept for a repeat.
pub(super) struct Answer<T> {
    status: u16,
    render: Arc<Render<T>>,
}

impl<T: 'static> Answer<T> {
    /// An answer of this status, with the content that `wire` makes of the result.
    pub(super) fn new<W: Serialize>(
        status: u16,
        wire: impl Fn(&T) -> W + Send + Sync + 'static,
    ) -> Self {
        let render = move |result: &T| {
            serde_json::to_vec(&wire(result)).expect("wire shapes are JSON by construction")
        };
        Self { status, render: Arc::new(render) }
    }

    /// The request as the use case takes it.
    pub(super) fn once(&self, idempotency: Option<Idempotency>) -> Option<Once<T>> {
        let idempotency = idempotency?;
        let (status, render) = (self.status, Arc::clone(&self.render));
        Some(Once { idempotency, render: Box::new(move |result| (status, render(result))) })
    }

    /// The answer to give.
    pub(super) fn reply(self, outcome: Outcome<T>) -> Stored {
        match outcome {
            Outcome::Fresh(result) => {
                let content = (self.render)(&result);
                Stored { status: self.status, content, replayed: false }
            }
            Outcome::Replayed { status, body } => Stored { status, content: body, replayed: true },
        }
    }

    /// The same, with the version that the content says: for a repeat that of its answer.
    pub(super) fn reply_versioned(self, outcome: Outcome<T>) -> Versioned<Stored> {
        let stored = self.reply(outcome);
        let said = serde_json::from_slice::<ContentVersion>(&stored.content);
        Versioned(said.map_or(0, |said| said.version), stored)
    }
}
