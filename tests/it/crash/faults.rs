//! Disks that fail while the process lives on.

use cartwright::storage::{Error, Health, Reader, Store, Table, WriteError};

use super::disk::Disk;

const ROWS: Table<u64, String> = Table::new("TEST_ROWS");

fn put(store: &Store, number: u64) -> Result<(), WriteError<Error>> {
    store.write_blocking(move |tx| {
        tx.put(ROWS, &number, &"x".repeat(1000))?;
        tx.log(&number)?;
        Ok(())
    })
}

fn numbers(store: &Store) -> Vec<u64> {
    let rows = store.read(|tx| tx.scan(ROWS, .., 1000)).unwrap();
    rows.into_iter().map(|(number, _)| number).collect()
}

#[test]
fn a_store_on_a_full_disk_recovers_by_itself() {
    for failures in 1..=12 {
        let disk = Disk::default();
        let again = disk.clone();
        let store = Store::with_backends(move || again.clone()).unwrap();
        put(&store, 1).unwrap();
        disk.fail_next(failures);
        let mut unknown = Vec::new();
        // Bounded: each try uses up at least one of the failures.
        let first_done = (2..=30).find(|&number| match put(&store, number) {
            Ok(()) => true,
            Err(WriteError::Unknown(_)) => {
                unknown.push(number);
                false
            }
            Err(WriteError::Unavailable(_) | WriteError::RolledBack(_)) => false,
            Err(other) => panic!("{other:?}"),
        });
        let first_done = first_done.expect("the disk has room again");
        assert!(first_done > 2, "the failure was not noticed");
        assert_eq!(store.health(), Health::Open);
        let mut found = numbers(&store);
        found.retain(|number| !unknown.contains(number));
        assert_eq!(found, [1, first_done], "{failures} failures");
        // What is there now is there after a restart too.
        let before = numbers(&store);
        let seq = store.last_change_seq();
        assert_eq!(seq, u64::try_from(before.len()).unwrap());
        store.close();
        let store = Store::with_backend(disk).unwrap();
        assert_eq!((numbers(&store), store.last_change_seq()), (before, seq));
    }
}

#[test]
fn a_store_that_cannot_be_opened_again_says_so_and_refuses_writes() {
    let disk = Disk::default();
    let store = Store::with_backend(disk.clone()).unwrap();
    put(&store, 1).unwrap();
    disk.fail_next(u64::MAX);
    assert!(matches!(put(&store, 2), Err(WriteError::Unknown(_))));
    let Health::Broken { reason } = store.health() else { panic!("{:?}", store.health()) };
    assert!(!reason.is_empty());
    let error = put(&store, 3).unwrap_err();
    assert!(matches!(error, WriteError::Unavailable(_)));
    assert!(error.to_string().contains(&reason), "{error}");
    store.close();
    assert_eq!(store.health(), Health::Closed);
    assert!(matches!(put(&store, 4), Err(WriteError::Unavailable(_))));
}

#[test]
fn a_store_recovers_from_a_panic_of_the_engine() {
    let disk = Disk::default();
    let again = disk.clone();
    let store = Store::with_backends(move || again.clone()).unwrap();
    put(&store, 1).unwrap();
    disk.panic_at_next_sync();
    let error = put(&store, 2).unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)), "{error:?}");
    assert!(error.to_string().contains("a bug"), "{error}");
    put(&store, 3).unwrap();
    assert_eq!(store.health(), Health::Open);
    let mut found = numbers(&store);
    found.retain(|&number| number != 2);
    assert_eq!(found, [1, 3]);
}
