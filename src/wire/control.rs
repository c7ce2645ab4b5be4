//! What the command line asks of an appliance, running or not, and how that crosses a socket.
//!
//! A message is a sequence of frames: a kind, a length of four bytes (little endian), that many
//! bytes. A request is one JSON frame, body frames, and an end; an answer is body frames and one
//! JSON frame at last.

use std::fmt;
use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::import::ImportOptions;

/// Largest JSON frame, in bytes.
pub const JSON_MAX_BYTES: usize = 64 * 1024 * 1024;
/// Largest body that is held in memory, in bytes: rows go to the disk.
pub const BODY_MAX_BYTES: usize = 64 * 1024 * 1024;
/// Largest piece of a body, in bytes.
pub const PIECE_MAX_BYTES: usize = 1024 * 1024;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Request {
    /// Make an account.
    UserAdd {
        /// What they sign in with.
        username: String,
        /// Their e-mail address.
        email: Option<String>,
        /// `admin`, `staff` or `customer`.
        role: String,
        /// Their password.
        password: Password,
    },
    /// All accounts.
    UserList,
    /// Give an account another password.
    UserSetPassword {
        /// Whose.
        username: String,
        /// The new one.
        password: Password,
    },
    /// Give an account another role.
    UserSetRole {
        /// Whose.
        username: String,
        /// `admin`, `staff` or `customer`.
        role: String,
    },
    /// Refuse an account everywhere.
    UserDisable {
        /// Whose.
        username: String,
    },
    /// An access token for an account.
    UserToken {
        /// Whose.
        username: String,
        /// How long it lives.
        minutes: u32,
    },
    /// The keys that sign access tokens, without what is secret.
    KeysList,
    /// Another key to sign access tokens with.
    KeysRotate {
        /// Whether the old ones are dropped at once.
        now: bool,
    },
    /// Add a trolley.
    DeviceAdd {
        /// What people call it.
        name: String,
    },
    /// All trolleys.
    DeviceList,
    /// Give a trolley another key.
    DeviceRotate {
        /// Which.
        id: u64,
    },
    /// Refuse a trolley for good.
    DeviceRevoke {
        /// Which.
        id: u64,
    },
    /// A code that lets a board in.
    PairingCode {
        /// What the new trolley will be called.
        name: Option<String>,
    },
    /// Take the body as an image of firmware.
    FirmwareAdd {
        /// What the firmware says that it is.
        version: String,
        /// What it runs on; none: what the image says.
        chip: Option<String>,
    },
    /// All images of firmware.
    FirmwareList,
    /// Hand an image out.
    FirmwareRoll {
        /// Which.
        id: u64,
        /// `one`, `tenth` or `all`.
        ring: String,
        /// The trolley of ring one.
        device_id: Option<u64>,
        /// Although something speaks against it.
        force: bool,
    },
    /// Hand an image out no more.
    FirmwareHalt {
        /// Which.
        id: u64,
    },
    /// Bring in the products of the body.
    ImportProducts(ImportOptions),
    /// Bring in the users of the body.
    ImportUsers(ImportOptions),
    /// Bring in the promotions of the body.
    ImportPromotions(ImportOptions),
    /// Imports of products, the newest first.
    ImportList,
    /// Take an import of products back.
    ImportUndo {
        /// Its number.
        id: u64,
    },
    /// Take the body as the store's map.
    ImportMap(ImportOptions),
    /// Write out a table.
    Export {
        /// Which.
        table: ExportTable,
        /// How.
        format: ExportFormat,
    },
    /// Write out the store's map.
    ExportMap {
        /// How.
        #[serde(default)]
        format: MapFormat,
    },
    /// Say what is wrong with the map in the body.
    MapLint,
    /// Write out the audit log, with what verifies it.
    ExportAudit,
    /// Write out an archive of everything.
    Backup,
    /// The same archive, to check it and keep nothing.
    Verify,
    /// What the first admin must know.
    SetupToken,
}

