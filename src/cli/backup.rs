//! `backup`, `restore`, `verify`: archives of everything.

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;

use clap::Args;
use serde_json::{Value, json};

use super::Global;
use super::output::{self, Failure, cell};
use super::user::Json;
use crate::backup;
use crate::clock::Clock;
use crate::control;
use crate::data_dir::DataDir;
use crate::storage::Store;
use crate::wire::control::Request;

/// Write a backup of everything into one file; a running server goes on meanwhile
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cartwright backup /mnt/usb/shop.cwb\n\n\
    The file holds secrets: only its owner can read it.")]
pub(super) struct Backup {
    /// The file; it appears, or is replaced, when all of it is on disk
    file: PathBuf,
    #[command(flatten)]
    json: Json,
}

/// Replace the shop with a backup; the server must be stopped
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  cartwright restore /mnt/usb/shop.cwb --data /srv/shop --force\n\n\
    A damaged file changes nothing. What is replaced is kept aside. All sessions end."
)]
pub(super) struct Restore {
    /// The backup
    file: PathBuf,
    /// Replace a shop that is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    json: Json,
}

/// Check a backup, or without FILE the shop's own database; either with its audit log
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cartwright verify /mnt/usb/shop.cwb\n\n\
    Every byte is read and the chain of the audit log is followed. Write the hash of the newest\n\
    entry down elsewhere: an audit log that was replaced as a whole shows only by comparison.")]
pub(super) struct Verify {
    /// The backup
    file: Option<PathBuf>,
    #[command(flatten)]
    json: Json,
}

impl Backup {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let target = Target::of(&self.file, &global.data_dir())?;
        let mut partial = tempfile::Builder::new()
            .prefix(&target.prefix)
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(&target.folder)
            .map_err(|error| cannot("write into", &target.folder, &error))?;
        let summary = global.ask_with(Request::Backup, &mut std::io::empty(), &mut |piece| {
            partial.write_all(piece).map_err(|error| cannot("write", &self.file, &error))
        })?;
        let written = partial.as_file().sync_all();
        written.map_err(|error| cannot("write", &self.file, &error))?;
        if target.is_inside {
            DataDir::open(global.data_dir())?.adopt(partial.path())?;
        }
        partial.persist(&self.file).map_err(|error| cannot("create", &self.file, &error.error))?;
        File::open(&target.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| cannot("sync", &target.folder, &error))?;
        told(&summary, &self.json, &format!("backup {} written", self.file.display()))
    }
}

impl Restore {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let root = global.data_dir();
        if control::connect(&root).is_ok() {
            return Err(Failure::new(format!(
                "a server runs on {}: stop it, restore, and start it again",
                root.display()
            )));
        }
        // A file that is no backup does not even make the directory.
        backup::verify_file(&self.file)?;
        let dir = DataDir::open(&root)?;
        let _lock = dir.lock()?;
        let restored = backup::restore(&self.file, &dir, Clock::system().now(), self.force)?;
        if let Some(aside) = &restored.replaced {
            eprintln!("What was there before is kept in {}", aside.display());
        }
        if let Some(complaint) = restored.summary.audit.complaint() {
            eprintln!("The backup is restored, but {complaint}.");
        }
        if let Some(complaint) = restored.summary.ledger.complaint() {
            eprintln!("The backup is restored, but {complaint}.");
        }
        let mut summary = serde_json::to_value(&restored.summary)?;
        summary["replaced"] = json!(restored.replaced);
        told(&summary, &self.json, &format!("restored into {}", root.display()))
    }
}

