use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::catalog::ProductPatch;
use crate::domain::money::MONEY_MAX_MINOR;
use crate::domain::promotions::{
    DiscountKind, Percent, Promotion, PromotionPatch, Scope, ScopeKind,
};
use crate::domain::quantity::{Grams, Quantity};

fn product(price: i64, unit: Unit, tax: i64) -> Product {
    let patch = ProductPatch {
        name: Some("Cheese".into()),
        price: Some(Money::from_minor(price)),
        unit: Some(unit),
        tax_rate: Some(TaxRate::from_basis_points(tax).unwrap()),
        ..ProductPatch::default()
    };
    Product::create(ProductId::new(1).unwrap(), &patch, Timestamp::UNIX_EPOCH).unwrap()
}

fn line(amount: Amount) -> CartLine {
    CartLine {
        id: LineId::new(1).unwrap(),
        product_id: ProductId::new(1).unwrap(),
        amount,
        uids: Vec::new(),
    }
}

/// Priced while no promotion runs.
fn plain(amount: Amount, product: &Product) -> PricedLine {
    price_line(&line(amount), product, &Running::default())
}

#[test]
fn pieces_weights_and_embedded_prices() {
    let milk = product(129, Unit::Each, 700);
    let three = plain(Amount::Pieces(Quantity::new(3).unwrap()), &milk);
    assert_eq!((three.total.minor(), three.stock_units, three.weight_g), (387, 3, None));

    let cheese = product(1999, Unit::Kg, 700);
    let weighed = plain(Amount::Weighed(Grams::new(1500).unwrap()), &cheese);
    assert_eq!((weighed.total.minor(), weighed.stock_units), (2999, 1500));
    let priced = plain(Amount::Priced(Money::from_minor(1000)), &cheese);
    assert_eq!((priced.total.minor(), priced.stock_units, priced.weight_g), (1000, 500, Some(500)));
}

#[test]
fn tax_is_contained_or_comes_on_top() {
    let lines = [plain(Amount::Pieces(Quantity::ONE), &product(11900, Unit::Each, 1900))];
    let included = totals(&lines, TaxMode::Included);
    assert_eq!((included.tax.minor(), included.total.minor()), (1900, 11900));
    let excluded = totals(&lines, TaxMode::Excluded);
    assert_eq!((excluded.tax.minor(), excluded.total.minor()), (2261, 14161));
}

proptest! {
    #[test]
    fn totals_agree_with_their_lines(
        prices in prop::collection::vec((0i64..100_000, 1i64..999, 0i64..3_000), 0..20)
    ) {
        let lines: Vec<_> = prices
            .iter()
            .map(|(price, count, tax)| plain(
                Amount::Pieces(Quantity::new(*count).unwrap()),
                &product(*price, Unit::Each, *tax),
            ))
            .collect();
        let sum: i64 = lines.iter().map(|line| line.total.minor()).sum();
        for mode in [TaxMode::Included, TaxMode::Excluded] {
            let totals = totals(&lines, mode);
            prop_assert_eq!(totals.subtotal.minor(), sum);
            prop_assert!(totals.tax.minor() >= 0);
            prop_assert!(totals.tax <= totals.total);
            let on_top = if mode == TaxMode::Excluded { totals.tax } else { Money::ZERO };
            prop_assert_eq!(totals.total, totals.subtotal - totals.discount + on_top);
        }
    }
}

fn promotion(id: u64, discount: Discount, scope: Scope) -> Promotion {
    let patch = PromotionPatch {
        name: Some(format!("P{id}")),
        kind: Some(DiscountKind::Percent),
        value: Some("1".parse().unwrap()),
        scope: Some(ScopeKind::Cart),
        ..PromotionPatch::default()
    };
    let (id, eur) = (PromotionId::new(id).unwrap(), "EUR".parse().unwrap());
    let mut promotion = Promotion::create(id, &patch, &eur, Timestamp::UNIX_EPOCH).unwrap();
    (promotion.discount, promotion.scope) = (discount, scope);
    promotion
}

fn percent(basis_points: i64) -> Discount {
    Discount::Percent(Percent::from_basis_points(basis_points).unwrap())
}

fn off(minor: i64) -> Discount {
    Discount::AmountOff(Money::from_minor(minor))
}

fn everywhere(discounts: &[Discount]) -> Running {
    let all: Vec<_> =
        (1..).zip(discounts).map(|(id, discount)| promotion(id, *discount, Scope::Cart)).collect();
    Running::at(&all, Timestamp::UNIX_EPOCH)
}

fn pieces(count: i64) -> Amount {
    Amount::Pieces(Quantity::new(count).unwrap())
}

fn weighed(grams: i64) -> Amount {
    Amount::Weighed(Grams::new(grams).unwrap())
}

fn embedded(minor: i64) -> Amount {
    Amount::Priced(Money::from_minor(minor))
}

