//! The SMS gateway's side of the webhook: what arrives, how often, and whether it can be believed.

use std::collections::VecDeque;
use std::time::Duration;

use cartwright::app::one_time_codes::{CodeChannel, CodeMessage};
use cartwright::auth::OneTimeCode;
use cartwright::clock::Clock;
use cartwright::config::Secret;
use cartwright::gateway::{SIGNATURE_HEADER, Webhook, WebhookOptions, sign};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

const SECRET: &str = "a secret shared with the gateway";

/// A request as the gateway got it.
struct Post {
    head: String,
    body: String,
}

impl Post {
    fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        });
        line.unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A gateway that answers these in turn, then 200; an empty answer hangs up.
struct Gateway {
    address: String,
    posts: mpsc::UnboundedReceiver<Post>,
    _stop: DropGuard,
}

impl Gateway {
    async fn answering(answers: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/send?from=shop", listener.local_addr().unwrap());
        let (sender, posts) = mpsc::unbounded_channel();
        let mut answers: VecDeque<&str> = answers.iter().copied().collect();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tokio::spawn(async move {
            while !stopped.is_cancelled() {
                let (mut socket, _) = listener.accept().await.unwrap();
                let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
                let post = loop {
                    let read = socket.read(&mut buffer).await.unwrap();
                    assert!(read > 0, "the appliance hung up");
                    bytes.extend_from_slice(&buffer[..read]);
                    if let Some(post) = whole(&bytes) {
                        break post;
                    }
                };
                let answer = answers.pop_front().unwrap_or("200 OK");
                let _ = sender.send(post);
                if !answer.is_empty() {
                    let location = "Location: http://127.0.0.1:1/elsewhere";
                    let text = format!(
                        "HTTP/1.1 {answer}\r\n{location}\r\nContent-Length: 0\r\n\
                         Connection: close\r\n\r\n"
                    );
                    socket.write_all(text.as_bytes()).await.unwrap();
                }
            }
        });
        Self { address, posts, _stop: stop.drop_guard() }
    }

    fn webhook(&self, clock: Clock) -> (Webhook, DropGuard) {
        let options = WebhookOptions {
            first_pause: Duration::from_millis(2),
            ..WebhookOptions::new(self.address.clone(), Secret::new(SECRET))
        };
        let stop = CancellationToken::new();
        (Webhook::start_at(options, clock, stop.clone()), stop.drop_guard())
    }

    async fn next(&mut self) -> Post {
        let post = tokio::time::timeout(Duration::from_secs(20), self.posts.recv()).await;
        post.expect("a post comes").unwrap()
    }
}

/// The request, once all of it is there.
fn whole(bytes: &[u8]) -> Option<Post> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let post = Post { head: head.to_owned(), body: body.to_owned() };
    let length: usize = post.header("content-length").parse().unwrap();
    (post.body.len() >= length).then_some(post)
}

fn noon() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn message(id: &str, number: &str) -> CodeMessage {
    CodeMessage {
        id: id.into(),
        mobile_number: "0176 04069003".into(),
        e164: number.parse().unwrap(),
        code: OneTimeCode::parse("042137").unwrap(),
        expires_at: noon() + SignedDuration::from_mins(5),
    }
}

#[tokio::test]
async fn a_code_arrives_signed() {
    let mut gateway = Gateway::answering(&[]).await;
    let (webhook, _stop) = gateway.webhook(Clock::manual(noon()));
    webhook.deliver(message("m1", "+4917604069003")).unwrap();
    let post = gateway.next().await;
    assert!(post.head.starts_with("POST /send?from=shop HTTP/1.1"), "{}", post.head);
    assert_eq!(post.header("content-type"), "application/json");
    assert_eq!(post.header("x-cartwright-delivery"), "m1");
    let signature = post.header(SIGNATURE_HEADER);
    assert_eq!(signature, sign(SECRET.as_bytes(), noon().as_second(), post.body.as_bytes()));
    let body = post.json();
    assert_eq!(body["id"], "m1");
    assert_eq!(body["mobile_number"], "0176 04069003");
    assert_eq!(body["e164"], "+4917604069003");
    assert_eq!(body["otp"], "042137");
    assert_eq!(body["expires_at"], "2026-11-20T12:05:00Z");
    assert!(body["message"].as_str().unwrap().contains("042137"));
}

