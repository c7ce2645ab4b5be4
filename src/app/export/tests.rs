use super::*;
use crate::app::Parts;
use crate::auth::SigningKeys;
use crate::clock::Clock;
use crate::domain::settings::StoreSettings;
use crate::search::Search;
use crate::storage::Store;
use crate::wire::import::ImportOptions;

fn app() -> App {
    let store = Store::in_memory().unwrap();
    App::new(Parts {
        blobs: crate::blobs::Blobs::temporary(),
        search: Search::start(store.clone()).unwrap(),
        store,
        clock: Clock::system(),
        settings: StoreSettings::new("EUR".parse().unwrap()),
        keys: SigningKeys::from_secret(&[7; 32]).unwrap(),
        access_life: std::time::Duration::from_mins(15),
        setup_token: None,
        settings_file: None,
    })
}

async fn exported(app: &App, table: ExportTable, format: ExportFormat) -> String {
    let (pieces, mut waiting) = mpsc::channel(1);
    let app = app.clone();
    let work = tokio::spawn(async move {
        app.export(&Admin::local(), table, format, &pieces).await.unwrap();
    });
    let mut text = Vec::new();
    while let Some(piece) = waiting.recv().await {
        text.extend(piece);
    }
    work.await.unwrap();
    String::from_utf8(text).unwrap()
}

/// The rows of an export, but for their pictures.
fn without_images(csv: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let images = reader.headers().unwrap().iter().position(|name| name == "images").unwrap();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let cells = row.iter().enumerate().filter(|(place, _)| *place != images);
        cells.map(|(_, cell)| cell.to_owned()).collect()
    });
    rows.collect()
}

#[tokio::test]
async fn a_demo_shop_goes_round_and_formulas_are_defused() {
    let first = app();
    first.load_demo(&Admin::local(), &jiff::tz::TimeZone::UTC).await.unwrap();
    let (staff, options) = (Admin::local().staff(), ImportOptions::default());
    let odd = "sku,name,price\nODD,'=1+1,1\nX-1,\"say \"\"hi\"\", ;|\",2\n\
               ODD-2,Cup;'=1+1,1\nODD-3,\"Mug;'@x;''-y; =z\",1\n";
    first.import_products(&staff, odd.into(), options.clone()).await.unwrap();
    let csv = exported(&first, ExportTable::Products, ExportFormat::Csv).await;
    assert!(csv.contains("ODD,,,,'=1+1,"), "{csv}");
    assert!(csv.contains("\"Cup;'=1+1\""), "{csv}");
    assert!(csv.contains("\"Mug;'@x;''-y; =z\""), "{csv}");
    let names = exported(&first, ExportTable::Products, ExportFormat::Ndjson).await;
    assert!(names.contains(r#""Cup;=1+1""#), "{names}");
    let rows = csv::Reader::from_reader(csv.as_bytes()).records().count();

    // Deposits stand before their bottles, and are named by what they are called everywhere.
    let line = |start: &str| csv.lines().position(|line| line.starts_with(start)).unwrap();
    assert!(line("DEP-0015,") < line("RET-0001,"), "{csv}");
    assert!(csv.lines().nth(line("RET-0001,")).unwrap().ends_with(",DEP-0015"), "{csv}");

    // Here it says what is there already, pictures and all.
    let report = first.import_products(&staff, csv.clone().into(), options.clone()).await.unwrap();
    assert_eq!((report.unchanged, report.rejected), (rows, 0), "{report:?}");
    assert_eq!(report.images_left_out, 0);

    // The pictures stay where they are.
    let pictures = csv.matches("/misc/images/").count();
    assert!(pictures > 0, "{csv}");
    let second = app();
    let report = second.import_products(&staff, csv.clone().into(), options.clone()).await.unwrap();
    assert_eq!((report.new, report.rejected), (rows, 0), "{report:?}");
    assert_eq!(report.images_left_out, pictures);
    let there = exported(&second, ExportTable::Products, ExportFormat::Csv).await;
    assert_eq!(without_images(&there), without_images(&csv));
    let again = exported(&first, ExportTable::Products, ExportFormat::Ndjson).await;
    let report = second.import_products(&staff, again.into(), options.clone()).await.unwrap();
    assert_eq!((report.unchanged, report.rejected), (rows, 0), "{report:?}");
    assert_eq!(report.images_left_out, pictures);

    let users = exported(&first, ExportTable::Users, ExportFormat::Csv).await;
    let report = second
        .import_users(&Admin::local(), users.clone().into_bytes(), options.clone())
        .await
        .unwrap();
    assert_eq!((report.new, report.rejected), (11, 0), "{report:?}");
    assert_eq!(exported(&second, ExportTable::Users, ExportFormat::Csv).await, users);
}

#[tokio::test]
async fn past_orders_lie_in_the_past_and_take_no_stock() {
    let shop = app();
    shop.load_demo(&Admin::local(), &jiff::tz::TimeZone::UTC).await.unwrap();
    let orders = exported(&shop, ExportTable::Orders, ExportFormat::Ndjson).await;
    let mut last = jiff::Timestamp::MIN;
    for line in orders.lines() {
        let order: serde_json::Value = serde_json::from_str(line).unwrap();
        let at: jiff::Timestamp = order["created_at"].as_str().unwrap().parse().unwrap();
        assert!(last <= at && at < shop.now());
        last = at;
    }
    assert!(orders.lines().count() > 50);
    let first = crate::domain::id::ProductId::new(1).unwrap();
    assert_eq!(shop.product(None, first).unwrap().stock, 86_400);
    let again = shop.load_demo(&Admin::local(), &jiff::tz::TimeZone::UTC).await;
    assert!(again.unwrap_err().to_string().contains("empty"));
}
