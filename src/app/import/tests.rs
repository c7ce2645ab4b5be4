mod between_shops;
mod catalogue;

use crate::app::{Admin, App, Parts};
use crate::auth::SigningKeys;
use crate::clock::Clock;
use crate::domain::id::ProductId;
use crate::domain::settings::StoreSettings;
use crate::search::Search;
use crate::storage::Store;
use crate::wire::import::{ImportOptions, ImportReport};

const APPLY: ImportOptions = options(false, false);
const DRY_RUN: ImportOptions = options(true, false);
const PARTIAL: ImportOptions = options(false, true);

const fn options(dry_run: bool, partial: bool) -> ImportOptions {
    ImportOptions { dry_run, partial, map: String::new(), defaults: String::new() }
}

pub(super) fn app() -> App {
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

async fn import(app: &App, file: &str, options: ImportOptions) -> ImportReport {
    let staff = Admin::local().staff();
    app.import_products(&staff, file.as_bytes().to_vec(), options).await.unwrap()
}

fn counts(report: &ImportReport) -> (usize, usize, usize, usize) {
    (report.new, report.changed, report.unchanged, report.rejected)
}

fn places(report: &ImportReport) -> Vec<(usize, &str)> {
    report.errors.iter().map(|error| (error.line, error.field.as_str())).collect()
}

fn is_there(app: &App, id: u64) -> bool {
    app.product(Some(&Admin::local().staff()), ProductId::new(id).unwrap()).is_ok()
}

#[tokio::test]
async fn rows_are_new_then_unchanged_then_changed() {
    let app = app();
    let file = "sku,barcodes,name,price,stock\nA,4006381333931,Milk,1.29,10\nB,,Bread,2.5,3\n";
    let first = import(&app, file, APPLY).await;
    assert_eq!(counts(&first), (2, 0, 0, 0));
    assert_eq!(first.id, Some(1));
    assert_eq!(counts(&import(&app, file, APPLY).await), (0, 0, 2, 0));
    let dearer = file.replace("2.5,3", "2.75,3").replace("10\n", "11\n");
    assert_eq!(counts(&import(&app, &dearer, APPLY).await), (0, 2, 0, 0));
    // Without a SKU the first barcode says which product is meant.
    let by_code = "name;price;barcodes\nWhole milk;1,35;4006381333931\n";
    assert_eq!(counts(&import(&app, by_code, APPLY).await), (0, 1, 0, 0));
    let product = app.product(None, ProductId::new(1).unwrap()).unwrap();
    assert_eq!((product.product.name.as_str(), product.product.price.minor()), ("Whole milk", 135));
    assert_eq!((product.product.sku.as_str(), product.stock), ("A", 11));
}

#[tokio::test]
async fn bad_rows_are_named_by_line_and_nothing_is_written() {
    let app = app();
    let file = "sku,name,price,stock,description,active,barcodes\n\
        A,Milk,1.29,1,\"fresh\nevery day\",,\n\
        B,,2,1,,,\n\
        C,Bread,two,x,,maybe,\n\
        D,Salt,1.999,-1,,,4006381333932\n\
        A,Milk,1,1,,,\n\
        E,Tea,1\n";
    let report = import(&app, file, APPLY).await;
    let wanted = vec![
        (4, "name"),
        (5, "active"),
        (5, "price"),
        (5, "stock"),
        (6, "barcodes[0]"),
        (6, "price"),
        (6, "stock"),
        (7, "sku"),
        (8, ""),
    ];
    assert_eq!(places(&report), wanted, "{report:?}");
    assert_eq!(counts(&report), (0, 0, 0, 5));
    assert!(!report.applied && report.id.is_none());
    assert!(!is_there(&app, 1));

    let report = import(&app, file, PARTIAL).await;
    assert_eq!(counts(&report), (1, 0, 0, 5));
    assert!(report.applied && is_there(&app, 1));
}

#[tokio::test]
async fn a_dry_run_tells_and_changes_nothing() {
    let app = app();
    let seq = app.store().last_change_seq();
    let report = import(&app, "name,price\nMilk,1\nBread,2\n", DRY_RUN).await;
    assert_eq!(counts(&report), (2, 0, 0, 0));
    assert!(!report.applied && report.id.is_none());
    assert!(!is_there(&app, 1));
    assert_eq!(app.store().last_change_seq(), seq);
    // Not even an id was used up.
    import(&app, "name,price\nMilk,1\n", APPLY).await;
    assert!(is_there(&app, 1));
}

#[tokio::test]
async fn spreadsheets_are_understood() {
    let app = app();
    let file = "\u{feff}SKU;Name;Price;Tax Rate;Allergens\r\nA;\"Cheese; aged\";12,50;7,5;milk|nuts\r\n\
        B;'=SUM(A1);1;;\r\n";
    assert_eq!(counts(&import(&app, file, APPLY).await), (2, 0, 0, 0));
    let first = app.product(None, ProductId::new(1).unwrap()).unwrap().product;
    assert_eq!(first.name, "Cheese; aged");
    assert_eq!((first.price.minor(), first.tax_rate.basis_points()), (1250, 750));
    assert_eq!(first.allergens, ["milk", "nuts"]);
    assert_eq!(app.product(None, ProductId::new(2).unwrap()).unwrap().product.name, "=SUM(A1)");
    let tabs = "name\tprice\nTea\t3.99\n";
    assert_eq!(counts(&import(&app, tabs, APPLY).await), (1, 0, 0, 0));
}

#[tokio::test]
async fn unknown_columns_and_files_that_are_none_are_refused() {
    let app = app();
    let staff = Admin::local().staff();
    for (file, word) in [
        (&b"name,price,colour\nMilk,1,white\n"[..], "colour"),
        (b"name,price,name\n", "twice"),
        (b"", "empty"),
        (b"[{\"name\":\"Milk\"}]", "NDJSON"),
        (b"name,pr\xffce\nM,1\n", "line 1"),
        (b"\xff\xfen\0a\0", "UTF-16"),
        (b"n\0a\0m\0e\0", "UTF-16"),
    ] {
        let error = app.import_products(&staff, file.to_vec(), APPLY).await.unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[tokio::test]
async fn ndjson_members_are_blamed_one_by_one() {
    let app = app();
    let file = "{\"name\":\"Milk\",\"price\":1.29,\"id\":4}\n\n\
        {\"name\":\"Tea\",\"price\":\"1\",\"min_age\":\"old\"}\n{\"name\":\"Salt\",\"price\":1,\"hue\":2}\n\
        {\"name\":\nnot json\n";
    let report = import(&app, file, PARTIAL).await;
    let wanted = [(3, "min_age"), (3, "price"), (4, "hue"), (5, ""), (6, "")];
    assert_eq!(places(&report), wanted, "{report:?}");
    assert_eq!(counts(&report), (1, 0, 0, 4));
}

#[tokio::test]
async fn a_long_file_is_tried_whole_before_its_first_chunk_is_written() {
    let app = app();
    let mut file = String::from("sku,name,price\n");
    for number in 0..=8_000 {
        use std::fmt::Write;
        writeln!(file, "S{number},Thing {number},1").unwrap();
    }
    let bad = format!("{file}LAST,,1\n");
    let report = import(&app, &bad, APPLY).await;
    assert_eq!(counts(&report), (0, 0, 0, 1));
    assert_eq!(places(&report), [(8_003, "name")]);
    assert!(!is_there(&app, 1));
    assert_eq!(counts(&import(&app, &file, APPLY).await), (8_001, 0, 0, 0));
}

#[tokio::test]
async fn users_come_in_with_a_hash_or_without() {
    let app = app();
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$I9m7nna7338JgLto2IDtwg$\
                KKtkVUPQjzF8BhYljC0/OLb19nEfz+ujQ9+SsEQMYVs";
    let file = format!(
        "username,email,role,password_hash\nann,ann@example.com,admin,\"{hash}\"\nbob,,,\n\
         cid,,boss,\ndan,,,secret\nann,,,\n"
    );
    let admin = Admin::local();
    let report = app.import_users(&admin, file.into_bytes(), PARTIAL).await.unwrap();
    assert_eq!(places(&report), [(4, "role"), (5, "password_hash"), (6, "username")]);
    assert_eq!(counts(&report), (2, 0, 0, 3));
    let demoted = b"username,role\nann,staff\n".to_vec();
    let report = app.import_users(&admin, demoted, APPLY).await.unwrap();
    assert_eq!(places(&report), [(2, "role")], "the last admin stays one");
}

/// SHA-256 of `1234`, as the oldest of the older systems kept it.
const BARE: &str = "03ac674216f3e15c761ee1a5e255f067953623c8b388b4459e13f978d7c846f4";

#[tokio::test]
async fn foreign_hashes_sign_in_once_and_become_ours() {
    let app = app();
    let admin = Admin::local();
    let file = format!("username,email,password_hash\nAnn,Ann@Example.org,{BARE}\n");
    let report = app.import_users(&admin, file.clone().into_bytes(), APPLY).await.unwrap();
    assert_eq!(counts(&report), (1, 0, 0, 0));
    let hash = |app: &App| {
        let user = app.read(|tx| crate::app::accounts::find(tx, "ann")).unwrap().unwrap();
        user.password_hash.unwrap()
    };
    let client = crate::app::accounts::sessions::Client::default;
    app.sign_in("ann", "wrong", client()).await.unwrap_err();
    assert_eq!(hash(&app), BARE);
    // Also when two devices do it at once, and although nobody may choose such a password here.
    let (one, other) = tokio::join!(
        app.sign_in("ann@example.org", "1234", client()),
        app.sign_in("ann", "1234", client())
    );
    let mut news = app.session_ends();
    news.borrow_and_update();
    for pair in [one.unwrap(), other.unwrap()] {
        let token = crate::app::Credential::AccessToken(pair.access_token);
        app.authenticate(&token, None).await.unwrap();
    }
    let ours = hash(&app);
    assert!(ours.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{ours}");
    app.sign_in("ann", "1234", client()).await.unwrap();
    assert_eq!(hash(&app), ours);
    // The same file again does not bring the old hash back, nor end a session.
    let report = app.import_users(&admin, file.into_bytes(), APPLY).await.unwrap();
    assert_eq!(counts(&report), (0, 0, 1, 0));
    assert_eq!(hash(&app), ours);
    assert!(!news.has_changed().unwrap());
}

#[tokio::test]
async fn a_file_gives_nothing_to_who_took_its_names_before() {
    let app = app();
    let admin = Admin::local();
    let take = async |file: String| app.import_users(&admin, file.into_bytes(), APPLY).await;
    let find = |name: &str| app.read(|tx| crate::app::accounts::find(tx, name)).unwrap().unwrap();
    let stranger = crate::app::accounts::NewAccount {
        username: Some("boss".into()),
        email: Some("boss@example.com".into()),
        password: Some("correct horse".into()),
        ..Default::default()
    };
    app.sign_up(stranger, None).await.unwrap();
    let signed_up = find("boss");
    for (file, field) in [
        (format!("username,role,password_hash\nboss,admin,{BARE}\n"), "role"),
        ("username,role\nboss,staff\n".to_owned(), "role"),
        (format!("email,role,password_hash\nBoss@example.com,admin,{BARE}\n"), "role"),
        (format!("username,email,password_hash\nboss,b@example.com,{BARE}\n"), "email"),
        (
            format!("username,mobile_number,password_hash\nboss,017604069003,{BARE}\n"),
            "mobile_number",
        ),
    ] {
        let report = take(file.clone()).await.unwrap();
        assert_eq!(places(&report), [(2, field)], "{file}");
        assert_eq!(find("boss"), signed_up, "{file}");
    }
    // What it says anyway, and what an admin says of the account itself, is no such gift.
    let same = format!("username,email,role,password_hash\nboss,boss@example.com,user,{BARE}\n");
    assert_eq!(counts(&take(same).await.unwrap()), (0, 0, 1, 0));
    let named = "username,name\nboss,The Boss\n".to_owned();
    assert_eq!(counts(&take(named).await.unwrap()), (0, 1, 0, 0));
}

#[tokio::test]
async fn a_file_raises_accounts_that_files_brought() {
    let app = app();
    let admin = Admin::local();
    let take = async |file: String| app.import_users(&admin, file.into_bytes(), APPLY).await;
    let ours = "\"$argon2id$v=19$m=19456,t=2,p=1$I9m7nna7338JgLto2IDtwg$\
                KKtkVUPQjzF8BhYljC0/OLb19nEfz+ujQ9+SsEQMYVs\"";
    for (name, hash) in [("ann", BARE), ("bob", ""), ("cid", ours)] {
        for (role, expected) in
            [("user", (1, 0, 0, 0)), ("staff", (0, 1, 0, 0)), ("staff", (0, 0, 1, 0))]
        {
            let file = format!("username,role,password_hash\n{name},{role},{hash}\n");
            assert_eq!(counts(&take(file).await.unwrap()), expected, "{name} {role}");
        }
    }
    // Used here, the hash of the file is not the account's any more.
    let client = crate::app::accounts::sessions::Client::default();
    app.sign_in("ann", "1234", client).await.unwrap();
    let file = |role: &str| format!("username,role,password_hash\nann,{role},{BARE}\n");
    assert_eq!(counts(&take(file("staff")).await.unwrap()), (0, 0, 1, 0));
    assert_eq!(places(&take(file("admin")).await.unwrap()), [(2, "role")]);
    assert_eq!(counts(&take(file("customer")).await.unwrap()), (0, 1, 0, 0));
}

#[tokio::test]
async fn files_of_users_are_judged_line_by_line() {
    let app = app();
    let admin = Admin::local();
    let file = format!(
        "username,email,role,password_hash,disabled\n\
         ann,ann@example.org,customer,{BARE},no\n\
         \u{430}nna,,,,\n\
         123,,,,\n\
         bob,ANN@example.org,,,\n\
         cat,,customer,pbkdf2:sha256$salt${BARE},\n\
         dan,,,scrypt:1048576:8:1$salt${BARE}{BARE},\n\
         eve,,,$2b$12$abcdefghijklmnopqrstuv,yes\n\
         fay,,staff,,yes\n"
    );
    let check = |options| app.import_users(&admin, file.clone().into_bytes(), options);
    let places_wanted = [
        (3, "username"),
        (4, "username"),
        (5, "email"),
        (6, "password_hash"),
        (7, "password_hash"),
        (8, "password_hash"),
    ];
    for options in [DRY_RUN, APPLY] {
        let report = check(options).await.unwrap();
        assert_eq!(places(&report), places_wanted, "{report:?}");
        assert!(!report.applied);
    }
    let find = |name: &str| app.read(|tx| crate::app::accounts::find(tx, name)).unwrap();
    assert!(find("ann").is_none(), "all or nothing");
    let report = check(PARTIAL).await.unwrap();
    assert_eq!((report.new, report.rejected), (2, 6));
    assert!(!find("ann").unwrap().disabled && find("fay").unwrap().disabled);
    let says = |line, words: &str| {
        let error = report.errors.iter().find(|error| error.line == line).unwrap();
        assert!(error.message.contains(words), "{error:?}");
    };
    says(3, "U+0430");
    says(6, "iterations");
    says(7, "memory or time");
    says(8, "no known kind");
}
