//! Round trips, damage, hostile archives, and power cuts in the middle of a swap.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tempfile::TempDir;

use super::format::{
    DATA, FILE, FrameWriter, HEADER, MAGIC, ROWS, TABLE, TRAILER, name_fault, push_row,
};
use super::*;
use crate::data_dir::DataDir;
use crate::domain::accounts::{Role, Session, User};
use crate::domain::cart::{Amount, Cart};
use crate::domain::catalog::{Product, ProductPatch};
use crate::domain::devices::{Board, BootId, Device, DeviceProfile};
use crate::domain::id::{CartId, DeviceId, MovementId, OrderId, ProductId, SessionId, UserId};
use crate::domain::money::Money;
use crate::domain::orders::{Actor, Order, OrderStatus, StatusChange};
use crate::domain::pricing::{price_line, totals};
use crate::domain::promotions::running::Running;
use crate::domain::quantity::Quantity;
use crate::domain::settings::TaxMode;
use crate::domain::stock::{MovementKind, StockMovement};
use crate::storage::idempotency::StoredAnswer;
use crate::storage::records::device::AnswerRecord;
use crate::storage::{
    Error, Options, ReadTx, Reader, Store, WriteTx, accounts, carts, devices, idempotency, orders,
    products, store_map, tables,
};

type Frame<'a> = (u8, &'a [u8]);
type Rows = Vec<(String, Vec<u8>, Vec<u8>)>;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn noon() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn scratch() -> (TempDir, DataDir) {
    let outer = tempfile::tempdir().unwrap();
    let dir = DataDir::open(outer.path().join("data")).unwrap();
    (outer, dir)
}

/// A shop with something of everything, whose user has this name.
fn shop(dir: &DataDir, username: &str) -> Store {
    let store = Store::open(&dir.database(), Options::default()).unwrap();
    let user = User {
        id: UserId::new(2).unwrap(),
        username: username.parse().unwrap(),
        email: Some("ann@example.com".parse().unwrap()),
        name: None,
        mobile_number: None,
        mobile_verified: false,
        food_type_id: None,
        allergy_id: None,
        role: Role::Staff,
        password_hash: Some("$argon2id$x".into()),
        disabled: false,
        epoch: 3,
        created_at: at(1),
        last_login: None,
    };
    store.write_blocking(move |tx| fill(tx, &user)).unwrap();
    dir.write_private(&dir.token_keys(), username.as_bytes()).unwrap();
    dir.write_private(&dir.config_file(), format!("# {username}").as_bytes()).unwrap();
    dir.write_private(&dir.blobs().join("7.webp"), &vec![7; 70_000]).unwrap();
    dir.write_private(&dir.blobs().join("empty"), &[]).unwrap();
    dir.create_subdir(&dir.blobs().join("firmware")).unwrap();
    dir.write_private(&dir.blobs().join("firmware/1.bin"), username.as_bytes()).unwrap();
    dir.write_private(&dir.blobs().join("firmware.txt"), b"notes").unwrap();
    store
}

fn movement(product_id: ProductId, by: UserId) -> StockMovement {
    StockMovement {
        id: MovementId::new(1).unwrap(),
        product_id,
        kind: MovementKind::Return,
        delta: 10,
        stock_after: 10,
        order_id: None,
        by: Some(by),
        at: at(1),
        note: None,
    }
}

