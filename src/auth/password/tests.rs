use std::time::{Duration, Instant};

use super::*;

const RIGHT: Verdict = Verdict::Right { new_hash: None };

fn password(text: &str) -> NewPassword {
    NewPassword::parse(text).unwrap()
}

async fn verify(hasher: &PasswordHasher, attempt: &str, stored: Option<&str>) -> Verdict {
    hasher.verify(attempt, stored, None, || true).await.unwrap()
}

async fn hashed(hasher: &PasswordHasher, text: &str) -> String {
    hasher.hash(&password(text), Turn::InLine(None)).await.unwrap()
}

#[tokio::test]
async fn a_password_matches_its_own_hash_only() {
    let hasher = PasswordHasher::new();
    let stored = hashed(&hasher, "correct horse").await;
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    assert!(PasswordHasher::is_ours(&stored));
    assert_eq!(verify(&hasher, "correct horse", Some(&stored)).await, RIGHT);
    for attempt in ["", "correct hors", "Correct horse", "correct horse "] {
        assert_eq!(verify(&hasher, attempt, Some(&stored)).await, Verdict::Wrong);
    }
    let again = hasher.hash(&password("correct horse"), Turn::Next).await.unwrap();
    assert_ne!(again, stored, "each hash has its own salt");
    assert_eq!(verify(&hasher, "correct horse", Some(&again)).await, RIGHT);
}

/// The right password gets a hash of ours; a wrong one gets nothing.
async fn is_replaced(hasher: &PasswordHasher, stored: &str, right: &str) {
    assert!(!PasswordHasher::is_ours(stored));
    PasswordHasher::judge(stored).unwrap_or_else(|error| panic!("{stored}: {error}"));
    for wrong in ["Correct horse", "correct horse ", "", "1235"] {
        assert_eq!(verify(hasher, wrong, Some(stored)).await, Verdict::Wrong, "{stored}");
    }
    let Verdict::Right { new_hash: Some(new) } = verify(hasher, right, Some(stored)).await else {
        panic!("{stored}");
    };
    assert!(PasswordHasher::is_ours(&new), "{new}");
    assert_eq!(verify(hasher, right, Some(&new)).await, RIGHT);
}

#[tokio::test]
async fn hashes_of_other_argon2_implementations_are_read() {
    // The reference implementation's test vectors: 64 MiB, 2 passes.
    let hasher = PasswordHasher::new();
    let rest = "$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$";
    let id = format!("$argon2id{rest}CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc");
    is_replaced(&hasher, &id, "password").await;
    let i = format!("$argon2i{rest}wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA");
    is_replaced(&hasher, &i, "password").await;
}

#[tokio::test]
async fn hashes_of_older_systems_are_read() {
    let hasher = PasswordHasher::new();
    for stored in [
        "scrypt:1024:8:1$kUTjPbh2nOoJ1Dmn$941a13a136f63fb3954741c8f8e274648c3cd519f58a5e23d9ed6a9e16\
         009451ed58cfd66067489c5dface2877409e2a05ea1b911f8b19fab27ef9276c1c0f25",
        "scrypt:32768:8:1$kUTjPbh2nOoJ1Dmn$ca11d1fd1f3b963ba23bf99c55883eecc7fe8e8025628bb52ffc57b63\
         ec9f5688629661e391f399547f71283e943911d7f6993b82294ac954d566ac5b41163bb",
        "pbkdf2:sha1:1000$aB3dE6gH$8015b3de07ce0059091ff6d941fe3abbb656a128",
        "pbkdf2:sha256:1000$aB3dE6gH$256d4c65d170bd3cf210407316b5e98898a9bec06eec8b67afb46ecbf624fcb6",
        "pbkdf2:sha512:500$aB3dE6gH$e0620070aa32956bbdffa1e2c42ce808a22a4cc473a96fb83e8bf94ae5cf0083d\
         e5f552b4d7bb9712c38211ef482ea77b602cfa06693f092e0157e6d963cb622",
        "sha1$aB3dE6gH$a88b98b4fe1af5481565a5a06af0439caf8e38a2",
        "sha256$aB3dE6gH$520e043dc492e6789e4943f290f1b5a306c6d3c23879e4a426a6f18c7564d86f",
        "sha512$aB3dE6gH$e0ba8c26dc99f92692ca0cb9c56b3256da12206e42f0a19354de37a2a9445e6bba4195dcfb54\
         9a0e81c361888e5dac33ab446bb3161720a462ae3f3fb480bea9",
        "sha256$$4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631",
        "4104D36F8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631",
    ] {
        is_replaced(&hasher, stored, "correct horse").await;
    }
    // What may not be chosen here may still have been chosen there, but for no password at all.
    let short = "03ac674216f3e15c761ee1a5e255f067953623c8b388b4459e13f978d7c846f4";
    is_replaced(&hasher, short, "1234").await;
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(verify(&hasher, "", Some(empty)).await, Verdict::Wrong);
}

