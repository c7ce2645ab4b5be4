//! The life of a store: queue, commits, close, files that are not ours, copies.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Bound;
use std::pin::pin;
use std::sync::mpsc as std_mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;

use proptest::prelude::*;

use super::*;

const NOTES: Table<u64, String> = Table::new("TEST_NOTE_BY_ID");
const PAIRS: Table<(u8, u8), u64> = Table::new("TEST_NUMBER_BY_PAIR");

fn put(store: &Store, id: u64, note: &str) -> Result<(), WriteError<Error>> {
    let note = note.to_owned();
    store.write_blocking(move |tx| tx.put(NOTES, &id, &note))
}

fn note(store: &Store, id: u64) -> Option<String> {
    store.read(|tx| tx.get(NOTES, &id)).unwrap()
}

/// Keeps the writer busy in a command until the sender is dropped.
fn occupy(store: &Store) -> (std_mpsc::Sender<()>, thread::JoinHandle<()>) {
    let (release, released) = std_mpsc::channel::<()>();
    let (entered, is_entered) = std_mpsc::channel();
    let store = store.clone();
    let waiter = thread::spawn(move || {
        let command = move |_: &mut WriteTx<'_>| {
            entered.send(()).unwrap();
            released.recv().unwrap_err();
            Ok::<_, Error>(())
        };
        store.write_blocking(command).unwrap();
    });
    is_entered.recv().unwrap();
    (release, waiter)
}

#[test]
fn a_full_queue_says_so_and_loses_nothing() {
    let store = Store::in_memory().unwrap();
    let (release, waiter) = occupy(&store);
    let mut context = Context::from_waker(Waker::noop());
    let mut waiting: Vec<_> = (0..QUEUE_LIMIT as u64)
        .map(|id| Box::pin(store.write(move |tx| tx.put(NOTES, &id, &String::new()))))
        .collect();
    for write in &mut waiting {
        assert!(write.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(store.writer_stats().queue_length, QUEUE_LIMIT);
    let mut late = pin!(store.write(|tx| tx.put(NOTES, &u64::MAX, &String::new())));
    assert!(matches!(late.as_mut().poll(&mut context), Poll::Ready(Err(WriteError::Busy))));
    // One caller gives up: its command is not carried out.
    drop(waiting.pop());
    drop(release);
    waiter.join().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for write in waiting {
        runtime.block_on(write).unwrap();
    }
    let ids: Vec<u64> =
        store.read(|tx| tx.scan(NOTES, .., usize::MAX)).unwrap().into_iter().map(|n| n.0).collect();
    assert!(ids.into_iter().eq(0..QUEUE_LIMIT as u64 - 1));
    let stats = store.writer_stats();
    assert!(stats.commits <= 4, "{stats:?}");
}

#[test]
fn closing_answers_all_that_wait() {
    let store = Store::in_memory().unwrap();
    let (release, waiter) = occupy(&store);
    let (sent, is_sent) = std_mpsc::channel();
    let writers: Vec<_> = (0..4)
        .map(|id| {
            let (store, sent) = (store.clone(), sent.clone());
            thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(async {
                    let mut write = pin!(store.write(move |tx| tx.put(NOTES, &id, &String::new())));
                    std::future::poll_fn(|context| {
                        let poll = write.as_mut().poll(context);
                        sent.send(()).unwrap();
                        poll
                    })
                    .await
                })
            })
        })
        .collect();
    for _ in 0..4 {
        is_sent.recv().unwrap();
    }
    let closer = {
        let store = store.clone();
        thread::spawn(move || store.close())
    };
    drop(release);
    waiter.join().unwrap();
    for writer in writers {
        writer.join().unwrap().unwrap();
    }
    closer.join().unwrap();
    assert_eq!(store.health(), Health::Closed);
    assert!(matches!(put(&store, 9, ""), Err(WriteError::Unavailable(_))));
    let read = store.read(|tx| tx.get(NOTES, &1));
    assert!(matches!(read, Err(Error::Closed)));
    store.close();
}

#[test]
fn a_command_may_own_the_last_handle() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop.redb");
    let store = Store::open(&path, Options::default()).unwrap();
    let (release, released) = std_mpsc::channel::<()>();
    let (entered, is_entered) = std_mpsc::channel();
    let last = store.clone();
    let mut write = Box::pin(async move {
        let command = move |tx: &mut WriteTx<'_>| {
            entered.send(()).unwrap();
            released.recv().unwrap();
            drop(last);
            tx.put(NOTES, &1, &"kept".to_owned())
        };
        store.write(command).await
    });
    assert!(write.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    is_entered.recv().unwrap();
    // The caller goes away, and all other handles with it.
    drop(write);
    release.send(()).unwrap();
    let reopened = (0..10_000_000).find_map(|_| match Store::open(&path, Options::default()) {
        Ok(store) => Some(store),
        Err(Error::AlreadyOpen { .. }) => {
            thread::yield_now();
            None
        }
        Err(error) => panic!("{error}"),
    });
    assert_eq!(note(&reopened.unwrap(), 1).as_deref(), Some("kept"));
}