fn fill(tx: &mut WriteTx<'_>, user: &User) -> Result<(), Error> {
    accounts::put_user(tx, user)?;
    for _ in 0..5 {
        tx.next_id("session")?;
        tx.next_id("order")?;
    }
    let session = Session {
        id: SessionId::new(5).unwrap(),
        user_id: user.id,
        family: [6; 32],
        current: [1; 32],
        spent: Some(([2; 32], at(6))),
        grace_used: true,
        generation: 4,
        min_generation: 3,
        lost_generation: Some(2),
        epoch: 7,
        revoked: false,
        created_at: at(1),
        last_used_at: at(8),
        expires_at: at(9),
        user_agent: "curl".into(),
        address: Some("192.0.2.7".into()),
    };
    accounts::put_session(tx, &session)?;
    let patch = ProductPatch {
        sku: Some("CHE-1".parse().unwrap()),
        barcodes: Some(vec!["4006381333931".parse().unwrap()]),
        plu: Some(Some("12345".parse().unwrap())),
        rfid: Some(vec!["04A31F22".parse().unwrap()]),
        name: Some("Gouda".into()),
        price: Some(Money::from_minor(1199)),
        ..ProductPatch::default()
    };
    let product = Product::create(ProductId::new(7).unwrap(), &patch, at(1)).unwrap();
    products::put(tx, &product)?;
    products::book(tx, &movement(product.id, user.id))?;
    let device = Device {
        id: DeviceId::new(4).unwrap(),
        name: "Cart 4".into(),
        cart_code: "K7QP4M".into(),
        key_hash: [3; 32],
        old_key: Some(([4; 32], at(7))),
        revoked: false,
        user_id: Some(user.id),
        session: 11,
        last_checkout: None,
        session_began_at: at(1),
        profile: DeviceProfile::default(),
        board: Board::default(),
        created_at: at(1),
    };
    devices::put(tx, &device)?;
    let boot = devices::begin_boot(tx, device.id, &"boot-1".parse::<BootId>().unwrap())?;
    let answer = AnswerRecord { status: 200, body: "{}".into() };
    devices::put_answer(tx, (device.id, boot.order, 1), 1, &answer)?;
    let mut cart = Cart::empty(CartId::new(3).unwrap(), at(2));
    cart.user_id = Some(user.id);
    cart.add(product.id, Amount::Pieces(Quantity::new(2).unwrap()), None).unwrap();
    carts::put(tx, &cart)?;
    let priced = cart.lines.iter().map(|line| price_line(line, &product, &Running::default()));
    let lines: Vec<_> = priced.collect();
    let order = Order {
        id: OrderId::new(9).unwrap(),
        number: "2026-000009".into(),
        code: "K7QP".into(),
        user_id: Some(user.id),
        device_id: Some(device.id),
        totals: totals(&lines, TaxMode::Included),
        lines,
        currency: "EUR".into(),
        status: OrderStatus::Pending,
        history: vec![StatusChange {
            status: OrderStatus::Pending,
            at: at(4),
            by: Actor::User(user.id),
        }],
        tracking_number: None,
        shipping_address: Some(json!({"city": "Ulm"})),
        billing_address: None,
        version: 1,
        created_at: at(4),
        updated_at: at(5),
    };
    orders::put(tx, &order)?;
    store_map::replace(tx, br#"{"name":"shop"}"#)?;
    let answer = StoredAnswer {
        body_hash: [9; 32],
        status: 201,
        content: vec![b'x'; 100],
        created_at_ms: 5,
    };
    idempotency::insert(tx, &("user:2".into(), "POST /orders".into(), "k".into()), &answer)
}

fn rows_of(store: &Store) -> Rows {
    let mut rows = Rows::new();
    store
        .export_tables(|table, key, value| {
            rows.push((table.to_owned(), key.to_vec(), value.to_vec()));
            Ok::<_, Error>(())
        })
        .unwrap();
    rows
}

/// The rows that a restore keeps as they are.
fn kept(rows: Rows) -> Rows {
    let mut kept = rows;
    kept.retain(|(table, key, _)| {
        let is_sequence = table == tables::SEQUENCE_BY_NAME.name() && key.starts_with(b"session");
        // The restore itself is in the copy's audit log.
        !table.starts_with("SESSION_") && !table.starts_with("AUDIT_") && !is_sequence
    });
    kept
}

/// Every file below `path` with its content, and every folder.
fn tree(path: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
    let mut entries = BTreeMap::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.path().strip_prefix(path).unwrap().to_str().unwrap().to_owned();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
                entries.insert(name, None);
            } else {
                entries.insert(name, Some(fs::read(entry.path()).unwrap()));
            }
        }
    }
    entries
}

fn archive_of(store: &Store, dir: &DataDir) -> Vec<u8> {
    let mut archive = Vec::new();
    let summary = create(store, dir, &mut archive, noon()).unwrap();
    assert_eq!(summary.archive_bytes, archive.len() as u64);
    assert_eq!(verify(&archive[..]).unwrap(), summary);
    archive
}

/// A shop's archive, without the large image.
fn small_archive() -> Vec<u8> {
    let (_outer, dir) = scratch();
    let store = shop(&dir, "ann");
    fs::write(dir.blobs().join("7.webp"), "small").unwrap();
    archive_of(&store, &dir)
}

