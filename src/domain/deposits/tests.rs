use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::cart::{Amount, Cart};
use crate::domain::catalog::{ProductPatch, TaxRate, Unit};
use crate::domain::id::{CartId, ProductId};
use crate::domain::pricing::{price_line, totals};
use crate::domain::promotions::running::Running;
use crate::domain::quantity::{Grams, Quantity};
use crate::domain::settings::TaxMode;

fn id(number: u64) -> ProductId {
    ProductId::new(number).unwrap()
}

/// The goods: 1 a bottle, 2 a crate, both with deposit 9; 3 a salad by weight in a bowl with
/// deposit 8; 4 bread without any.
fn goods(number: u64) -> Product {
    let (name, minor, unit, tax, deposit) = match number {
        1 => ("Cola", 129, Unit::Each, 1900, Some(9)),
        2 => ("Water", 59, Unit::Each, 700, Some(9)),
        3 => ("Salad", 1490, Unit::Kg, 700, Some(8)),
        4 => ("Bread", 249, Unit::Each, 700, None),
        8 => ("Bowl deposit", 500, Unit::Each, 0, None),
        _ => ("Bottle deposit", 25, Unit::Each, 1900, None),
    };
    let patch = ProductPatch {
        name: Some(name.into()),
        price: Some(Money::from_minor(minor)),
        unit: Some(unit),
        tax_rate: Some(TaxRate::from_basis_points(tax).unwrap()),
        deposit_id: Some(deposit.map(id)),
        ..ProductPatch::default()
    };
    Product::create(id(number), &patch, Timestamp::UNIX_EPOCH).unwrap()
}

fn priced(cart: &Cart) -> Vec<PricedLine> {
    let mut lines = Vec::new();
    for line in &cart.lines {
        let product = goods(line.product_id.value());
        let priced = price_line(line, &product, &Running::default());
        let deposit = product.deposit_id.map(|deposit| goods(deposit.value()));
        let deposit = deposit.map(|deposit| super::line(&priced, &deposit));
        lines.push(priced);
        lines.extend(deposit);
    }
    lines
}

#[derive(Debug, Clone)]
enum Step {
    Add(u64, i64),
    Weigh(i64),
    Remove(u64, i64),
    Set(u64, i64),
    RemoveFirst,
    Absorb(u64, i64),
}

fn step() -> impl Strategy<Value = Step> {
    let product = prop_oneof![Just(1_u64), Just(2), Just(4)];
    prop_oneof![
        (product.clone(), 1..40_i64).prop_map(|(product, count)| Step::Add(product, count)),
        (1..3_000_i64).prop_map(Step::Weigh),
        (1..=4_u64, 1..40_i64).prop_map(|(product, count)| Step::Remove(product, count)),
        (product.clone(), 0..999_i64).prop_map(|(product, count)| Step::Set(product, count)),
        Just(Step::RemoveFirst),
        (product, 1..999_i64).prop_map(|(product, count)| Step::Absorb(product, count)),
    ]
}

/// Refusals (nothing to remove, too many) leave the cart as it is, and are as good a step as any.
fn take(cart: &mut Cart, step: &Step) {
    let pieces = |count| Amount::Pieces(Quantity::new(count).unwrap());
    match *step {
        Step::Add(product, count) => {
            let _ = cart.add(id(product), pieces(count), None);
        }
        Step::Weigh(grams) => {
            let _ = cart.add(id(3), Amount::Weighed(Grams::new(grams).unwrap()), None);
        }
        Step::Remove(product, count) => {
            let _ = cart.remove(id(product), Quantity::new(count).unwrap());
        }
        Step::Set(product, count) => {
            let _ = cart.set_pieces(id(product), Quantity::new(count).ok());
        }
        Step::RemoveFirst => {
            if let Some(line) = cart.lines.first().map(|line| line.id) {
                cart.remove_line(line).unwrap();
            }
        }
        Step::Absorb(product, count) => {
            let mut other = Cart::empty(CartId::new(2).unwrap(), Timestamp::UNIX_EPOCH);
            other.add(id(product), pieces(count), None).unwrap();
            cart.absorb(other).unwrap();
        }
    }
}

proptest! {
    #[test]
    fn deposits_follow_every_change_and_totals_are_the_sum_of_lines(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let mut cart = Cart::empty(CartId::new(1).unwrap(), Timestamp::UNIX_EPOCH);
        for step in &steps {
            take(&mut cart, step);
            let lines = priced(&cart);
            for (product, deposit) in [(1, 9), (2, 9), (3, 8)] {
                let of_product: Vec<_> = cart
                    .lines
                    .iter()
                    .filter(|line| line.product_id == id(product))
                    .map(|line| line.id)
                    .collect();
                let brought: u32 = lines
                    .iter()
                    .filter(|line| line.deposit_of.is_some_and(|of| of_product.contains(&of)))
                    .inspect(|line| assert_eq!(line.product_id, id(deposit)))
                    .map(|line| line.quantity)
                    .sum();
                prop_assert_eq!(brought, cart.units_of(id(product)));
            }
            let counted = lines.iter().filter(|line| line.deposit_of.is_none());
            prop_assert_eq!(counted.map(|line| line.quantity).sum::<u32>(), cart.item_count());
            let sum: Money = lines.iter().map(|line| line.total).sum();
            for mode in [TaxMode::Included, TaxMode::Excluded] {
                let totals = totals(&lines, mode);
                prop_assert_eq!(totals.subtotal - totals.discount, sum);
            }
            let ids: std::collections::BTreeSet<_> = lines.iter().map(|line| line.id).collect();
            prop_assert_eq!(ids.len(), lines.len(), "every line has an id of its own");
        }
    }
}

#[test]
fn a_deposit_line_tells_whose_it_is() {
    let line = LineId::new(3).unwrap();
    assert_eq!(line_of(line_id(line)), Some(line));
    assert_eq!(line_of(line), None);
    assert_eq!(line_of(LineId::new(LINE_IDS_FROM).unwrap()), None);
    assert!(line_id(line).value() < 1 << 53, "a double holds it exactly");
}

#[test]
fn a_deposit_is_no_merchandise() {
    let mut cart = Cart::empty(CartId::new(1).unwrap(), Timestamp::UNIX_EPOCH);
    cart.add(id(1), Amount::Pieces(Quantity::new(6).unwrap()), None).unwrap();
    let lines = priced(&cart);
    assert_eq!(lines.len(), 2);
    let deposit = &lines[1];
    assert_eq!((deposit.quantity, deposit.total.minor(), deposit.stock_units), (6, 150, 0));
    assert_eq!(deposit.deposit_of, Some(lines[0].id));
    assert_eq!(totals(&lines, TaxMode::Included).total.minor(), 6 * 129 + 150);
}
