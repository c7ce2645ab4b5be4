//! The ways by which one-time codes leave: a file, or the owner's SMS gateway.
//!
//! `app` hands a code over and answers the shopper; what the gateway says later goes to the log
//! and never to the shopper. Nothing here logs a code, a whole number or a secret.

mod file;
mod signature;
mod webhook;

pub use file::FileChannel;
pub use signature::sign;
pub use webhook::{SIGNATURE_HEADER, Webhook, WebhookOptions};

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::{Config, OtpChannel, Secret};
use crate::data_dir::{DataDir, DataDirError};

/// Bytes of a secret that is made here, before they are written as hexadecimal.
const SECRET_BYTES: usize = 32;
/// Shortest secret that a file may hold, in bytes.
const SECRET_MIN_BYTES: usize = 16;

/// Why codes cannot leave as the settings say. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The secret's file holds too little.
    #[error(
        "{} must hold at least {SECRET_MIN_BYTES} bytes: delete it to have a new secret made",
        path.display()
    )]
    WeakSecret {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The secret cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Makes the app's codes leave as the settings say, until `shutdown`.
pub fn start(
    dir: &DataDir,
    config: &Config,
    app: &App,
    shutdown: &CancellationToken,
) -> Result<(), GatewayError> {
    match config.otp_channel {
        OtpChannel::Log => {}
        OtpChannel::File => {
            let path = config.otp_file.clone().unwrap_or_else(|| dir.one_time_codes());
            let channel = FileChannel::open(dir.clone(), path)?;
            tracing::info!(file = %channel.path().display(), "one-time codes go to a file");
            app.send_codes_by(Arc::new(channel));
        }
        OtpChannel::Webhook => {
            // Settings that name the channel name its address: they were checked together.
            let address = config.otp_webhook.clone().unwrap_or_default();
            let secret = match &config.otp_webhook_secret {
                Some(secret) => secret.clone(),
                None => secret_of(dir)?,
            };
            let host = address.split(['?', '#']).next().unwrap_or_default();
            tracing::info!(gateway = host, "one-time codes go to an SMS gateway");
            let options = WebhookOptions::new(address, secret);
            app.send_codes_by(Arc::new(Webhook::start(options, shutdown.clone())));
        }
    }
    if config.otp_channel != OtpChannel::Webhook && config.otp_webhook.is_some() {
        tracing::warn!("otp_webhook has no effect: otp_channel is not webhook");
    }
    if config.otp_channel != OtpChannel::File && config.otp_file.is_some() {
        tracing::warn!("otp_file has no effect: otp_channel is not file");
    }
    Ok(())
}

/// The secret of the data directory, which the owner copies to the gateway; the first call makes
/// it.
fn secret_of(dir: &DataDir) -> Result<Secret, GatewayError> {
    let path = dir.otp_webhook_secret();
    let text = match std::fs::read(&path) {
        Ok(bytes) => bytes.trim_ascii().to_vec(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut bytes = [0; SECRET_BYTES];
            getrandom::fill(&mut bytes).map_err(|error| GatewayError::Unreadable {
                path: PathBuf::from("the system's source of randomness"),
                source: io::Error::other(error.to_string()),
            })?;
            let hex = signature::to_hex(&bytes);
            dir.create_private(&path, format!("{hex}\n").as_bytes())?;
            tracing::info!(
                file = %path.display(),
                "made the secret that signs one-time codes: copy it to the SMS gateway"
            );
            hex.into_bytes()
        }
        Err(source) => return Err(GatewayError::Unreadable { path, source }),
    };
    if text.len() < SECRET_MIN_BYTES {
        return Err(GatewayError::WeakSecret { path });
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_secret_is_made_once_and_is_private() {
        let outer = tempfile::tempdir().unwrap();
        let dir = DataDir::open(outer.path().join("data")).unwrap();
        let made = secret_of(&dir).unwrap();
        assert_eq!(made.expose().len(), 2 * SECRET_BYTES);
        assert_eq!(secret_of(&dir).unwrap(), made);
        let path = dir.otp_webhook_secret();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        dir.write_private(&path, b"short\n").unwrap();
        assert!(matches!(secret_of(&dir), Err(GatewayError::WeakSecret { .. })));
    }
}
