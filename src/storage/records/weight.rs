//! Learned weights and what trolleys' scales read, on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::id::ProductId;
use crate::domain::weight::learned::LearnedWeight;
use crate::domain::weight::scale::{Held, Scale};
use crate::storage::RecordError;

#[derive(Serialize, Deserialize)]
struct WeightRecord {
    count: u32,
    mean_g: f64,
    m2: f64,
    rivals: u32,
    rival_mean_g: f64,
    rival_cart: u64,
}

domain_record!(LearnedWeight as WeightRecord, format 1);

impl From<&LearnedWeight> for WeightRecord {
    fn from(weight: &LearnedWeight) -> Self {
        Self {
            count: weight.count,
            mean_g: weight.mean_g,
            m2: weight.m2,
            rivals: weight.rivals,
            rival_mean_g: weight.rival_mean_g,
            rival_cart: weight.rival_cart,
        }
    }
}

impl WeightRecord {
    fn into_domain(self) -> Result<LearnedWeight, RecordError> {
        if ![self.mean_g, self.m2, self.rival_mean_g].iter().all(|number| number.is_finite()) {
            return Err(RecordError::Malformed("a weight that is no number".into()));
        }
        Ok(LearnedWeight {
            count: self.count,
            mean_g: self.mean_g,
            m2: self.m2,
            rivals: self.rivals,
            rival_mean_g: self.rival_mean_g,
            rival_cart: self.rival_cart,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct ScaleRecord {
    session: u64,
    anchor_g: Option<i64>,
    held: Vec<(ProductId, u32, u32, u32)>,
    open_g: i64,
    tare_until_us: Option<i64>,
    tares: u32,
}

domain_record!(Scale as ScaleRecord, format 1);

impl From<&Scale> for ScaleRecord {
    fn from(scale: &Scale) -> Self {
        let held = scale.held.iter();
        Self {
            session: scale.session,
            anchor_g: scale.anchor_g,
            held: held.map(|it| (it.product_id, it.pieces, it.grams, it.vague)).collect(),
            open_g: scale.open_g,
            tare_until_us: scale.tare_until.map(to_us),
            tares: scale.tares,
        }
    }
}

impl ScaleRecord {
    fn into_domain(self) -> Result<Scale, RecordError> {
        let held = self.held.into_iter();
        Ok(Scale {
            session: self.session,
            anchor_g: self.anchor_g,
            held: held
                .map(|(product_id, pieces, grams, vague)| Held { product_id, pieces, grams, vague })
                .collect(),
            open_g: self.open_g,
            tare_until: self.tare_until_us.map(from_us).transpose()?,
            tares: self.tares,
        })
    }
}
