//! Codes as signed JSON posts to the owner's SMS gateway.
//!
//! A shopper waits only until the code is queued. Each post that fails is repeated with growing
//! pauses while the code is good, with the same id so that the gateway can tell repeats; never
//! after, and never once a newer code for the number is on its way. A gateway that says the
//! request is wrong (4xx) is not asked again.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::signature::sign;
use crate::app::one_time_codes::{CodeChannel, CodeMessage, NotDelivered};
use crate::clock::Clock;
use crate::config::Secret;

/// Codes that wait or are being posted; beyond it shoppers are told to try again later.
const QUEUE_MAX: usize = 256;
/// Posts at a time, so that a slow gateway does not hold a thread for each code.
const POSTS_MAX: usize = 8;
/// The longest that a post may take, answer included.
const POST_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause before the first repeat; each next is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// The header with the signature; see [`sign`].
pub const SIGNATURE_HEADER: &str = "X-Cartwright-Signature";
/// The header with the message's id, the same for all its repeats.
const DELIVERY_HEADER: &str = "X-Cartwright-Delivery";

/// Where codes go, and how.
#[derive(Debug, Clone)]
pub struct WebhookOptions {
    /// http or https.
    pub address: String,
    /// Signs the posts.
    pub secret: Secret,
    /// See `FIRST_PAUSE`.
    pub first_pause: Duration,
    /// See `POST_TIMEOUT`.
    pub post_timeout: Duration,
}

impl WebhookOptions {
    /// The usual pauses and deadlines.
    pub fn new(address: String, secret: Secret) -> Self {
        Self { address, secret, first_pause: FIRST_PAUSE, post_timeout: POST_TIMEOUT }
    }
}

/// Posts codes.
#[derive(Debug)]
pub struct Webhook {
    queue: mpsc::Sender<CodeMessage>,
    clock: Clock,
}

/// What a post says. No `Debug`: it holds the code.
#[derive(Serialize)]
struct Delivery {
    /// The same for all repeats of a message.
    id: String,
    /// The number as the shopper wrote it.
    mobile_number: String,
    /// The number in E.164: where the message goes.
    e164: String,
    /// The code.
    otp: String,
    /// When it is good no more.
    expires_at: Timestamp,
    /// A text to send as it is.
    message: String,
}

/// How a post went.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Posted {
    Taken,
    /// Worth another try.
    Failed(String),
    /// The same again would fare no better.
    Refused(u16),
}

struct Poster {
    options: WebhookOptions,
    agent: ureq::Agent,
    clock: Clock,
    /// The id of the newest message for each number that is on its way.
    newest: Mutex<HashMap<String, String>>,
    posts: Semaphore,
}

impl Webhook {
    /// Starts posting, on the current runtime, until `shutdown`.
    pub fn start(options: WebhookOptions, shutdown: CancellationToken) -> Self {
        Self::start_at(options, Clock::system(), shutdown)
    }

    /// The same by another clock: codes end by it.
    pub fn start_at(options: WebhookOptions, clock: Clock, shutdown: CancellationToken) -> Self {
        let (queue, messages) = mpsc::channel(QUEUE_MAX);
        let poster = Poster {
            agent: agent(options.post_timeout),
            options,
            clock: clock.clone(),
            newest: Mutex::default(),
            posts: Semaphore::new(POSTS_MAX),
        };
        tokio::spawn(run(Arc::new(poster), messages, shutdown));
        Self { queue, clock }
    }
}

impl CodeChannel for Webhook {
    fn deliver(&self, message: CodeMessage) -> Result<(), NotDelivered> {
        if message.expires_at <= self.clock.now() {
            return Err(NotDelivered("the code has ended already".to_owned()));
        }
        self.queue
            .try_send(message)
            .map_err(|_| NotDelivered(format!("{QUEUE_MAX} codes wait for the SMS gateway")))
    }
}

/// The client: no redirects, no proxy of the environment, answers judged by their status.
fn agent(timeout: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .user_agent(concat!("cartwright/", env!("CARGO_PKG_VERSION")));
    config.build().into()
}

/// Takes messages and has each posted by a task of its own; as many as the queue holds.
async fn run(
    poster: Arc<Poster>,
    mut messages: mpsc::Receiver<CodeMessage>,
    shutdown: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(QUEUE_MAX));
    loop {
        let next = async {
            let place = Arc::clone(&room).acquire_owned().await.ok()?;
            Some((place, messages.recv().await?))
        };
        let (place, message) = tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            next = next => match next {
                Some(next) => next,
                None => return,
            },
        };
        poster.note_newest(&message);
        let (poster, shutdown) = (Arc::clone(&poster), shutdown.clone());
        tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                biased;
                () = shutdown.cancelled() => {}
                () = poster.deliver(&message) => {}
            }
            poster.forget(&message);
        });
    }
}

