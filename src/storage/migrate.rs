//! The schema version of the file, and the way up to today's.
//!
//! The version counts changes that code must carry out: a table split in two, an index to fill. (A
//! record that gains a field needs none: its format byte tells.) Upgrades run in order when the
//! file is opened, each in one transaction together with its version number, so a power cut between
//! two of them is continued at the next start.

use std::path::Path;

use redb::{Database, ReadableDatabase};

use super::engine::begin_write;
use super::error::Error;
use super::read::Reader;
use super::tables::{ALL, META_BY_NAME};
use super::write::WriteTx;

/// Brings the file from the version before to the next one.
pub(super) type Upgrade = fn(&mut WriteTx<'_>) -> Result<(), Error>;

/// The upgrades from version 1 on, oldest first. Never remove or reorder one.
pub(super) const UPGRADES: &[Upgrade] = &[];

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
    let supported = version_after(upgrades);
    let (tables, version) = look(database)?;
    let mut version = match version {
        Some(version) => version,
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
    if version > supported || version == 0 {
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
