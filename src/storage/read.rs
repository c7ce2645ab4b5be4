//! Reading: what a read transaction and a write transaction have in common.
//!
//! Code that only reads takes `&impl Reader`, so that the same accessor serves a page view and a
//! command that checks before it writes. A table that the file does not have yet reads as empty.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Bound, ControlFlow, RangeBounds};
use std::rc::Rc;
use std::sync::Arc;

use redb::{ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition, TableError};

use super::error::Error;
use super::key::{Key, StartsWith};
use super::record::Record;
use super::table::{ByteBounds, KeyRange, Table, prefix};

/// The one shape of all tables in the file.
pub(super) type Bytes = &'static [u8];

pub(super) fn definition(name: &str) -> TableDefinition<'_, Bytes, Bytes> {
    TableDefinition::new(name)
}

/// Which end of a range a scan begins at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the smallest key up.
    Forward,
    /// From the greatest key down.
    Reverse,
}

/// What a visitor of rows says: go on, stop, or fail.
pub(super) type Visit<'v> = &'v mut dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, Error>;

/// The rows of a transaction as bytes: what [`Reader`] is built on.
pub(super) mod sealed {
    use super::{ByteBounds, Direction, Error, Visit};

    pub trait Rows {
        fn row<T>(
            &self,
            table: &'static str,
            key: &[u8],
            then: impl FnOnce(&[u8]) -> Result<T, Error>,
        ) -> Result<Option<T>, Error>;

        fn visit_rows(
            &self,
            table: &'static str,
            bounds: &ByteBounds,
            direction: Direction,
            visit: Visit<'_>,
        ) -> Result<(), Error>;

        fn row_count(&self, table: &'static str) -> Result<u64, Error>;
    }
}

/// Typed reads of one consistent state of the database.
pub trait Reader: sealed::Rows {
    /// The value at `key`.
    fn get<K: Key, V: Record>(&self, table: Table<K, V>, key: &K) -> Result<Option<V>, Error> {
        self.row(table.name(), &table.encode_key(key)?, |value| table.decode_value(value))
    }

    /// Whether there is a value at `key`.
    fn contains<K: Key, V: Record>(&self, table: Table<K, V>, key: &K) -> Result<bool, Error> {
        Ok(self.row(table.name(), &table.encode_key(key)?, |_| Ok(()))?.is_some())
    }

    /// The first rows of `range`, at most `limit`, in the order of their keys.
    fn scan<K: Key, V: Record>(
        &self,
        table: Table<K, V>,
        range: impl KeyRange<K>,
        limit: usize,
    ) -> Result<Vec<(K, V)>, Error> {
        collect(self, table, &range.byte_bounds(), Direction::Forward, limit)
    }

    /// The last rows of `range`, at most `limit`, the greatest key first.
    fn scan_rev<K: Key, V: Record>(
        &self,
        table: Table<K, V>,
        range: impl KeyRange<K>,
        limit: usize,
    ) -> Result<Vec<(K, V)>, Error> {
        collect(self, table, &range.byte_bounds(), Direction::Reverse, limit)
    }

    /// The first rows whose key begins with `first`, at most `limit`. For pages or reverse order
    /// give [`prefix`] to a scan instead.
    fn scan_prefix<P: Key, K: StartsWith<P>, V: Record>(
        &self,
        table: Table<K, V>,
        first: &P,
        limit: usize,
    ) -> Result<Vec<(K, V)>, Error> {
        self.scan(table, prefix(first), limit)
    }

    /// The row with the smallest key.
    fn first<K: Key, V: Record>(&self, table: Table<K, V>) -> Result<Option<(K, V)>, Error> {
        Ok(self.scan(table, .., 1)?.pop())
    }

    /// The row with the greatest key.
    fn last<K: Key, V: Record>(&self, table: Table<K, V>) -> Result<Option<(K, V)>, Error> {
        Ok(self.scan_rev(table, .., 1)?.pop())
    }

    /// How many rows the table has, without reading them.
    fn len<K, V>(&self, table: Table<K, V>) -> Result<u64, Error> {
        self.row_count(table.name())
    }

