use super::running::{Running, moments_around};
use super::*;

fn eur() -> Currency {
    "EUR".parse().unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn ids(numbers: &[u64]) -> Vec<ProductId> {
    numbers.iter().map(|number| ProductId::new(*number).unwrap()).collect()
}

fn week() -> PromotionPatch {
    PromotionPatch {
        name: Some(" Milk week ".into()),
        kind: Some(DiscountKind::Percent),
        value: Some(number("20")),
        categories: Some(vec!["Dairy / Milk/".into(), "Dairy/Milk".into()]),
        starts_at: Some(at(100)),
        ends_at: Some(Some(at(200))),
        ..PromotionPatch::default()
    }
}

fn create(patch: &PromotionPatch) -> Result<Promotion, FieldErrors> {
    Promotion::create(PromotionId::new(1).unwrap(), patch, &eur(), at(50))
}

fn fields(errors: &FieldErrors) -> Vec<&str> {
    errors.iter().map(|error| error.field.as_str()).collect()
}

#[test]
fn a_promotion_starts_tidy_and_runs_in_its_time_only() {
    let mut promotion = create(&week()).unwrap();
    assert_eq!(promotion.name, "Milk week");
    assert_eq!(promotion.scope, Scope::Categories(vec!["Dairy/Milk".into()]));
    let runs: Vec<bool> =
        [99, 100, 199, 200].iter().map(|second| promotion.is_running(at(*second))).collect();
    assert_eq!(runs, [false, true, true, false]);
    promotion.make_message(None, &eur());
    assert_eq!(promotion.message, "Milk week: 20 % off Dairy/Milk");
    let off = PromotionPatch { active: Some(false), ..PromotionPatch::default() };
    assert!(promotion.apply(&off, &eur(), at(150)).unwrap());
    assert!(!promotion.is_running(at(150)));
    let bare = PromotionPatch { starts_at: None, ends_at: None, ..week() };
    let open = create(&bare).unwrap();
    assert_eq!((open.starts_at, open.ends_at), (at(50), None));
}

#[test]
fn every_bad_field_is_named() {
    let nothing = create(&PromotionPatch::default()).unwrap_err();
    assert_eq!(fields(&nothing), ["kind", "value", "scope", "name"]);
    for (field, patch) in [
        ("name", PromotionPatch { name: Some("  ".into()), ..week() }),
        ("name", PromotionPatch { name: Some("a\nb".into()), ..week() }),
        ("message", PromotionPatch { message: Some(Some("x".repeat(501))), ..week() }),
        ("value", PromotionPatch { value: Some(number("0")), ..week() }),
        ("value", PromotionPatch { value: Some(number("100.01")), ..week() }),
        ("value", PromotionPatch { value: Some(number("12.345")), ..week() }),
        ("value", PromotionPatch { value: Some(number("-5")), ..week() }),
        (
            "value",
            PromotionPatch {
                kind: Some(DiscountKind::Amount),
                value: Some(number("0.005")),
                ..week()
            },
        ),
        ("categories", PromotionPatch { categories: Some(vec![]), scope: CATEGORY, ..week() }),
        ("categories[1]", PromotionPatch { categories: Some(paths(&["A", "//"])), ..week() }),
        ("categories", PromotionPatch { scope: Some(ScopeKind::Cart), ..week() }),
        ("product_ids", PromotionPatch { product_ids: Some(ids(&[1])), scope: CATEGORY, ..week() }),
        ("scope", PromotionPatch { product_ids: Some(ids(&[1])), ..week() }),
        ("ends_at", PromotionPatch { ends_at: Some(Some(at(100))), ..week() }),
    ] {
        assert_eq!(fields(&create(&patch).unwrap_err()), [field], "{patch:?}");
    }
    let whole = PromotionPatch { value: Some(number("100")), ..week() };
    assert!(create(&whole).is_ok());
    let many = (1..=1_001).collect::<Vec<_>>();
    let many = PromotionPatch { categories: None, product_ids: Some(ids(&many)), ..week() };
    assert_eq!(fields(&create(&many).unwrap_err()), ["product_ids"]);
}

const CATEGORY: Option<ScopeKind> = Some(ScopeKind::Category);

fn paths(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

#[test]
fn edits_need_a_value_with_another_kind_and_a_list_with_another_scope() {
    let mut promotion = create(&week()).unwrap();
    let before = promotion.clone();
    let kind = PromotionPatch { kind: Some(DiscountKind::Amount), ..PromotionPatch::default() };
    assert_eq!(fields(&promotion.apply(&kind, &eur(), at(60)).unwrap_err()), ["value"]);
    let scope = PromotionPatch { scope: Some(ScopeKind::Product), ..PromotionPatch::default() };
    assert_eq!(fields(&promotion.apply(&scope, &eur(), at(60)).unwrap_err()), ["product_ids"]);
    assert_eq!(promotion, before);
    let both = PromotionPatch {
        product_ids: Some(ids(&[3, 3, 4])),
        categories: Some(vec![]),
        value: Some(number("0.5")),
        ..PromotionPatch { scope: scope.scope, kind: kind.kind, ..PromotionPatch::default() }
    };
    assert!(promotion.apply(&both, &eur(), at(60)).unwrap());
    assert_eq!(promotion.scope, Scope::Products(ids(&[3, 4])));
    assert_eq!((promotion.version, promotion.updated_at), (2, at(60)));
    assert!(!promotion.apply(&both, &eur(), at(70)).unwrap());
    promotion.make_message(Some("Butter"), &eur());
    assert_eq!(promotion.message, "Milk week: 0.50 EUR off each unit of Butter and 1 more");
}

#[test]
fn a_made_message_follows_and_an_own_one_stays() {
    let mut promotion = create(&week()).unwrap();
    promotion.make_message(None, &eur());
    let mut back = PromotionPatch { name: Some("Cream".into()), ..PromotionPatch::default() };
    back.message = Some(Some(promotion.message.clone()));
    promotion.apply(&back, &eur(), at(60)).unwrap();
    promotion.make_message(None, &eur());
    assert_eq!(promotion.message, "Cream: 20 % off Dairy/Milk");
    back.message = Some(Some("Moo!".into()));
    promotion.apply(&back, &eur(), at(60)).unwrap();
    promotion.make_message(None, &eur());
    assert_eq!(promotion.message, "Moo!");
    back.message = Some(None);
    promotion.apply(&back, &eur(), at(60)).unwrap();
    promotion.make_message(None, &eur());
    assert_eq!(promotion.message, "Cream: 20 % off Dairy/Milk");
}

#[test]
fn each_run_is_due_once() {
    let mut promotion = create(&week()).unwrap();
    assert!(!promotion.is_due(at(99)) && promotion.is_due(at(100)));
    promotion.announced = Some(7);
    assert!(!promotion.is_due(at(150)));
    let set =
        |value: &str| PromotionPatch { value: Some(number(value)), ..PromotionPatch::default() };
    promotion.apply(&set("30"), &eur(), at(150)).unwrap();
    assert!(!promotion.is_due(at(150)), "an edit of what runs is no new run");
    let active = |active| PromotionPatch { active: Some(active), ..PromotionPatch::default() };
    promotion.apply(&active(false), &eur(), at(150)).unwrap();
    promotion.apply(&active(true), &eur(), at(160)).unwrap();
    assert!(promotion.is_due(at(160)));
    promotion.announced = Some(8);
    let longer = PromotionPatch { ends_at: Some(None), ..PromotionPatch::default() };
    promotion.apply(&longer, &eur(), at(300)).unwrap();
    assert!(promotion.is_due(at(300)), "one that had ended runs anew");
}

#[test]
fn categories_cover_what_is_below_them() {
    let mut dairy = create(&week()).unwrap();
    dairy.scope = Scope::Categories(vec!["Dairy".into()]);
    let running = Running::at(&[dairy.clone()], at(150));
    for (path, covered) in [
        ("Dairy", true),
        ("dairy/Milk", true),
        ("Dairy/Milk/Goat", true),
        ("DairyFree", false),
        ("Food/Dairy", false),
        ("", false),
    ] {
        assert_eq!(running.of_category(path).count() > 0, covered, "{path}");
    }
    assert_eq!(Running::at(&[dairy.clone()], at(200)), Running::default());
    let whole = moments_around(&[dairy.clone()], at(150));
    assert_eq!(whole, (Some(at(100)), Some(at(200))));
    assert_eq!(moments_around(&[dairy.clone()], at(200)), (Some(at(200)), None));
    dairy.active = false;
    assert_eq!(moments_around(&[dairy], at(150)), (None, None));
}
