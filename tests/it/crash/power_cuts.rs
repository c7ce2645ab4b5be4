//! Power cuts at random moments, one after the other on the same disk.
//!
//! Several callers write at once, so that commits carry several commands. After each cut the store
//! is opened on what the disk kept, and must hold every command that was answered with success,
//! whole; no half of any command; nothing of a command that failed; and nothing that nobody wrote.
//! A cut may also fall into the opening itself, which is then repeated. The control is a disk that
//! lies about syncing: the same checks must find it out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{panic, thread};

use cartwright::storage::{Blob, Error, Reader, Store, Table, WriteError, WriteTx, change_log};

use super::disk::{Disk, Random};

const LEFT: Table<(u64, u64), Blob> = Table::new("TEST_LEFT");
const RIGHT: Table<(u64, u64), Blob> = Table::new("TEST_RIGHT");

const CALLERS: u64 = 6;
const DISKS: u64 = 128;
const CUTS_PER_DISK: u64 = 10;
const LYING_DISKS: u64 = 24;
/// Nothing is cut later than after so many operations of the disk.
const OPERATIONS_LIMIT: u64 = 600;
/// A command that is left out on purpose is one in so many.
const FAILING_ONE_IN: u64 = 8;

/// A command's name: its caller and its number.
type Name = (u64, u64);

/// What the callers know.
#[derive(Debug, Default)]
struct Known {
    /// Answered with success.
    done: BTreeSet<Name>,
    /// Begun, and meant to succeed.
    tried: BTreeSet<Name>,
    cuts: u64,
}

/// Bytes that belong to one command alone, of some length between 0 and 3,000.
fn content_of((caller, number): Name, salt: u64) -> Blob {
    let mut random = Random(caller << 48 ^ number << 8 ^ salt);
    let length = match random.below(8) {
        0 => random.below(3000),
        _ => random.below(200),
    };
    Blob((0..length).map(|_| u8::try_from(random.below(256)).unwrap()).collect())
}

fn carry_out(tx: &mut WriteTx<'_>, name: Name, fails: bool) -> Result<(), Error> {
    tx.put(LEFT, &name, &content_of(name, 1))?;
    tx.next_id("commands")?;
    tx.put(RIGHT, &(name.1, name.0), &content_of(name, 2))?;
    tx.log(&name.1)?;
    if fails { Err(Error::Closed) } else { Ok(()) }
}

/// Writes until the power is gone.
fn call(store: &Store, caller: u64, numbers: &AtomicU64, mut random: Random) -> Known {
    let mut known = Known::default();
    loop {
        let name = (caller, numbers.fetch_add(1, Ordering::Relaxed));
        let fails = random.below(FAILING_ONE_IN) == 0;
        if !fails {
            known.tried.insert(name);
        }
        match store.write_blocking(move |tx| carry_out(tx, name, fails)) {
            Ok(()) => {
                assert!(!fails);
                known.done.insert(name);
            }
            Err(WriteError::Refused(Error::Closed)) => assert!(fails),
            Err(
                WriteError::Unknown(_) | WriteError::Unavailable(_) | WriteError::RolledBack(_),
            ) => return known,
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// Runs the callers on an open store until its disk is cut.
fn write_until_cut(store: &Store, known: &mut Known, numbers: &AtomicU64, seed: u64) {
    let learned: Vec<Known> = thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let random = Random(seed ^ caller << 32);
                scope.spawn(move || call(store, caller, numbers, random))
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    for caller in learned {
        known.done.extend(caller.done);
        known.tried.extend(caller.tried);
    }
}

/// Compares the store with what the callers know; says what is wrong with it.
fn check(store: &Store, known: &Known) -> Result<(), String> {
    let (left, right, count, seq) = store
        .read(|tx| {
            let left: BTreeMap<_, _> = tx.scan(LEFT, .., usize::MAX)?.into_iter().collect();
            let right: BTreeMap<_, _> = tx.scan(RIGHT, .., usize::MAX)?.into_iter().collect();
            let counter = Table::<String, u64>::new("SEQUENCE_BY_NAME");
            let count = tx.get(counter, &"commands".to_owned())?.unwrap_or_default();
            Ok::<_, Error>((left, right, count, change_log::last_seq(tx)?))
        })
        .map_err(|error| error.to_string())?;
    for name in &known.done {
        if !left.contains_key(name) {
            return Err(format!("{name:?} was answered and is lost"));
        }
    }
    for (&name, content) in &left {
        if !known.tried.contains(&name) || *content != content_of(name, 1) {
            return Err(format!("{name:?} is not what anybody wrote"));
        }
        if right.get(&(name.1, name.0)) != Some(&content_of(name, 2)) {
            return Err(format!("{name:?} is there by half"));
        }
    }
    let rows = u64::try_from(left.len()).unwrap();
    if left.len() != right.len() || rows != count || rows != seq {
        return Err(format!("{rows} left, {} right, counter {count}, log {seq}", right.len()));
    }
    Ok(())
}

/// One disk and its power cuts: the first thing that was wrong, if anything was.
fn suffer(seed: u64, cuts: u64, lies: bool) -> (Known, Result<(), String>) {
    let mut random = Random(seed);
    let numbers = AtomicU64::new(0);
    let mut known = Known::default();
    // The very first start is not cut here: there is nothing yet that could be lost.
    let disk = Disk::default();
    Store::with_backend(disk.clone()).unwrap().close();
    let mut bytes = disk.survivor(&mut random);
    while known.cuts < cuts {
        let disk = Disk::holding(bytes);
        if lies {
            disk.lie_about_syncing();
        }
        // Most cuts fall into the writing, some into the opening.
        let limit = 1 + random.below(OPERATIONS_LIMIT);
        disk.cut_after(random.below(limit));
        if let Ok(store) = Store::with_backend(disk.clone()) {
            write_until_cut(&store, &mut known, &numbers, random.below(u64::MAX));
        }
        known.cuts += 1;
        bytes = disk.survivor(&mut random);
        // The engine may panic on a page that is not what it was.
        let found = panic::catch_unwind(|| {
            let store = Store::with_backend(Disk::holding(bytes.clone()));
            store.map_err(|error| error.to_string()).and_then(|store| check(&store, &known))
        });
        if let Err(wrong) = found.unwrap_or_else(|_| Err("the engine panicked".into())) {
            return (known, Err(wrong));
        }
    }
    (known, Ok(()))
}

#[test]
fn every_answered_command_survives_power_cuts_whole() {
    let mut cuts = 0;
    let mut done = 0;
    for seed in 0..DISKS {
        let (known, result) = suffer(seed, CUTS_PER_DISK, false);
        assert_eq!(result, Ok(()), "disk {seed}, cut {}", known.cuts);
        cuts += known.cuts;
        done += known.done.len();
    }
    assert!(cuts >= 1000, "{cuts} cuts");
    println!("{cuts} power cuts, {done} answered commands, all there");
    assert!(done > 10_000, "the cuts came too early to prove anything: {done} commands");
}

#[test]
fn a_disk_that_lies_about_syncing_is_found_out() {
    let found_out =
        (0..LYING_DISKS).filter(|&seed| suffer(seed, CUTS_PER_DISK, true).1.is_err()).count();
    assert_eq!(found_out as u64, LYING_DISKS, "the checks miss lost data");
}
