//! One request until it is answered, as firmware does it: the same bytes again, with a pause that
//! grows and is never the same twice.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::World;
use super::chaos::{Cut, Share};
use super::client::{Answer, Connection, Lost};
use super::random::Random;

/// The firmware's first pause; simulated time.
const FIRST_PAUSE_S: f64 = 0.7;
/// The shortest first pause, however fast the simulation is.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What a flat answer says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    pub(super) success: bool,
    pub(super) duplicate: bool,
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) acked: Option<usize>,
    pub(super) expect: Option<u32>,
}

impl Said {
    pub(super) fn of(answer: &Answer) -> Self {
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    /// The code of a refusal, and nothing for anything else.
    pub(super) fn code(&self) -> &str {
        self.code.as_deref().unwrap_or_default()
    }
}

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Undelivered {
    /// The shop did not answer for longer than the carts wait.
    GaveUp(String),
    /// Somebody ended the simulation at once.
    Aborted,
}

/// A connection and what happens on it.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) connection: Connection,
    pub(super) random: Random,
}

/// What a request is, for the counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One event: its time counts.
    Scan,
    /// Anything else that must arrive.
    Other,
    /// The same without trouble that is made on purpose.
    Calm,
}

impl Lane {
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        Self { connection: Connection::default(), random: Random::new(seed, stream) }
    }

    /// Sends a request once; `sent` counts up as soon as the shop may have seen it whole.
    pub(super) async fn attempt(
        &mut self,
        world: &World,
        request: &[u8],
        (kind, cut): (Kind, Option<Cut>),
        sent: &mut u32,
    ) -> Result<Answer, Lost> {
        let metrics = &world.metrics;
        match cut {
            Some(Cut::Before | Cut::Half) => metrics.requests_lost.up(),
            Some(Cut::Sent | Cut::Answered) => metrics.answers_lost.up(),
            None => {}
        }
        if cut != Some(Cut::Before) {
            metrics.requests.up();
        }
        // Counted before: an abort must not hide what may have arrived.
        if !matches!(cut, Some(Cut::Before | Cut::Half)) {
            *sent += 1;
        }
        let begun = Instant::now();
        let answer = self.connection.ask(&world.target, request, cut).await;
        match &answer {
            Ok(_) if kind == Kind::Scan => metrics.scan_took(begun.elapsed()),
            Ok(_) | Err(Lost::OnPurpose(_)) => {}
            Err(lost) => metrics.error(lost.word()),
        }
        answer
    }

    /// Sends a request until it is answered. What says "not now" is no answer.
    pub(super) async fn deliver(
        &mut self,
        world: &World,
        request: &[u8],
        kind: Kind,
        sent: &mut u32,
    ) -> Result<Answer, Undelivered> {
        let share = if kind == Kind::Calm { Share::percent(0) } else { world.chaos.loss };
        let mut pause = world.real(FIRST_PAUSE_S).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        let mut failing_since = None;
        loop {
            let cut = Cut::draw(&mut self.random, share);
            let why = tokio::select! {
                () = world.abort.cancelled() => return Err(Undelivered::Aborted),
                answer = self.attempt(world, request, (kind, cut), sent) => match answer {
                    Ok(answer) if is_final(answer.status) => return Ok(answer),
                    Ok(answer) => {
                        let why = format!("{} {}", answer.status, Said::of(&answer).code());
                        world.metrics.error(why.trim_end());
                        why
                    }
                    Err(Lost::OnPurpose(_)) => String::new(),
                    Err(lost) => lost.word().to_owned(),
                },
            };
            // Trouble on purpose is not the shop's fault, and no news of the shop either.
            if !why.is_empty() {
                let since = *failing_since.get_or_insert_with(Instant::now);
                if since.elapsed() > world.patience {
                    return Err(Undelivered::GaveUp(why));
                }
            }
            let jittered = pause.mul_f64(0.5 + self.random.unit());
            tokio::select! {
                () = world.abort.cancelled() => return Err(Undelivered::Aborted),
                () = sleep(jittered) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            world.metrics.retries.up();
        }
    }
}

/// Whether a status says something about the request and not about the moment.
const fn is_final(status: u16) -> bool {
    !matches!(status, 408 | 429 | 500..=599)
}
