use std::collections::HashMap;

use super::*;

/// A shop that knows some weights, and a shopper who wants some of them.
#[derive(Default)]
struct Shop {
    known: HashMap<ProductId, Belief>,
    wanted: Vec<ProductId>,
}

impl Known for Shop {
    fn belief(&mut self, product: ProductId) -> Option<Belief> {
        self.known.get(&product).copied()
    }

    fn wanted(&mut self) -> Vec<ProductId> {
        self.wanted.clone()
    }
}

fn id(value: u64) -> ProductId {
    ProductId::new(value).unwrap()
}

fn shop(weights: &[(u64, f64)]) -> Shop {
    let belief = |mean_g| Belief { mean_g, spread_g: 3.0, error_g: 1.0, is_learned: true };
    let known = weights.iter().map(|(product, grams)| (id(*product), belief(*grams))).collect();
    Shop { known, wanted: Vec::new() }
}

fn list(pieces: &[(u64, u32)]) -> Vec<Held> {
    let held = |(product, pieces): &(u64, u32)| Held {
        product_id: id(*product),
        pieces: *pieces,
        grams: 0,
        vague: 0,
    };
    pieces.iter().map(held).collect()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A scale in session 1 that rested empty at 400 g.
fn begun() -> Scale {
    let mut scale = Scale::new(1);
    let rest = scale.rest(&WeightRules::default(), (1, &[]), 400, at(0), &mut Shop::default());
    assert_eq!((rest, scale.anchor_g), (Rest::Noted, Some(400)));
    scale
}

fn told(scale: &mut Scale, shop: &mut Shop, lines: &[Held], reading_g: i64) -> Outcome {
    let told = Told {
        session: 1,
        lines,
        reading_g: Some(reading_g),
        rested_g: None,
        is_in_motion: false,
        now: at(100),
    };
    scale.tell(&WeightRules::default(), &told, shop)
}

fn rest(scale: &mut Scale, shop: &mut Shop, lines: &[Held], rest_g: i64) -> Rest {
    scale.rest(&WeightRules::default(), (1, lines), rest_g, at(100), shop)
}

#[test]
fn scans_that_fit_move_the_anchor_and_teach() {
    let (mut scale, mut shop) = (begun(), shop(&[(1, 1_030.0)]));
    let first = told(&mut scale, &mut shop, &list(&[(1, 1)]), 1_432);
    assert_eq!((first.verdict.check, first.lesson), (Check::Ok, Some((id(1), 1_032.0))));
    let two = told(&mut scale, &mut shop, &list(&[(1, 3)]), 3_490);
    assert_eq!((two.verdict.check, two.lesson), (Check::Ok, None), "two at once teach nothing");
    let new = told(&mut scale, &mut shop, &list(&[(1, 3), (2, 1)]), 3_740);
    assert_eq!((new.verdict.check, new.lesson), (Check::Learning, Some((id(2), 250.0))));
    let out = told(&mut scale, &mut shop, &list(&[(1, 2), (2, 1)]), 2_708);
    assert_eq!((out.verdict.check, out.lesson), (Check::Ok, Some((id(1), 1_032.0))));
    assert_eq!(scale.anchor_g, Some(2_708));
    // By the session a trolley begins anew.
    let mut other = Told {
        session: 2,
        lines: &[],
        reading_g: Some(900),
        rested_g: None,
        is_in_motion: false,
        now: at(1),
    };
    let begins = scale.tell(&WeightRules::default(), &other, &mut shop);
    assert_eq!(begins.verdict.hint, "first-reading");
    other.reading_g = None;
    let none = scale.tell(&WeightRules::default(), &other, &mut shop);
    assert_eq!((none.verdict.check, none.is_changed), (Check::Unsure, false));
    other = Told { reading_g: Some(5), is_in_motion: true, ..other };
    assert_eq!(scale.tell(&WeightRules::default(), &other, &mut shop).verdict.hint, "unsettled");
}

#[test]
fn an_item_that_comes_late_is_judged_with_the_next() {
    let (mut scale, mut shop) = (begun(), shop(&[(1, 1_030.0), (2, 250.0)]));
    let early = told(&mut scale, &mut shop, &list(&[(1, 1)]), 401);
    assert_eq!((early.verdict.hint, early.is_changed), ("not-in-yet", false));
    assert_eq!(rest(&mut scale, &mut shop, &list(&[(1, 1)]), 402), Rest::Quiet);
    assert_eq!(rest(&mut scale, &mut shop, &list(&[(1, 1)]), 1_431), Rest::Quiet);
    let both = told(&mut scale, &mut shop, &list(&[(1, 1), (2, 1)]), 1_681);
    assert_eq!(both.verdict.check, Check::Ok);
    let new = told(&mut scale, &mut shop, &list(&[(1, 1), (2, 1), (3, 1)]), 1_683);
    assert_eq!((new.verdict.hint, new.lesson), ("not-in-yet", None), "no lesson of nothing");
}

#[test]
fn what_comes_in_unscanned_is_told_once_and_closed_when_it_goes() {
    let (mut scale, mut shop) = (begun(), shop(&[(1, 400.0)]));
    let Rest::Alert(found) = rest(&mut scale, &mut shop, &[], 802) else { panic!() };
    assert_eq!((found.cause, found.weight_g, found.product_id), (Cause::Unscanned, 402, None));
    assert_eq!(rest(&mut scale, &mut shop, &[], 803), Rest::Quiet);
    let more = rest(&mut scale, &mut shop, &[], 1_300);
    assert!(matches!(more, Rest::Alert(Finding { weight_g: 900, .. })), "{more:?}");
    assert_eq!(rest(&mut scale, &mut shop, &[], 405), Rest::Closed);
    assert_eq!(scale.open_g, 0);
}

#[test]
fn an_item_that_is_scanned_late_closes_what_is_open_and_another_does_not() {
    let (mut scale, mut shop) = (begun(), shop(&[(1, 400.0), (2, 1_030.0)]));
    assert!(matches!(rest(&mut scale, &mut shop, &[], 802), Rest::Alert(_)));
    let other = told(&mut scale, &mut shop, &list(&[(2, 1)]), 1_831);
    assert_eq!((other.verdict.check, other.is_closed), (Check::Ok, false));
    assert_eq!(scale.open_g, 402);
    let late = told(&mut scale, &mut shop, &list(&[(1, 1), (2, 1)]), 1_832);
    assert_eq!((late.verdict.check, late.is_closed, scale.open_g), (Check::Ok, true, 0));
}

#[test]
fn a_swap_is_told_and_put_right() {
    let (mut scale, mut shop) = (begun(), shop(&[(1, 400.0)]));
    let swap = told(&mut scale, &mut shop, &list(&[(1, 1)]), 1_150);
    assert_eq!((swap.verdict.check, swap.verdict.hint), (Check::Mismatch, "item-heavier"));
    assert_eq!(swap.alert.unwrap().1, 350);
    assert_eq!(rest(&mut scale, &mut shop, &list(&[(1, 1)]), 1_152), Rest::Quiet);
    assert_eq!(rest(&mut scale, &mut shop, &list(&[(1, 1)]), 799), Rest::Closed);
}

#[test]
fn a_label_lets_packaging_weigh_something_but_not_nothing() {
    let mut shop = shop(&[]);
    let label = Belief { mean_g: 500.0, spread_g: 4.0, error_g: 15.0, is_learned: false };
    shop.known.insert(id(1), label);
    let glass = told(&mut begun(), &mut shop, &list(&[(1, 1)]), 400 + 900);
    assert_eq!((glass.verdict.check, glass.alert), (Check::Learning, None));
    assert_eq!(glass.lesson, Some((id(1), 900.0)));
    let light = told(&mut begun(), &mut shop, &list(&[(1, 1)]), 400 + 120);
    assert_eq!((light.verdict.check, light.alert.is_some()), (Check::Mismatch, true));
}

#[test]
fn bags_are_taken_over_and_scans_among_them_count() {
    let (mut scale, mut shop) = (begun(), shop(&[(1, 1_030.0)]));
    assert!(scale.tare(1, at(100), at(120), true) && scale.tare(1, at(101), at(120), true));
    assert_eq!(scale.tares, 1);
    assert_eq!(rest(&mut scale, &mut shop, &[], 2_000), Rest::Quiet);
    let milk = list(&[(1, 1)]);
    let among = told(&mut scale, &mut shop, &milk, 3_030);
    assert_eq!((among.verdict.hint, among.alert, among.lesson), ("tare", None, None));
    let rules = WeightRules::default();
    assert_eq!(scale.rest(&rules, (1, &milk), 3_500, at(130), &mut shop), Rest::Noted);
    assert_eq!((scale.anchor_g, scale.tare_until), (Some(3_500), None));
    assert_eq!(told(&mut scale, &mut shop, &list(&[(1, 2)]), 4_531).verdict.check, Check::Ok);
    for _ in 1..TARES_MAX {
        assert!(scale.tare(1, at(200), at(200), true));
    }
    assert!(!scale.tare(1, at(200), at(220), true) && scale.tare(1, at(200), at(220), false));
    assert!(scale.tare(2, at(200), at(220), true), "another session");
    let seconds = |asked| tare_until(at(0), asked).as_second();
    assert_eq!([None, Some(5), Some(-5), Some(9_999)].map(seconds), [30, 5, 1, 300]);
}

#[test]
fn an_emptied_list_begins_anew_and_drift_is_followed() {
    let (mut scale, mut shop) = (begun(), shop(&[(1, 1_030.0), (2, 250.0)]));
    told(&mut scale, &mut shop, &list(&[(1, 1)]), 1_430);
    told(&mut scale, &mut shop, &list(&[(1, 1), (2, 1)]), 1_680);
    let drifted = Told {
        session: 1,
        lines: &list(&[(1, 1), (2, 2)]),
        reading_g: Some(1_942),
        rested_g: Some(1_692),
        is_in_motion: false,
        now: at(100),
    };
    let drifted = scale.tell(&WeightRules::default(), &drifted, &mut shop);
    assert_eq!(drifted.lesson, Some((id(2), 250.0)), "the drift is not the item's");
    assert_eq!(rest(&mut scale, &mut shop, &[], 1_940), Rest::Noted);
    assert_eq!(scale.anchor_g, Some(1_940));
}

#[test]
fn weighed_scans_count_by_their_grams_and_priced_ones_are_unknown() {
    let (mut scale, mut shop) = (begun(), shop(&[]));
    let held = |grams, vague| vec![Held { product_id: id(9), pieces: 0, grams, vague }];
    assert_eq!(told(&mut scale, &mut shop, &held(752, 0), 1_151).verdict.check, Check::Ok);
    let light = told(&mut scale, &mut shop, &held(1_752, 0), 1_551);
    assert_eq!(light.verdict.check, Check::Mismatch);
    let vague = told(&mut scale, &mut shop, &held(1_752, 1), 1_951);
    assert_eq!((vague.verdict.check, vague.lesson), (Check::Learning, None));
    assert_eq!(rest(&mut scale, &mut shop, &held(1_752, 2), 2_951), Rest::Quiet);
}
