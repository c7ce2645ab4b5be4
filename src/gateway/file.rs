//! Codes in a file, one JSON line each: for tests, and for programs on the same machine that send
//! text messages in their own way. A line is in the file before the shopper is answered.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use crate::app::one_time_codes::{CodeChannel, CodeMessage, NotDelivered};
use crate::data_dir::{DataDir, DataDirError};

/// When the file is this large, it is set aside as `.old` in place of the one before: what is in
/// it is useless after five minutes.
const FILE_MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Appends codes to a file.
#[derive(Debug)]
pub struct FileChannel {
    dir: DataDir,
    path: PathBuf,
    turn: Mutex<()>,
}

#[derive(Serialize)]
struct Line<'m> {
    mobile_number: &'m str,
    e164: &'m str,
    otp: &'m str,
    expires_at: Timestamp,
}

impl FileChannel {
    /// A channel to this file, which is made if it is missing, 0600.
    pub fn open(dir: DataDir, path: PathBuf) -> Result<Self, DataDirError> {
        drop(dir.open_private(&path)?);
        Ok(Self { dir, path, turn: Mutex::new(()) })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn append(&self, line: &[u8]) -> Result<(), DataDirError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |source| DataDirError::Io { action: "write", path: self.path.clone(), source };
        // Opened each time: its reader may move it away.
        let mut file = self.dir.open_private(&self.path)?;
        if file.seek(SeekFrom::End(0)).map_err(failed)? >= FILE_MAX_BYTES {
            let mut old = self.path.clone().into_os_string();
            old.push(".old");
            fs::rename(&self.path, old).map_err(failed)?;
            file = self.dir.open_private(&self.path)?;
        }
        file.write_all(line).and_then(|()| file.flush()).map_err(failed)
    }
}

impl CodeChannel for FileChannel {
    fn deliver(&self, message: CodeMessage) -> Result<(), NotDelivered> {
        let line = Line {
            mobile_number: &message.mobile_number,
            e164: message.e164.as_str(),
            otp: message.code.expose(),
            expires_at: message.expires_at,
        };
        let mut line =
            serde_json::to_vec(&line).map_err(|error| NotDelivered(error.to_string()))?;
        line.push(b'\n');
        self.append(&line).map_err(|error| NotDelivered(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use crate::auth::OneTimeCode;

    use super::*;

    fn message(number: &str) -> CodeMessage {
        CodeMessage {
            id: "1".into(),
            mobile_number: number.into(),
            e164: "+4917604069003".parse().unwrap(),
            code: OneTimeCode::generate(),
            expires_at: "2026-11-20T12:05:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn each_code_is_a_line_of_a_private_file() {
        let outer = tempfile::tempdir().unwrap();
        let dir = DataDir::open(outer.path().join("data")).unwrap();
        let path = outer.path().join("codes.ndjson");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let channel = FileChannel::open(dir, path.clone()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let first = message("0176 \"04069003");
        channel.deliver(first.clone()).unwrap();
        fs::remove_file(&path).unwrap();
        channel.deliver(first.clone()).unwrap();
        channel.deliver(message("2")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        let expected = serde_json::json!({
            "mobile_number": "0176 \"04069003", "e164": "+4917604069003",
            "otp": first.code.expose(), "expires_at": "2026-11-20T12:05:00Z",
        });
        assert_eq!(lines[0], expected);
    }

    #[test]
    fn the_file_does_not_grow_for_ever() {
        let outer = tempfile::tempdir().unwrap();
        let dir = DataDir::open(outer.path().join("data")).unwrap();
        let path = dir.one_time_codes();
        let channel = FileChannel::open(dir, path.clone()).unwrap();
        let full = vec![b'\n'; usize::try_from(FILE_MAX_BYTES).unwrap()];
        fs::write(&path, &full).unwrap();
        channel.deliver(message("1")).unwrap();
        assert!(fs::metadata(&path).unwrap().len() < 1024);
        let old = path.with_extension("ndjson.old");
        assert_eq!(fs::metadata(old).unwrap().len(), FILE_MAX_BYTES);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_at_start() {
        let outer = tempfile::tempdir().unwrap();
        let dir = DataDir::open(outer.path().join("data")).unwrap();
        let path = outer.path().join("nowhere/codes.ndjson");
        let error = FileChannel::open(dir, path).unwrap_err();
        assert!(error.to_string().contains("nowhere/codes.ndjson"), "{error}");
    }
}
