//! Files of other shops: deposits by SKU, pictures that do not come along; and catalogues that
//! change while a file is imported.

use super::catalogue::{product, undo};
use super::*;
use crate::app::import::{ImportFile, Watcher};
use crate::app::{Error, Outcome, Result};
use crate::domain::catalog::ProductPatch;
use crate::domain::codes::Sku;
use crate::domain::imports::ImportState;
use crate::domain::money::Money;
use crate::wire::import::ImportPhase;

/// A path as a picture has it, of one that is not here.
const ELSEWHERE: &str =
    "/misc/images/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.jpg";

fn deposit_of(app: &App, id: u64) -> Option<u64> {
    product(app, id).product.deposit_id.map(ProductId::value)
}

fn says(report: &ImportReport, line: usize, words: &str) {
    let found = report.errors.iter().find(|error| error.line == line);
    assert!(found.is_some_and(|error| error.message.contains(words)), "{words}: {report:?}");
}

#[tokio::test]
async fn a_new_file_brings_deposits_and_their_bottles() {
    let app = app();
    let file = "sku,name,price,deposit_sku\nD15,Deposit,0.15,\nCOLA,Cola,1,D15\nBEER,Beer,1,D15\n";
    let dry = import(&app, file, DRY_RUN).await;
    assert_eq!(counts(&dry), (3, 0, 0, 0), "{dry:?}");
    assert_eq!(dry.changes[1].fields["deposit_sku"].after, "D15");
    let report = import(&app, file, APPLY).await;
    assert_eq!(counts(&report), (3, 0, 0, 0), "{report:?}");
    assert_eq!(
        (deposit_of(&app, 1), deposit_of(&app, 2), deposit_of(&app, 3)),
        (None, Some(1), Some(1))
    );
    assert_eq!(counts(&import(&app, file, APPLY).await), (0, 0, 3, 0));
    // By its id as before; an empty cell takes it away.
    let by_id = import(&app, "sku,deposit_id\nCOLA,1\nBEER,\n", APPLY).await;
    assert_eq!(counts(&by_id), (0, 1, 1, 0), "{by_id:?}");
    let none = import(&app, "{\"sku\":\"COLA\",\"deposit_sku\":null}\n", APPLY).await;
    assert_eq!(counts(&none), (0, 1, 0, 0), "{none:?}");
    assert_eq!(deposit_of(&app, 2), None);
    // A product that is there may get a deposit that the file brings.
    let later = "sku,name,price,deposit_sku\nD25,Large,0.25,\nCOLA,,,D25\n";
    assert_eq!(counts(&import(&app, later, APPLY).await), (1, 1, 0, 0));
    assert_eq!(deposit_of(&app, 2), Some(4));
    let undone = undo(&app, report.id.unwrap()).await.unwrap();
    assert_eq!((undone.deleted, undone.kept.len()), (1, 2), "{undone:?}");
}

#[tokio::test]
async fn deposits_that_are_none_are_named_by_line() {
    let app = app();
    import(&app, "sku,name,price,unit\nOLD,Old,1,each\nKG,Apples,1,kg\n", APPLY).await;
    let file = "sku,name,price,unit,deposit_sku,deposit_id\n\
        A,Cola,1,each,D15,\n\
        D15,Deposit,0.15,each,,\n\
        B,Beer,1,each,D15,\n\
        C,Crate,1,each,B,\n\
        W,Loose,1,kg,,\n\
        E,Elder,1,each,W,\n\
        F,Fizz,1,each,KG,\n\
        G,Gin,1,each,OLD,1\n\
        H,Hop,1.999,each,no\tsku,\n\
        I,Ice,1,each,I,\n\
        J,,1,each,D15,\n\
        K,Kir,1,each,J,\n";
    let report = import(&app, file, PARTIAL).await;
    assert_eq!(counts(&report), (3, 0, 0, 9), "{report:?}");
    says(&report, 2, "stands before");
    says(&report, 5, "line 4");
    says(&report, 7, "line 6");
    says(&report, 8, "sold by weight");
    says(&report, 9, "one of them");
    says(&report, 11, "stands before");
    says(&report, 13, "line 12");
    let fields: Vec<_> = report.errors.iter().filter(|it| it.line == 10).collect();
    assert_eq!(fields.len(), 2, "{fields:?}");
    assert!(report.errors.iter().all(|it| it.field != "deposit_id"), "{report:?}");
}

