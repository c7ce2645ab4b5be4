//! The owner's settings over the network.

use cartwright::app::settings::SettingsFile;
use cartwright::config::{Config, Sources};
use cartwright::data_dir::DataDir;
use serde_json::json;

use crate::support::TestApp;

/// A shop whose settings are in a directory, with its time zone said by the environment.
pub(super) fn shop() -> (TestApp, DataDir, tempfile::TempDir) {
    let place = tempfile::tempdir().unwrap();
    let dir = DataDir::open(place.path().join("shop")).unwrap();
    let mut sources = Sources::default();
    sources.environment.insert("CARTWRIGHT_TIME_ZONE".into(), "UTC".into());
    let running = Config::load(&sources).unwrap();
    (TestApp::with_settings_file(SettingsFile::new(dir.clone(), running)), dir, place)
}

#[tokio::test]
async fn a_change_is_written_and_counts_from_the_next_start() {
    let (shop, dir, _place) = shop();
    let admin = shop.admin().await;
    let before = admin.get("/settings").await.ok(200);
    assert_eq!((&before["currency"], &before["cache_mib"]), (&json!("EUR"), &json!(128)));
    assert_eq!((&before["time_zone"], &before["restart_needed"]), (&json!("UTC"), &json!([])));
    assert!(before["jwt_secret_key"].is_null());
    let change = json!({"log": "warn", "cors_origins": ["https://a.example"], "cache_mib": 64});
    let after = admin.patch("/settings", change).await.ok(200);
    assert_eq!(after["restart_needed"], json!(["cors_origins", "log", "cache_mib"]));
    assert_eq!(admin.get("/settings").await.ok(200), after);
    let text = std::fs::read_to_string(dir.config_file()).unwrap();
    assert!(text.contains("log = \"warn\"") && text.contains("# Settings of Cartwright"));
    // The answer may be sent back; null goes back to the default.
    assert_eq!(admin.patch("/settings", after.clone()).await.ok(200), after);
    let back = json!({"log": null, "cache_mib": null, "cors_origins": []});
    assert_eq!(admin.patch("/settings", back).await.ok(200)["restart_needed"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_changed_here_is_refused_and_changes_nothing() {
    let (shop, dir, _place) = shop();
    let (admin, staff) = (shop.admin().await, shop.staff().await);
    staff.get("/settings").await.refused(403, "forbidden");
    staff.patch("/settings", json!({"log": "warn"})).await.refused(403, "forbidden");
    for (change, field) in [
        (json!({"log": "warn", "curency": "EUR"}), "curency"),
        (json!({"log": "warn", "currency": "euros"}), "currency"),
        (json!({"log": "warn", "jwt_secret_key": "x".repeat(40)}), "jwt_secret_key"),
        (json!({"log": "warn", "fixed_otp": "123456"}), "fixed_otp"),
        (json!({"log": "warn", "cache_mib": {"a": 1}}), "cache_mib"),
    ] {
        admin.patch("/settings", change).await.names(field);
    }
    let change = json!({"log": "warn", "time_zone": "Europe/Vienna"});
    admin.patch("/settings", change).await.refused(409, "setting-overridden");
    assert!(!dir.config_file().exists());
    std::fs::write(dir.config_file(), "currency = 7 7\n").unwrap();
    admin.patch("/settings", json!({"log": "warn"})).await.refused(409, "broken-settings");
}

#[tokio::test]
async fn the_currency_of_a_filled_shop_stays() {
    let (shop, dir, _place) = shop();
    let admin = shop.admin().await;
    admin.patch("/settings", json!({"currency": "JPY"})).await.ok(200);
    admin.patch("/settings", json!({"currency": null})).await.ok(200);
    shop.milk(&admin).await;
    let change = json!({"currency": "JPY", "log": "warn"});
    admin.patch("/settings", change).await.refused(409, "currency-in-use");
    assert!(!std::fs::read_to_string(dir.config_file()).unwrap().contains("log = \"warn\""));
    admin.patch("/settings", json!({"currency": "EUR", "log": "warn"})).await.ok(200);
}
