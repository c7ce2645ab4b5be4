//! What the command line does is in the log too.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use cartwright::control::execute;
use cartwright::data_dir::DataDir;
use cartwright::domain::audit::Event;
use cartwright::storage::tables::AUDIT_BY_SEQ;
use cartwright::storage::{Error, Options, Reader, Store, WriteTx, audit};
use cartwright::wire::control::{ExportFormat, ExportTable, MapFormat, Password, Request};
use cartwright::wire::import::ImportOptions;
use serde_json::json;

use super::entries;
use crate::support::TestApp;

/// What a command leaves in the log. **A new command has to be decided on here.**
fn recorded(request: &Request) -> Option<&'static str> {
    match request {
        Request::UserAdd { .. } => Some("user.create"),
        Request::UserSetPassword { .. }
        | Request::UserSetRole { .. }
        | Request::UserDisable { .. } => Some("user.update"),
        Request::UserToken { .. } => Some("user.token"),
        Request::KeysRotate { .. } => Some("keys.rotate"),
        Request::DeviceAdd { .. } => Some("device.create"),
        Request::DeviceRotate { .. } => Some("device.rotate-key"),
        Request::DeviceRevoke { .. } => Some("device.revoke"),
        Request::PairingCode { .. } => Some("pairing-code.create"),
        Request::FirmwareAdd { .. } => Some("firmware.create"),
        Request::FirmwareRoll { .. } | Request::FirmwareHalt { .. } => Some("firmware.update"),
        Request::ImportProducts(_) => Some("product.import"),
        Request::ImportUsers(_) => Some("user.import"),
        Request::ImportPromotions(_) => Some("promotion.import"),
        Request::ImportMap(_) => Some("map.replace"),
        Request::ImportUndo { .. } => Some("import.undo"),
        Request::Export { table: ExportTable::Users, .. } => Some("user.export"),
        Request::Backup => Some("backup.create"),
        Request::UserList
        | Request::KeysList
        | Request::DeviceList
        | Request::FirmwareList
        | Request::Export { .. }
        | Request::ExportMap { .. }
        | Request::MapLint
        | Request::ExportAudit
        | Request::ImportList
        | Request::Verify
        | Request::SetupToken => None,
    }
}

#[tokio::test]
async fn every_command_that_changes_something_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::open(folder.path().join("data")).unwrap();
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let device = shop.device().await.id;
    let (username, role) = ("kim".to_owned(), "staff".to_owned());
    let password = || Password("correct horse".to_owned());
    let options = ImportOptions::default();
    let map = json!({"name": "Shop", "unit": "m", "nodes": [{"id": "a", "x": 0, "y": 0}]});
    let export = |table| Request::Export { table, format: ExportFormat::Ndjson };
    let name = || username.clone();
    let commands = [
        (
            Request::UserAdd { username: name(), email: None, role, password: password() },
            String::new(),
        ),
        (Request::UserList, String::new()),
        (
            Request::UserSetPassword {
                username: name(),
                password: Password("battery staple".to_owned()),
            },
            String::new(),
        ),
        (Request::UserSetRole { username: name(), role: "admin".to_owned() }, String::new()),
        (Request::UserToken { username: name(), minutes: 5 }, String::new()),
        (Request::UserDisable { username: name() }, String::new()),
        (Request::DeviceAdd { name: "Cart 9".to_owned() }, String::new()),
        (Request::DeviceList, String::new()),
        (Request::DeviceRotate { id: device }, String::new()),
        (Request::PairingCode { name: None }, String::new()),
        // Its first byte is that of an image.
        (Request::FirmwareAdd { version: "1.4.0".to_owned(), chip: None }, "\u{9000}".to_owned()),
        (Request::FirmwareList, String::new()),
        (
            Request::FirmwareRoll {
                id: 1,
                ring: "one".to_owned(),
                device_id: Some(device),
                force: false,
            },
            String::new(),
        ),
        (Request::FirmwareHalt { id: 1 }, String::new()),
        (Request::DeviceRevoke { id: device }, String::new()),
        (Request::ImportProducts(options.clone()), "sku,name,price\nA,Milk,1.29\n".to_owned()),
        (Request::ImportUsers(options.clone()), "username,role\nlee,staff\n".to_owned()),
        (
            Request::ImportPromotions(options.clone()),
            "name,kind,value,scope\nWeek,percent,10,cart\n".to_owned(),
        ),
        (Request::ImportMap(options), map.to_string()),
        (export(ExportTable::Users), String::new()),
        (export(ExportTable::Products), String::new()),
        (Request::ExportMap { format: MapFormat::Geojson }, String::new()),
        (Request::MapLint, map.to_string()),
        (Request::ExportAudit, String::new()),
        (Request::Backup, String::new()),
        (Request::Verify, String::new()),
    ];
    for (request, body) in commands {
        let total = entries(&admin, "limit=1000").await.len();
        let (pieces, mut waiting) = tokio::sync::mpsc::channel(1);
        let reader = tokio::spawn(async move { while waiting.recv().await.is_some() {} });
        let done = execute(&shop.app, &dir, request.clone(), body.into_bytes(), &pieces).await;
        done.unwrap_or_else(|error| panic!("{request:?}: {error}"));
        drop(pieces);
        reader.await.unwrap();
        let found = entries(&admin, "limit=1000").await;
        let Some(action) = recorded(&request) else {
            assert_eq!(found.len(), total, "{request:?}");
            continue;
        };
        assert_eq!(found.len(), total + 1, "{request:?}");
        assert_eq!(found[0]["action"], action, "{request:?}");
        assert_eq!((&found[0]["actor"], &found[0]["from"]), (&json!("cli"), &json!("local")));
    }
}