#[test]
fn a_restored_shop_is_the_one_that_was_backed_up_but_for_its_sessions() {
    let (outer, dir) = scratch();
    let store = shop(&dir, "ann");
    let path = outer.path().join("shop.cwb");
    let summary = create_file(&store, &dir, &path, noon()).unwrap();
    assert_eq!((summary.files, summary.file_bytes), (6, 70_000 + 5 + 3 + 3 + 5));
    assert_eq!(summary.rows, rows_of(&store).len() as u64);
    assert_eq!(verify_file(&path).unwrap(), summary);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let other = DataDir::open(outer.path().join("other")).unwrap();
    let restored = restore(&path, &other, noon(), false).unwrap();
    assert_eq!(restored, Restored { summary, replaced: None });
    let copy = Store::open(&other.database(), Options::default()).unwrap();
    assert_eq!(kept(rows_of(&copy)), kept(rows_of(&store)));
    assert!(rows_of(&store).iter().any(|row| row.0 == "SESSION_BY_ID"));
    assert!(!rows_of(&copy).iter().any(|row| row.0.starts_with("SESSION_")));
    assert_eq!(copy.write_blocking(|tx| tx.next_id("order")).unwrap(), 6);
    let next = copy.write_blocking(|tx| tx.next_id("session")).unwrap();
    assert!(next > u64::try_from(noon().as_millisecond()).unwrap());
    drop((store, copy));
    let mut files = [tree(dir.path()), tree(other.path())];
    for files in &mut files {
        files.remove("cartwright.redb");
    }
    assert_eq!(files[0], files[1]);
    for file in [other.database(), other.token_keys(), other.config_file()] {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_is_replaced_is_kept_aside_and_only_with_force() {
    let (outer, dir) = scratch();
    let path = outer.path().join("shop.cwb");
    let store = shop(&dir, "ann");
    create_file(&store, &dir, &path, noon()).unwrap();
    drop(store);
    let live = DataDir::open(outer.path().join("live")).unwrap();
    drop(shop(&live, "bob"));
    let before = tree(live.path());
    let refused = restore(&path, &live, noon(), false).unwrap_err();
    assert!(refused.to_string().contains("--force"), "{refused}");
    assert_eq!(tree(live.path()), before);

    let replaced = restore(&path, &live, noon(), true).unwrap().replaced.unwrap();
    assert_eq!(replaced, live.path().join("replaced-20261120T120000Z"));
    assert_eq!(tree(&replaced), before);
    assert_eq!(fs::read(live.token_keys()).unwrap(), b"ann");
    assert!(!live.staging().exists());

    let again = restore(&path, &live, noon(), true).unwrap().replaced.unwrap();
    assert_eq!(again, live.path().join("replaced-20261120T120000Z-2"));
    assert!(Store::check(&live.database()).unwrap().was_sound);
}

#[test]
fn a_backup_replaces_an_earlier_one_whole_or_leaves_it() {
    let (outer, dir) = scratch();
    let store = shop(&dir, "ann");
    let path = outer.path().join("shop.cwb");
    fs::write(&path, "yesterday").unwrap();
    symlink("/etc/hostname", dir.keys().join("link.pem")).unwrap();
    let error = create_file(&store, &dir, &path, noon()).unwrap_err();
    assert!(error.to_string().contains("link.pem"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"yesterday");
    fs::remove_file(dir.keys().join("link.pem")).unwrap();
    create_file(&store, &dir, &path, noon()).unwrap();
    verify_file(&path).unwrap();
    let names: Vec<_> = fs::read_dir(outer.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(create_file(&store, &dir, outer.path(), noon()).is_err());
}

#[test]
fn a_backup_never_lands_among_the_data() {
    let (_outer, dir) = scratch();
    let store = shop(&dir, "ann");
    dir.create_subdir(&dir.backups()).unwrap();
    let before = tree(&dir.blobs());
    for path in [dir.database(), dir.config_file(), dir.blobs().join("x"), dir.path().join("x")] {
        let error = create_file(&store, &dir, &path, noon()).unwrap_err();
        assert!(matches!(error, BackupError::InsideData { .. }), "{error}");
    }
    assert_eq!(tree(&dir.blobs()), before);
    create_file(&store, &dir, &dir.backups().join("x"), noon()).unwrap();
}

#[test]
fn what_a_killed_backup_left_is_deleted_by_the_next_but_not_one_being_made() {
    let (outer, dir) = scratch();
    let store = shop(&dir, "ann");
    let [dead, alive, other] = ["shop.cwb.partial-a", "shop.cwb.partial-b", "till.cwb.partial-c"]
        .map(|name| {
            let path = outer.path().join(name);
            fs::write(&path, "part").unwrap();
            path
        });
    let lock = fs::File::open(&alive).unwrap();
    lock.try_lock().unwrap();
    create_file(&store, &dir, &outer.path().join("shop.cwb"), noon()).unwrap();
    assert_eq!([dead, alive, other].map(|path| path.exists()), [false, true, true]);
}

#[test]
fn a_backup_under_writes_is_of_one_moment() {
    let (outer, dir) = scratch();
    let store = shop(&dir, "ann");
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Both numbers rise together; their tables are far apart in the archive.
            while !is_done.load(Ordering::Relaxed) {
                let command = |tx: &mut WriteTx<'_>| {
                    tx.next_id("z-version")?;
                    let version = tx.get(tables::MAP_VERSION, &())?.unwrap_or_default();
                    tx.put(tables::MAP_VERSION, &(), &(version + 1))
                };
                store.write_blocking(command).unwrap();
            }
        });
        let mut versions = Vec::new();
        for number in 0..5 {
            let path = outer.path().join("shop.cwb");
            create_file(&store, &dir, &path, noon()).unwrap();
            let copy = DataDir::open(outer.path().join(format!("copy-{number}"))).unwrap();
            restore(&path, &copy, noon(), false).unwrap();
            let copy = Store::open(&copy.database(), Options::default()).unwrap();
            let sequence = tables::SEQUENCE_BY_NAME;
            let read = |tx: &ReadTx| {
                let version = tx.get(tables::MAP_VERSION, &())?.unwrap_or_default();
                Ok::<_, Error>((tx.get(sequence, &"z-version".into())?.unwrap_or(0), version))
            };
            let (counted, version) = copy.read(read).unwrap();
            assert_eq!(counted + 1, version, "the map of the shop had version 1 before");
            versions.push(version);
        }
        is_done.store(true, Ordering::Relaxed);
        assert!(versions.is_sorted());
    });
}

