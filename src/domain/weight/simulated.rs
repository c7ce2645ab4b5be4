//! A trolley with a noisy scale and a shopper of whom everything is known: how often the verdicts
//! are right. The numbers are printed with `--nocapture`.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::judge::{Cause, Check, Finding};
use super::learned::{Belief, LearnedWeight};
use super::scale::{Held, Known, Outcome, Rest, Scale, Told};
use super::{NOISE_G, WeightRules, whole};
use crate::domain::id::ProductId;

const PRODUCTS: u64 = 30;
/// How much pieces of a product differ, in grams.
const SPREAD_G: f64 = 2.0;
const TRIALS: u32 = 10_000;

/// Numbers that look random and are the same each time (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end
    }

    fn share(&mut self) -> f64 {
        (f64::from(u32::try_from(self.below(1 << 30)).unwrap()) + 0.5) / f64::from(1 << 30)
    }

    /// A normally distributed number (Box and Muller).
    fn normal(&mut self, deviation: f64) -> f64 {
        let radius = (-2.0 * self.share().ln()).sqrt();
        deviation * radius * (std::f64::consts::TAU * self.share()).cos()
    }
}

#[derive(Default)]
struct Catalogue {
    true_g: BTreeMap<ProductId, f64>,
    learned: BTreeMap<ProductId, LearnedWeight>,
}

impl Known for Catalogue {
    fn belief(&mut self, product: ProductId) -> Option<Belief> {
        self.learned.get(&product).and_then(|weight| weight.belief(None))
    }

    fn wanted(&mut self) -> Vec<ProductId> {
        Vec::new()
    }
}

/// A shop, a trolley, and what really lies in it.
struct World {
    dice: Dice,
    shop: Catalogue,
    scale: Scale,
    lines: BTreeMap<ProductId, u32>,
    really_g: f64,
    second: i64,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut shop = Catalogue::default();
        for id in 1..=PRODUCTS {
            // From a sachet to a bag of potatoes, as likely light as heavy.
            let true_g = 20.0 * (dice.share() * 125.0_f64.ln()).exp();
            let mut weight = LearnedWeight::default();
            for cart in 0..20 {
                let weighed_g = true_g + dice.normal(SPREAD_G) + dice.normal(NOISE_G * 1.4);
                weight.observe(weighed_g, None, cart);
            }
            let id = ProductId::new(id).unwrap();
            shop.true_g.insert(id, true_g);
            shop.learned.insert(id, weight);
        }
        let (scale, lines) = (Scale::new(1), BTreeMap::new());
        let mut world = Self { dice, shop, scale, lines, really_g: 350.0, second: 0 };
        assert_eq!(world.rest(), Rest::Noted);
        world
    }

    fn product(&mut self) -> ProductId {
        ProductId::new(1 + self.dice.below(PRODUCTS)).unwrap()
    }

    fn in_it(&mut self) -> Option<ProductId> {
        let at = self.dice.below(self.lines.len().max(1).try_into().unwrap());
        self.lines.keys().nth(at.try_into().unwrap()).copied()
    }

    fn piece(&mut self, product: ProductId) -> f64 {
        self.shop.true_g[&product] + self.dice.normal(SPREAD_G)
    }

    fn held(&self) -> Vec<Held> {
        let held = |(id, pieces): (&ProductId, &u32)| Held {
            product_id: *id,
            pieces: *pieces,
            grams: 0,
            vague: 0,
        };
        self.lines.iter().map(held).collect()
    }

    fn reading(&mut self) -> i64 {
        whole(self.really_g + self.dice.normal(NOISE_G))
    }

    fn tell(&mut self) -> Outcome {
        self.second += 5;
        let (lines, reading_g) = (self.held(), self.reading());
        let told = Told {
            session: 1,
            lines: &lines,
            reading_g: Some(reading_g),
            rested_g: None,
            is_in_motion: false,
            now: Timestamp::from_second(self.second).unwrap(),
        };
        self.scale.tell(&WeightRules::default(), &told, &mut self.shop)
    }

    fn rest(&mut self) -> Rest {
        let (lines, reading_g) = (self.held(), self.reading());
        let now = Timestamp::from_second(self.second).unwrap();
        self.scale.rest(&WeightRules::default(), (1, &lines), reading_g, now, &mut self.shop)
    }

    fn scan(&mut self, product: ProductId) {
        *self.lines.entry(product).or_default() += 1;
    }

    fn scan_out(&mut self, product: ProductId) {
        let pieces = self.lines.get_mut(&product).unwrap();
        *pieces -= 1;
        if *pieces == 0 {
            self.lines.remove(&product);
        }
    }

    /// A scan that fits, in or out, so that the trolley has 3 to 20 pieces.
    fn clean(&mut self) -> Outcome {
        let pieces: u32 = self.lines.values().sum();
        let goes_out = pieces > 20 || (pieces > 3 && self.dice.below(3) == 0);
        if let Some(product) = self.in_it().filter(|_| goes_out) {
            self.really_g -= self.piece(product);
            self.scan_out(product);
        } else {
            let product = self.product();
            self.really_g += self.piece(product);
            self.scan(product);
        }
        self.tell()
    }
}