#[test]
fn each_kind_of_line_takes_a_discount_in_its_own_way() {
    let (milk, cheese) = (product(129, Unit::Each, 700), product(1999, Unit::Kg, 700));
    let free = product(0, Unit::Kg, 0);
    for (amount, product, discount, total) in [
        (pieces(3), &milk, percent(2_500), 290),
        (pieces(3), &milk, off(30), 297),
        (pieces(3), &milk, off(500), 0),
        (pieces(3), &milk, percent(10_000), 0),
        // 1.5 kg at 19.99 are 29.985 before and 26.9865 after: one rounding, not two.
        (weighed(1_500), &cheese, percent(1_000), 2_699),
        (weighed(1_500), &cheese, off(200), 2_699),
        (weighed(1_500), &cheese, off(3_000), 0),
        (embedded(1_000), &cheese, percent(1_000), 900),
        // 10.00 stands for 500.25 g: 2.00 off the kilogram are 1.0005.
        (embedded(1_000), &cheese, off(200), 900),
        (embedded(500), &milk, off(30), 470),
        (embedded(500), &milk, percent(1_000), 450),
        (embedded(500), &free, percent(1_000), 450),
        (embedded(500), &free, off(30), 500),
        (weighed(500), &free, percent(1_000), 0),
    ] {
        let priced = price_line(&line(amount), product, &everywhere(&[discount]));
        let gross = plain(amount, product).total;
        assert_eq!(priced.total.minor(), total, "{amount:?} {discount:?}");
        assert_eq!(priced.discount, gross - priced.total);
        assert_eq!(priced.promotions.len(), usize::from(priced.discount > Money::ZERO));
    }
}

#[test]
fn half_a_cent_is_paid() {
    let gum = product(5, Unit::Each, 0);
    let priced = price_line(&line(pieces(1)), &gum, &everywhere(&[percent(5_000)]));
    assert_eq!((priced.total.minor(), priced.discount.minor()), (3, 2));
    // Less than half a cent off is nothing off, and no promotion is named.
    let priced = price_line(&line(pieces(1)), &gum, &everywhere(&[percent(1)]));
    assert_eq!((priced.total.minor(), priced.promotions), (5, vec![]));
}

#[test]
fn the_best_counts_and_the_older_of_equals() {
    let milk = product(100, Unit::Each, 0);
    let running = everywhere(&[percent(1_000), percent(2_000), off(20), percent(500)]);
    let priced = price_line(&line(pieces(2)), &milk, &running);
    let names: Vec<_> = priced.promotions.iter().map(|applied| applied.name.as_str()).collect();
    assert_eq!((names, priced.total.minor()), (vec!["P2"], 160));
}

#[test]
fn a_product_offers_what_is_its_own() {
    let mut milk = product(129, Unit::Each, 0);
    milk.category = "Dairy/Milk".into();
    let own = promotion(1, off(9), Scope::Products(vec![milk.id]));
    let category = promotion(2, percent(2_500), Scope::Categories(vec!["dairy".into()]));
    let all = promotion(3, percent(5_000), Scope::Cart);
    let other = promotion(4, percent(9_000), Scope::Products(vec![ProductId::new(9).unwrap()]));
    let promotions = [own, category, all, other];
    let running = Running::at(&promotions, Timestamp::UNIX_EPOCH);
    let found = offer(&milk, &running).unwrap();
    assert_eq!((found.price.minor(), found.name.as_str()), (97, "P2"));
    // What is paid may be less: every line gets the cart's promotion.
    assert_eq!(price_line(&line(pieces(1)), &milk, &running).promotions[0].name, "P3");
    assert_eq!(offer(&product(0, Unit::Each, 0), &running), None);
}

fn amounts() -> impl Strategy<Value = (Amount, Unit)> {
    prop_oneof![
        (1i64..=999).prop_map(|count| (pieces(count), Unit::Each)),
        (1i64..=100_000).prop_map(|grams| (weighed(grams), Unit::Kg)),
        (0i64..=99_999).prop_map(|price| (embedded(price), Unit::Kg)),
        (0i64..=99_999).prop_map(|price| (embedded(price), Unit::Each)),
    ]
}

fn discounts() -> impl Strategy<Value = Discount> {
    prop_oneof![
        (1i64..=10_000).prop_map(percent),
        (1i64..=1_000_000).prop_map(off),
        (1i64..=MONEY_MAX_MINOR).prop_map(off),
    ]
}

proptest! {
    #[test]
    fn one_promotion_and_the_best_counts_and_nothing_falls_below_zero(
        (amount, unit) in amounts(),
        price in prop_oneof![0i64..=100_000, 0i64..=MONEY_MAX_MINOR],
        discounts in prop::collection::vec(discounts(), 0..6),
    ) {
        let product = product(price, unit, 0);
        let gross = plain(amount, &product).total;
        let priced = price_line(&line(amount), &product, &everywhere(&discounts));
        prop_assert!(priced.total >= Money::ZERO && priced.total <= gross);
        prop_assert_eq!(priced.total + priced.discount, gross);
        prop_assert!(priced.promotions.len() <= 1);
        let told: Money = priced.promotions.iter().map(|applied| applied.amount).sum();
        prop_assert_eq!(told, priced.discount);
        for discount in discounts {
            let alone = price_line(&line(amount), &product, &everywhere(&[discount]));
            prop_assert!(priced.total <= alone.total);
        }
    }

    #[test]
    fn discounted_totals_agree_with_their_lines(
        rows in prop::collection::vec((amounts(), 0i64..100_000, 0i64..3_000), 0..20),
        discounts in prop::collection::vec(discounts(), 0..3),
    ) {
        let running = everywhere(&discounts);
        let lines: Vec<_> = rows
            .iter()
            .map(|((amount, unit), price, tax)| {
                price_line(&line(*amount), &product(*price, *unit, *tax), &running)
            })
            .collect();
        for mode in [TaxMode::Included, TaxMode::Excluded] {
            let totals = totals(&lines, mode);
            let paid: Money = lines.iter().map(|line| line.total).sum();
            let on_top = if mode == TaxMode::Excluded { totals.tax } else { Money::ZERO };
            prop_assert_eq!(totals.total, paid + on_top);
            prop_assert_eq!(totals.subtotal - totals.discount, paid);
            prop_assert!(totals.tax >= Money::ZERO && totals.tax <= totals.total);
        }
    }
}