#[test]
fn an_archive_cut_anywhere_is_refused() {
    let archive = small_archive();
    for end in 0..archive.len() {
        let error = verify(&archive[..end]).unwrap_err();
        assert!(matches!(error, BackupError::Damaged { .. } | BackupError::NotABackup), "{error}");
    }
    let mut longer = archive.clone();
    longer.push(0);
    let error = verify(&longer[..]).unwrap_err().to_string();
    assert!(error.contains(&format!("at byte {}", archive.len())), "{error}");
    assert!(matches!(verify(&b"PK\x03\x04 and so on"[..]), Err(BackupError::NotABackup)));
}

#[test]
fn every_flipped_byte_is_noticed_and_changes_nothing() {
    let (outer, dir) = scratch();
    let store = shop(&dir, "bob");
    let archive = small_archive();
    let path = outer.path().join("damaged.cwb");
    let before = tree(dir.path());
    for position in (0..archive.len()).step_by(97).chain([4, archive.len() - 1]) {
        let mut damaged = archive.clone();
        damaged[position] ^= 1 << (position % 8);
        assert!(verify(&damaged[..]).is_err(), "byte {position}");
        fs::write(&path, &damaged).unwrap();
        assert!(stage(&path, &dir, noon()).is_err(), "byte {position}");
        assert!(restore(&path, &dir, noon(), true).is_err(), "byte {position}");
    }
    assert_eq!(tree(dir.path()), before);
    drop(store);
}