impl Verify {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        if let Some(file) = &self.file {
            let summary = serde_json::to_value(backup::verify_file(file)?)?;
            told(&summary, &self.json, &format!("{} is whole", file.display()))?;
            return told_checks(&summary, &self.json);
        }
        let root = global.data_dir();
        let database = root.join("cartwright.redb");
        if !database.exists() {
            return Err(Failure::new(format!(
                "there is no shop in {}: name its directory with --data DIR",
                root.display()
            )));
        }
        if control::connect(&root).is_ok() {
            let summary = verify_running(global)?;
            told(&summary, &self.json, "every row of the running shop can be read")?;
            return told_checks(&summary, &self.json);
        }
        let dir = DataDir::open(&root)?;
        let _lock = dir.lock()?;
        let check = Store::check(&dir.database())?;
        let answer = json!({
            "rows": check.rows,
            "was_sound": check.was_sound,
            "audit": serde_json::to_value(&check.audit)?,
            "ledger": serde_json::to_value(&check.ledger)?,
        });
        told(&answer, &self.json, &format!("{} is sound", database.display()))?;
        if !check.was_sound {
            eprintln!("Its structure had been damaged, by a power cut perhaps, and is repaired.");
        }
        told_checks(&answer, &self.json)
    }
}

/// Makes a backup that is checked as it comes and kept nowhere.
fn verify_running(global: &Global) -> Result<Value, Failure> {
    let (reader, mut writer) = io::pipe()?;
    let checking = thread::spawn(move || backup::verify(reader));
    let asked = global.ask_with(Request::Verify, &mut std::io::empty(), &mut |piece| {
        // When the check has found something it reads no further, and says what.
        let _ = writer.write_all(piece);
        Ok(())
    });
    drop(writer);
    let checked = checking.join().map_err(|_| Failure::new("the check broke off"))?;
    asked?;
    Ok(serde_json::to_value(checked?)?)
}

/// Where a backup goes.
struct Target {
    folder: PathBuf,
    prefix: OsString,
    is_inside: bool,
}

impl Target {
    fn of(file: &Path, data: &Path) -> Result<Self, Failure> {
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let Some(name) = file.file_name().filter(|_| !file.is_dir()) else {
            return Err(Failure::new(format!("{} is a directory: name a file", file.display())));
        };
        let real = fs::canonicalize(&folder).map_err(|error| cannot("find", &folder, &error))?;
        let data = fs::canonicalize(data).unwrap_or_else(|_| data.to_owned());
        let is_inside = real.starts_with(&data);
        if is_inside && !real.starts_with(data.join("backups")) {
            let source = backup::BackupError::InsideData { path: file.to_owned() };
            return Err(source.into());
        }
        let mut prefix = name.to_owned();
        prefix.push(".partial-");
        Ok(Self { folder, prefix, is_inside })
    }
}

fn cannot(action: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("cannot {action} {}: {error}", path.display()))
}

fn told(summary: &Value, json: &Json, what: &str) -> Result<(), Failure> {
    if json.json {
        return output::print_json(summary);
    }
    output::print(format!("{what}: {} rows", cell(&summary["rows"])))
}

/// What the checks of the audit log and the stock ledger found: a broken one fails the command.
fn told_checks(summary: &Value, json: &Json) -> Result<(), Failure> {
    told_audit(&summary["audit"], json)?;
    let ledger = &summary["ledger"];
    let fault = &ledger["fault"];
    if !fault.is_null() {
        return Err(Failure::new(format!(
            "the stock ledger is broken: the stock of product {} is {}, but its movements add up \
             to {} ({} such products)",
            cell(&fault["product_id"]),
            cell(&fault["stock"]),
            cell(&fault["sum"]),
            cell(&ledger["faults"])
        )));
    }
    if json.json {
        return Ok(());
    }
    output::print(format!(
        "stock ledger: {} movements explain the stock of {} products",
        cell(&ledger["movements"]),
        cell(&ledger["products"])
    ))
}

/// What the check of the audit log found: a broken one fails the command.
fn told_audit(audit: &Value, json: &Json) -> Result<(), Failure> {
    let fault = &audit["fault"];
    if !fault.is_null() {
        return Err(Failure::new(format!(
            "the audit log is broken at entry {}: {}",
            cell(&fault["seq"]),
            cell(&fault["detail"])
        )));
    }
    if json.json {
        return Ok(());
    }
    output::print(format!(
        "audit log: {} entries, the newest is {} with hash {}",
        cell(&audit["entries"]),
        cell(&audit["head_seq"]),
        cell(&audit["head_hash"])
    ))
}