#[tokio::test]
async fn a_failed_post_is_repeated_with_the_same_id() {
    let mut gateway = Gateway::answering(&["503 Busy", "", "429 Slow"]).await;
    let (webhook, _stop) = gateway.webhook(Clock::manual(noon()));
    webhook.deliver(message("m1", "+4917604069003")).unwrap();
    for _ in 0..4 {
        let post = gateway.next().await;
        assert_eq!(
            (post.json()["id"].as_str(), post.json()["otp"].as_str()),
            (Some("m1"), Some("042137"))
        );
    }
    // The fourth was taken: what comes next is another message.
    webhook.deliver(message("m2", "+4917604069004")).unwrap();
    assert_eq!(gateway.next().await.json()["id"], "m2");
}

#[tokio::test]
async fn what_is_refused_or_redirected_is_not_tried_again() {
    let mut gateway = Gateway::answering(&["400 Bad", "307 Elsewhere"]).await;
    let (webhook, _stop) = gateway.webhook(Clock::manual(noon()));
    for id in ["m1", "m2", "m3"] {
        webhook.deliver(message(id, "+4917604069003")).unwrap();
        assert_eq!(gateway.next().await.json()["id"], id);
    }
}

#[tokio::test]
async fn an_ended_code_is_not_sent() {
    let mut gateway = Gateway::answering(&[]).await;
    let clock = Clock::manual(noon());
    let (webhook, _stop) = gateway.webhook(clock.clone());
    clock.advance(SignedDuration::from_mins(5));
    webhook.deliver(message("late", "+4917604069003")).unwrap_err();
    clock.set(noon());
    webhook.deliver(message("m1", "+4917604069003")).unwrap();
    assert_eq!(gateway.next().await.json()["id"], "m1");
}

#[tokio::test]
async fn a_dead_gateway_is_asked_until_the_code_ends_and_a_newer_code_takes_over() {
    let mut gateway = Gateway::answering(&["500 Oops"; 3]).await;
    let clock = Clock::manual(noon());
    let (webhook, _stop) = gateway.webhook(clock.clone());
    // Nothing is left of its life for a repeat.
    clock.advance(SignedDuration::from_millis(5 * 60_000 - 1));
    webhook.deliver(message("ending", "+4917604069003")).unwrap();
    assert_eq!(gateway.next().await.json()["id"], "ending");
    clock.set(noon());
    // The second is taken only after its first post failed, the newer one at once.
    webhook.deliver(message("older", "+4917604069004")).unwrap();
    assert_eq!(gateway.next().await.json()["id"], "older");
    webhook.deliver(message("newer", "+4917604069004")).unwrap();
    let mut ids = Vec::new();
    while ids.iter().filter(|id| *id == "newer").count() < 2 {
        ids.push(gateway.next().await.json()["id"].as_str().unwrap().to_owned());
        assert!(ids.len() < 5, "{ids:?}");
    }
}

#[tokio::test]
async fn a_full_queue_refuses() {
    // Nobody takes anything: the runtime of this test never runs the posting tasks.
    let options = WebhookOptions::new("http://127.0.0.1:9/".into(), Secret::new(SECRET));
    let webhook = Webhook::start_at(options, Clock::manual(noon()), CancellationToken::new());
    let refused =
        (0..2_000).find(|n| webhook.deliver(message(&n.to_string(), "+4917604069003")).is_err());
    assert_eq!(refused, Some(256));
}