fn share(part: u32, whole: u32) -> f64 {
    100.0 * f64::from(part) / f64::from(whole.max(1))
}

#[test]
fn ten_thousand_clean_scans_raise_no_alert() {
    let mut world = World::new(1);
    let mut counts = [0_u32; 3];
    for _ in 0..TRIALS {
        let outcome = world.clean();
        counts[match outcome.verdict.check {
            Check::Ok => 0,
            Check::Unsure | Check::Learning => 1,
            Check::Mismatch => 2,
        }] += 1;
        assert_eq!(outcome.alert, None, "{outcome:?}");
        let rest = world.rest();
        assert!(!matches!(rest, Rest::Alert(_)), "{rest:?}");
    }
    println!("clean scans: {} ok, {} unsure, {} mismatch", counts[0], counts[1], counts[2]);
    assert!(counts[0] >= TRIALS * 99 / 100, "{counts:?}");
}

#[test]
fn what_comes_in_without_a_scan_is_found() {
    let mut world = World::new(2);
    let (mut heavy, mut found, mut light, mut light_found, mut wrong) = (0, 0, 0, 0, 0);
    for _ in 0..TRIALS {
        world.clean();
        let product = world.product();
        let grams = world.piece(product);
        world.really_g += grams;
        let rest = world.rest();
        let is_found = matches!(rest, Rest::Alert(Finding { cause: Cause::Unscanned, .. }));
        wrong += u32::from(!is_found && matches!(rest, Rest::Alert(_)));
        if grams > 60.0 {
            heavy += 1;
            found += u32::from(is_found);
        } else {
            light += 1;
            light_found += u32::from(is_found);
        }
        world.really_g -= grams;
        let back = world.rest();
        assert!(!matches!(back, Rest::Alert(_)), "{back:?}");
        assert_eq!(world.scale.open_g, 0);
    }
    let (recall, lighter) = (share(found, heavy), share(light_found, light));
    let precision = share(found + light_found, found + light_found + wrong);
    println!(
        "unscanned: recall {recall:.2} % of {heavy} above 60 g, {lighter:.2} % of {light} lighter; \
         precision {precision:.2} %"
    );
    assert!(recall > 95.0 && precision > 99.0);
}

#[test]
fn what_goes_out_without_a_scan_is_found() {
    let mut world = World::new(3);
    let (mut heavy, mut found, mut named, mut right, mut wrong) = (0, 0, 0, 0, 0);
    for _ in 0..TRIALS {
        world.clean();
        let Some(product) = world.in_it() else { continue };
        let grams = world.piece(product);
        world.really_g -= grams;
        match world.rest() {
            Rest::Alert(finding) if finding.cause == Cause::Missing => {
                found += u32::from(grams > 60.0);
                named += u32::from(finding.product_id.is_some());
                right += u32::from(finding.product_id == Some(product));
            }
            Rest::Alert(_) => wrong += 1,
            Rest::Quiet | Rest::Noted | Rest::Closed => {}
        }
        heavy += u32::from(grams > 60.0);
        world.really_g += grams;
        world.rest();
        assert_eq!(world.scale.open_g, 0);
    }
    let (recall, naming) = (share(found, heavy), share(right, named));
    println!(
        "missing: recall {recall:.2} % of {heavy} above 60 g; a line named in {named}, rightly in \
         {naming:.2} %; {wrong} called otherwise"
    );
    assert!(recall > 95.0 && naming > 95.0 && wrong == 0);
}

#[test]
fn swaps_are_found() {
    let mut world = World::new(4);
    let (mut swaps, mut found, mut called) = (0, 0, BTreeMap::new());
    for _ in 0..TRIALS {
        world.clean();
        let (scanned, put) = (world.product(), world.product());
        let differ = (world.shop.true_g[&scanned] - world.shop.true_g[&put]).abs();
        if differ <= 40.0 {
            continue;
        }
        let grams = world.piece(put);
        world.scan(scanned);
        world.really_g += grams;
        let outcome = world.tell();
        swaps += 1;
        found += u32::from(outcome.alert.is_some());
        if let Some((cause, _)) = outcome.alert {
            *called.entry(cause).or_insert(0_u32) += 1;
        }
        // Put right: the wrong one goes out, and what was scanned comes in.
        world.really_g += world.piece(scanned) - grams;
        let rest = world.rest();
        assert!(!matches!(rest, Rest::Alert(_)), "{rest:?} after {outcome:?}");
        world.clean();
    }
    let recall = share(found, swaps);
    println!("swaps by more than 40 g: recall {recall:.2} % of {swaps}; called {called:?}");
    assert!(recall > 90.0);
    let swapped = called.get(&Some(Cause::Swapped)).copied().unwrap_or_default();
    let open = called.get(&None).copied().unwrap_or_default();
    assert!(share(swapped + open, found) > 80.0, "{called:?}");
}
