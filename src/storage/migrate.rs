//! The schema version of the file, and the way up to today's.
//!
//! The version counts changes that code must carry out: a table split in two, an index to fill. (A
//! record that gains a field needs none: its format byte tells.) Upgrades run in order when the
//! file is opened, each in one transaction together with its version number, so a power cut between
//! two of them is continued at the next start.

use std::path::Path;

use redb::{Database, ReadableDatabase};

use super::engine::{begin_write, guard};
use super::error::Error;
use super::read::Reader;
use super::tables::{ALL, META_BY_NAME};
use super::write::WriteTx;

/// Brings the file from the version before to the next one.
pub(super) type Upgrade = fn(&mut WriteTx<'_>) -> Result<(), Error>;

/// The upgrades from version 1 on, oldest first. Never remove or reorder one.
pub(super) const UPGRADES: &[Upgrade] = &[super::mobile_numbers::upgrade, super::ledger::upgrade];

const SCHEMA_KEY: &str = "schema_version";

/// The schema version that a file has after `upgrades`.
pub(super) fn version_after(upgrades: &[Upgrade]) -> u64 {
    1 + u64::try_from(upgrades.len()).expect("a list in the program is short")
}

/// The schema version in the file, if it says one.
pub(super) fn version_in(tx: &impl Reader) -> Result<Option<u64>, Error> {
    tx.get(META_BY_NAME, &SCHEMA_KEY.to_owned())
}

/// Makes a fresh file ready, upgrades an older one, and refuses a newer one untouched.
pub(super) fn prepare(database: &Database, path: &Path, upgrades: &[Upgrade]) -> Result<(), Error> {
    guard(|| upgrade(database, path, upgrades))?
}

fn upgrade(database: &Database, path: &Path, upgrades: &[Upgrade]) -> Result<(), Error> {
    let supported = version_after(upgrades);
    let (tables, version) = look(database)?;
    let mut version = match version {
        Some(version @ 1..) => version,
        Some(0) => {
            let detail = "schema version 0".into();
            return Err(Error::Corrupt { table: META_BY_NAME.name().into(), detail });
        }
        None if tables.is_empty() => {
            return change(database, |tx| set_version(tx, supported));
        }
        None => {
            return Err(Error::NotADatabase {
                path: path.into(),
                detail: format!("it has a table {} but no schema version", tables[0]),
            });
        }
    };
    if version > supported {
        return Err(Error::NewerSchema { found: version, supported });
    }
    while version < supported {
        let step = usize::try_from(version - 1).expect("smaller than the list of upgrades");
        version += 1;
        change(database, |tx| {
            upgrades[step](tx)?;
            set_version(tx, version)
        })?;
    }
    if ALL.iter().any(|name| !tables.iter().any(|table| table == name)) {
        change(database, |_| Ok(()))?;
    }
    Ok(())
}

fn set_version(tx: &mut WriteTx<'_>, version: u64) -> Result<(), Error> {
    tx.put(META_BY_NAME, &SCHEMA_KEY.to_owned(), &version)
}

/// The file's tables and its version.
fn look(database: &Database) -> Result<(Vec<String>, Option<u64>), Error> {
    use redb::{ReadableTable, TableHandle};
    let transaction = database.begin_read()?;
    let tables: Vec<String> =
        transaction.list_tables()?.map(|table| table.name().to_owned()).collect();
    if !tables.iter().any(|table| table == META_BY_NAME.name()) {
        return Ok((tables, None));
    }
    let meta = transaction.open_table(super::read::definition(META_BY_NAME.name()))?;
    let key = META_BY_NAME.encode_key(&SCHEMA_KEY.to_owned())?;
    let value = ReadableTable::get(&meta, key.as_slice())?;
    let version = value.map(|value| META_BY_NAME.decode_value(value.value())).transpose()?;
    Ok((tables, version))
}

/// One transaction of its own, which also makes the tables that are new in this program.
fn change(
    database: &Database,
    command: impl FnOnce(&mut WriteTx<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let transaction = begin_write(database)?;
    {
        let mut tx = WriteTx::new(&transaction);
        for table in ALL {
            tx.create_table(table)?;
        }
        command(&mut tx)?;
    }
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use redb::backends::InMemoryBackend;

    use super::super::engine::{Options, open_backend};
    use super::super::read::ReadTx;
    use super::super::table::Table;
    use super::*;

    const NOTES: Table<u64, String> = Table::new("TEST_NOTE_BY_ID");

    fn first(tx: &mut WriteTx<'_>) -> Result<(), Error> {
        tx.put(NOTES, &1, &"first".to_owned())
    }

    fn second(tx: &mut WriteTx<'_>) -> Result<(), Error> {
        let note = tx.get(NOTES, &1)?.unwrap_or_default();
        tx.put(NOTES, &2, &format!("{note}, then second"))
    }

    fn failing(tx: &mut WriteTx<'_>) -> Result<(), Error> {
        tx.put(NOTES, &3, &"half".to_owned())?;
        Err(Error::Closed)
    }

    fn fresh() -> Arc<Database> {
        Arc::new(open_backend(InMemoryBackend::new(), Options::default()).unwrap())
    }

    fn run(database: &Database, upgrades: &[Upgrade]) -> Result<(), Error> {
        prepare(database, Path::new("test"), upgrades)
    }

    fn state(database: &Arc<Database>) -> (Option<u64>, Vec<(u64, String)>) {
        let tx = ReadTx::begin(Arc::clone(database)).unwrap();
        (version_in(&tx).unwrap(), tx.scan(NOTES, .., 10).unwrap())
    }

    #[test]
    fn a_fresh_file_has_todays_version_and_all_tables() {
        let database = fresh();
        run(&database, &[first]).unwrap();
        assert_eq!(state(&database), (Some(2), vec![]));
        let names = ReadTx::begin(database).unwrap().table_names().unwrap();
        assert!(ALL.iter().all(|table| names.iter().any(|name| name == table)));
    }

    #[test]
    fn upgrades_run_once_and_in_order() {
        let database = fresh();
        run(&database, &[]).unwrap();
        let expected = vec![(1, "first".to_owned()), (2, "first, then second".to_owned())];
        for _ in 0..2 {
            run(&database, &[first, second]).unwrap();
            assert_eq!(state(&database), (Some(3), expected.clone()));
        }
    }

    #[test]
    fn a_failed_upgrade_is_taken_up_again() {
        let database = fresh();
        run(&database, &[]).unwrap();
        run(&database, &[first, failing]).unwrap_err();
        assert_eq!(state(&database), (Some(2), vec![(1, "first".to_owned())]));
        run(&database, &[first, second]).unwrap();
        assert_eq!(state(&database).0, Some(3));
    }

    #[test]
    fn a_newer_file_is_refused_with_both_versions() {
        let database = fresh();
        run(&database, &[first, second]).unwrap();
        let error = run(&database, &[first]).unwrap_err();
        assert!(matches!(error, Error::NewerSchema { found: 3, supported: 2 }));
        let text = error.to_string();
        assert!(text.contains("version 3") && text.contains("up to 2"), "{text}");
    }

    #[test]
    fn a_table_that_is_new_in_the_program_is_made() {
        let database = fresh();
        run(&database, &[]).unwrap();
        let transaction = begin_write(&database).unwrap();
        transaction.delete_table(super::super::read::definition(ALL[2])).unwrap();
        transaction.commit().unwrap();
        run(&database, &[]).unwrap();
        let names = ReadTx::begin(database).unwrap().table_names().unwrap();
        assert!(names.iter().any(|name| name == ALL[2]));
    }

    #[test]
    fn somebody_elses_database_is_refused() {
        let database = fresh();
        change(&database, first).unwrap();
        assert!(matches!(run(&database, &[]), Err(Error::NotADatabase { .. })));
    }
}