#[test]
fn a_power_cut_at_any_step_of_the_swap_leaves_the_old_shop_or_the_new() {
    let (outer, dir) = scratch();
    let path = outer.path().join("shop.cwb");
    let store = shop(&dir, "ann");
    create_file(&store, &dir, &path, noon()).unwrap();
    drop(store);
    for cut_at in 0.. {
        let live = DataDir::open(outer.path().join(format!("live-{cut_at}"))).unwrap();
        drop(shop(&live, "bob"));
        let before = tree(live.path());
        stage(&path, &live, noon()).unwrap().begin_swap(&live);
        let mut steps = 0;
        let cut = swap::finish(&live, &mut || {
            steps += 1;
            if steps > cut_at { Err(BackupError::RestoreUnderWay) } else { Ok(()) }
        });
        // The next start opens the directory, which makes the folders that are missing.
        DataDir::open(live.path()).unwrap();
        finish_interrupted_restore(&live).unwrap();
        assert!(!finish_interrupted_restore(&live).unwrap());
        assert_eq!(tree(&live.path().join("replaced-20261120T120000Z")), before);
        assert!(Store::check(&live.database()).unwrap().was_sound);
        assert_eq!(fs::read(live.token_keys()).unwrap(), b"ann");
        assert_eq!(fs::read(live.config_file()).unwrap(), b"# ann");
        assert_eq!(fs::read(live.blobs().join("firmware/1.bin")).unwrap(), b"ann");
        let names = tree(live.path());
        let top = names.keys().filter(|name| !name.contains('/'));
        assert!(top.eq(
            ["blobs", "cartwright.redb", "config.toml", "keys", "replaced-20261120T120000Z"].iter()
        ));
        if cut.is_ok() {
            assert!(cut_at > 8, "there are that many steps");
            return;
        }
    }
}

#[test]
fn a_power_cut_while_unpacking_leaves_the_old_shop() {
    let (outer, dir) = scratch();
    let path = outer.path().join("shop.cwb");
    let store = shop(&dir, "ann");
    create_file(&store, &dir, &path, noon()).unwrap();
    drop(store);
    let before = tree(dir.path());
    std::mem::forget(stage(&path, &dir, noon()).unwrap());
    assert!(matches!(stage(&path, &dir, noon()), Err(BackupError::RestoreUnderWay)));
    assert!(dir.staging().exists());
    assert!(!finish_interrupted_restore(&dir).unwrap());
    assert_eq!(tree(dir.path()), before);
    drop(stage(&path, &dir, noon()).unwrap());
    assert_eq!(tree(dir.path()), before);
}

#[test]
fn nothing_is_moved_away_for_data_that_is_gone() {
    let (outer, dir) = scratch();
    let path = outer.path().join("shop.cwb");
    let store = shop(&dir, "ann");
    create_file(&store, &dir, &path, noon()).unwrap();
    drop(store);
    stage(&path, &dir, noon()).unwrap().begin_swap(&dir);
    fs::remove_dir_all(dir.staging()).unwrap();
    let before = tree(dir.path());
    let error = finish_interrupted_restore(&dir).unwrap_err();
    assert!(matches!(error, BackupError::JournalDamaged { .. }), "{error}");
    assert_eq!(tree(dir.path()), before);
}

#[test]
fn a_damaged_journal_moves_nothing() {
    let (_outer, dir) = scratch();
    drop(shop(&dir, "ann"));
    for text in ["", "{}", r#"{"aside":"../x","old":[],"new":[]}"#] {
        dir.write_private(&swap::journal(&dir), text.as_bytes()).unwrap();
        let before = tree(dir.path());
        let error = finish_interrupted_restore(&dir).unwrap_err();
        assert!(matches!(error, BackupError::JournalDamaged { .. }), "{error}");
        assert_eq!(tree(dir.path()), before);
    }
}