impl Request {
    /// Whether it is about what is there already: a mistyped directory is no new shop.
    pub const fn needs_a_shop(&self) -> bool {
        matches!(
            self,
            Self::UserList
                | Self::UserSetPassword { .. }
                | Self::UserSetRole { .. }
                | Self::UserDisable { .. }
                | Self::UserToken { .. }
                | Self::KeysList
                | Self::KeysRotate { .. }
                | Self::DeviceList
                | Self::DeviceRotate { .. }
                | Self::DeviceRevoke { .. }
                | Self::FirmwareList
                | Self::FirmwareRoll { .. }
                | Self::FirmwareHalt { .. }
                | Self::Export { .. }
                | Self::ExportMap { .. }
                | Self::MapLint
                | Self::ExportAudit
                | Self::Backup
                | Self::Verify
                | Self::ImportList
                | Self::ImportUndo { .. }
        )
    }

    /// Whether its body is a file that is read row by row, and may be long.
    pub const fn takes_rows(&self) -> bool {
        matches!(self, Self::ImportProducts(_) | Self::ImportUsers(_) | Self::ImportPromotions(_))
    }

    /// Whether what it writes out is how far it is: lines of JSON.
    pub const fn tells_progress(&self) -> bool {
        matches!(self, Self::ImportProducts(_) | Self::ImportUndo { .. })
    }
}

/// A table to write out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportTable {
    /// The catalogue.
    Products,
    /// All orders.
    Orders,
    /// All accounts, with their password hashes.
    Users,
    /// Carts that hold something.
    Carts,
}

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// A header and a line for each row.
    Csv,
    /// A JSON object on each line.
    Ndjson,
}

/// How a map is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MapFormat {
    /// As the importer has it.
    #[default]
    Json,
    /// For programs that draw maps.
    Geojson,
}

/// A password on its way; it does not print itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(********)")
    }
}

/// What comes back last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It was done.
    Done(Value),
    /// It was not.
    Refused {
        /// Stable kebab-case.
        code: String,
        /// What is wrong and what to do.
        detail: String,
    },
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A request or an answer.
    Json(Vec<u8>),
    /// A piece of a body.
    Piece(Vec<u8>),
    /// The end of a request's body.
    End,
}

impl Frame {
    /// Writes the frame.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let (kind, bytes): (u8, &[u8]) = match self {
            Self::Json(bytes) => (b'J', bytes),
            Self::Piece(bytes) => (b'B', bytes),
            Self::End => (b'E', &[]),
        };
        let length = u32::try_from(bytes.len()).map_err(|_| bad("a frame is too long"))?;
        to.write_all(&[kind])?;
        to.write_all(&length.to_le_bytes())?;
        to.write_all(bytes)
    }

    /// Reads a frame; an end of the stream is an error.
    pub fn read(from: &mut impl Read) -> io::Result<Self> {
        let (mut kind, mut length) = ([0; 1], [0; 4]);
        from.read_exact(&mut kind)?;
        from.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        let limit = match kind[0] {
            b'J' => JSON_MAX_BYTES,
            b'B' => PIECE_MAX_BYTES,
            _ => 0,
        };
        if length > limit {
            return Err(bad("a frame is too long"));
        }
        let mut bytes = vec![0; length];
        from.read_exact(&mut bytes)?;
        match kind[0] {
            b'J' => Ok(Self::Json(bytes)),
            b'B' => Ok(Self::Piece(bytes)),
            b'E' => Ok(Self::End),
            _ => Err(bad("a frame of an unknown kind")),
        }
    }
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_as_they_went() {
        let frames = [Frame::Json(b"{}".to_vec()), Frame::Piece(vec![0, 255, 10]), Frame::End];
        let mut bytes = Vec::new();
        for frame in &frames {
            frame.write(&mut bytes).unwrap();
        }
        let mut from = bytes.as_slice();
        for frame in &frames {
            assert_eq!(&Frame::read(&mut from).unwrap(), frame);
        }
        assert!(Frame::read(&mut from).is_err());
        assert!(Frame::read(&mut [b'B', 255, 255, 255, 255].as_slice()).is_err());
        assert!(Frame::read(&mut [b'X', 0, 0, 0, 0].as_slice()).is_err());
    }

    #[test]
    fn a_request_hides_its_password_from_logs() {
        let request = Request::UserSetPassword {
            username: "ann".into(),
            password: Password("correct horse".into()),
        };
        assert!(!format!("{request:?}").contains("horse"));
        let json = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<Request>(&json).unwrap(), request);
    }
}