#[tokio::test]
async fn pictures_that_are_elsewhere_are_left_out_and_counted() {
    let app = app();
    let file = format!("sku,name,price,images\nA,Milk,1,/static/milk.jpg|{ELSEWHERE}\n");
    let first = import(&app, &file, APPLY).await;
    assert_eq!((counts(&first), first.images_left_out), ((1, 0, 0, 0), 1));
    assert_eq!(product(&app, 1).product.images, ["/static/milk.jpg"]);
    // What it shows by now stays.
    let shown = "sku,images\nA,/static/other.jpg\n";
    assert_eq!(counts(&import(&app, shown, APPLY).await), (0, 1, 0, 0));
    let again = import(&app, &file, APPLY).await;
    assert_eq!((counts(&again), again.images_left_out), ((0, 0, 1, 0), 1));
    assert_eq!(product(&app, 1).product.images, ["/static/other.jpg"]);
    let dearer = file.replace(",1,", ",2,");
    assert_eq!(counts(&import(&app, &dearer, APPLY).await), (0, 1, 0, 0));
    assert_eq!(product(&app, 1).product.images, ["/static/other.jpg"]);
}

#[tokio::test]
async fn a_negative_stock_is_named_before_anything_is_written() {
    let app = app();
    let report =
        import(&app, "sku,name,price,stock\nA,Milk,1,5\nB,,1,-1\nC,Tea,1,-3\n", APPLY).await;
    assert_eq!(places(&report), [(3, "name"), (3, "stock"), (4, "stock")], "{report:?}");
    import(&app, "sku,name,price,stock\nA,Milk,1,5\n", APPLY).await;
    let report = import(&app, "sku,stock\nA,-1\n", APPLY).await;
    assert_eq!(places(&report), [(2, "stock")], "{report:?}");
}

/// A file of 700 rows, three transactions long.
fn long() -> String {
    use std::fmt::Write as _;
    let mut file = String::from("sku,name,price,plu\n");
    for number in 0..700 {
        writeln!(file, "S{number},Thing {number},1,{}", 1_000 + number).unwrap();
    }
    file
}

/// Imports while somebody takes the last row's PLU after the first rows were written.
async fn contested(app: &App, options: ImportOptions) -> Result<ImportReport> {
    let rival = app.clone();
    let watcher = Watcher::new(move |progress| {
        if progress.phase != ImportPhase::Writing || progress.done != 250 {
            return;
        }
        let patch = ProductPatch {
            name: Some("Rival".into()),
            price: Some(Money::from_minor(1)),
            plu: Some(Some("1699".parse().unwrap())),
            ..ProductPatch::default()
        };
        let now = rival.now();
        let create = move |tx: &mut crate::storage::WriteTx<'_>| {
            crate::app::products::create(tx, &patch, None, now)
        };
        rival.store().write_blocking(create).map_err(Error::from).unwrap();
    });
    let (staff, file) = (Admin::local().staff(), ImportFile::from(long().into_bytes()));
    match app.import_products_once(&staff, file, options, None, watcher).await? {
        Outcome::Fresh(report) => Ok(report),
        Outcome::Replayed { .. } => unreachable!(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_that_changes_meanwhile_takes_the_import_back() {
    let app = app();
    let Err(Error::Conflict(refusal)) = contested(&app, APPLY).await else { panic!("taken") };
    assert_eq!(refusal.code, "import-conflict");
    assert!(refusal.detail.contains("line 701: plu PLU 1699"), "{}", refusal.detail);
    assert_eq!(app.import(&Admin::local().staff(), 1).unwrap().state, ImportState::Undone);
    let find = |sku: &str| {
        let sku: Sku = sku.parse().unwrap();
        app.read(|tx| Ok(crate::storage::products::by_sku(tx, &sku)?)).unwrap()
    };
    assert!(find("S0").is_none() && find("S699").is_none());

    let other = super::app();
    let report = contested(&other, PARTIAL).await.unwrap();
    assert_eq!(counts(&report), (699, 0, 0, 1));
    assert_eq!(places(&report), [(701, "plu")]);
}
