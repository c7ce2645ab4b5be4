//! Makes an archive beside the running shop.
//!
//! The database comes first, from one read transaction; the files after it. A file that is deleted
//! in between was deleted by the shop, so its absence is no hole. A file that cannot be in an
//! archive (a link, a socket, a name that is no text) fails the backup instead of being left out.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use jiff::Timestamp;

use super::error::failed;
use super::format::{
    CONFIG_FILE, DATA, DEPTH_MAX, FILE, FOLDERS, FRAME_BYTES_MAX, FrameWriter, HEADER, Header,
    ROW_HEAD_BYTES, ROWS, TABLE, TRAILER, Trailer, name_fault, push_row,
};
use super::swap::sync_dir;
use super::{BackupError, Summary, TableRows};
use crate::data_dir::DataDir;
use crate::domain::audit::ChainReport;
use crate::domain::stock::LedgerReport;
use crate::storage::audit::RowCheck;
use crate::storage::ledger;
use crate::storage::tables::META_BY_NAME;
use crate::storage::{MAX_KEY_BYTES, MAX_VALUE_BYTES, Store};

/// Rows are gathered up to this many bytes: a frame that has fewer takes one more row.
const ROWS_BYTES: usize = 64 * 1024;
const _: () =
    assert!(ROWS_BYTES + ROW_HEAD_BYTES + MAX_KEY_BYTES + MAX_VALUE_BYTES <= FRAME_BYTES_MAX);
/// Files are cut into pieces of this many bytes.
const DATA_BYTES: usize = 64 * 1024;
/// The most entries of one folder: their names are sorted in memory.
const FOLDER_ENTRIES_MAX: usize = 1_000_000;
const WRITE_BUFFER_BYTES: usize = 256 * 1024;
/// Between the name of a backup and the random end of the name that it has while it is made.
const PARTIAL: &str = ".partial-";
/// How often a file is opened anew because it was replaced in that moment.
const OPEN_ATTEMPTS: u32 = 10;

/// Writes an archive of the store and of the files of `dir` to `out`. Blocks for as long as that
/// takes; the shop goes on meanwhile.
pub fn create(
    store: &Store,
    dir: &DataDir,
    out: &mut impl Write,
    now: Timestamp,
) -> Result<Summary, BackupError> {
    let mut writer = FrameWriter::begin(BufWriter::with_capacity(WRITE_BUFFER_BYTES, out))?;
    let header = Header {
        created_at: now,
        cartwright: env!("CARGO_PKG_VERSION").to_owned(),
        schema_version: schema_version(store)?,
    };
    writer.json(HEADER, &header)?;
    let (tables, checks) = write_tables(store, &mut writer)?;
    let mut trailer = Trailer { tables, ..Trailer::default() };
    // In the order of their names: "blobs/", "config.toml", "keys/".
    write_folder(dir, FOLDERS[0], 1, &mut writer, &mut trailer)?;
    write_file(dir, CONFIG_FILE, &mut writer, &mut trailer)?;
    write_folder(dir, FOLDERS[1], 1, &mut writer, &mut trailer)?;
    writer.json(TRAILER, &trailer)?;
    Ok(summary(header, trailer, writer.finish()?, checks))
}

/// [`create`] into the file at `path`, which appears, or is replaced, when all of it is on disk.
/// Only its owner can read it.
pub fn create_file(
    store: &Store,
    dir: &DataDir,
    path: &Path,
    now: Timestamp,
) -> Result<Summary, BackupError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let Some(name) = path.file_name().filter(|_| !path.is_dir()) else {
        let source = io::Error::from(io::ErrorKind::IsADirectory);
        return Err(failed("write a backup to", path)(source));
    };
    let is_inside = is_inside(folder, dir.path());
    if is_inside && !self::is_inside(folder, &dir.backups()) {
        return Err(BackupError::InsideData { path: path.to_owned() });
    }
    let mut prefix = name.to_owned();
    prefix.push(PARTIAL);
    remove_leftovers(folder, &prefix)?;
    let mut partial = tempfile::Builder::new()
        .prefix(&prefix)
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)
        .map_err(failed("write into", folder))?;
    // Tells a backup that is being made from one whose maker was killed. A file system without
    // locks has leftovers deleted by nobody, which is harmless.
    drop(partial.as_file().try_lock());
    let summary = create(store, dir, partial.as_file_mut(), now)?;
    if is_inside {
        dir.adopt(partial.path())?;
    }
    partial.as_file().sync_all().map_err(BackupError::Write)?;
    partial.persist(path).map_err(|error| failed("create", path)(error.error))?;
    sync_dir(folder)?;
    Ok(summary)
}

/// What the parts of an archive say together.
pub(super) fn summary(
    header: Header,
    trailer: Trailer,
    archive_bytes: u64,
    (audit, ledger): (ChainReport, LedgerReport),
) -> Summary {
    Summary {
        created_at: header.created_at,
        cartwright: header.cartwright,
        schema_version: header.schema_version,
        rows: trailer.tables.iter().map(|table| table.rows).sum(),
        tables: trailer.tables,
        files: trailer.files,
        file_bytes: trailer.file_bytes,
        archive_bytes,
        audit,
        ledger,
    }
}

/// The schema version of an open store: the newest that this program knows.
pub(super) fn schema_version(store: &Store) -> Result<u64, BackupError> {
    use crate::storage::Reader as _;
    let version = store.read(|tx| tx.get(META_BY_NAME, &"schema_version".to_owned()))?;
    Ok(version.unwrap_or_default())
}

/// Whether `folder` is `outer` or in it.
fn is_inside(folder: &Path, outer: &Path) -> bool {
    match (folder.canonicalize(), outer.canonicalize()) {
        (Ok(folder), Ok(outer)) => folder.starts_with(outer),
        _ => false,
    }
}

