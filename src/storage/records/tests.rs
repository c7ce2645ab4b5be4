//! The bytes of every record, as they stand in shops: a failing line here means that existing
//! files could not be read.

use std::fmt::Write as _;

use super::device::{AnswerRecord, BootRecord, RecentAnswers, RecentRecord};
use super::product::StockRecord;
use crate::domain::accounts::{Role, Session, User};
use crate::domain::cart::{Amount, Cart};
use crate::domain::catalog::{Product, ProductPatch, TaxRate, Unit};
use crate::domain::checklist::Checklist;
use crate::domain::devices::{Device, LastCheckout, SeqWindow};
use crate::domain::event::Change;
use crate::domain::id::{
    CartId, ChecklistItemId, DeviceId, MovementId, OrderId, ProductId, SessionId, UserId,
};
use crate::domain::money::Money;
use crate::domain::orders::{Actor, Order, OrderStatus, StatusChange};
use crate::domain::position::{Position, PositionSource};
use crate::domain::pricing::{price_line, totals};
use crate::domain::quantity::{Grams, Quantity};
use crate::domain::routing::{Place, Point};
use crate::domain::settings::TaxMode;
use crate::domain::stock::{MovementKind, StockMovement};
use crate::storage::Record;
use jiff::Timestamp;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn product() -> Product {
    let patch = ProductPatch {
        sku: Some("CHE-1".parse().unwrap()),
        barcodes: Some(vec!["4006381333931".parse().unwrap()]),
        plu: Some(Some("12345".parse().unwrap())),
        rfid: Some(vec!["04A31F22".parse().unwrap()]),
        name: Some("Gouda".into()),
        brand: Some("Weidegut".into()),
        category: Some("Dairy/Cheese".into()),
        description: Some("Young".into()),
        price: Some(Money::from_minor(1199)),
        unit: Some(Unit::Kg),
        weight_g: Some(Some(1000)),
        tax_rate: Some(TaxRate::from_basis_points(700).unwrap()),
        min_age: Some(Some(16)),
        allergens: Some(vec!["milk".into()]),
        food_types: Some(vec!["vegetarian".into()]),
        pick_group: Some(-1),
        location: Some(Some("A3-07".into())),
        images: Some(vec!["/misc/images/1".into()]),
        attributes: Some(serde_json::from_str(r#"{"fat":"48 %"}"#).unwrap()),
        active: Some(true),
        stock: None,
    };
    Product::create(ProductId::new(7).unwrap(), &patch, at(1)).unwrap()
}

fn cart() -> Cart {
    let mut cart = Cart::empty(CartId::new(3).unwrap(), at(2));
    cart.user_id = Some(UserId::new(2).unwrap());
    cart.device_id = Some(DeviceId::new(4).unwrap());
    let tag = Some("04A31F22".parse().unwrap());
    let id = ProductId::new(7).unwrap();
    cart.add(id, Amount::Pieces(Quantity::new(2).unwrap()), tag).unwrap();
    cart.add(id, Amount::Weighed(Grams::new(500).unwrap()), None).unwrap();
    cart.add(id, Amount::Priced(Money::from_minor(99)), None).unwrap();
    cart.touch(at(3));
    cart
}

fn order() -> Order {
    let lines: Vec<_> = cart().lines.iter().map(|line| price_line(line, &product())).collect();
    Order {
        id: OrderId::new(9).unwrap(),
        number: "2026-000009".into(),
        code: "K7QP".into(),
        user_id: None,
        device_id: Some(DeviceId::new(4).unwrap()),
        totals: totals(&lines, TaxMode::Included),
        lines,
        currency: "EUR".into(),
        status: OrderStatus::Paid,
        history: vec![
            StatusChange {
                status: OrderStatus::Pending,
                at: at(4),
                by: Actor::Device(DeviceId::new(4).unwrap()),
            },
            StatusChange {
                status: OrderStatus::Paid,
                at: at(5),
                by: Actor::User(UserId::new(1).unwrap()),
            },
        ],
        tracking_number: Some("T1".into()),
        shipping_address: Some(serde_json::json!({"city": "Ulm"})),
        billing_address: None,
        version: 2,
        created_at: at(4),
        updated_at: at(5),
    }
}

fn user() -> User {
    User {
        id: UserId::new(2).unwrap(),
        username: "ann".parse().unwrap(),
        email: Some("ann@example.com".parse().unwrap()),
        name: Some("Ann".into()),
        mobile_number: None,
        role: Role::Staff,
        password_hash: Some("$argon2id$x".into()),
        disabled: false,
        epoch: 3,
        created_at: at(1),
        last_login: Some(at(2)),
    }
}

fn session() -> Session {
    Session {
        id: SessionId::new(5).unwrap(),
        user_id: UserId::new(2).unwrap(),
        family: [6; 32],
        current: [1; 32],
        spent: Some(([2; 32], at(6))),
        grace_used: true,
        generation: 4,
        min_generation: 3,
        revoked: false,
        created_at: at(1),
        expires_at: at(9),
        user_agent: "curl".into(),
    }
}

fn device() -> Device {
    Device {
        id: DeviceId::new(4).unwrap(),
        name: "Cart 4".into(),
        cart_code: "K7QP4M".into(),
        key_hash: [3; 32],
        old_key: Some(([4; 32], at(7))),
        revoked: false,
        user_id: Some(UserId::new(2).unwrap()),
        session: 11,
        last_checkout: Some(LastCheckout { order_id: OrderId::new(9).unwrap(), at: at(8) }),
        dedupe_ms: 7000,
        created_at: at(1),
    }
}

fn checklist() -> Checklist {
    let mut list = Checklist::default();
    let id = ChecklistItemId::new(8).unwrap();
    list.add(id, ProductId::new(7).unwrap(), Quantity::new(2).unwrap()).unwrap();
    list
}

fn position() -> Position {
    let place = Place::Point(Point { x: 1.5, y: -2.0, floor: 1 });
    Position { place, source: PositionSource::Scanned, at: at(3) }
}

/// The record's format and bytes, after proving that they read back as the same value.
fn golden<R: Record + PartialEq + std::fmt::Debug>(record: &R) -> String {
    let mut bytes = Vec::new();
    record.encode(&mut bytes).unwrap();
    assert_eq!(&R::decode(R::FORMAT, &bytes).unwrap(), record);
    assert!(R::decode(R::FORMAT + 1, &bytes).is_err(), "an unknown format is refused");
    assert!(R::decode(R::FORMAT, &bytes[..bytes.len() - 1]).is_err(), "a cut record is refused");
    bytes.iter().fold(format!("{}:", R::FORMAT), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[test]
fn records_keep_their_bytes() {
    let mut window = SeqWindow::default();
    window.mark(2);
    window.mark(300);
    let movement = StockMovement {
        id: MovementId::new(1).unwrap(),
        product_id: ProductId::new(7).unwrap(),
        kind: MovementKind::Return,
        delta: -5,
        stock_after: 10,
        order_id: Some(OrderId::new(9).unwrap()),
        by: None,
        at: at(1),
    };
    let answer = AnswerRecord { status: 200, body: "{}".into() };
    let recent =
        RecentAnswers(vec![RecentRecord { body_hash: [5; 32], at_us: 6, answer: answer.clone() }]);
    let lines = [
        ("product", golden(&product())),
        ("stock", golden(&StockRecord(-3))),
        ("movement", golden(&movement)),
        ("cart", golden(&cart())),
        ("order", golden(&order())),
        ("user", golden(&user())),
        ("session", golden(&session())),
        ("device", golden(&device())),
        ("boot", golden(&BootRecord { order: 2, window })),
        ("answer", golden(&answer)),
        ("recent", golden(&recent)),
        ("change", golden(&Change::Device(DeviceId::new(4).unwrap()))),
        ("map changed", golden(&Change::StoreMap)),
        ("checklist", golden(&checklist())),
        ("position", golden(&position())),
    ];
    let text: String = lines.map(|(name, bytes)| format!("{name} {bytes}\n")).concat();
    let expected = include_str!("../../../tests/fixtures/golden-records.txt");
    assert_eq!(text, expected, "a changed shape needs a new format number");
}
