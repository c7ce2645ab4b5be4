//! Imports of products as one act: what they say beforehand, and how they are taken back.

use proptest::prelude::*;

use super::*;
use crate::app::export::Pieces;
use crate::app::import::Watcher;
use crate::app::{Error, Once, Outcome};
use crate::domain::catalog::ProductPatch;
use crate::domain::imports::ImportState;
use crate::domain::money::Money;
use crate::storage::{imports, products};
use crate::wire::control::ExportFormat;
use crate::wire::import::UndoReport;

fn with(map: &str, defaults: &str) -> ImportOptions {
    ImportOptions { map: map.into(), defaults: defaults.into(), ..APPLY }
}

pub(super) fn product(app: &App, id: u64) -> crate::domain::view::StockedProduct {
    app.product(Some(&Admin::local().staff()), ProductId::new(id).unwrap()).unwrap()
}

pub(super) async fn undo(app: &App, id: u64) -> Result<UndoReport, Error> {
    match app.undo_import(&Admin::local().staff(), id, None, Watcher::default()).await? {
        Outcome::Fresh(report) => Ok(report),
        Outcome::Replayed { .. } => unreachable!(),
    }
}

async fn edit(app: &App, id: u64, patch: ProductPatch) {
    let id = ProductId::new(id).unwrap();
    app.update_product(&Admin::local().staff(), id, patch, None).await.unwrap();
}

fn ledger_sum(app: &App, id: u64) -> i64 {
    let id = ProductId::new(id).unwrap();
    app.read(|tx| Ok(products::movements(tx, id, 0, 100)?.iter().map(|it| it.delta).sum())).unwrap()
}

#[tokio::test]
async fn a_dry_run_shows_what_would_differ() {
    let app = app();
    import(&app, "sku,name,price,stock\nA,Milk,1,5\nB,Bread,2,5\n", APPLY).await;
    let file = "sku,name,price,stock\nA,Milk,1.5,5\nB,Bread,2,5\nC,Tea,3,\n,,4,\n";
    let report = import(&app, file, DRY_RUN).await;
    assert_eq!(counts(&report), (1, 1, 1, 1));
    assert_eq!(report.changes.len(), 2);
    let changed = &report.changes[0];
    assert_eq!(
        (changed.line, changed.verdict.as_str(), changed.sku.as_deref()),
        (2, "changed", Some("A"))
    );
    assert_eq!(changed.fields.len(), 1, "{changed:?}");
    assert_eq!(changed.fields["price"].before, serde_json::json!(1));
    assert_eq!(changed.fields["price"].after.to_string(), "1.5");
    assert_eq!((report.changes[1].line, report.changes[1].verdict.as_str()), (4, "new"));
    assert_eq!(report.columns.len(), 4);
}

#[tokio::test]
async fn supplier_files_are_mapped_and_defaults_are_for_new_products() {
    let app = app();
    let file = "Artikel-Nr.;Bezeichnung;VK-Preis;Notiz\nA;Käse;1.299,00 €;x\n";
    let staff = Admin::local().staff();
    let refused = app.import_products(&staff, file.as_bytes().to_vec(), APPLY);
    assert!(refused.await.unwrap_err().to_string().contains("Notiz"));
    assert_eq!(counts(&import(&app, file, with("Notiz=", "")).await), (1, 0, 0, 0));
    assert_eq!(product(&app, 1).product.price.minor(), 129_900);

    let names = "ean,name\n4006381333931,Pen\n00004006381333932,Bad\n";
    let report = import(
        &app,
        names,
        ImportOptions { partial: true, ..with("", "price=1.00;category=Office") },
    )
    .await;
    assert_eq!(counts(&report), (1, 0, 0, 1));
    assert_eq!(product(&app, 2).product.category, "Office");
    edit(&app, 2, ProductPatch { price: Some(Money::from_minor(250)), ..Default::default() }).await;
    let again = import(&app, "ean,name\n4006381333931,Pen\n", with("", "price=1.00")).await;
    assert_eq!(counts(&again), (0, 0, 1, 0));
    assert_eq!(product(&app, 2).product.price.minor(), 250);

    let off = "code\turl\tproduct_name\tcategories_en\tallergens\tlabels_en\n\
               4388840217762\thttp://x\tCream \"fresh\tDairies,Creams\ten:milk\tOrganic\n";
    assert_eq!(counts(&import(&app, off, with("", "price=1")).await), (1, 0, 0, 0));
    let cream = product(&app, 3).product;
    assert_eq!((cream.category.as_str(), cream.name.as_str()), ("Dairies/Creams", "Cream \"fresh"));
    assert_eq!(
        (cream.allergens, cream.food_types),
        (vec!["milk".to_owned()], vec!["organic".to_owned()])
    );
}