/// An archive of these frames, with right checksums.
fn forged(frames: &[Frame<'_>]) -> Vec<u8> {
    let mut archive = Vec::new();
    let mut writer = FrameWriter::begin(&mut archive).unwrap();
    for (kind, payload) in frames {
        writer.frame(*kind, payload).unwrap();
    }
    writer.finish().unwrap();
    archive
}

fn header(schema_version: u64) -> Vec<u8> {
    json!({"created_at": noon(), "cartwright": "9.9.9", "schema_version": schema_version})
        .to_string()
        .into_bytes()
}

fn refusal(archive: &[u8]) -> String {
    verify(archive).unwrap_err().to_string()
}

#[test]
fn an_archive_of_a_newer_version_is_refused_with_the_remedy() {
    let mut archive = small_archive();
    archive[4] = 2;
    for text in [
        refusal(&archive),
        refusal(&forged(&[(HEADER, &header(99))])),
        refusal(&forged(&[(HEADER, &header(1)), (TABLE, b"MOON_BY_PHASE")])),
    ] {
        assert!(text.contains("newer") && text.contains("install"), "{text}");
    }
}

#[test]
fn an_impossible_length_is_refused_before_memory_is_taken() {
    let mut archive = MAGIC.to_vec();
    archive.extend(FORMAT_VERSION.to_le_bytes());
    archive.push(HEADER);
    archive.extend(u32::MAX.to_le_bytes());
    assert!(refusal(&archive).contains("byte 8 (an impossible length)"));

    let head = header(1);
    let row_of = |key: u32, value: u32| [key.to_le_bytes(), value.to_le_bytes()].concat();
    for row in
        [row_of(u32::MAX, u32::MAX), row_of(9, 0), row_of(0, 9), vec![1], row_of(u32::MAX, 1)]
    {
        let archive = forged(&[(HEADER, &head), (TABLE, b"META_BY_NAME"), (ROWS, &row)]);
        assert!(refusal(&archive).contains("malformed row"), "{row:?}");
    }
}

#[test]
fn file_names_that_lead_elsewhere_are_refused() {
    let head = header(1);
    for name in [
        "../x",
        "/etc/passwd",
        "blobs/../../x",
        "blobs/..",
        "blobs",
        "blobs/",
        "blobs//x",
        "keys/./x",
        "cartwright.redb",
        "config.toml/x",
        "blobs/a\0b",
        "blobs\\x",
        "blobs/..\\x",
        "",
        "lock",
        "blobs/1/2/3/4",
        "./config.toml",
        "backups/x",
    ] {
        assert!(name_fault(name).is_some(), "{name:?}");
        let archive = forged(&[(HEADER, &head), (FILE, name.as_bytes())]);
        assert!(refusal(&archive).contains("damaged at byte"), "{name:?}");
    }
    let archive = forged(&[(HEADER, &head), (FILE, b"blobs/\xff")]);
    assert!(refusal(&archive).contains("no text"));
    for name in ["config.toml", "blobs/7.webp", "keys/access-tokens.json", "blobs/a/b/Käse 1.png"]
    {
        assert_eq!(name_fault(name), None, "{name}");
    }
}

#[test]
fn parts_in_the_wrong_order_or_number_are_refused() {
    let head = header(1);
    let mut twice = Vec::new();
    let (mut key, mut value) = (Vec::new(), vec![1]);
    crate::storage::encode_text("schema_version", &mut key);
    crate::storage::Record::encode(&1_u64, &mut value).unwrap();
    push_row(&mut twice, &key, &value);
    push_row(&mut twice, &key, &value);
    let meta: Frame<'_> = (TABLE, b"META_BY_NAME");
    let trailer = br#"{"tables":[],"files":0,"file_bytes":0}"#;
    let h: Frame<'_> = (HEADER, &head);
    let cases: [(&[Frame<'_>], &str); 12] = [
        (&[], "at byte 8"),
        (&[meta], "no header"),
        (&[(HEADER, b"{}")], "header"),
        (&[h, h], "does not belong"),
        (&[h, (ROWS, b"")], "does not belong"),
        (&[h, (DATA, b"x")], "does not belong"),
        (&[h, (b'?', b"x")], "does not belong"),
        (&[h, meta, meta], "does not belong"),
        (&[h, (FILE, b"keys/a"), meta], "does not belong"),
        (&[h, (FILE, b"keys/a"), (FILE, b"keys/a")], "wrong order"),
        (&[h, meta, (ROWS, &twice)], "wrong order"),
        (&[h, meta, (TRAILER, trailer)], "counts"),
    ];
    for (frames, expected) in cases {
        let text = refusal(&forged(frames));
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(refusal(&forged(&[h, (TRAILER, trailer)])).contains("no schema version"));
}

#[test]
fn a_full_disk_is_told_and_not_taken_for_damage() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (_outer, dir) = scratch();
    let store = shop(&dir, "ann");
    let error = create(&store, &dir, &mut Full, noon()).unwrap_err();
    assert!(error.to_string().contains("free space"), "{error}");
}