#[test]
fn damaged_and_excessive_hashes_are_refused() {
    use HashRefusal::{Damaged, NoRounds, TooCostly, UnknownKind};
    let phc =
        |head: &str| format!("{head}$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc");
    let hex = "ab".repeat(64);
    let (h32, h64) = (&hex[..64], hex.as_str());
    for (stored, reason) in [
        (String::new(), UnknownKind),
        ("plain".into(), UnknownKind),
        ("x".repeat(600), UnknownKind),
        (phc("$argon2d$v=19$m=19456,t=2,p=1"), UnknownKind),
        (phc("$argon2id$v=16$m=19456,t=2,p=1"), UnknownKind),
        ("$2b$12$abcdefghijklmnopqrstuv".into(), UnknownKind),
        (phc("$argon2id$v=19$m=4194304,t=2,p=1"), TooCostly),
        (phc("$argon2id$v=19$m=19456,t=100000,p=1"), TooCostly),
        (phc("$argon2id$v=19$m=131072,t=10,p=1"), TooCostly),
        (phc("$argon2id$v=19$m=19456,t=2,p=64"), TooCostly),
        (phc("$argon2id$v=19$m=1,t=2,p=1"), Damaged),
        (phc("$argon2id$v=19$t=2,m=19456,p=1"), Damaged),
        (phc("$argon2id$v=19$m=19456,t=2,p=1,x=1"), Damaged),
        (phc("$argon2id$v=19$m=-1,t=2,p=1"), Damaged),
        (phc("$argon2id$v=19$m=19456,t=2,p=1") + "$more", Damaged),
        ("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAA".into(), Damaged),
        (format!("scrypt:32768:8:1$salt${h32}"), Damaged),
        (format!("scrypt:32767:8:1$salt${h64}"), Damaged),
        (format!("scrypt:0:8:1$salt${h64}"), Damaged),
        (format!("scrypt:32768:0:1$salt${h64}"), Damaged),
        (format!("scrypt:32768:8:1$${h64}"), Damaged),
        (format!("scrypt:32768:8:1${}${h64}", "s".repeat(65)), Damaged),
        (format!("scrypt:1048576:8:1$salt${h64}"), TooCostly),
        (format!("scrypt:2:4294967295:1$salt${h64}"), TooCostly),
        (format!("scrypt:32768:8:5$salt${h64}"), TooCostly),
        (format!("scrypt:99999999999:8:1$salt${h64}"), TooCostly),
        (format!("scrypt:32768:8$salt${h64}"), UnknownKind),
        (format!("scrypt$salt${h64}"), UnknownKind),
        (format!("pbkdf2:sha256$salt${h32}"), NoRounds),
        (format!("pbkdf2:sha256:0$salt${h32}"), Damaged),
        (format!("pbkdf2:sha256:+5$salt${h32}"), Damaged),
        (format!("pbkdf2:sha256:1000$salt${h64}"), Damaged),
        (format!("pbkdf2:sha256:2000001$salt${h32}"), TooCostly),
        (format!("pbkdf2:md5:1000$salt${h32}"), UnknownKind),
        (format!("md5$salt${}", &hex[..32]), UnknownKind),
        (format!("sha256$salt${}", &hex[..63]), Damaged),
        ("plain$$secret".into(), UnknownKind),
        (hex[..63].into(), UnknownKind),
        (format!("{}g", &hex[..63]), UnknownKind),
        (format!("{}é", &hex[..62]), UnknownKind),
    ] {
        assert_eq!(PasswordHasher::judge(&stored).err(), Some(reason), "{stored}");
    }
}

#[tokio::test]
async fn an_unknown_user_takes_as_long_as_a_wrong_password() {
    let hasher = PasswordHasher::new();
    let ours = hashed(&hasher, "correct horse").await;
    let foreign = "ab".repeat(32);
    let mut fastest = [Duration::MAX; 3];
    for _ in 0..5 {
        for (fastest, stored) in fastest.iter_mut().zip([None, Some(&ours), Some(&foreign)]) {
            let start = Instant::now();
            let verdict = verify(&hasher, "wrong horse", stored.map(String::as_str)).await;
            assert_eq!(verdict, Verdict::Wrong);
            *fastest = start.elapsed().min(*fastest);
        }
    }
    // A skipped hash would be a thousandfold faster; the rest is a busy machine.
    let (least, most) = (fastest.iter().min().unwrap(), fastest.iter().max().unwrap());
    assert!(*most < *least * 4, "{fastest:?}");
}