impl Poster {
    async fn deliver(self: &Arc<Self>, message: &CodeMessage) {
        let delivery = Arc::new(Delivery::of(message));
        let number = message.e164.masked();
        let life = message.expires_at.duration_since(self.clock.now());
        let ends = Instant::now() + Duration::try_from(life).unwrap_or(Duration::ZERO);
        let mut pause = self.options.first_pause;
        for attempt in 1_u32.. {
            match self.post(&delivery).await {
                Posted::Taken => {
                    tracing::debug!(number, id = delivery.id, attempt, "one-time code handed over");
                    return;
                }
                Posted::Refused(status) => {
                    tracing::error!(
                        number,
                        id = delivery.id,
                        status,
                        "the SMS gateway refused a one-time code; redirects are not followed"
                    );
                    return;
                }
                Posted::Failed(cause) => {
                    tracing::warn!(
                        number,
                        id = delivery.id,
                        attempt,
                        cause,
                        "the SMS gateway did not take a one-time code"
                    );
                }
            }
            let again = Instant::now() + jittered(pause);
            if again >= ends {
                break;
            }
            sleep_until(again).await;
            if !self.is_newest(message) {
                tracing::debug!(number, id = delivery.id, "a newer one-time code is on its way");
                return;
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
        tracing::error!(
            number,
            id = delivery.id,
            "a one-time code ended before it was handed over"
        );
    }

    async fn post(self: &Arc<Self>, delivery: &Arc<Delivery>) -> Posted {
        let Ok(_turn) = self.posts.acquire().await else {
            return Posted::Failed("the appliance is stopping".to_owned());
        };
        let (this, delivery) = (Arc::clone(self), Arc::clone(delivery));
        let posted = tokio::task::spawn_blocking(move || this.post_now(&delivery)).await;
        posted.unwrap_or_else(|error| Posted::Failed(error.to_string()))
    }

    fn post_now(&self, delivery: &Delivery) -> Posted {
        let body = match serde_json::to_vec(delivery) {
            Ok(body) => body,
            Err(error) => return Posted::Failed(error.to_string()),
        };
        let signature = sign(self.options.secret.expose(), self.clock.now().as_second(), &body);
        let request = self
            .agent
            .post(&self.options.address)
            .header("Content-Type", "application/json")
            .header(DELIVERY_HEADER, &delivery.id)
            .header(SIGNATURE_HEADER, &signature);
        match request.send(&body[..]) {
            Ok(answer) => judge(answer.status().as_u16()),
            Err(error) => Posted::Failed(error.to_string()),
        }
    }

    fn note_newest(&self, message: &CodeMessage) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.insert(message.e164.to_string(), message.id.clone());
    }

    fn is_newest(&self, message: &CodeMessage) -> bool {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.get(message.e164.as_str()) == Some(&message.id)
    }

    fn forget(&self, message: &CodeMessage) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.get(message.e164.as_str()) == Some(&message.id) {
            newest.remove(message.e164.as_str());
        }
    }
}

impl fmt::Debug for Poster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poster").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Delivery {
    fn of(message: &CodeMessage) -> Self {
        let code = message.code.expose();
        Self {
            id: message.id.clone(),
            mobile_number: message.mobile_number.clone(),
            e164: message.e164.to_string(),
            otp: code.to_owned(),
            expires_at: message.expires_at,
            message: format!("{code} is your code. It is good for 5 minutes. Tell it to nobody."),
        }
    }
}

fn judge(status: u16) -> Posted {
    match status {
        200..=299 => Posted::Taken,
        408 | 425 | 429 | 500..=599 => Posted::Failed(format!("it answered {status}")),
        _ => Posted::Refused(status),
    }
}

/// Between half and all of a pause, so that many codes do not come back at once.
fn jittered(pause: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(u32::MAX);
    let half = pause / 2;
    half + half.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_judged_by_its_status() {
        assert_eq!(judge(202), Posted::Taken);
        for status in [408, 429, 500, 503] {
            assert!(matches!(judge(status), Posted::Failed(_)), "{status}");
        }
        for status in [100, 301, 307, 400, 401, 404, 422] {
            assert_eq!(judge(status), Posted::Refused(status));
        }
    }

    #[test]
    fn pauses_differ_and_stay_in_their_bounds() {
        let second = Duration::from_secs(1);
        for _ in 0..100 {
            let pause = jittered(second);
            assert!(pause >= second / 2 && pause <= second, "{pause:?}");
        }
    }
}
