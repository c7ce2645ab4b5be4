//! Following what changes: for live views.

use super::{App, Result, Shopper};
use crate::domain::event::Change;
use crate::storage::{carts, change_log, orders};
use tokio::sync::watch;

/// The most changes that a follower takes at once.
const CHANGES_MAX: usize = 256;

/// A follower of the change log.
#[derive(Debug)]
pub struct Follower {
    app: App,
    news: watch::Receiver<u64>,
    seen: u64,
}

/// What a follower learns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// These changes, oldest first.
    Changes(Vec<(u64, Change)>),
    /// Changes were missed: look at everything again.
    Resync,
}

impl App {
    /// Whether it is this shopper's own cart or order that changed. Looks at an index only, because
    /// each live connection asks it of each change.
    pub fn owns(&self, shopper: &Shopper, change: Change) -> Result<bool> {
        let user = shopper.user_id();
        self.read(|tx| {
            Ok(match change {
                Change::Cart(id) => carts::id_of_user(tx, user)? == Some(id),
                Change::Order(id) => orders::is_of_user(tx, id, user)?,
                _ => false,
            })
        })
    }

    /// The sequence number of the newest change.
    pub fn last_change(&self) -> u64 {
        self.store().last_change_seq()
    }

    /// Follows everything that changes from now on.
    pub fn follow(&self) -> Follower {
        let news = self.store().subscribe();
        Follower { app: self.clone(), seen: self.store().last_change_seq(), news }
    }
}

impl Follower {
    /// Waits for the next changes; `None` when the store is closed.
    pub async fn next(&mut self) -> Result<Option<News>> {
        while *self.news.borrow_and_update() <= self.seen {
            if self.news.changed().await.is_err() {
                return Ok(None);
            }
        }
        let seen = self.seen;
        let (first, changes) = self.app.read(|tx| {
            Ok((
                change_log::first_seq(tx)?,
                change_log::changes_since::<Change>(tx, seen, CHANGES_MAX)?,
            ))
        })?;
        if first > seen + 1 {
            self.seen = self.app.store().last_change_seq();
            return Ok(Some(News::Resync));
        }
        self.seen = changes.last().map_or(self.seen, |(seq, _)| *seq);
        Ok(Some(News::Changes(changes)))
    }
}