#[tokio::test]
async fn what_is_broken_is_named_and_the_rest_comes_in() {
    let app = app();
    let mut file = b"sku,barcodes,name,price,plu\n\
        A,4006381333931,Pen,1,11\n\
        B,,\"Milk,1,\n\
        C,4006381333932,Check digit,1,\n\
        D,,Negative,-1,\n\
        E,,Ten million,10000000,\n\
        sku,barcodes,name,price,plu\n\
        A,,Twice,1,\n\
        F,4006381333931,Twice,1,\n\
        G,,Twice,1,11\n\
        H,,K\xe4se,1,\n\
        I,,N\0L,1,\n"
        .to_vec();
    file.extend(format!("J,,{},1,\n", "x".repeat(3 << 20)).into_bytes());
    file.extend(b"K,,Tea,1,\n");
    let staff = Admin::local().staff();
    let report = app.import_products(&staff, file.clone(), APPLY).await.unwrap();
    assert!(!report.applied && !is_there(&app, 1));
    let lines: Vec<usize> = places(&report).iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], "{report:?}");
    let report = app.import_products(&staff, file, PARTIAL).await.unwrap();
    assert_eq!(counts(&report), (2, 0, 0, 11));
}

#[tokio::test]
async fn codes_may_move_from_row_to_row() {
    let app = app();
    import(&app, "sku,name,price,plu\nA,Milk,1,11\nB,Bread,2,12\n", APPLY).await;
    let moved = import(&app, "sku,plu\nA,13\nB,11\n", APPLY).await;
    assert_eq!(counts(&moved), (0, 2, 0, 0), "{moved:?}");
    let taken = import(&app, "sku,plu\nB,13\n", APPLY).await;
    assert_eq!(places(&taken), [(2, "plu")]);
    let undone = undo(&app, moved.id.unwrap()).await.unwrap();
    assert_eq!((undone.restored, undone.kept.len()), (2, 0), "{undone:?}");
    assert_eq!(product(&app, 2).product.plu.unwrap().value(), 12);
    // The same product by two names.
    import(&app, "sku,barcodes\nA,4006381333931\n", APPLY).await;
    let twice = import(&app, "sku,barcodes,price\nA,,3\n,4006381333931,4\n", DRY_RUN).await;
    assert_eq!(twice.rejected, 1, "{twice:?}");
}

#[tokio::test]
async fn an_import_is_undone_as_one_act() {
    let app = app();
    import(&app, "sku,name,price,stock\nA,Milk,1,5\nB,Bread,2,5\nC,Salt,1,5\n", APPLY).await;
    let file =
        "sku,name,price,stock\nA,Whole milk,2,9\nB,Rye,3,5\nC,Salt,1,8\nD,Tea,4,7\nE,Oil,5,6\n";
    let report = import(&app, file, APPLY).await;
    let id = report.id.unwrap();
    edit(&app, 2, ProductPatch { brand: Some("Own".into()), ..Default::default() }).await;
    edit(&app, 5, ProductPatch { stock: Some(1), ..Default::default() }).await;
    let undone = undo(&app, id).await.unwrap();
    assert_eq!((undone.restored, undone.deleted), (2, 1));
    let kept: Vec<_> = undone.kept.iter().map(|it| (it.product_id, it.sku.as_str())).collect();
    assert_eq!(kept, [(2, "B"), (5, "E")]);
    let milk = product(&app, 1);
    assert_eq!((milk.product.name.as_str(), milk.stock, milk.product.version), ("Milk", 5, 3));
    assert_eq!((product(&app, 3).stock, ledger_sum(&app, 3)), (5, 5));
    assert!(!is_there(&app, 4) && ledger_sum(&app, 4) == 0);
    assert_eq!(product(&app, 2).product.name, "Rye");
    assert!(matches!(undo(&app, id).await, Err(Error::Conflict(it)) if it.code == "import-undone"));
    assert!(matches!(undo(&app, 99).await, Err(Error::NotFound(_))));
    let staff = Admin::local().staff();
    assert_eq!(app.import(&staff, id).unwrap().state, ImportState::Undone);
    assert_eq!(app.imports(&staff, 0, 10).unwrap().1, 2);
}