    /// How many rows `range` has: reads past their keys, decodes nothing.
    fn count<K: Key, V>(&self, table: Table<K, V>, range: impl KeyRange<K>) -> Result<u64, Error> {
        let mut count = 0;
        self.visit_rows(table.name(), &range.byte_bounds(), Direction::Forward, &mut |_, _| {
            count += 1;
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(count)
    }

    /// Hands the rows of `range` to `visit` one by one, in the order of their keys, until it
    /// breaks or fails. Nothing is collected, so the range may be as long as the table.
    fn for_each<K: Key, V: Record, E: From<Error>>(
        &self,
        table: Table<K, V>,
        range: impl KeyRange<K>,
        mut visit: impl FnMut(K, V) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let mut refusal = None;
        self.visit_rows(
            table.name(),
            &range.byte_bounds(),
            Direction::Forward,
            &mut |key, value| match visit(table.decode_key(key)?, table.decode_value(value)?) {
                Ok(flow) => Ok(flow),
                Err(error) => {
                    refusal = Some(error);
                    Ok(ControlFlow::Break(()))
                }
            },
        )?;
        refusal.map_or(Ok(()), Err)
    }
}

fn collect<K: Key, V: Record>(
    rows: &(impl sealed::Rows + ?Sized),
    table: Table<K, V>,
    bounds: &ByteBounds,
    direction: Direction,
    limit: usize,
) -> Result<Vec<(K, V)>, Error> {
    let mut found = Vec::new();
    if limit == 0 {
        return Ok(found);
    }
    rows.visit_rows(table.name(), bounds, direction, &mut |key, value| {
        found.push((table.decode_key(key)?, table.decode_value(value)?));
        Ok(if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(found)
}

/// Walks a range of an open table.
pub(super) fn visit_table(
    table: &impl ReadableTable<Bytes, Bytes>,
    bounds: &ByteBounds,
    direction: Direction,
    visit: Visit<'_>,
) -> Result<(), Error> {
    if is_empty(bounds) {
        return Ok(());
    }
    let slices = (bounds.0.as_ref().map(Vec::as_slice), bounds.1.as_ref().map(Vec::as_slice));
    let mut range = table.range::<&[u8]>(slices)?;
    loop {
        let row = match direction {
            Direction::Forward => range.next(),
            Direction::Reverse => range.next_back(),
        };
        let Some(row) = row else { return Ok(()) };
        let (key, value) = row?;
        if visit(key.value(), value.value())?.is_break() {
            return Ok(());
        }
    }
}

/// Whether the bounds are turned round: such a range holds nothing, and is no error.
fn is_empty(bounds: &ByteBounds) -> bool {
    match (bounds.start_bound(), bounds.end_bound()) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (
            Bound::Included(start) | Bound::Excluded(start),
            Bound::Included(end) | Bound::Excluded(end),
        ) => start >= end,
    }
}

type OpenTable = Option<Rc<redb::ReadOnlyTable<Bytes, Bytes>>>;

/// One consistent state of the database, however long writers go on meanwhile.
///
/// While it lives the file cannot reuse the pages it sees: keep it short.
pub struct ReadTx {
    open: RefCell<BTreeMap<&'static str, OpenTable>>,
    transaction: redb::ReadTransaction,
    /// Keeps the database open for as long as somebody reads it.
    _database: Arc<redb::Database>,
}

impl ReadTx {
    pub(super) fn begin(database: Arc<redb::Database>) -> Result<Self, Error> {
        let transaction = database.begin_read()?;
        Ok(Self { open: RefCell::default(), transaction, _database: database })
    }

    /// The names of the tables that the file really has, of either kind.
    pub(super) fn table_names(&self) -> Result<Vec<String>, Error> {
        use redb::{MultimapTableHandle, TableHandle};
        let mut names: Vec<_> =
            self.transaction.list_tables()?.map(|table| table.name().to_owned()).collect();
        names.extend(self.transaction.list_multimap_tables()?.map(|table| table.name().to_owned()));
        Ok(names)
    }

    fn table(&self, name: &'static str) -> Result<OpenTable, Error> {
        if let Some(table) = self.open.borrow().get(name) {
            return Ok(table.clone());
        }
        let table = match self.transaction.open_table(definition(name)) {
            Ok(table) => Some(Rc::new(table)),
            Err(TableError::TableDoesNotExist(_)) => None,
            Err(error) => return Err(error.into()),
        };
        self.open.borrow_mut().insert(name, table.clone());
        Ok(table)
    }
}

impl sealed::Rows for ReadTx {
    fn row<T>(
        &self,
        table: &'static str,
        key: &[u8],
        then: impl FnOnce(&[u8]) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let Some(table) = self.table(table)? else { return Ok(None) };
        let value = ReadableTable::get(&*table, key)?;
        value.map(|value| then(value.value())).transpose()
    }

    fn visit_rows(
        &self,
        table: &'static str,
        bounds: &ByteBounds,
        direction: Direction,
        visit: Visit<'_>,
    ) -> Result<(), Error> {
        match self.table(table)? {
            Some(table) => visit_table(&*table, bounds, direction, visit),
            None => Ok(()),
        }
    }

    fn row_count(&self, table: &'static str) -> Result<u64, Error> {
        Ok(self.table(table)?.map_or(Ok(0), |table| table.len())?)
    }
}

impl Reader for ReadTx {}

impl fmt::Debug for ReadTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadTx").finish_non_exhaustive()
    }
}
