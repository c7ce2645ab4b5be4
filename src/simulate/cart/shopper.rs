//! Somebody with a trolley: where they go and what they do there. Nothing of it depends on what
//! the network does, so that a seed makes the same shoppers again.

use std::collections::BTreeMap;

use super::super::model::{Basket, Effect};
use super::super::random::Random;
use super::super::shop::{Code, Place, Product, Shop};
use super::Verb;

/// A trolley with so many different products is full.
const FULL_PRODUCTS: usize = 40;
/// The most weighings of loose goods: each is a line of its own.
const LOOSE_MAX: u32 = 5;
/// The most pieces of a product.
const PIECES_MAX: u32 = 50;
/// Fewer products than these are not worth changing.
const FEW_PRODUCTS: usize = 3;
/// A GTIN that no product has.
const UNKNOWN_CODE: &str = "0000000000000";
/// How far a scale is off at most, in grams.
const SCALE_NOISE_G: u32 = 3;

/// What they do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) product: u64,
    pub(super) effect: Effect,
    pub(super) verb: Verb,
    pub(super) members: String,
}

#[derive(Debug)]
pub(super) struct Shopper {
    random: Random,
    /// How their trolley's firmware writes numbers.
    accent: u64,
    place: usize,
    came_from: usize,
    /// What lies in the trolley, whatever the shop knows of it.
    planned: Basket,
    /// The tags in it, and their products.
    tags: BTreeMap<String, u64>,
    /// The grams of each unit in it, by product.
    load: BTreeMap<u64, Vec<u32>>,
}

impl Shopper {
    pub(super) fn new(mut random: Random, shop: &Shop, number: u64) -> Self {
        let place = random.index(shop.places.len());
        Self {
            random,
            accent: number % 4,
            place,
            came_from: place,
            planned: Basket::default(),
            tags: BTreeMap::new(),
            load: BTreeMap::new(),
        }
    }

    /// Goes to a shelf nearby; the metres to it.
    pub(super) fn walk(&mut self, shop: &Shop) -> f64 {
        let near = &shop.places[self.place].near;
        let mut next = near[self.random.index(near.len())];
        if next.0 == self.came_from {
            // People go on rather than back.
            next = near[self.random.index(near.len())];
        }
        self.came_from = self.place;
        self.place = next.0;
        next.1
    }

