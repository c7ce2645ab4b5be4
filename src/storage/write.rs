//! Writing: the transaction that commands run in, and how one of them is taken back.
//!
//! Many commands share one transaction of the engine, and the engine cannot roll back a part of
//! one. So each write first notes the row's old value; when a command fails or panics, its notes
//! are played backwards and the transaction is as if the command had never run. Its neighbours
//! notice nothing, and no command runs twice.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use redb::{ReadableTable, ReadableTableMetadata};

use super::change_log;
use super::error::Error;
use super::key::Key;
use super::read::{Bytes, Direction, Reader, Visit, definition, sealed::Rows, visit_table};
use super::record::Record;
use super::table::{ByteBounds, Table};
use super::tables::SEQUENCE_BY_NAME;

/// Most rows that one command may write: bounds its notes and the wait of its neighbours.
pub const MAX_COMMAND_ROWS: usize = 100_000;

type OpenTable<'txn> = Rc<RefCell<redb::Table<'txn, Bytes, Bytes>>>;

/// How to take back the write of one row.
struct Undo {
    table: &'static str,
    key: Vec<u8>,
    old: Option<Vec<u8>>,
}

/// The transaction that a command reads and writes in.
///
/// It sees what the commands before it in the same commit wrote. That is sound because nobody is
/// answered before that commit is durable.
pub struct WriteTx<'txn> {
    transaction: &'txn redb::WriteTransaction,
    open: RefCell<BTreeMap<&'static str, OpenTable<'txn>>>,
    undo: Vec<Undo>,
    /// Rows written by all commands so far, those taken back included.
    rows_written: usize,
    /// How the engine failed: the transaction must not be committed then.
    failure: RefCell<Option<String>>,
}

impl<'txn> WriteTx<'txn> {
    pub(super) fn new(transaction: &'txn redb::WriteTransaction) -> Self {
        Self {
            transaction,
            open: RefCell::default(),
            undo: Vec::new(),
            rows_written: 0,
            failure: RefCell::default(),
        }
    }

    /// Writes `value` at `key`, whether or not there was one.
    pub fn put<K: Key, V: Record>(
        &mut self,
        table: Table<K, V>,
        key: &K,
        value: &V,
    ) -> Result<(), Error> {
        let (key, value) = (table.encode_key(key)?, table.encode_value(value)?);
        self.write_row(table.name(), key, Some(&value))?;
        Ok(())
    }

    /// Removes the value at `key` and tells whether there was one.
    pub fn remove<K: Key, V: Record>(
        &mut self,
        table: Table<K, V>,
        key: &K,
    ) -> Result<bool, Error> {
        self.write_row(table.name(), table.encode_key(key)?, None)
    }

    /// The next number of a sequence: 1, 2, 3 and so on, each given out once for ever, however
    /// often the program is stopped. (A command that fails has given out nothing.)
    pub fn next_id(&mut self, sequence: &str) -> Result<u64, Error> {
        let name = sequence.to_owned();
        let id = self.get(SEQUENCE_BY_NAME, &name)?.unwrap_or(0) + 1;
        self.put(SEQUENCE_BY_NAME, &name, &id)?;
        Ok(id)
    }

    /// Appends an event to the change log and returns its sequence number.
    pub fn log<C: Record>(&mut self, change: &C) -> Result<u64, Error> {
        change_log::append(self, change)
    }

    /// Forgets how to take back what was written so far: the next command begins.
    pub(super) fn begin_command(&mut self) {
        self.undo.clear();
    }

    /// Takes back what was written since [`WriteTx::begin_command`].
    pub(super) fn undo_command(&mut self) {
        while let Some(Undo { table, key, old }) = self.undo.pop() {
            if self.replace_row(table, &key, old.as_deref()).is_err() {
                // Noted by `replace_row`: the whole transaction is given up.
                return;
            }
        }
    }

    pub(super) fn rows_written(&self) -> usize {
        self.rows_written
    }

    /// How the engine failed, if it did: then all commands of the transaction are given up.
    pub(super) fn failure(&self) -> Option<String> {
        self.failure.borrow().clone()
    }

    /// Makes sure that the table exists.
    pub(super) fn create_table(&self, name: &'static str) -> Result<(), Error> {
        self.table(name).map(drop)
    }

    /// Writes or (with `None`) removes a row; tells whether there was one.
    pub(super) fn write_row(
        &mut self,
        table: &'static str,
        key: Vec<u8>,
        value: Option<&[u8]>,
    ) -> Result<bool, Error> {
        if self.undo.len() >= MAX_COMMAND_ROWS {
            return Err(Error::CommandTooLarge { limit: MAX_COMMAND_ROWS });
        }
        let old = self.replace_row(table, &key, value)?;
        let was_there = old.is_some();
        if was_there || value.is_some() {
            self.rows_written += 1;
            self.undo.push(Undo { table, key, old });
        }
        Ok(was_there)
    }

    fn replace_row(
        &mut self,
        table: &'static str,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<Option<Vec<u8>>, Error> {
        let table = self.table(table)?;
        let mut table = table.borrow_mut();
        let old = match value {
            Some(value) => table.insert(key, value),
            None => table.remove(key),
        };
        self.watch(old.map(|old| old.map(|old| old.value().to_vec())).map_err(Error::from))
    }

    fn table(&self, name: &'static str) -> Result<OpenTable<'txn>, Error> {
        if let Some(table) = self.open.borrow().get(name) {
            return Ok(Rc::clone(table));
        }
        let table =
            self.watch(self.transaction.open_table(definition(name)).map_err(Error::from))?;
        let table = Rc::new(RefCell::new(table));
        self.open.borrow_mut().insert(name, Rc::clone(&table));
        Ok(table)
    }

    /// Remembers that the engine failed, however the command treats the error.
    fn watch<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error @ Error::Engine(_)) = &result {
            self.failure.borrow_mut().get_or_insert_with(|| error.to_string());
        }
        result
    }
}

impl Rows for WriteTx<'_> {
    fn row<T>(
        &self,
        table: &'static str,
        key: &[u8],
        then: impl FnOnce(&[u8]) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let table = self.table(table)?;
        let table = table.borrow();
        let value = self.watch(table.get(key).map_err(Error::from))?;
        value.map(|value| then(value.value())).transpose()
    }

    fn visit_rows(
        &self,
        table: &'static str,
        bounds: &ByteBounds,
        direction: Direction,
        visit: Visit<'_>,
    ) -> Result<(), Error> {
        let table = self.table(table)?;
        self.watch(visit_table(&*table.borrow(), bounds, direction, visit))
    }

    fn row_count(&self, table: &'static str) -> Result<u64, Error> {
        let table = self.table(table)?;
        self.watch(table.borrow().len().map_err(Error::from))
    }
}

impl Reader for WriteTx<'_> {}

impl fmt::Debug for WriteTx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteTx").field("rows_written", &self.rows_written).finish_non_exhaustive()
    }
}