#[test]
fn readers_see_one_moment() {
    let store = Store::in_memory().unwrap();
    put(&store, 1, "before").unwrap();
    store
        .read(|tx| {
            put(&store, 1, "after").unwrap();
            assert_eq!(tx.get(NOTES, &1)?.as_deref(), Some("before"));
            assert!(!tx.contains(PAIRS, &(0, 0))?);
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(note(&store, 1).as_deref(), Some("after"));
}

#[tokio::test]
async fn a_read_task_passes_on_results_and_panics() {
    let store = Store::in_memory().unwrap();
    assert_eq!(store.read_task(|tx| tx.len(NOTES)).await.unwrap(), 0);
    let task = tokio::spawn(async move {
        let query = |_: &ReadTx| -> Result<(), Error> {
            std::panic::resume_unwind(Box::new("on purpose"));
        };
        store.read_task(query).await
    });
    assert!(task.await.unwrap_err().is_panic());
}

#[test]
fn a_command_has_a_largest_size() {
    let store = Store::in_memory().unwrap();
    let rows = MAX_COMMAND_ROWS as u64;
    let write = |count: u64| {
        store.write_blocking(move |tx| {
            for id in 0..count {
                tx.put(NOTES, &id, &String::new())?;
            }
            Ok::<_, Error>(())
        })
    };
    let error = write(rows + 1).unwrap_err();
    assert!(matches!(error, WriteError::Refused(Error::CommandTooLarge { .. })));
    assert_eq!(store.read(|tx| tx.len(NOTES)).unwrap(), 0);
    write(rows).unwrap();
    assert_eq!(store.read(|tx| tx.len(NOTES)).unwrap(), rows);
}

#[test]
fn files_that_are_not_ours_are_refused_with_a_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop.redb");
    let refusal = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        let error = Store::open(&path, Options::default()).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), content, "{error}");
        assert!(error.to_string().contains("shop.redb"), "{error}");
        error
    };
    assert!(matches!(refusal(b"id,name,price\n1,Milk,1.29\n"), Error::NotADatabase { .. }));
    assert!(matches!(refusal(b"x"), Error::NotADatabase { .. }));
    assert!(matches!(refusal(&[0; 8192]), Error::Unfinished { .. }));
    fs::remove_file(&path).unwrap();
    let missing = Options { create: false, ..Options::default() };
    assert!(matches!(Store::open(&path, missing), Err(Error::File { .. })));
    assert!(!path.exists());
    let store = Store::open(&path, Options::default()).unwrap();
    let error = Store::open(&path, Options::default()).unwrap_err();
    assert!(matches!(error, Error::AlreadyOpen { .. }));
    assert!(error.to_string().contains("another cartwright process"), "{error}");
    drop(store);
    let truncated = fs::read(&path).unwrap()[..5000].to_vec();
    let error = refusal(&truncated);
    assert!(matches!(error, Error::Damaged { .. } | Error::File { .. }), "{error:?}");
}

#[test]
fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop.redb");
    Store::open(&path, Options::default()).unwrap().close();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

fn copy(store: &Store) -> Result<(Export, Vec<RawRow>), Error> {
    let mut rows = Vec::new();
    let export = store.export_tables(|table, key, value| {
        rows.push(RawRow { table: table.into(), key: key.into(), value: value.into() });
        Ok::<_, Error>(())
    })?;
    Ok((export, rows))
}

/// A store with something in several registered tables.
fn sample() -> Store {
    let store = Store::in_memory().unwrap();
    store
        .write_blocking(|tx| {
            for number in 0..3000_u64 {
                tx.log(&format!("change {number}"))?;
            }
            tx.next_id("orders")?;
            tx.next_id("orders")
        })
        .unwrap();
    store
}

#[test]
fn a_database_built_from_an_export_is_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("restored.redb");
    let (export, rows) = copy(&sample()).unwrap();
    let newest = super::migrate::version_after(super::migrate::UPGRADES);
    assert_eq!((export.schema_version, export.last_change_seq), (newest, 3000));
    assert_eq!(export.rows_by_table.iter().map(|(_, rows)| rows).sum::<u64>(), 3002);
    let total = Store::create_from(&path, rows.iter().cloned().map(Ok::<_, Error>)).unwrap();
    assert_eq!(total, 3002);
    let check = Store::check(&path).unwrap();
    assert_eq!((check.was_sound, check.rows, check.audit.fault), (true, 3002, None));
    let restored = Store::open(&path, Options::default()).unwrap();
    assert_eq!(copy(&restored).unwrap(), (export, rows.clone()));
    assert_eq!(restored.last_change_seq(), 3000);
    assert_eq!(restored.write_blocking(|tx| tx.next_id("orders")).unwrap(), 3);
    assert!(restored.size().unwrap().file_bytes.unwrap() > 3000);
    let again = Store::create_from(&path, rows.into_iter().map(Ok::<_, Error>));
    assert!(matches!(again, Err(Error::AlreadyExists { .. })));
}