/// The built program.
fn program(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cartwright"));
    command.arg("--data").arg(data).env("CARTWRIGHT_LOG", "error");
    command
}

/// The exit code and the words of `cartwright verify`.
fn verify(data: &Path, file: Option<&Path>) -> (i32, String) {
    let output = program(data).arg("verify").args(file).output().unwrap();
    let words = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(words).unwrap())
}

/// Checks the shop stopped and running, and a backup of it.
fn verify_everywhere(dir: &DataDir, backup: &Path) -> [(i32, String); 3] {
    let stopped = verify(dir.path(), None);
    let archived = verify(dir.path(), Some(backup));
    let mut server = program(dir.path())
        .args(["serve", "--http", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let running = verify(dir.path(), None);
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(ready.starts_with("ready"), "{ready}");
    [stopped, archived, running]
}

#[test]
fn verify_names_the_first_broken_entry() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::open(folder.path().join("data")).unwrap();
    let backup = folder.path().join("shop.cwb");
    let change = |change: fn(&mut WriteTx<'_>) -> Result<(), Error>| {
        let store = Store::open(&dir.database(), Options::default()).unwrap();
        store.write_blocking(change).unwrap();
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        cartwright::backup::create_file(&store, &dir, &backup, now).unwrap();
        store.close();
        verify_everywhere(&dir, &backup)
    };
    let whole = change(|tx| {
        (0..5).try_for_each(|number| {
            let event = Event {
                at: "2026-11-20T12:00:00Z".parse().unwrap(),
                actor: "user:1".into(),
                actor_name: Some("ann".into()),
                from: None,
                action: "product.update".into(),
                target: format!("product:{number}"),
                before: None,
                after: None,
            };
            audit::append(tx, event).map(drop)
        })
    });
    for (code, words) in whole {
        assert_eq!(code, 0, "{words}");
        assert!(words.contains("audit log: 5 entries, the newest is 5"), "{words}");
    }
    let cut = change(|tx| tx.remove(AUDIT_BY_SEQ, &5).map(drop));
    let altered = change(|tx| {
        let mut entry = tx.get(AUDIT_BY_SEQ, &2)?.unwrap();
        entry.event.actor_name = Some("bob".into());
        tx.put(AUDIT_BY_SEQ, &2, &entry)
    });
    for (found, first) in [(cut, 5), (altered, 2)] {
        for (code, words) in found {
            assert_eq!(code, 1, "{words}");
            let complaint = format!("the audit log is broken at entry {first}");
            assert!(words.contains(&complaint), "{words}");
        }
    }
}
