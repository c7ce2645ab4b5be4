//! The rules, by their cases.

use std::collections::{HashMap, HashSet};

use super::*;

#[derive(Default)]
struct Notes {
    installations: HashMap<FirmwareId, Installation>,
    rolled_back: HashSet<ImageHash>,
}

impl History for Notes {
    fn installation(&self, id: FirmwareId) -> Option<&Installation> {
        self.installations.get(&id)
    }

    fn rolled_back(&self, image: &ImageHash) -> bool {
        self.rolled_back.contains(image)
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn device(id: u64) -> DeviceId {
    DeviceId::new(id).unwrap()
}

/// An image that is rolling to all since this second.
fn image(id: u8, version: &str) -> Firmware {
    Firmware {
        id: FirmwareId::new(u64::from(id)).unwrap(),
        version: version.to_owned(),
        chip: Chip::Esp32,
        size: 1_000,
        md5: [id; 16],
        sha256: [id; 32],
        notes: String::new(),
        warnings: Vec::new(),
        ring: Ring::All,
        device_id: None,
        state: RolloutState::Rolling,
        downgrade: false,
        decided_at: at(i64::from(id)),
        created_at: at(0),
        created_by: None,
    }
}

fn says(version: &str) -> Shown {
    Shown { version: Some(version.to_owned()), md5: None }
}

/// The id of what trolley 7 is offered.
fn offered(images: &[Firmware], shown: &Shown, notes: &Notes) -> Option<u64> {
    let asking = Asking { id: device(7), chip: Some(Chip::Esp32), shown };
    offer(images, asking, notes).map(|image| image.id.value())
}

#[test]
fn the_tenth_is_stable_and_has_at_least_one() {
    for count in 1..=40 {
        let devices = || (1..=count).map(device);
        let tenth = devices().filter(|id| is_in_tenth(*id)).count();
        let stand_in = stand_in(devices());
        assert_eq!(tenth, usize::try_from(count / 10).unwrap());
        assert_eq!(stand_in.is_none(), tenth > 0, "{count}");
        assert!(tenth + usize::from(stand_in.is_some()) >= 1);
        let image = Firmware { ring: Ring::Tenth, device_id: stand_in, ..image(1, "1.0") };
        let reached = devices().filter(|id| image.is_for(*id, None)).count();
        assert_eq!(reached, tenth.max(1), "{count}");
    }
    // Whoever comes or goes changes nothing for the others.
    assert_eq!(stand_in([device(13), device(12), device(19)].into_iter()), Some(device(12)));
    assert_eq!(stand_in([device(13), device(20)].into_iter()), None);
    assert_eq!(stand_in(std::iter::empty()), None);
}

#[test]
fn rings_grow() {
    let reached = |ring, id| {
        let image = Firmware { ring, device_id: Some(device(3)), ..image(1, "1.0") };
        image.is_for(device(id), None)
    };
    for (ring, members) in [
        (Ring::None, vec![]),
        (Ring::One, vec![3]),
        (Ring::Tenth, vec![3, 10, 20]),
        (Ring::All, (1..=20).collect()),
    ] {
        let found: Vec<u64> = (1..=20).filter(|id| reached(ring, *id)).collect();
        assert_eq!(found, members, "{ring:?}");
    }
    assert!(Ring::None < Ring::One && Ring::One < Ring::Tenth && Ring::Tenth < Ring::All);
    let all = image(1, "1.0");
    assert!(all.is_for(device(1), None) && all.is_for(device(1), Some(Chip::Esp32)));
    assert!(!all.is_for(device(1), Some(Chip::Esp32C3)));
}

#[test]
fn the_rollout_that_was_decided_last_counts() {
    let notes = Notes::default();
    let images = [image(1, "1.4.0"), image(2, "1.5.0")];
    assert_eq!(offered(&images, &says("1.3.0"), &notes), Some(2));
    assert_eq!(offered(&images, &says("1.4.0"), &notes), Some(2));
    assert_eq!(offered(&images, &says("v1.5.0"), &notes), None);
    assert_eq!(offered(&images, &Shown::default(), &notes), Some(2));
    let md5 = Shown { version: None, md5: Some([2; 16]) };
    assert_eq!(offered(&images, &md5, &notes), None);
    for state in [RolloutState::Halted, RolloutState::Draft] {
        let images = [images[0].clone(), Firmware { state, ..images[1].clone() }];
        assert_eq!(offered(&images, &says("1.3.0"), &notes), Some(1));
        // Whoever has the newer one already is not led back by that.
        assert_eq!(offered(&images, &says("1.5.0"), &notes), None);
    }
}

#[test]
fn an_older_one_is_offered_only_on_purpose() {
    let notes = Notes::default();
    let older = image(1, "1.4.0");
    for shown in ["1.5.0", "1.4.1-rc1", "2"] {
        assert_eq!(offered(std::slice::from_ref(&older), &says(shown), &notes), None, "{shown}");
        let chosen = Firmware { downgrade: true, ..older.clone() };
        assert_eq!(offered(&[chosen], &says(shown), &notes), Some(1), "{shown}");
    }
    // What cannot be compared is not known to be newer.
    assert_eq!(offered(&[older], &says("9f8e7d6"), &notes), Some(1));
}

#[test]
fn what_was_given_is_not_given_again() {
    let images = [image(5, "1.5.0")];
    let offer = |state, given_at, shown: &Shown| {
        let mut had = Installation::begin(state, says("1.4.0"), at(10));
        had.given_at = given_at;
        let installations = HashMap::from([(images[0].id, had)]);
        offered(&images, shown, &Notes { installations, ..Notes::default() })
    };
    let (old, silent) = (says("1.4.0"), Shown::default());
    // A download that broke off is begun again.
    assert_eq!(offer(InstallState::Offered, None, &old), Some(5));
    assert_eq!(offer(InstallState::Waiting, None, &old), Some(5));
    assert_eq!(offer(InstallState::Offered, Some(at(10)), &old), None);
    assert_eq!(offer(InstallState::Offered, Some(at(10)), &silent), None);
    assert_eq!(offer(InstallState::Healthy, Some(at(10)), &silent), None);
    // Another decision sends it once more, but not to those who do not say what they run.
    assert_eq!(offer(InstallState::Healthy, Some(at(4)), &says("1.4.9")), Some(5));
    assert_eq!(offer(InstallState::Healthy, Some(at(4)), &silent), None);
    assert_eq!(offer(InstallState::RolledBack, Some(at(4)), &old), None);
    // Whoever still runs what it ran before is restarting, or has rolled back.
    assert_eq!(offer(InstallState::Offered, Some(at(4)), &old), None);
}

#[test]
fn bytes_that_were_rolled_back_never_come_again() {
    let mut notes = Notes::default();
    notes.rolled_back.insert([2; 32]);
    let again = Firmware { version: "1.6.0".into(), sha256: [2; 32], ..image(9, "") };
    assert_eq!(offered(&[image(2, "1.5.0"), again], &says("1.4.0"), &notes), None);
    // The one before still counts for who has not even that.
    let images = [image(1, "1.4.0"), image(2, "1.5.0")];
    assert_eq!(offered(&images, &says("1.3.0"), &notes), Some(1));
    assert_eq!(offered(&images, &says("1.4.0"), &notes), None);
}

#[test]
fn a_word_is_judged_by_what_was_said_before() {
    use InstallState::{Healthy, Installed, Offered, RolledBack};
    let image = image(2, "1.5.0");
    let judged = |state, given_at: Option<i64>, shown: &Shown, now| {
        let mut had = Installation::begin(state, says("1.4.0"), at(0));
        had.given_at = given_at.map(at);
        judge(&image, &had, shown, at(now))
    };
    let (old, new, third) = (says("1.4.0"), says("1.5.0"), says("1.4.9"));
    assert_eq!(judged(Offered, Some(100), &new, 101), Some(Installed));
    assert_eq!(judged(Offered, None, &new, 101), Some(Installed));
    // It writes and restarts: until then it is what it was.
    assert_eq!(judged(Offered, Some(100), &old, 159), None);
    assert_eq!(judged(Offered, Some(100), &old, 160), Some(RolledBack));
    assert_eq!(judged(Offered, None, &old, 9_999), None);
    assert_eq!(judged(Installed, Some(100), &old, 101), Some(RolledBack));
    assert_eq!(judged(Healthy, Some(100), &old, 9_999), Some(RolledBack));
    // Something else came by cable: that is no rollback.
    assert_eq!(judged(Healthy, Some(100), &third, 9_999), None);
    assert_eq!(judged(Healthy, Some(100), &Shown::default(), 9_999), None);
    assert_eq!(judged(RolledBack, Some(100), &new, 9_999), None);
    assert_eq!(judged(Healthy, Some(100), &new, 9_999), None);
    let by_sum = Shown { version: None, md5: Some([2; 16]) };
    assert_eq!(judged(Offered, Some(100), &by_sum, 101), Some(Installed));
    // Another sum and nothing to compare it with: it is not the image, so it is the old one.
    let other_sum = Shown { version: None, md5: Some([9; 16]) };
    assert_eq!(judged(Installed, Some(100), &other_sum, 101), Some(RolledBack));
}

#[test]
fn rollbacks_halt() {
    use InstallState::{Healthy, Installed, Offered, RolledBack, Waiting};
    let counts = |states: &[(InstallState, usize)]| {
        let all: Vec<Installation> = states
            .iter()
            .flat_map(|(state, count)| vec![*state; *count])
            .map(|state| Installation::begin(state, Shown::default(), at(0)))
            .collect();
        Counts::of(all.iter())
    };
    let some = counts(&[(Waiting, 9), (Offered, 2), (Installed, 1), (Healthy, 3), (RolledBack, 1)]);
    assert_eq!(some, Counts { offered: 7, installed: 5, healthy: 3, rolled_back: 1, unwell: 2 });
    // One of five is too many; one of ten is not; two always are.
    assert!(some.must_halt());
    assert!(!counts(&[(Healthy, 9), (RolledBack, 1)]).must_halt());
    assert!(counts(&[(Healthy, 8), (RolledBack, 1)]).must_halt());
    assert!(counts(&[(Healthy, 500), (RolledBack, 2)]).must_halt());
    assert!(!counts(&[(Healthy, 1), (Offered, 9)]).must_halt());
    assert!(!counts(&[]).must_halt());
}

#[test]
fn a_self_test_has_its_time() {
    let installed = Installation::begin(InstallState::Installed, Shown::default(), at(0));
    assert!(!installed.is_late(at(600)) && installed.is_late(at(601)));
    let mut offered = Installation::begin(InstallState::Offered, Shown::default(), at(0));
    assert!(!offered.is_late(at(100_000)));
    offered.given_at = Some(at(0));
    assert!(!offered.is_late(at(660)) && offered.is_late(at(661)));
    let healthy = installed.moved(InstallState::Healthy, at(5));
    assert!(!healthy.is_late(at(100_000)) && healthy.at == at(5));
}
