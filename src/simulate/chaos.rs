//! What goes wrong, and how often: decided per event and per request, by the seed alone.

use std::fmt;
use std::str::FromStr;

use super::random::Random;

/// Longest stretch of later events that a late one waits for; the appliance takes up to 256.
const HELD_MAX: u32 = 200;
/// Longest time without a network, in events.
const OFFLINE_MAX: u32 = 60;
/// Longest time after which an acknowledged event is sent again, in events.
const REPEAT_MAX: u32 = 30;

/// A share of all cases, such as `5%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share(u32);

impl Share {
    /// All of them: shares count in millionths.
    pub(super) const WHOLE: u32 = 1_000_000;
    /// The largest share that a run may be asked for: beyond it nothing would get through.
    const LARGEST: u32 = Self::WHOLE / 2;

    /// So many of a hundred, at most 50.
    pub fn percent(percent: u32) -> Self {
        Self(percent.saturating_mul(Self::WHOLE / 100).min(Self::LARGEST))
    }

    pub(super) const fn parts(self) -> u32 {
        self.0
    }
}

impl FromStr for Share {
    type Err = &'static str;

    /// Reads `5%`, `5` and `0.5%`, all of them percent.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "is a share from 0% to 50%, such as 5% or 0.5%";
        let number = text.trim().trim_end_matches('%').trim_end();
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || fraction.is_empty() || fraction.len() > 4 || !digits(fraction) {
            return Err(WRONG);
        }
        let whole: u32 = whole.parse().map_err(|_| WRONG)?;
        let fraction: u32 = format!("{fraction:0<4}").parse().map_err(|_| WRONG)?;
        let parts = whole.checked_mul(Self::WHOLE / 100).and_then(|it| it.checked_add(fraction));
        parts.filter(|parts| *parts <= Self::LARGEST).map(Self).ok_or(WRONG)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 10_000, self.0 % 10_000);
        if rest == 0 {
            return write!(f, "{whole}%");
        }
        write!(f, "{whole}.{}%", format!("{rest:04}").trim_end_matches('0'))
    }
}

/// How often what goes wrong.
#[derive(Debug, Clone, Copy)]
pub struct Chaos {
    /// Requests of which the request or the answer is lost.
    pub loss: Share,
    /// Events that are sent again, beside the first time or later.
    pub duplicates: Share,
    /// Events that are sent after later ones.
    pub reorder: Share,
    /// Events at which the network goes for a while.
    pub offline: Share,
    /// Events at which the firmware starts anew.
    pub reboots: Share,
    /// Carts whose battery dies for good.
    pub deaths: Share,
}

/// How a request gets lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The connection is gone before a byte of it is sent.
    Before,
    /// Half of it is sent, and the connection reset.
    Half,
    /// All of it is sent, and the connection closed: nobody knows what became of it.
    Sent,
    /// It was carried out, and its answer is lost.
    Answered,
}

impl Cut {
    /// What happens to the next request of a connection.
    pub(super) fn draw(random: &mut Random, loss: Share) -> Option<Self> {
        if !random.happens(loss) {
            return None;
        }
        Some(match random.below(6) {
            0 => Self::Before,
            1 => Self::Half,
            2 => Self::Sent,
            _ => Self::Answered,
        })
    }
}

/// When an event is sent a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// On another connection at the same moment.
    AtOnce,
    /// So many events after it was acknowledged.
    Later(u32),
}

/// How the firmware starts anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reboot {
    /// With another boot id; the queue that it kept has the old one.
    Anew,
    /// It kept its boot id and its count.
    Resumed,
}

/// What happens to one event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Fate {
    /// So many later events are sent before it.
    pub(super) held: u32,
    pub(super) repeat: Option<Repeat>,
    /// The network goes with it, for so many events.
    pub(super) offline: u32,
    /// The firmware starts anew right after it was sent.
    pub(super) reboot: Option<Reboot>,
}

