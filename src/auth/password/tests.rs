use std::time::{Duration, Instant};

use super::*;

const RIGHT: Verdict = Verdict::Right { needs_rehash: false };
const OUTDATED: Verdict = Verdict::Right { needs_rehash: true };

fn password(text: &str) -> NewPassword {
    NewPassword::parse(text).unwrap()
}

#[tokio::test]
async fn a_password_matches_its_own_hash_only() {
    let hasher = PasswordHasher::new();
    let stored = hasher.hash(&password("correct horse")).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    assert_eq!(hasher.verify("correct horse", Some(&stored)).await.unwrap(), RIGHT);
    for attempt in ["", "correct hors", "Correct horse", "correct horse "] {
        assert_eq!(hasher.verify(attempt, Some(&stored)).await.unwrap(), Verdict::Wrong);
    }
    let again = hasher.hash_blocking(&password("correct horse"));
    assert_ne!(again, stored, "each hash has its own salt");
    assert_eq!(hasher.verify("correct horse", Some(&again)).await.unwrap(), RIGHT);
}

#[tokio::test]
async fn hashes_of_other_argon2_implementations_are_read() {
    // The reference implementation's test vector: argon2id, 64 MiB, 2 passes.
    let reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$\
                     CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let hasher = PasswordHasher::new();
    assert_eq!(hasher.verify("password", Some(reference)).await.unwrap(), OUTDATED);
    assert_eq!(hasher.verify("Password", Some(reference)).await.unwrap(), Verdict::Wrong);
    let kept: usize = hasher.memory.idle().iter().map(Vec::capacity).sum();
    assert_eq!(kept, hash::our_blocks(), "the larger block is not kept");
}

#[tokio::test]
async fn damaged_and_excessive_hashes_are_no_verdict() {
    let salt_and_output = "c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let hasher = PasswordHasher::new();
    for stored in [
        String::new(),
        "plain".into(),
        format!("$argon2i$v=19$m=19456,t=2,p=1${salt_and_output}"),
        format!("$argon2id$v=16$m=19456,t=2,p=1${salt_and_output}"),
        format!("$argon2id$v=19$m=4194304,t=2,p=1${salt_and_output}"),
        format!("$argon2id$v=19$m=19456,t=100000,p=1${salt_and_output}"),
        format!("$argon2id$v=19$m=19456,t=2,p=64${salt_and_output}"),
        format!("$argon2id$v=19$m=1,t=2,p=1${salt_and_output}"),
        format!("$argon2id$v=19$t=2,m=19456,p=1${salt_and_output}"),
        format!("$argon2id$v=19$m=19456,t=2,p=1${salt_and_output}$more"),
        format!("$argon2id$v=19$m=19456,t=2,p=1,x=1${salt_and_output}"),
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAA".into(),
        "$argon2id$v=19$m=19456,t=2,p=1$AAAA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc".into(),
    ] {
        let result = hasher.verify("password", Some(&stored)).await;
        assert!(matches!(result, Err(HashError::UnknownHash)), "{stored}: {result:?}");
    }
}

#[tokio::test]
async fn an_unknown_user_takes_as_long_as_a_wrong_password() {
    let hasher = PasswordHasher::new();
    let stored = hasher.hash(&password("correct horse")).await.unwrap();
    let mut known = Duration::MAX;
    let mut unknown = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        assert_eq!(hasher.verify("wrong horse", Some(&stored)).await.unwrap(), Verdict::Wrong);
        known = known.min(start.elapsed());
        let start = Instant::now();
        assert_eq!(hasher.verify("wrong horse", None).await.unwrap(), Verdict::Wrong);
        unknown = unknown.min(start.elapsed());
    }
    // A skipped hash would be a thousandfold faster; the rest is a busy machine.
    assert!(unknown < known * 4 && known < unknown * 4, "{known:?} beside {unknown:?}");
}

#[tokio::test]
async fn an_endless_attempt_is_wrong_without_being_hashed() {
    let hasher = PasswordHasher::new();
    let attempt = "x".repeat(1_000_000);
    assert_eq!(hasher.verify(&attempt, None).await.unwrap(), Verdict::Wrong);
    assert!(hasher.memory.idle().is_empty(), "no memory was touched");
}

#[tokio::test]
async fn a_flood_reuses_two_blocks_and_turns_away_what_cannot_wait() {
    let hasher = PasswordHasher::new();
    let held = hasher.turns.acquire_many(2).await.unwrap();
    let flood: Vec<_> = (0..MAX_WAITING + 5)
        .map(|_| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.verify("wrong horse", None).await })
        })
        .collect();
    while hasher.waiting.load(Ordering::Relaxed) < MAX_WAITING {
        tokio::task::yield_now().await;
    }
    // Two go through; the others' callers lose patience and leave the queue.
    for _ in 0..5 {
        tokio::task::yield_now().await;
    }
    let busy = hasher.verify("wrong horse", None).await;
    assert!(matches!(busy, Err(HashError::Busy)), "{busy:?}");
    let (patient, impatient) = flood.split_at(4);
    for call in impatient {
        call.abort();
    }
    drop(held);
    for call in impatient {
        while !call.is_finished() {
            tokio::task::yield_now().await;
        }
    }
    while !patient.iter().all(tokio::task::JoinHandle::is_finished) {
        tokio::task::yield_now().await;
    }
    assert_eq!(hasher.waiting.load(Ordering::Relaxed), 0);
    assert!((1..=MAX_CONCURRENT).contains(&hasher.memory.idle().len()));
    assert_eq!(hasher.verify("wrong horse", None).await.unwrap(), Verdict::Wrong);
}