    pub(super) fn place<'a>(&self, shop: &'a Shop) -> &'a Place {
        &shop.places[self.place]
    }

    /// How long they look at things, from 0 to 3 times as long as they must.
    pub(super) fn patience(&mut self) -> f64 {
        self.random.unit() * 3.0
    }

    /// Different products in the trolley.
    pub(super) fn products(&self) -> usize {
        self.planned.products()
    }

    /// What the trolley's scale reads, in grams.
    pub(super) fn load_g(&self) -> u32 {
        self.load.values().flatten().fold(0, |sum, grams| sum.saturating_add(*grams))
    }

    /// The trolley is empty, and the next shopper takes it.
    pub(super) fn begin_again(&mut self) {
        self.planned = Basket::default();
        self.tags.clear();
        self.load.clear();
    }

    /// The shop knows another truth than was planned.
    pub(super) fn correct(&mut self, truth: Basket) {
        self.load.retain(|product, _| truth.units(*product) > 0);
        self.tags.retain(|_, product| truth.units(*product) > 0);
        self.planned = truth;
    }

    pub(super) fn choose(&mut self, shop: &Shop) -> Choice {
        let roll = self.random.below(100);
        let products = self.planned.products();
        let has_some = products >= FEW_PRODUCTS;
        let choice = match roll {
            _ if products >= FULL_PRODUCTS => self.take_out(shop, true),
            0..=9 if has_some => self.take_out(shop, false),
            10..=13 if has_some => self.count(shop),
            14..=15 => Some(self.nonsense(shop)),
            _ => None,
        };
        let choice = choice.unwrap_or_else(|| self.put_in(shop));
        self.planned.apply((choice.product, choice.effect));
        choice
    }

    /// Puts in something that stands here.
    fn put_in(&mut self, shop: &Shop) -> Choice {
        let here = &shop.places[self.place].products;
        let product = &shop.products[here[self.random.index(here.len())]];
        let present = self.planned.units(product.id);
        let most = if product.is_loose { LOOSE_MAX } else { PIECES_MAX };
        if present >= most {
            return self.remove(product, present);
        }
        if let Code::Tags(tags) = &product.code {
            let uid = &tags[self.random.index(tags.len())];
            if self.tags.contains_key(uid) {
                return self.remove_tag(uid, product.id);
            }
            self.tags.insert(uid.clone(), product.id);
            self.put_down(product.id, &[product.piece_g]);
            let members = format!("\"uid\":\"{}\"", self.spelled(uid));
            return Choice {
                product: product.id,
                effect: Effect::Add(1),
                verb: Verb::Add,
                members,
            };
        }
        if product.is_loose {
            let gross_g = product.tare_g + 50 + self.random.below(1_500);
            self.put_down(product.id, &[gross_g]);
            let members = format!("{},{}", self.code(product), self.number("weight", gross_g));
            return Choice {
                product: product.id,
                effect: Effect::Add(1),
                verb: Verb::Add,
                members,
            };
        }
        let units = if self.random.below(10) < 7 { 1 } else { 2 + self.random.below(2) };
        let mut members = self.code(product);
        if units > 1 || self.random.below(2) == 0 {
            members = format!("{members},{}", self.number("quantity", units));
        }
        let grams: Vec<u32> = (0..units).map(|_| self.noisy(product.piece_g)).collect();
        if units == 1 && product.weight_is_known && self.random.below(2) == 0 {
            members = format!("{members},{}", self.number("weight", grams[0]));
        }
        self.put_down(product.id, &grams);
        Choice { product: product.id, effect: Effect::Add(units), verb: Verb::Add, members }
    }

    fn take_out(&mut self, shop: &Shop, all: bool) -> Option<Choice> {
        let id = self.planned.product(self.random.index(self.planned.products()))?;
        let product = shop.product(id)?;
        let present = self.planned.units(id);
        if matches!(product.code, Code::Tags(_)) {
            let mut uids = self.tags.iter().filter(|(_, of)| **of == id);
            let uid = uids.next()?.0.clone();
            return Some(self.remove_tag(&uid, id));
        }
        let units = if all { present } else { 1 + self.random.below(present) };
        Some(self.remove(product, units))
    }

    fn remove(&mut self, product: &Product, units: u32) -> Choice {
        if let Code::Tags(_) = product.code {
            let uid =
                self.tags.iter().find(|(_, of)| **of == product.id).map(|(uid, _)| uid.clone());
            if let Some(uid) = uid {
                return self.remove_tag(&uid, product.id);
            }
        }
        if let Some(load) = self.load.get_mut(&product.id) {
            let left = load.len().saturating_sub(usize::try_from(units).unwrap_or(usize::MAX));
            load.truncate(left);
        }
        let members = format!("{},{}", self.code(product), self.number("quantity", units));
        let effect = Effect::Remove(units);
        Choice { product: product.id, effect, verb: Verb::Remove, members }
    }

    fn remove_tag(&mut self, uid: &str, product: u64) -> Choice {
        self.tags.remove(uid);
        if let Some(load) = self.load.get_mut(&product) {
            load.pop();
        }
        let members = format!("\"uid\":\"{}\"", self.spelled(uid));
        Choice { product, effect: Effect::Remove(1), verb: Verb::Remove, members }
    }

    /// Sets a line, as firmware with a plus and a minus button does.
    fn count(&mut self, shop: &Shop) -> Option<Choice> {
        let id = self.planned.product(self.random.index(self.planned.products()))?;
        let product = shop.product(id)?;
        if matches!(product.code, Code::Tags(_)) {
            return None;
        }
        self.load.remove(&id);
        let (units, members) = if product.is_loose {
            let gross_g = product.tare_g + 50 + self.random.below(1_500);
            self.put_down(id, &[gross_g]);
            (1, self.number("weight", gross_g))
        } else {
            let units = self.random.below(6);
            for _ in 0..units {
                let grams = self.noisy(product.piece_g);
                self.put_down(id, &[grams]);
            }
            (units, self.number("quantity", units))
        };
        let members = format!("{},{members}", self.code(product));
        Some(Choice { product: id, effect: Effect::Set(units), verb: Verb::Set, members })
    }

    /// What a trolley sends by mistake; it is refused and uses up its number.
    fn nonsense(&mut self, shop: &Shop) -> Choice {
        let absent = shop.products.get(self.random.index(shop.products.len()));
        let absent = absent.filter(|product| {
            self.planned.units(product.id) == 0 && !matches!(product.code, Code::Tags(_))
        });
        let effect = Effect::Nothing;
        match (self.random.below(3), absent) {
            (0, Some(absent)) => {
                let members = self.code(absent);
                Choice { product: absent.id, effect, verb: Verb::Remove, members }
            }
            (1, Some(absent)) => {
                let members = format!("{},\"quantity\":-3", self.code(absent));
                Choice { product: 0, effect, verb: Verb::Add, members }
            }
            _ => {
                let members = format!("\"barcode\":\"{UNKNOWN_CODE}\"");
                Choice { product: 0, effect, verb: Verb::Add, members }
            }
        }
    }

    fn put_down(&mut self, product: u64, grams: &[u32]) {
        self.load.entry(product).or_default().extend_from_slice(grams);
    }

    fn noisy(&mut self, grams: u32) -> u32 {
        (grams + self.random.below(2 * SCALE_NOISE_G + 1)).saturating_sub(SCALE_NOISE_G).max(1)
    }

    /// A product's code as the scanner hands it on: bare, with the end of its line, or as a number.
    fn code(&self, product: &Product) -> String {
        let Code::Barcode(code) = &product.code else {
            return format!("\"product_id\":{}", product.id);
        };
        let is_number = !code.starts_with('0') && code.bytes().all(|byte| byte.is_ascii_digit());
        match self.accent {
            1 => format!("\"barcode\":\"{code}\\r\\n\""),
            2 if is_number => format!("\"barcode\":{code}"),
            _ => format!("\"barcode\":\"{code}\""),
        }
    }

    fn number(&self, name: &str, value: u32) -> String {
        if self.accent == 3 {
            return format!("\"{name}\":\"{value}\"");
        }
        format!("\"{name}\":{value}")
    }

    /// A tag in upper or lower case.
    fn spelled(&self, uid: &str) -> String {
        if self.accent % 2 == 1 { uid.to_ascii_lowercase() } else { uid.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::shop::ListedMap;
    use super::*;

    fn shop() -> Shop {
        let products = json!([
            {"id": 1, "name": "milk", "barcodes": ["4006381333931"], "weight_g": 1030},
            {"id": 2, "name": "apples", "unit": "kg", "plu": "4128", "tare_g": 10},
            {"id": 3, "name": "shirt", "rfid": ["AB01", "AB02"]},
            {"id": 4, "name": "bread"}, {"id": 5, "name": "salt", "barcodes": ["0012345678905"]},
        ]);
        Shop::new(serde_json::from_value(products).unwrap(), &ListedMap::default()).unwrap()
    }

    fn choices(seed: u64, number: u64) -> (Vec<Choice>, Shopper) {
        let shop = shop();
        let mut shopper = Shopper::new(Random::new(seed, number), &shop, number);
        let choices = (0..3_000).map(|_| {
            shopper.walk(&shop);
            shopper.choose(&shop)
        });
        (choices.collect(), shopper)
    }

    #[test]
    fn the_seed_decides_what_is_bought() {
        assert_eq!(choices(1, 2).0, choices(1, 2).0);
        assert_ne!(choices(1, 2).0, choices(2, 2).0);
    }

    #[test]
    fn whatever_is_sent_is_json_and_carts_stay_within_their_limits() {
        for number in 0..4 {
            let (choices, shopper) = choices(5, number);
            for choice in &choices {
                let body: Value = serde_json::from_str(&format!("{{{}}}", choice.members)).unwrap();
                assert!(body.as_object().is_some_and(|members| !members.is_empty()));
            }
            for verb in [Verb::Add, Verb::Remove, Verb::Set] {
                assert!(choices.iter().any(|choice| choice.verb == verb), "{verb:?}");
            }
            assert!(choices.iter().any(|choice| choice.effect == Effect::Nothing));
            assert!(shopper.planned.units(2) <= LOOSE_MAX && shopper.planned.units(3) <= 2);
            assert!(shopper.planned.units(1) <= PIECES_MAX + 2);
        }
    }

    #[test]
    fn what_is_planned_is_the_sum_of_what_was_chosen() {
        let (choices, shopper) = choices(3, 1);
        let mut sum = Basket::default();
        for choice in &choices {
            sum.apply((choice.product, choice.effect));
        }
        assert_eq!(sum, shopper.planned);
        let tags = u32::try_from(shopper.tags.len()).unwrap();
        assert_eq!(tags, shopper.planned.units(3));
        for (product, units) in shopper.planned.iter() {
            let load = shopper.load[&product].len();
            assert_eq!(u32::try_from(load).unwrap(), units, "product {product}");
        }
        assert!(shopper.load_g() > 0);
    }
}
