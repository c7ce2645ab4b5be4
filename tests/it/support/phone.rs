//! A shopper's mobile phones: what the appliance sends to them arrives here.

use std::sync::{Arc, Mutex};

use cartwright::app::App;
use cartwright::app::one_time_codes::{CodeChannel, CodeMessage, NotDelivered};

/// Every code that was sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Phones(Arc<Mutex<Vec<CodeMessage>>>);

impl Phones {
    /// The phones of a shop's customers.
    pub(crate) fn of(app: &App) -> Self {
        let phones = Self::default();
        app.send_codes_by(Arc::new(phones.clone()));
        phones
    }

    /// What came last.
    #[track_caller]
    pub(crate) fn last(&self) -> CodeMessage {
        self.0.lock().unwrap().last().expect("a code came").clone()
    }

    /// The code that came last.
    #[track_caller]
    pub(crate) fn code(&self) -> String {
        self.last().code.expose().to_owned()
    }

    /// How many codes came.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl CodeChannel for Phones {
    fn deliver(&self, message: CodeMessage) -> Result<(), NotDelivered> {
        self.0.lock().unwrap().push(message);
        Ok(())
    }
}