#[test]
fn a_failed_build_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("restored.redb");
    let (_, rows) = copy(&sample()).unwrap();
    let build = |change: fn(&mut Vec<RawRow>)| {
        let mut rows = rows.clone();
        change(&mut rows);
        let error = Store::create_from(&path, rows.into_iter().map(Ok::<_, Error>)).unwrap_err();
        assert!(!path.exists(), "{error}");
        error
    };
    let strange = build(|rows| rows[9].table = "STRANGE".into());
    assert!(matches!(strange, Error::UnregisteredTable { table } if table == "STRANGE"));
    let damaged = build(|rows| rows[9].key.truncate(3));
    assert!(matches!(damaged, Error::Corrupt { .. }));
    let too_large = build(|rows| rows[9].value.resize(MAX_VALUE_BYTES + 1, 0));
    assert!(matches!(too_large, Error::ValueTooLarge { .. }));
    let headless = build(|rows| rows.retain(|row| row.table != tables::META_BY_NAME.name()));
    assert!(matches!(headless, Error::NotADatabase { .. }));
    let newer = build(|rows| {
        let value = tables::META_BY_NAME.encode_value(&9).unwrap();
        rows.iter_mut()
            .filter(|row| row.table == "META_BY_NAME")
            .for_each(|row| row.value.clone_from(&value));
    });
    assert!(matches!(newer, Error::NewerSchema { found: 9, .. }));
    let cut_off = rows.iter().take(5).cloned().map(Ok).chain([Err(Error::Closed)]);
    assert!(matches!(Store::create_from(&path, cut_off), Err(Error::Closed)));
    assert!(!path.exists());
}

#[test]
fn an_export_refuses_a_table_that_it_does_not_know() {
    let store = Store::in_memory().unwrap();
    put(&store, 1, "").unwrap();
    let error = copy(&store).unwrap_err();
    assert!(matches!(error, Error::UnregisteredTable { table } if table == NOTES.name()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Scans in both transactions against a map, with bounds of every kind, turned round or not.
    #[test]
    fn scans_see_what_a_map_sees(
        rows: BTreeMap<(u8, u8), u64>,
        start: Bound<(u8, u8)>,
        end: Bound<(u8, u8)>,
        limit in 0..5_usize,
        first: u8,
    ) {
        let store = Store::in_memory().unwrap();
        let written = rows.clone();
        let answers = store.write_blocking(move |tx| {
            for (pair, number) in &written {
                tx.put(PAIRS, pair, number)?;
            }
            ask(tx, (start, end), limit, first)
        }).unwrap();
        prop_assert_eq!(&store.read(|tx| ask(tx, (start, end), limit, first)).unwrap(), &answers);
        let inside = |pair: &(u8, u8)| std::ops::RangeBounds::contains(&(start, end), pair);
        let within: Vec<_> = rows.iter().filter(|row| inside(row.0)).map(|(&k, &v)| (k, v)).collect();
        prop_assert_eq!(&answers.scan, &within[..limit.min(within.len())]);
        let last: Vec<_> = within.iter().rev().take(limit).copied().collect();
        prop_assert_eq!(&answers.scan_rev, &last);
        let prefixed: Vec<_> = rows.range((first, 0)..=(first, u8::MAX)).map(|(&k, &v)| (k, v)).collect();
        prop_assert_eq!(&answers.prefix, &prefixed);
        prop_assert_eq!(answers.count, within.len() as u64);
        prop_assert_eq!(answers.visited, within.iter().map(|row| row.0).take(2).collect::<Vec<_>>());
        prop_assert_eq!(answers.ends, (rows.first_key_value().map(|(&k, &v)| (k, v)), rows.last_key_value().map(|(&k, &v)| (k, v))));
        prop_assert_eq!(answers.len, rows.len() as u64);
    }
}

type Row = ((u8, u8), u64);

#[derive(Debug, PartialEq)]
struct Answers {
    scan: Vec<Row>,
    scan_rev: Vec<Row>,
    prefix: Vec<Row>,
    count: u64,
    visited: Vec<(u8, u8)>,
    ends: (Option<Row>, Option<Row>),
    len: u64,
}

type PairBounds = (Bound<(u8, u8)>, Bound<(u8, u8)>);

fn ask(tx: &impl Reader, bounds: PairBounds, limit: usize, first: u8) -> Result<Answers, Error> {
    let mut visited = Vec::new();
    tx.for_each(PAIRS, bounds, |pair, _| {
        visited.push(pair);
        let enough = visited.len() == 2;
        Ok::<_, Error>(if enough {
            std::ops::ControlFlow::Break(())
        } else {
            std::ops::ControlFlow::Continue(())
        })
    })?;
    Ok(Answers {
        scan: tx.scan(PAIRS, bounds, limit)?,
        scan_rev: tx.scan_rev(PAIRS, bounds, limit)?,
        prefix: tx.scan_prefix(PAIRS, &first, usize::MAX)?,
        count: tx.count(PAIRS, bounds)?,
        visited,
        ends: (tx.first(PAIRS)?, tx.last(PAIRS)?),
        len: tx.len(PAIRS)?,
    })
}
