use super::*;

fn noon() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn ann() -> Guess {
    Guess::of_account(UserId::new(1).unwrap(), None)
}

fn from(address: &str, name: &str) -> Guess {
    Guess::of_name("name", name, Some(address.parse().unwrap()))
}

fn fail(throttle: &Throttle, guess: Guess, now: Timestamp) {
    throttle.settle(guess, false, now).unwrap();
}

fn wait(throttle: &Throttle, guess: Guess, now: Timestamp) -> Option<u64> {
    match throttle.check(guess, now) {
        Ok(()) => None,
        Err(Error::TooManyRequests { retry_after_s }) => Some(retry_after_s),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn the_sixth_failure_waits_and_each_next_twice_as_long() {
    let throttle = Throttle::default();
    let mut now = noon();
    for _ in 0..5 {
        assert_eq!(wait(&throttle, ann(), now), None);
        fail(&throttle, ann(), now);
    }
    for seconds in [1, 2, 4, 8, 16, 30, 30] {
        assert_eq!(wait(&throttle, ann(), now), Some(seconds));
        now += SignedDuration::from_secs(seconds.try_into().unwrap());
        assert_eq!(wait(&throttle, ann(), now), None);
        fail(&throttle, ann(), now);
    }
    assert_eq!(wait(&throttle, from("192.0.2.1", "bob"), now), None);
    let later = now + SignedDuration::from_secs(30);
    throttle.settle(ann(), true, later).unwrap();
    assert_eq!(wait(&throttle, ann(), later), None);
}

#[test]
fn a_guess_that_others_overtook_is_refused_whatever_it_found() {
    let throttle = Throttle::default();
    for _ in 0..5 {
        fail(&throttle, ann(), noon());
    }
    let late = throttle.settle(ann(), true, noon());
    assert!(matches!(late, Err(Error::TooManyRequests { retry_after_s: 1 })));
    assert_eq!(wait(&throttle, ann(), noon()), Some(1), "it cleared nothing");
}

#[test]
fn an_address_has_fifty_failures_and_a_v6_network_is_one() {
    let throttle = Throttle::default();
    for number in 0..50 {
        let address = format!("2001:db8::{number:x}");
        let guess = from(&address, &format!("name-{number}"));
        assert_eq!(wait(&throttle, guess, noon()), None);
        fail(&throttle, guess, noon());
    }
    assert_eq!(wait(&throttle, from("2001:db8::ffff:1", "new"), noon()), Some(1));
    assert_eq!(wait(&throttle, from("2001:db8:0:1::1", "new"), noon()), None);
    assert_eq!(from("::ffff:192.0.2.1", "ann"), from("192.0.2.1", "ann"));
    assert_ne!(from("192.0.2.2", "ann"), from("192.0.2.1", "ann"));
}

#[test]
fn old_failures_and_a_clock_that_was_set_back_do_not_count() {
    let throttle = Throttle::default();
    for _ in 0..6 {
        let _ = throttle.settle(ann(), false, noon());
    }
    assert!(wait(&throttle, ann(), noon()).is_some());
    assert_eq!(wait(&throttle, ann(), noon() + WINDOW), None);
    assert_eq!(wait(&throttle, ann(), noon() - SignedDuration::from_hours(1)), None);
    assert!(wait(&throttle, ann(), noon() - SignedDuration::from_secs(1)).is_some());
}

#[test]
fn invented_names_push_out_nothing_but_one_another() {
    let throttle = Throttle::default();
    let (suspect, hammered) = (from("192.0.2.1", "suspect"), ann());
    for _ in 0..5 {
        fail(&throttle, suspect, noon());
        fail(&throttle, hammered, noon());
    }
    for number in 0..ENTRIES_MAX + 100 {
        let [_, .., a, b] = number.to_be_bytes();
        let address = format!("10.{}.{a}.{b}", number / 65_536);
        fail(&throttle, from(&address, &format!("name-{number}")), noon());
    }
    let noted = throttle.0.lock().unwrap();
    assert_eq!((noted.names.0.len(), noted.addresses.0.len()), (ENTRIES_MAX, ENTRIES_MAX));
    assert_eq!(noted.accounts.0.len(), 1);
    drop(noted);
    assert_eq!(wait(&throttle, hammered, noon()), Some(1));
    assert_eq!(wait(&throttle, suspect, noon()), Some(1));
}