impl Fate {
    /// What happens to the next event.
    pub(super) fn draw(random: &mut Random, chaos: &Chaos) -> Self {
        // Each of them is drawn in any case, so that one share does not move the others.
        let mostly_few = |random: &mut Random, few: u32, most: u32| {
            let rare = random.below(20) == 0;
            1 + random.below(if rare { most } else { few })
        };
        let held = mostly_few(random, 12, HELD_MAX);
        let is_held = random.happens(chaos.reorder);
        let later = 1 + random.below(REPEAT_MAX);
        let repeat = if random.below(2) == 0 { Repeat::AtOnce } else { Repeat::Later(later) };
        let is_repeated = random.happens(chaos.duplicates);
        let offline = mostly_few(random, 12, OFFLINE_MAX);
        let is_offline = random.happens(chaos.offline);
        let reboot = if random.below(2) == 0 { Reboot::Anew } else { Reboot::Resumed };
        let is_rebooted = random.happens(chaos.reboots);
        Self {
            held: if is_held { held } else { 0 },
            repeat: is_repeated.then_some(repeat),
            offline: if is_offline { offline } else { 0 },
            reboot: is_rebooted.then_some(reboot),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chaos() -> Chaos {
        Chaos {
            loss: Share::percent(5),
            duplicates: Share::percent(20),
            reorder: Share::percent(20),
            offline: Share::percent(2),
            reboots: Share::percent(1),
            deaths: Share::percent(0),
        }
    }

    fn fates(seed: u64, chaos: &Chaos) -> Vec<Fate> {
        let mut random = Random::new(seed, 3);
        (0..10_000).map(|_| Fate::draw(&mut random, chaos)).collect()
    }

    #[test]
    fn the_seed_decides_what_goes_wrong() {
        assert_eq!(fates(4, &chaos()), fates(4, &chaos()));
        assert_ne!(fates(4, &chaos()), fates(5, &chaos()));
        let cuts = |seed| {
            let mut random = Random::new(seed, 0);
            (0..500).map(|_| Cut::draw(&mut random, Share::percent(5))).collect::<Vec<_>>()
        };
        assert_eq!(cuts(1), cuts(1));
        assert_ne!(cuts(1), cuts(2));
    }

    #[test]
    fn as_much_goes_wrong_as_was_asked_for() {
        let fates = fates(9, &chaos());
        let count = |what: fn(&Fate) -> bool| fates.iter().filter(|fate| what(fate)).count();
        assert!((1_850..2_150).contains(&count(|fate| fate.held > 0)));
        assert!((1_850..2_150).contains(&count(|fate| fate.repeat.is_some())));
        assert!((150..250).contains(&count(|fate| fate.offline > 0)));
        assert!((60..140).contains(&count(|fate| fate.reboot.is_some())));
        // What the appliance's window of 256 holds, with a whole time offline on top.
        assert!(fates.iter().all(|fate| fate.held <= HELD_MAX && fate.offline <= OFFLINE_MAX));
        let mut random = Random::new(9, 0);
        let none = Share::percent(0);
        assert!((0..1_000).all(|_| Cut::draw(&mut random, none).is_none()));
    }

    #[test]
    fn one_share_does_not_move_the_others() {
        let without = Chaos { reorder: Share::percent(0), ..chaos() };
        let repeats = |chaos| fates(2, chaos).iter().map(|it| it.repeat).collect::<Vec<_>>();
        assert_eq!(repeats(&without), repeats(&chaos()));
    }

    #[test]
    fn shares_are_read_as_percent() {
        for (text, parts, shown) in
            [("5%", 50_000, "5%"), ("20", 200_000, "20%"), ("0.5 %", 5_000, "0.5%"), ("0", 0, "0%")]
        {
            let share: Share = text.parse().unwrap();
            assert_eq!((share.parts(), share.to_string().as_str()), (parts, shown), "{text}");
        }
        for text in ["", "%", "-1", "51%", "5.%", "1.00001", "x", "0x5", ".5", "99999999999"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }
}
