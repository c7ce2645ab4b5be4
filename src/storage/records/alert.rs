//! Alerts on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::alerts::{Alert, AlertKind, Cleared, Confidence};
use crate::domain::id::{AlertId, CartId, DeviceId, ProductId};
use crate::storage::RecordError;
use crate::storage::key::{Key, KeyError};

#[derive(Serialize, Deserialize)]
struct AlertRecord {
    id: AlertId,
    device_id: DeviceId,
    cart_id: Option<CartId>,
    kind: u8,
    detail: String,
    percent: u8,
    product_id: Option<ProductId>,
    weight_g: Option<i64>,
    at_us: i64,
    cleared: Option<ClearedRecord>,
}

#[derive(Serialize, Deserialize)]
struct ClearedRecord {
    at_us: i64,
    by: Option<String>,
    note: String,
}

domain_record!(Alert as AlertRecord, format 1);

/// The kind's number on disk: its position in `AlertKind::ALL`.
fn number(kind: AlertKind) -> u8 {
    let index = AlertKind::ALL.iter().position(|known| *known == kind);
    index.and_then(|index| u8::try_from(index).ok()).unwrap_or(u8::MAX)
}

fn kind(number: u8) -> Option<AlertKind> {
    AlertKind::ALL.get(usize::from(number)).copied()
}

impl Key for AlertKind {
    fn encode(&self, out: &mut Vec<u8>) {
        number(*self).encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, KeyError> {
        kind(u8::decode(input)?).ok_or(KeyError)
    }
}

impl From<&Alert> for AlertRecord {
    fn from(alert: &Alert) -> Self {
        Self {
            id: alert.id,
            device_id: alert.device_id,
            cart_id: alert.cart_id,
            kind: number(alert.kind),
            detail: alert.detail.clone(),
            percent: alert.confidence.percent(),
            product_id: alert.product_id,
            weight_g: alert.weight_g,
            at_us: to_us(alert.at),
            cleared: alert.cleared.as_ref().map(|cleared| ClearedRecord {
                at_us: to_us(cleared.at),
                by: cleared.by.clone(),
                note: cleared.note.clone(),
            }),
        }
    }
}

impl AlertRecord {
    fn into_domain(self) -> Result<Alert, RecordError> {
        let unknown = || RecordError::Malformed("an alert of an unknown kind".into());
        let cleared = self.cleared.map(|cleared| {
            from_us(cleared.at_us).map(|at| Cleared { at, by: cleared.by, note: cleared.note })
        });
        Ok(Alert {
            id: self.id,
            device_id: self.device_id,
            cart_id: self.cart_id,
            kind: kind(self.kind).ok_or_else(unknown)?,
            detail: self.detail,
            confidence: Confidence::from_percent(self.percent),
            product_id: self.product_id,
            weight_g: self.weight_g,
            at: from_us(self.at_us)?,
            cleared: cleared.transpose()?,
        })
    }
}