#[tokio::test]
async fn what_was_cut_off_is_taken_back_at_the_next_start() {
    let app = app();
    import(&app, "sku,name,price\nA,Milk,1\n", APPLY).await;
    let mut file = String::from("sku,name,price,stock\nA,Milk,2,1\n");
    for number in 0..700 {
        use std::fmt::Write as _;
        writeln!(file, "S{number},Thing {number},1,2").unwrap();
    }
    for (partial, wanted) in [(false, ImportState::Undone), (true, ImportState::Interrupted)] {
        let report = import(&app, &file, options(false, partial)).await;
        let id = report.id.unwrap();
        // As a crash before its last transaction leaves it.
        app.write(move |tx| {
            let mut import = imports::import(tx, id)?.unwrap();
            import.state = ImportState::Running;
            Ok(imports::put(tx, &import)?)
        })
        .await
        .unwrap();
        app.settle_imports().await.unwrap();
        assert_eq!(app.import(&Admin::local().staff(), id).unwrap().state, wanted);
        let milk = product(&app, 1);
        let price = milk.product.price.minor();
        assert_eq!((price, milk.stock), if partial { (200, 1) } else { (100, 0) });
        let left = app.read(|tx| Ok(products::by_sku(tx, &"S699".parse().unwrap())?)).unwrap();
        assert_eq!(left.is_some(), partial);
    }
}

#[tokio::test]
async fn a_repeat_is_answered_and_not_done() {
    let app = app();
    let once = |hash: u8| {
        let idempotency = crate::app::Idempotency {
            principal: "user:1".into(),
            operation: "POST /products/import".into(),
            key: "k".into(),
            body_hash: [hash; 32],
        };
        Some(Once {
            idempotency,
            render: Box::new(|it: &ImportReport| (200, serde_json::to_vec(it).unwrap())),
        })
    };
    let staff = Admin::local().staff();
    let send = async |hash| {
        let file = b"name,price\nMilk,1\n".to_vec().into();
        app.import_products_once(&staff, file, APPLY, once(hash), Watcher::default()).await
    };
    assert!(matches!(send(1).await.unwrap(), Outcome::Fresh(report) if report.new == 1));
    assert!(matches!(send(1).await.unwrap(), Outcome::Replayed { status: 200, .. }));
    assert!(matches!(send(2).await, Err(Error::Unprocessable(_))));
    assert!(!is_there(&app, 2));
}

async fn exported(app: &App) -> Vec<u8> {
    let (pieces, mut waiting): (Pieces, _) = tokio::sync::mpsc::channel(1_000);
    app.export_products(&Admin::local().staff(), ExportFormat::Csv, &pieces).await.unwrap();
    drop(pieces);
    let mut text = Vec::new();
    while let Some(piece) = waiting.recv().await {
        text.extend(piece);
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn nasty_cells_go_round_unchanged(
        rows in prop::collection::vec(
            ("[=+@'|;,\"a -]{1,12}", "[=+@'|;,\"\\\\\t\r\nä -]{0,20}", "[=+@'|;,\"\\\\a-]{1,8}"),
            1..6,
        ),
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let (app, staff) = (app(), Admin::local().staff());
            for (name, description, allergen) in rows {
                let patch = ProductPatch {
                    name: Some(format!("{name}x")),
                    description: Some(description.clone()),
                    brand: Some(name),
                    allergens: Some(vec![allergen]),
                    price: Some(Money::from_minor(1)),
                    ..ProductPatch::default()
                };
                app.create_product(&staff, patch, None).await.unwrap();
            }
            let file = exported(&app).await;
            let text = String::from_utf8_lossy(&file).into_owned();
            let report = app.import_products(&staff, file, APPLY).await.unwrap();
            assert_eq!((report.new, report.changed, report.rejected), (0, 0, 0), "{report:?}\n{text}");
        });
    }
}
