//! Pictures: taken by content, served for ever, let go when nothing names them.

use std::io::Cursor;
use std::time::{Duration, SystemTime};

use cartwright::app::catalogue::{Detail, Filter};
use cartwright::app::{Admin, App};
use cartwright::backup;
use cartwright::blobs::Blobs;
use cartwright::config::Config;
use cartwright::data_dir::DataDir;
use cartwright::domain::pictures::{PictureKind, PictureName};
use cartwright::storage::{self, Store};
use cartwright::wire::import::ImportOptions;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const DAY_S: i64 = 24 * 3600;

/// A picture of one colour in this form.
fn picture(color: [u8; 3], format: ImageFormat) -> Vec<u8> {
    encoded(&RgbImage::from_pixel(640, 480, Rgb(color)).into(), format)
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub(super) fn red() -> Vec<u8> {
    picture([200, 30, 30], ImageFormat::Png)
}

/// A PNG of this size by its header.
fn claiming(side_px: u32) -> Vec<u8> {
    let mut bytes = red();
    bytes[16..20].copy_from_slice(&side_px.to_be_bytes());
    bytes[20..24].copy_from_slice(&side_px.to_be_bytes());
    let sum = crc32fast::hash(&bytes[12..29]).to_be_bytes();
    bytes[29..33].copy_from_slice(&sum);
    bytes
}

async fn add(client: &Client, product: u64, bytes: Vec<u8>) -> Value {
    client.send("POST", &format!("/products/{product}/images"), bytes).await.ok(201)
}

pub(super) fn name(image: &Value) -> String {
    image.as_str().unwrap().strip_prefix("/misc/images/").unwrap().to_owned()
}

#[tokio::test]
async fn a_picture_is_added_shown_and_taken_away() {
    let shop = TestApp::new();
    let (staff, anyone) = (shop.staff().await, shop.anonymous());
    let milk = shop.milk(&staff).await;
    let path = format!("/products/{milk}");
    let answer = staff
        .with("content-type", "text/plain")
        .with("if-match", "\"1\"")
        .send("POST", &format!("{path}/images"), red())
        .await;
    assert_eq!((answer.header("etag"), answer.header("cache-control")), ("\"2\"", "no-store"));
    let added = answer.ok(201);
    let size = (&added["width"], &added["height"], &added["version"]);
    assert_eq!(size, (&json!(640), &json!(480), &json!(2)));
    let image = added["image"].as_str().unwrap();
    let hash = name(&added["image"]);
    let hash = hash.strip_suffix(".png").unwrap();
    assert_eq!(hash.len(), 64);
    assert_eq!(added["thumbnail"], format!("/misc/images/{hash}-320.jpg"));

    let product = anyone.get(&path).await.ok(200);
    assert_eq!(product["images"], json!([image]));
    assert_eq!(product["thumbnails"], json!([added["thumbnail"]]));
    let found = anyone.get("/products?query=milk").await.ok(200);
    assert_eq!(found[0]["thumbnails"], product["thumbnails"]);
    // What was answered can be edited and sent back.
    staff.put(&path, product.clone()).await.ok(200);

    let shown = anyone.get(image).await;
    assert_eq!((shown.status, shown.header("content-type")), (200, "image/png"));
    assert_eq!(added["bytes"], shown.bytes.len());
    assert_eq!(shown.header("content-length"), shown.bytes.len().to_string());
    assert_eq!(image::load_from_memory(&shown.bytes).unwrap().width(), 640);
    assert_eq!(shown.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(shown.header("x-content-type-options"), "nosniff");
    assert!(shown.header("content-security-policy").starts_with("default-src 'none'"));
    let etag = shown.header("etag").to_owned();
    let seen = anyone.with("if-none-match", &format!("\"x\", W/{etag}")).get(image).await;
    assert_eq!((seen.status, seen.bytes.len(), seen.header("etag")), (304, 0, etag.as_str()));
    let head = anyone.send("HEAD", image, "").await;
    assert_eq!((head.status, head.bytes.len()), (200, 0));
    assert_eq!(head.header("content-length"), shown.bytes.len().to_string());

    for side in [320, 96] {
        let small = anyone.get(&format!("/api/v1/misc/images/{hash}-{side}.jpg")).await;
        assert_eq!((small.status, small.header("content-type")), (200, "image/jpeg"));
        assert_eq!(image::load_from_memory(&small.bytes).unwrap().width(), side);
    }

    let stale = staff.with("if-match", "\"1\"");
    let one = format!("{path}/images/{hash}.png");
    stale.delete(&one).await.refused(412, "stale-version");
    let left = staff.with("if-match", "\"2\"").delete(&one).await.ok(200);
    assert_eq!((&left["images"], &left["thumbnails"]), (&json!([]), &json!([])));
    assert_eq!(left["version"], 3);
    staff.delete(&one).await.refused(404, "not-found");
    assert_eq!(anyone.get(image).await.status, 200, "an edit can be taken back");
    staff.patch(&path, json!({"images": [image]})).await.ok(200);
}

#[tokio::test]
async fn transparency_is_kept_in_thumbnails() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let clear: DynamicImage = RgbaImage::from_pixel(500, 400, Rgba([9, 9, 9, 100])).into();
    let added = add(&staff, milk, encoded(&clear, ImageFormat::WebP)).await;
    assert!(added["image"].as_str().unwrap().ends_with("-alpha.webp"));
    let small = shop.anonymous().get(added["thumbnail"].as_str().unwrap()).await;
    assert_eq!(small.header("content-type"), "image/png");
    assert!(image::load_from_memory(&small.bytes).unwrap().color().has_alpha());
}

#[tokio::test]
async fn what_is_no_picture_is_refused_by_name_and_leaves_nothing() {
    let shop = TestApp::new();
    let (admin, staff) = (shop.admin().await, shop.staff().await);
    let milk = shop.milk(&staff).await;
    let path = format!("/products/{milk}/images");
    let customer = shop.customer("ann").await;
    let (_, before) = super::audit::newest(&admin).await;
    let mut cut = picture([1, 2, 3], ImageFormat::Jpeg);
    cut.truncate(cut.len() / 2);
    for (bytes, status, code) in [
        (b"".to_vec(), 400, "picture-unknown"),
        (b"PK\x03\x04 a bomb with the name milk.png".to_vec(), 400, "picture-unknown"),
        (b"<svg onload=\"alert(1)\"/>".to_vec(), 400, "picture-svg"),
        (b"GIF89a;".to_vec(), 400, "picture-gif"),
        (cut, 400, "picture-damaged"),
        (claiming(40_000), 400, "picture-too-large"),
        (vec![0x89; 8 * 1024 * 1024 + 1], 413, "body-too-large"),
    ] {
        let client = staff.with("content-type", "image/png");
        client.send("POST", &path, bytes).await.refused(status, code);
    }
    staff.send("POST", "/products/999/images", red()).await.refused(404, "not-found");
    let stale = staff.with("if-match", "\"7\"");
    stale.send("POST", &path, red()).await.refused(412, "stale-version");
    customer.send("POST", &path, red()).await.refused(403, "forbidden");
    let product = staff.get(&format!("/products/{milk}")).await.ok(200);
    assert_eq!((&product["images"], &product["version"]), (&json!([]), &json!(1)));
    assert_eq!(super::audit::newest(&admin).await.1, before);
}

#[tokio::test]
async fn adding_is_audited_and_done_once() {
    let shop = TestApp::new();
    let (admin, staff) = (shop.admin().await, shop.staff().await);
    let milk = shop.milk(&staff).await;
    let path = format!("/products/{milk}/images");
    let keyed = staff.with("idempotency-key", "k").with("if-match", "\"1\"");
    let first = keyed.send("POST", &path, red()).await;
    let (entry, total) = super::audit::newest(&admin).await;
    let (again, other) = tokio::join!(
        keyed.send("POST", &path, red()),
        keyed.send("POST", &path, picture([0, 0, 0], ImageFormat::Png)),
    );
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!((again.header("etag"), &again.text), ("\"2\"", &first.text));
    other.refused(422, "idempotency-key-reused");
    let added = first.ok(201);
    assert_eq!(entry["action"], "product.add-image");
    assert_eq!(entry["before"], json!({"images": [], "version": 1}));
    assert_eq!(entry["after"], json!({"images": [added["image"]], "version": 2}));
    // The same picture once more is there already.
    assert_eq!(add(&staff, milk, red()).await["version"], 2);
    assert_eq!(super::audit::newest(&admin).await.1, total);
}

#[tokio::test]
async fn a_product_names_only_pictures_that_are_there() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let (milk, tea) = (shop.milk(&staff).await, json!({"name": "Tea", "price": 1}));
    let tea = shop.product(&staff, tea).await;
    let added = add(&staff, milk, red()).await;
    let tea = format!("/products/{tea}");
    let hex = "ab".repeat(32);
    for wrong in [
        json!(format!("/misc/images/{hex}.png")),
        json!("/misc/images/../../cartwright.redb"),
        json!("/misc/images/milk.png"),
        added["thumbnail"].clone(),
        json!(added["image"].as_str().unwrap().replace(".png", ".webp")),
    ] {
        let images = json!(["https://shop.example/tea.png", wrong]);
        staff.patch(&tea, json!({"images": images})).await.names("images[1]");
        let new = json!({"name": "New", "price": 1, "images": [wrong]});
        staff.post("/products", new).await.names("images[0]");
    }
    let images = json!([added["image"], "https://shop.example/tea.png", "/static/tea.png"]);
    let product = staff.patch(&tea, json!({"images": images})).await.ok(200);
    assert_eq!(product["thumbnails"], json!([added["thumbnail"], null, null]));
    // A file may be of another shop: what is not here is left out of it, and counted.
    let file = format!("sku,name,price,images\nX-1,X,1,/misc/images/{hex}.png\n");
    let report = staff.with("content-type", "text/csv");
    let report = report.send("POST", "/products/import", file).await.ok(200);
    assert_eq!((&report["new"], &report["images_left_out"]), (&json!(1), &json!(1)));
    let file = format!("sku,name,price,images\nX-1,X,1,{}\n", added["image"].as_str().unwrap());
    let report = staff.with("content-type", "text/csv");
    let report = report.send("POST", "/products/import", file).await.ok(200);
    assert_eq!((&report["changed"], &report["images_left_out"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn no_address_leads_to_another_file() {
    let shop = TestApp::new();
    let anyone = shop.anonymous();
    let hex = "ab".repeat(32);
    for path in [
        "/misc/images/..%2f..%2fcartwright.redb".to_owned(),
        "/misc/images/%2e%2e%2f%2e%2e%2fkeys%2faccess-tokens.json".into(),
        "/misc/images/%00".into(),
        "/misc/images/%ff".into(),
        format!("/misc/images/{hex}.png"),
        format!("/misc/images/{}.png", hex.to_uppercase()),
        format!("/misc/images/{hex}.png%00"),
        format!("/misc/images/{hex}-320.png"),
    ] {
        anyone.get(&path).await.refused(404, "not-found");
    }
    assert_eq!(anyone.get("/misc/images/../../config.toml").await.status, 404);
}

#[tokio::test]
async fn what_nothing_names_goes_after_a_month() {
    let shop = TestApp::new();
    let (staff, anyone) = (shop.staff().await, shop.anonymous());
    let milk = shop.milk(&staff).await;
    let tea = shop.product(&staff, json!({"name": "Tea", "price": 1})).await;
    let rye = shop.product(&staff, json!({"name": "Rye", "price": 1})).await;
    let first = add(&staff, milk, red()).await;
    assert_eq!(add(&staff, tea, red()).await["image"], first["image"]);
    let second = add(&staff, milk, picture([1, 1, 1], ImageFormat::Jpeg)).await;
    let third = add(&staff, rye, picture([2, 2, 2], ImageFormat::Jpeg)).await;
    let shown = async |image: &Value| anyone.get(image.as_str().unwrap()).await.status;
    let prune = async || shop.app.prune_pictures().await.unwrap();

    for added in [&first, &second] {
        let path = format!("/products/{milk}/images/{}", name(&added["image"]));
        staff.delete(&path).await.ok(200);
    }
    staff.delete(&format!("/products/{rye}")).await.ok(200);
    shop.wait(29 * DAY_S);
    assert_eq!(prune().await, 0);
    assert_eq!(shown(&second["image"]).await, 200);
    shop.wait(2 * DAY_S);
    assert_eq!(prune().await, 3, "the picture and its thumbnails");
    assert_eq!((shown(&second["image"]).await, shown(&second["thumbnail"]).await), (404, 404));
    assert_eq!(shown(&first["image"]).await, 200, "tea shows it");
    assert_eq!(shown(&third["image"]).await, 200, "a deleted product's may be in orders");
    let named = json!({"images": [second["image"]]});
    let staff = shop.account_again("staff").await;
    staff.patch(&format!("/products/{milk}"), named).await.names("images[0]");
    // It may come again, and naming it anew takes the mark away.
    add(&staff, milk, picture([1, 1, 1], ImageFormat::Jpeg)).await;
    staff.patch(&format!("/products/{milk}"), json!({"images": []})).await.ok(200);
    shop.wait(29 * DAY_S);
    let staff = shop.account_again("staff").await;
    let named = json!({"images": [second["image"]]});
    staff.patch(&format!("/products/{milk}"), named).await.ok(200);
    shop.wait(60 * DAY_S);
    prune().await;
    assert_eq!(shown(&second["image"]).await, 200);
}

#[tokio::test]
async fn files_that_belong_to_nothing_are_swept_after_a_day() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let added = add(&staff, milk, red()).await;
    let age = |blobs: &Blobs, name: &str, hours: u64| {
        let (file, _) = blobs.open("images", name).unwrap().unwrap();
        let then = SystemTime::from(shop.clock.now()) - Duration::from_hours(hours);
        file.set_modified(then).unwrap();
    };
    let orphan = |byte| PictureName::new([byte; 32], false, PictureKind::Png).to_string();
    for (name, hours) in [(orphan(7), 25), (orphan(8), 23), ("ffee.bin".to_owned(), 99)] {
        shop.blobs.keep("images", &name, b"left behind").unwrap();
        age(&shop.blobs, &name, hours);
    }
    age(&shop.blobs, &name(&added["image"]), 99);
    let mut swept = 0;
    for _ in 0..256 {
        swept += shop.app.prune_pictures().await.unwrap();
    }
    assert_eq!(swept, 1);
    let is_there = |name: &str| shop.blobs.open("images", name).unwrap().is_some();
    assert!(!is_there(&orphan(7)) && is_there(&orphan(8)) && is_there("ffee.bin"));
    assert_eq!(shop.anonymous().get(added["image"].as_str().unwrap()).await.status, 200);
}

#[tokio::test]
async fn uploads_at_once_are_all_kept() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = shop.milk(&staff).await;
    let uploads = (0..6_u8).map(|shade| add(&staff, milk, picture([shade; 3], ImageFormat::Jpeg)));
    let prunes = (0..6).map(|_| shop.app.prune_pictures());
    let (added, _) = tokio::join!(
        futures_util::future::join_all(uploads),
        futures_util::future::join_all(prunes)
    );
    let product = staff.get(&format!("/products/{milk}")).await.ok(200);
    assert_eq!(product["images"].as_array().unwrap().len(), added.len());
    for added in &added {
        assert_eq!(staff.get(added["image"].as_str().unwrap()).await.status, 200);
    }
}

#[tokio::test]
async fn a_backup_carries_the_pictures() {
    let place = tempfile::tempdir().unwrap();
    let dir = DataDir::open(place.path().join("shop")).unwrap();
    let archive = place.path().join("shop.cwb");
    let admin = Admin::local();
    let shop = App::open(&dir, &Config::default()).unwrap();
    let file = "sku,name,price\nM-1,Milk,1.29\n".into();
    shop.import_products(&admin.staff(), file, ImportOptions::default()).await.unwrap();
    let milk = shop
        .find_products(String::new(), Filter::default(), None, (0, 1), Detail::Total)
        .await
        .unwrap();
    let milk = milk.products[0].product.id;
    shop.add_picture(&admin.staff(), milk, red().into(), None, None).await.unwrap();
    let image = shop.product(None, milk).unwrap().product.images[0].clone();
    let name = image.strip_prefix("/misc/images/").unwrap();
    let path = dir.blobs().join("images").join(&name[..2]).join(name);
    let content = std::fs::read(&path).unwrap();
    let length = u64::try_from(content.len()).unwrap();
    shop.close();

    let elsewhere = DataDir::open(place.path().join("elsewhere")).unwrap();
    let there = elsewhere.clone();
    let moved = tokio::task::spawn_blocking(move || {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let store = Store::open(&dir.database(), storage::Options::default()).unwrap();
        let made = backup::create_file(&store, &dir, &archive, now).unwrap();
        store.close();
        assert_eq!(backup::verify_file(&archive).unwrap(), made);
        backup::restore(&archive, &there, now, false).unwrap();
        made
    });
    let moved = moved.await.unwrap();
    assert!(moved.file_bytes > length && moved.files >= 3, "{moved:?}");

    let shop = App::open(&elsewhere, &Config::default()).unwrap();
    assert_eq!(shop.product(None, milk).unwrap().product.images, std::slice::from_ref(&image));
    let found = shop.picture_file(name).await.unwrap();
    assert_eq!(found.bytes, length);
    let restored = elsewhere.blobs().join("images").join(&name[..2]).join(name);
    assert_eq!(std::fs::read(restored).unwrap(), content);
    // The row came along too: the picture can be named, and is not swept.
    assert_eq!(shop.prune_pictures().await.unwrap(), 0);
    shop.close();
}

#[tokio::test]
async fn loose_goods_are_shown_by_their_thumbnails() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let pear = json!({"name": "Pear", "plu": 4_409, "price": 2.5, "unit": "kg"});
    let pear = shop.product(&staff, pear).await;
    let images = format!("/products/{pear}/images");
    let added = staff.with("content-type", "image/png").send("POST", &images, red()).await.ok(201);
    let loose = shop.anonymous().get("/products/lookup").await.ok(200);
    assert_eq!(loose[0]["image"], added["thumbnail"]);
}
