//! Signing in by a code that is sent to a mobile phone.
//!
//! Asking for a code never looks at accounts, so its answer and its time are the same for every
//! number. A code that comes back is counted, spent, and what it opens is found or made, all in
//! one transaction: parallel guesses meet the counters one after another, and there is no account
//! before the number is shown to be somebody's.

mod channel;
mod limits;

pub use channel::{CodeChannel, CodeMessage, LogChannel, NotDelivered};

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use jiff::SignedDuration;

use super::accounts::mobile_numbers::{attach, open};
use super::accounts::sessions::{Client, SignedIn};
use super::throttle::Guess;
use super::{App, Error, Result, Shopper};
use crate::auth::{Digest, OneTimeCode, random_bytes, random_id};
use crate::domain::accounts::{MobileNumber, User, Username};
use crate::domain::one_time_codes::{CODE_LIFE, CodeLedger, Verdict};
use crate::storage::{WriteTx, one_time_codes};

/// Random usernames that are tried for a new account. One is free but for a chance in 2^40.
const NAMES_TRIED: usize = 3;

/// How codes leave, and how many did.
#[derive(Debug, Default)]
pub(super) struct Codes {
    channel: OnceLock<Arc<dyn CodeChannel>>,
    limits: limits::Limits,
}

/// What is known of a code that came back.
enum Checked {
    /// It was right, and this is whom it signs in.
    Opened(User),
    /// It was right, is spent, and opens nothing.
    Spent(Error),
    /// It was not right.
    Wrong,
}

/// Who brings a code back, and what for.
struct Attempt {
    number: MobileNumber,
    /// `None` for what cannot be a code.
    seal: Option<Digest>,
    shopper: Option<Shopper>,
    names: Vec<Username>,
}

impl App {
    /// Says how codes leave from now on. Only the first call counts; without one they are logged.
    pub fn send_codes_by(&self, channel: Arc<dyn CodeChannel>) {
        // A second channel would be a mistake of the program's own start, not of a request.
        let _ = self.inner.codes.channel.set(channel);
    }

    /// Sends a code to a number, whoever has it; how long the code is good.
    pub async fn send_code(
        &self,
        written: &str,
        address: Option<IpAddr>,
    ) -> Result<SignedDuration> {
        let number = self.mobile_number(written).map_err(|e| Error::field("mobile_number", e))?;
        let now = self.now();
        let code = OneTimeCode::generate();
        let hash = *code.seal(number.as_str(), self.keys()).as_bytes();
        let message = CodeMessage {
            id: random_id(),
            mobile_number: written.trim().to_owned(),
            e164: number.clone(),
            code,
            expires_at: now + CODE_LIFE,
        };
        let limits = self.inner.codes.limits.clone();
        self.write(move |tx| {
            let before = one_time_codes::ledger(tx, &number)?;
            let ledger = CodeLedger::issue(before, hash, now).map_err(wait)?;
            // Last, for what is refused uses nothing up.
            limits.take(address, now)?;
            Ok(one_time_codes::put(tx, &number, &ledger)?)
        })
        .await?;
        self.deliver(message).await?;
        Ok(CODE_LIFE)
    }

    async fn deliver(&self, message: CodeMessage) -> Result<()> {
        let channel = self.inner.codes.channel.get().cloned();
        let channel = channel.unwrap_or_else(|| Arc::new(LogChannel));
        let delivered = tokio::task::spawn_blocking(move || channel.deliver(message)).await;
        let delivered = delivered.map_err(|error| Error::Internal(error.to_string()))?;
        delivered.map_err(|NotDelivered(cause)| {
            tracing::error!(cause, "a one-time code was not delivered");
            Error::unavailable("code-not-sent", "the code cannot be sent now: try again later")
        })
    }

    /// Signs in by a code: the account of its number, or the one that is made for it. For
    /// somebody who is signed in it changes the number instead, and signs in once more.
    pub async fn sign_in_by_code(
        &self,
        shopper: Option<Shopper>,
        written: &str,
        code: &str,
        client: Client,
    ) -> Result<SignedIn> {
        let number = self.mobile_number(written).map_err(|e| Error::field("mobile_number", e))?;
        let (address, now) = (client.address, self.now());
        let guess = Guess::of_name("code", number.as_str(), address);
        let code = OneTimeCode::parse(code);
        let attempt = Attempt {
            seal: code.map(|code| code.seal(number.as_str(), self.keys())),
            number,
            shopper,
            names: (0..NAMES_TRIED).map(|_| random_username()).collect::<Result<_>>()?,
        };
        let checked = self.guarded(guess, async {
            Ok(match self.write(move |tx| check(tx, attempt, now)).await? {
                Checked::Opened(user) => Some(Ok(user)),
                Checked::Spent(refusal) => Some(Err(refusal)),
                Checked::Wrong => None,
            })
        });
        let user = match checked.await {
            Ok(Some(opened)) => opened,
            Ok(None) => Err(invalid_code()),
            Err(error) => Err(error),
        };
        let user = user.inspect_err(|error| self.note_failure("code", None, address, error))?;
        self.tell_session_ends();
        self.sign_in_verified(&user, client).await
    }
}

fn check(tx: &mut WriteTx<'_>, attempt: Attempt, now: jiff::Timestamp) -> Result<Checked> {
    let Attempt { number, seal, shopper, names } = attempt;
    // Nothing is kept of numbers that no code was sent to: strangers could fill the disk.
    let Some(mut ledger) = one_time_codes::ledger(tx, &number)? else {
        return Ok(Checked::Wrong);
    };
    let verdict = ledger.check(now, |live| seal == Some(Digest::from_bytes(*live)));
    if let Verdict::Locked(rest) = verdict {
        return Err(wait(rest));
    }
    one_time_codes::put(tx, &number, &ledger)?;
    if verdict == Verdict::Wrong {
        return Ok(Checked::Wrong);
    }
    let opened = match shopper {
        Some(shopper) => attach(tx, &shopper, &number),
        None => open(tx, &number, names, now),
    };
    match opened {
        Ok(user) => Ok(Checked::Opened(user)),
        // Refused before anything was written: the code is spent all the same.
        Err(refusal @ (Error::Forbidden(_) | Error::Unauthenticated(_))) => {
            Ok(Checked::Spent(refusal))
        }
        // A number of another account leaves the code good, to sign in there with it.
        Err(other) => Err(other),
    }
}

/// A name that tells nothing of the number.
fn random_username() -> Result<Username> {
    let random = u64::from_be_bytes(random_bytes::<8>()) >> 24;
    format!("shopper-{random:010x}").parse().map_err(|error| Error::Internal(format!("{error}")))
}

fn invalid_code() -> Error {
    Error::bad_request(
        "invalid-code",
        "this code is wrong, was used or is too old: check it, or ask for another one",
    )
}

fn wait(rest: SignedDuration) -> Error {
    let millis = u64::try_from(rest.as_millis()).unwrap_or(0);
    Error::TooManyRequests { retry_after_s: millis.div_ceil(1000).max(1) }
}