#[tokio::test]
async fn an_endless_attempt_is_wrong_without_being_hashed() {
    let hasher = PasswordHasher::new();
    let attempt = "x".repeat(1_000_000);
    let verdict = hasher.verify(&attempt, None, None, || panic!("its turn came")).await;
    assert_eq!(verdict.unwrap(), Verdict::Wrong);
}

#[tokio::test]
async fn whoever_may_not_any_more_when_the_turn_comes_is_not_checked() {
    let hasher = PasswordHasher::new();
    let verdict = hasher.verify("wrong horse", None, None, || false).await.unwrap();
    assert_eq!(verdict, Verdict::Unchecked);
}

/// Work that holds the thread until the sender is used or dropped.
fn hold(hasher: &PasswordHasher) -> (std::sync::mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let line = hasher.line.clone();
    let holder = tokio::spawn(async move {
        line.run(Turn::Next, move |_| held.recv().is_ok()).await.unwrap();
    });
    (release, holder)
}

#[tokio::test]
async fn a_flood_turns_away_what_cannot_wait_and_lets_the_owner_through() {
    let hasher = PasswordHasher::new();
    let (release, holder) = hold(&hasher);
    let flood: Vec<_> = (0..line::WAITING_MAX)
        .map(|_| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.verify("wrong horse", None, None, || true).await })
        })
        .collect();
    while hasher.line.waiting() < line::WAITING_MAX {
        tokio::task::yield_now().await;
    }
    let busy = hasher.verify("wrong horse", None, None, || true).await;
    assert!(matches!(busy, Err(HashError::Busy)), "{busy:?}");
    // The owner passes all of them.
    let owner = tokio::spawn({
        let hasher = hasher.clone();
        async move { hasher.hash(&password("correct horse"), Turn::Next).await }
    });
    tokio::task::yield_now().await;
    // Those who hang up make room.
    let (patient, impatient) = flood.split_at(2);
    for call in impatient {
        call.abort();
    }
    while !impatient.iter().all(tokio::task::JoinHandle::is_finished) {
        tokio::task::yield_now().await;
    }
    let late = tokio::spawn({
        let hasher = hasher.clone();
        async move { hasher.verify("wrong horse", None, None, || true).await }
    });
    while hasher.line.waiting() > 3 {
        tokio::task::yield_now().await;
    }
    drop(release);
    holder.await.unwrap();
    owner.await.unwrap().unwrap();
    assert!(patient.iter().all(|call| !call.is_finished()), "the owner came first");
    assert_eq!(late.await.unwrap().unwrap(), Verdict::Wrong);
    assert_eq!(hasher.line.waiting(), 0);
}

#[tokio::test]
async fn a_flood_from_one_address_leaves_room_for_the_others() {
    let hasher = PasswordHasher::new();
    let (release, holder) = hold(&hasher);
    let come = |address: String| {
        let (hasher, from) = (hasher.clone(), Some(address.parse().unwrap()));
        tokio::spawn(async move { hasher.verify("wrong horse", None, from, || false).await })
    };
    // One network, however many addresses it has.
    let flood: Vec<_> =
        (0..line::WAITING_MAX).map(|n| come(format!("2001:db8:0:1::{n:x}"))).collect();
    while hasher.line.waiting() < line::WAITING_MAX {
        tokio::task::yield_now().await;
    }
    let busy = come("2001:db8:0:1:ffff::".to_owned()).await.unwrap();
    assert!(matches!(busy, Err(HashError::Busy)), "{busy:?}");
    let others: Vec<_> = (0..20).map(|n| come(format!("192.168.1.{n}"))).collect();
    while flood.iter().filter(|call| call.is_finished()).count() < others.len() {
        tokio::task::yield_now().await;
    }
    drop(release);
    holder.await.unwrap();
    for other in others {
        assert_eq!(other.await.unwrap().unwrap(), Verdict::Unchecked);
    }
    let mut turned_away = 0;
    for call in flood {
        turned_away += usize::from(matches!(call.await.unwrap(), Err(HashError::Busy)));
    }
    assert_eq!(turned_away, 20);
}

#[tokio::test]
async fn the_thread_outlives_a_panic() {
    let hasher = PasswordHasher::new();
    let broken = hasher.line.run(Turn::InLine(None), |_| panic!("a defect")).await;
    let broken: Result<(), HashError> = broken;
    assert!(matches!(broken, Err(HashError::Failed)));
    assert_eq!(verify(&hasher, "wrong horse", None).await, Verdict::Wrong);
}