/// Deletes what killed backups to the same path have left.
fn remove_leftovers(folder: &Path, prefix: &OsStr) -> Result<(), BackupError> {
    for entry in fs::read_dir(folder).map_err(failed("read", folder))? {
        let entry = entry.map_err(failed("read", folder))?;
        let is_leftover = entry.file_name().as_bytes().starts_with(prefix.as_bytes())
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if is_leftover {
            // Somebody else's, perhaps; it does not hinder this backup.
            drop(fs::remove_file(entry.path()));
        }
    }
    Ok(())
}

fn write_tables<W: Write>(
    store: &Store,
    writer: &mut FrameWriter<W>,
) -> Result<(Vec<TableRows>, (ChainReport, LedgerReport)), BackupError> {
    let mut current = None;
    let (mut audit, mut ledger) = (RowCheck::default(), ledger::RowCheck::default());
    let mut rows = Vec::with_capacity(FRAME_BYTES_MAX);
    let export = store.export_tables(|table, key, value| {
        if current != Some(table) {
            flush_rows(writer, &mut rows)?;
            writer.frame(TABLE, table.as_bytes())?;
            current = Some(table);
        }
        audit.row(table, key, value)?;
        ledger.row(table, key, value)?;
        push_row(&mut rows, key, value);
        if rows.len() >= ROWS_BYTES {
            flush_rows(writer, &mut rows)?;
        }
        Ok::<_, BackupError>(())
    })?;
    flush_rows(writer, &mut rows)?;
    // Tables without rows are not in the archive: it begins a table at its first row.
    let filled = export.rows_by_table.into_iter().filter(|&(_, rows)| rows > 0);
    let tables = filled.map(|(name, rows)| TableRows { name: name.to_owned(), rows }).collect();
    Ok((tables, (audit.finish(), ledger.finish())))
}

fn flush_rows<W: Write>(
    writer: &mut FrameWriter<W>,
    rows: &mut Vec<u8>,
) -> Result<(), BackupError> {
    if !rows.is_empty() {
        writer.frame(ROWS, rows)?;
        rows.clear();
    }
    Ok(())
}

fn write_folder<W: Write>(
    dir: &DataDir,
    folder: &str,
    depth: usize,
    writer: &mut FrameWriter<W>,
    trailer: &mut Trailer,
) -> Result<(), BackupError> {
    let path = dir.path().join(folder);
    let unsupported = |path: &Path, detail| BackupError::Unsupported { path: path.into(), detail };
    let mut names = Vec::new();
    for entry in fs::read_dir(&path).map_err(failed("read", &path))? {
        let entry = entry.map_err(failed("read", &path))?;
        let name = entry.file_name().into_string();
        let name = name.map_err(|_| unsupported(&entry.path(), "its name is no text"))?;
        // A file that is being replaced at this moment; the old one is still there.
        if name.starts_with(".cartwright-")
            && Path::new(&name).extension().is_some_and(|it| it == "tmp")
        {
            continue;
        }
        let kind = entry.file_type().map_err(failed("read", &entry.path()))?;
        if kind.is_dir() {
            if depth + 1 >= DEPTH_MAX {
                return Err(unsupported(&entry.path(), "it is too deep in folders"));
            }
            // With the slash, because the names of its files will sort with it.
            names.push(format!("{folder}/{name}/"));
        } else if kind.is_file() {
            names.push(format!("{folder}/{name}"));
        } else {
            return Err(unsupported(&entry.path(), "it is a link or a device"));
        }
        if names.len() > FOLDER_ENTRIES_MAX {
            return Err(unsupported(&path, "it has too many files"));
        }
    }
    names.sort_unstable();
    for name in names {
        match name.strip_suffix('/') {
            Some(folder) => write_folder(dir, folder, depth + 1, writer, trailer)?,
            None => write_file(dir, &name, writer, trailer)?,
        }
    }
    Ok(())
}

/// Writes the file, unless there is none (any more).
fn write_file<W: Write>(
    dir: &DataDir,
    name: &str,
    writer: &mut FrameWriter<W>,
    trailer: &mut Trailer,
) -> Result<(), BackupError> {
    let path = dir.path().join(name);
    if let Some(detail) = name_fault(name) {
        return Err(BackupError::Unsupported { path, detail });
    }
    let Some(mut file) = open_regular(&path)? else { return Ok(()) };
    writer.frame(FILE, name.as_bytes())?;
    trailer.files += 1;
    let mut piece = Vec::with_capacity(DATA_BYTES);
    let piece_bytes = u64::try_from(DATA_BYTES).expect("lengths fit 64 bits");
    loop {
        piece.clear();
        let taken = Read::by_ref(&mut file).take(piece_bytes).read_to_end(&mut piece);
        if taken.map_err(failed("read", &path))? == 0 {
            return Ok(());
        }
        writer.frame(DATA, &piece)?;
        trailer.file_bytes += u64::try_from(piece.len()).expect("lengths fit 64 bits");
    }
}

/// Opens the file, unless there is none; never what a link leads to.
fn open_regular(path: &Path) -> Result<Option<File>, BackupError> {
    for _ in 0..OPEN_ATTEMPTS {
        let named = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            named => named.map_err(failed("read", path))?,
        };
        if !named.is_file() {
            let detail = "it is a link or a device";
            return Err(BackupError::Unsupported { path: path.to_owned(), detail });
        }
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(failed("open", path))?,
        };
        let opened = file.metadata().map_err(failed("read", path))?;
        if (named.dev(), named.ino()) == (opened.dev(), opened.ino()) {
            return Ok(Some(file));
        }
    }
    Err(failed("open", path)(io::ErrorKind::ResourceBusy.into()))
}
