//! Where the carts' devices come from, and what becomes of them.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use serde::Deserialize;
use serde_json::json;

use super::client::{Connection, Target};

/// What comes in time.
pub type Waiting<'a, T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send + 'a>>;

/// A trolley's hardware as the shop knows it.
#[derive(Clone, Deserialize)]
pub struct Device {
    /// Identity.
    pub id: u64,
    /// What people call it.
    pub name: String,
    /// Its key.
    pub key: String,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Whoever may add and revoke devices.
pub trait Fleet: Send + Sync {
    /// Adds a device.
    fn add(&self, name: String) -> Waiting<'_, Device>;
    /// Revokes a device.
    fn revoke(&self, id: u64) -> Waiting<'_, ()>;
}

/// The shop's API, used with an admin's token.
#[derive(Debug)]
pub struct ByToken {
    url: String,
    file: PathBuf,
}

impl ByToken {
    /// The API at this address. The file is read again for each request: whoever runs for longer
    /// than a token lives can put another one there.
    pub const fn new(url: String, file: PathBuf) -> Self {
        Self { url, file }
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> Result<(u16, Vec<u8>), String> {
        let token = tokio::fs::read_to_string(&self.file)
            .await
            .map_err(|error| format!("cannot read {}: {error}", self.file.display()))?;
        let token = token.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("{} does not hold a token", self.file.display()));
        }
        let target = Target::resolve(&self.url).await?;
        let headers =
            format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
        let request = target.request(method, path, &headers, body);
        let answer = Connection::default().ask(&target, &request, None).await;
        let answer = answer.map_err(|lost| format!("{method} {path}: {}", lost.word()))?;
        Ok((answer.status, answer.body))
    }
}

impl Fleet for ByToken {
    fn add(&self, name: String) -> Waiting<'_, Device> {
        Box::pin(async move {
            let body = json!({ "name": name }).to_string();
            match self.ask("POST", "/devices", &body).await? {
                (201, body) => serde_json::from_slice(&body)
                    .map_err(|error| format!("the shop added a device and then said: {error}")),
                (status, body) => Err(refused("the shop adds no device", status, &body)),
            }
        })
    }

    fn revoke(&self, id: u64) -> Waiting<'_, ()> {
        Box::pin(async move {
            match self.ask("DELETE", &format!("/devices/{id}"), "").await? {
                (200 | 204 | 404, _) => Ok(()),
                (status, body) => Err(refused("the shop does not revoke it", status, &body)),
            }
        })
    }
}

/// A refusal in words.
pub(super) fn refused(what: &str, status: u16, body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let why = body["detail"].as_str().or_else(|| body["message"].as_str()).unwrap_or("no reason");
    let advice = match status {
        401 | 403 => ": the token must be an admin's, as `cartwright user token` prints it",
        _ => "",
    };
    format!("{what} ({status}, {why}){advice}")
}
