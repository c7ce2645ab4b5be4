//! Shopping lists on disk.

use serde::{Deserialize, Serialize};

use super::domain_record;
use crate::domain::checklist::{Checklist, ChecklistItem};
use crate::domain::id::{ChecklistItemId, ProductId};
use crate::domain::quantity::Quantity;
use crate::storage::RecordError;

#[derive(Serialize, Deserialize)]
struct ChecklistRecord {
    items: Vec<(ChecklistItemId, ProductId, Quantity)>,
}

domain_record!(Checklist as ChecklistRecord, format 1);

impl From<&Checklist> for ChecklistRecord {
    fn from(list: &Checklist) -> Self {
        let items = list.items.iter().map(|item| (item.id, item.product_id, item.quantity));
        Self { items: items.collect() }
    }
}

impl ChecklistRecord {
    #[expect(clippy::unnecessary_wraps, reason = "the shape that all records share")]
    fn into_domain(self) -> Result<Checklist, RecordError> {
        let items = self.items.into_iter();
        let items =
            items.map(|(id, product_id, quantity)| ChecklistItem { id, product_id, quantity });
        Ok(Checklist { items: items.collect() })
    }
}
