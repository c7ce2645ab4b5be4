//! What a password opens: signing in, and changing it.

use std::net::IpAddr;

use super::super::audit;
use super::super::throttle::Guess;
use super::super::{App, Error, Result, Shopper};
use super::sessions::{Client, Opening, SignedIn, end_all, wrong_credentials};
use crate::auth::{Turn, Verdict};
use crate::domain::accounts::{Email, Username};
use crate::domain::id::UserId;
use crate::storage::accounts;

/// A password that was right.
struct Right {
    /// The hash to store in the place of the one it was checked against.
    new_hash: Option<String>,
}

impl App {
    /// Signs in by username or e-mail address and password. Unknown users and wrong passwords
    /// get the same answer after the same time.
    pub async fn sign_in(&self, name: &str, password: &str, client: Client) -> Result<SignedIn> {
        let address = client.address;
        let (id, result) = self.sign_in_as(name.trim(), password, client).await?;
        if let Err(error) = &result {
            self.note_failure("password", id, address, error);
        }
        result
    }

    /// Signs in; also whose account the name is, if anybody's.
    async fn sign_in_as(
        &self,
        given: &str,
        password: &str,
        client: Client,
    ) -> Result<(Option<UserId>, Result<SignedIn>)> {
        let user = self.read(|tx| {
            Ok(match (given.parse::<Username>(), given.parse::<Email>()) {
                (Ok(name), _) => accounts::user_by_username(tx, &name)?,
                (_, Ok(email)) => accounts::user_by_email(tx, &email)?,
                _ => None,
            })
        })?;
        // Failures count by account, or an e-mail address would double the guesses.
        let guess = match &user {
            Some(user) => Guess::of_account(user.id, client.address),
            None => Guess::of_name("sign-in", &given.to_lowercase(), client.address),
        };
        let id = user.as_ref().map(|user| user.id);
        let stored = user.as_ref().and_then(|user| user.password_hash.as_deref());
        let right = match self.verify_password(guess, password, stored).await {
            Ok(right) => right,
            Err(error) => return Ok((id, Err(error))),
        };
        let (Some(Right { new_hash }), Some(user)) = (right, user) else {
            return Ok((id, Err(wrong_credentials())));
        };
        let mut opening = Opening::of(&user, client, "password");
        opening.new_hash = new_hash;
        Ok((id, self.open_session(opening).await))
    }

    /// Another password; all other sessions end.
    pub async fn change_password(
        &self,
        shopper: &Shopper,
        old: &str,
        new: &str,
        address: Option<IpAddr>,
    ) -> Result<()> {
        let user = self.own_account(shopper)?;
        let guess = Guess::of_account(user.id, address);
        let right = self.verify_password(guess, old, user.password_hash.as_deref()).await?;
        if right.is_none() {
            let refused = Error::field("old_password", "is not the current password");
            self.note_failure("change-password", Some(user.id), address, &refused);
            return Err(refused);
        }
        let hash = match self.hash(new, Turn::InLine(address)).await {
            Err(Error::Invalid(fields)) => {
                let message = fields.iter().next().map_or("", |field| &field.message).to_owned();
                return Err(Error::field("new_password", message));
            }
            other => other?,
        };
        let (id, keep, epoch) = (user.id, shopper.0.session_id, user.epoch);
        let act = self.act(shopper);
        let changed = self.write(move |tx| {
            let mut user = accounts::user(tx, id)?.ok_or_else(|| Error::not_found("user"))?;
            if user.epoch != epoch {
                // Somebody else changed it while this was hashed.
                return Err(Error::field("old_password", "is not the current password"));
            }
            user.password_hash = Some(hash);
            user.epoch += 1;
            accounts::put_user(tx, &user)?;
            let change = audit::Change::none().with("password", "changed");
            audit::record(tx, &act, "user.change-password", ("user", id), change)?;
            end_all(tx, id, Some(keep))?;
            if let Some(mut session) = accounts::session(tx, keep)? {
                session.epoch = user.epoch;
                accounts::put_session(tx, &session)?;
            }
            Ok(())
        });
        changed.await?;
        self.tell_session_ends();
        Ok(())
    }

    /// The one way in which passwords are checked: under the back-off, in the line of those who
    /// wait for the hashing thread.
    async fn verify_password(
        &self,
        guess: Guess,
        password: &str,
        stored: Option<&str>,
    ) -> Result<Option<Right>> {
        self.guarded(guess, async {
            let (throttle, clock) = (self.inner.attempts.clone(), self.inner.parts.clock.clone());
            // While it waited in the line, earlier guesses may have used up what was free.
            let may = move || throttle.check(guess, clock.now()).is_ok();
            match self.passwords().verify(password, stored, guess.address(), may).await? {
                Verdict::Right { new_hash } => Ok(Some(Right { new_hash })),
                Verdict::Wrong => Ok(None),
                Verdict::Unchecked => {
                    self.inner.attempts.check(guess, self.now())?;
                    Err(Error::TooManyRequests { retry_after_s: 1 })
                }
            }
        })
        .await
    }
}
