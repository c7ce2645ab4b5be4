//! The firmware's queue: what is sent, in which order and on which connections, and what an
//! answer means.

use futures_util::future::join_all;

use super::super::chaos::Repeat;
use super::super::client::Answer;
use super::super::deliver::{Kind, Said, Undelivered};
use super::super::model::Effect;
use super::{Cart, Event, Number, Repeated, Verb};

/// From so many events on, the queue goes out in batches.
const BATCH_FROM: usize = 5;
/// The smallest and the largest batch.
const BATCH_MIN: u32 = 8;
const BATCH_MAX: u32 = 64;
/// The most events that wait to be sent once more.
const REPEATED_MAX: usize = 64;
/// The most problems of one cart that are told.
const PROBLEMS_MAX: usize = 20;

/// One request of an event.
struct Shot {
    number: Number,
    request: Vec<u8>,
    /// What it is compared with: the answer that the event got first.
    first: Option<Answer>,
    /// The same as the shot before, at the same moment.
    is_twin: bool,
    sent: u32,
}

impl Cart {
    /// Everything that waits is due now.
    pub(super) fn release_all(&mut self) {
        let step = self.step;
        self.open.values_mut().for_each(|event| event.due = event.due.min(step));
    }

    /// Sends what is due, and what must be sent before it.
    pub(super) async fn send_due(&mut self) -> Result<(), Undelivered> {
        self.release_earlier();
        let mut due = self.due();
        if due.len() >= BATCH_FROM {
            // A batch may not skip a number that was never used.
            self.release_all();
            due = self.due();
            return self.send_batches(due).await;
        }
        let mut wave: Vec<Number> = Vec::new();
        for number in due {
            let waits = wave.iter().any(|other| self.must_keep_order(*other, number));
            if waits {
                self.send_wave(&std::mem::take(&mut wave)).await?;
            }
            wave.push(number);
        }
        self.send_wave(&wave).await
    }

    /// What is still to be repeated.
    pub(super) async fn send_last_repeats(&mut self) -> Result<(), Undelivered> {
        self.repeated.iter_mut().for_each(|it| it.due = 0);
        self.send_wave(&[]).await
    }

    fn due(&self) -> Vec<Number> {
        let due = self.open.iter().filter(|(_, event)| event.due <= self.step);
        due.map(|(number, _)| *number).collect()
    }

    fn must_keep_order(&self, one: Number, other: Number) -> bool {
        match (self.open.get(&one), self.open.get(&other)) {
            (Some(one), Some(other)) => one.must_keep_order_with(other),
            _ => false,
        }
    }

    /// Makes events due that wait although a later one of their product is due which they must
    /// come before.
    fn release_earlier(&mut self) {
        loop {
            let (due, held): (Vec<_>, Vec<_>) =
                self.open.iter().partition(|(_, event)| event.due <= self.step);
            let earlier: Vec<Number> = held
                .iter()
                .filter(|(number, event)| {
                    due.iter().any(|(due, other)| number < due && event.must_keep_order_with(other))
                })
                .map(|(number, _)| **number)
                .collect();
            if earlier.is_empty() {
                return;
            }
            for number in earlier {
                if let Some(event) = self.open.get_mut(&number) {
                    event.due = self.step;
                }
            }
        }
    }

    /// Sends events side by side, and what is to be repeated with them.
    async fn send_wave(&mut self, wave: &[Number]) -> Result<(), Undelivered> {
        let mut shots = Vec::new();
        for number in wave {
            shots.extend(self.shots(*number));
        }
        let step = self.step;
        for again in self.repeated.extract_if(.., |it| it.due <= step) {
            let Repeated { number, request, first, .. } = again;
            shots.push(Shot { number, request, first: Some(first), is_twin: false, sent: 0 });
        }
        while !shots.is_empty() {
            let width = shots.len().min(self.lanes.len());
            let mut now: Vec<Shot> = shots.drain(..width).collect();
            let world = &self.world;
            let sent =
                self.lanes.iter_mut().zip(&mut now).map(|(lane, shot)| {
                    lane.deliver(world, &shot.request, Kind::Scan, &mut shot.sent)
                });
            let answers = join_all(sent).await;
            for shot in &now {
                self.note_sent(&[shot.number], shot.sent);
            }
            let mut first = None;
            let mut failed = None;
            for (shot, answer) in now.iter().zip(answers) {
                let answer = match answer {
                    Ok(answer) => answer,
                    Err(error) => {
                        (failed, first) = (Some(error), None);
                        continue;
                    }
                };
                match (&shot.first, shot.is_twin) {
                    (Some(first), _) => self.compare_repeat(shot.number, first, &answer),
                    (None, true) => {
                        if let Some(first) = &first {
                            self.compare_repeat(shot.number, first, &answer);
                        }
                    }
                    (None, false) => {
                        failed = self.answered(shot, &answer).err().or(failed);
                        first = Some(answer);
                    }
                }
            }
            if let Some(failed) = failed {
                return Err(failed);
            }
        }
        if !self.world.keeps_lanes {
            self.lanes.iter_mut().skip(1).for_each(|lane| lane.connection.close());
        }
        Ok(())
    }

    fn shots(&mut self, number: Number) -> Vec<Shot> {
        let Some(event) = self.open.get(&number) else { return Vec::new() };
        let is_twice = event.fate.repeat == Some(Repeat::AtOnce);
        let request = self.request_of(number, event);
        if event.sent == 0 && number.0 == self.boot {
            if number.1 < self.top_sent {
                self.world.metrics.reordered.up();
            }
            self.top_sent = self.top_sent.max(number.1);
        }
        let shot =
            |is_twin| Shot { number, request: request.clone(), first: None, is_twin, sent: 0 };
        if is_twice { vec![shot(false), shot(true)] } else { vec![shot(false)] }
    }

    /// A repeat gets the first answer again, or is told that it was answered before.
    fn compare_repeat(&mut self, number: Number, first: &Answer, again: &Answer) {
        self.world.metrics.duplicates.up();
        let is_same = first.status == again.status && first.body == again.body;
        let is_told = again.status < 300 && Said::of(again).duplicate;
        if !is_same && !is_told {
            let (was, is) = (text(first), text(again));
            self.wrong(number, &format!("was answered {was}, and then {is}"));
        }
    }

    /// Takes an answer to one event.
    fn answered(&mut self, shot: &Shot, answer: &Answer) -> Result<(), Undelivered> {
        let said = Said::of(answer);
        let later = self.open.get(&shot.number).and_then(|event| match event.fate.repeat {
            Some(Repeat::Later(steps)) => Some(self.step + u64::from(steps)),
            _ => None,
        });
        match answer.status {
            200..=299 if said.success => self.settle(shot.number, None),
            400 | 404 | 409 if said.code() != "gap" && !said.code().is_empty() => {
                self.settle(shot.number, Some((answer.status, said.code())));
            }
            _ => return Err(Undelivered::GaveUp(text(answer))),
        }
        if let Some(due) = later.filter(|_| self.repeated.len() < REPEATED_MAX) {
            let (number, request) = (shot.number, shot.request.clone());
            self.repeated.push(Repeated { due, number, request, first: answer.clone() });
        }
        Ok(())
    }

    /// The shop has an event, or refused it for good.
    fn settle(&mut self, number: Number, refusal: Option<(u16, &str)>) {
        let Some(event) = self.open.remove(&number) else { return };
        let metrics = &self.world.metrics;
        metrics.acknowledged.up();
        let Some((status, code)) = refusal else {
            if event.effect == Effect::Nothing {
                self.wrong(number, &format!("is nonsense and was taken: {}", event.members));
            }
            self.known.apply((event.product, event.effect));
            return;
        };
        metrics.refused.up();
        if event.effect != Effect::Nothing {
            // Somebody changed the catalogue, or the shelf is empty at the till.
            metrics.error(&format!("{status} {code}"));
            let mut truth = self.known.clone();
            self.open.values().for_each(|event| truth.apply((event.product, event.effect)));
            self.shopper.correct(truth);
        }
    }

    /// Sends the queue in its order.
    async fn send_batches(&mut self, mut due: Vec<Number>) -> Result<(), Undelivered> {
        self.skip_on_purpose(&due).await?;
        while !due.is_empty() {
            let most = BATCH_MIN + self.fates.below(BATCH_MAX - BATCH_MIN + 1);
            let most = usize::try_from(most).unwrap_or(1).min(due.len());
            let batch: Vec<Number> = due[..most].to_vec();
            let (request, answer) = self.send_batch(&batch).await?;
            let acked = self.take_batch(&batch, &answer)?;
            due.drain(..acked);
            if self.fates.happens(self.world.chaos.duplicates) && acked == batch.len() {
                let Some(lane) = self.lanes.last_mut() else { continue };
                let again = lane.deliver(&self.world, &request, Kind::Other, &mut 0).await?;
                self.world.metrics.duplicates.up();
                if Said::of(&again).acked != Some(acked) {
                    let is = text(&again);
                    self.wrong(batch[0], &format!("began a batch whose repeat was answered {is}"));
                }
            }
        }
        self.send_wave(&[]).await
    }

    async fn send_batch(&mut self, batch: &[Number]) -> Result<(Vec<u8>, Answer), Undelivered> {
        let request = self.batch_of(batch);
        self.world.metrics.batches.up();
        if let Some((_, seq)) = batch.last().filter(|(boot, _)| *boot == self.boot) {
            self.top_sent = self.top_sent.max(*seq);
        }
        let mut sent = 0;
        let answer = match self.lanes.first_mut() {
            Some(lane) => lane.deliver(&self.world, &request, Kind::Other, &mut sent).await,
            None => Err(Undelivered::Aborted),
        };
        self.note_sent(batch, sent);
        Ok((request, answer?))
    }

    /// Takes an answer to a batch: how many of its events the firmware may forget.
    fn take_batch(&mut self, batch: &[Number], answer: &Answer) -> Result<usize, Undelivered> {
        let said = Said::of(answer);
        let acked = said.acked.unwrap_or(0).min(batch.len());
        let is_whole = said.success && acked == batch.len();
        let is_gap = said.code() == "gap";
        if acked == 0 || (answer.status < 300) != is_whole || is_gap {
            return Err(Undelivered::GaveUp(text(answer)));
        }
        for number in &batch[..acked - 1] {
            self.settle_in_batch(*number);
        }
        match (answer.status, batch.get(acked - 1)) {
            (200..=299, Some(last)) => self.settle_in_batch(*last),
            (status, Some(last)) => self.settle(*last, Some((status, said.code()))),
            (_, None) => {}
        }
        Ok(acked)
    }

    /// An event within a batch, which says nothing of those that it was told of before.
    fn settle_in_batch(&mut self, number: Number) {
        let event = self.open.get(&number);
        let is_old_nonsense =
            event.is_some_and(|event| event.effect == Effect::Nothing && event.sent > 1);
        self.settle(number, is_old_nonsense.then_some((400, "answered-before")));
    }

    /// Sends a later batch before an earlier one now and then: the shop must say that a number is
    /// missing, and which, and do nothing.
    async fn skip_on_purpose(&mut self, due: &[Number]) -> Result<(), Undelivered> {
        let is_fresh = |number: &Number| {
            let unsent = self.open.get(number).is_some_and(|event| event.sent == 0);
            unsent && number.0 == self.boot && number.1 > self.top_sent
        };
        let fresh: Vec<Number> = due.iter().copied().filter(is_fresh).collect();
        let wanted = self.top_sent + 1;
        let is_next = fresh.first().is_some_and(|(_, seq)| *seq == wanted);
        // Whatever was sent before was answered, so that the shop knows no higher number either.
        if fresh.len() < 2 || !is_next || self.fates.below(2) > 0 {
            return Ok(());
        }
        let request = self.batch_of(&fresh[1..]);
        let Some(lane) = self.lanes.first_mut() else { return Ok(()) };
        let mut sent = 0;
        let answer = lane.deliver(&self.world, &request, Kind::Other, &mut sent).await?;
        let said = Said::of(&answer);
        if answer.status == 409 && said.code() == "gap" && said.expect == Some(wanted) {
            self.world.metrics.gaps.up();
        } else {
            let is = text(&answer);
            self.note_sent(&fresh[1..], sent);
            self.wrong(fresh[1], &format!("skips number {wanted} and was answered {is}"));
        }
        Ok(())
    }

    pub(super) fn note_sent(&mut self, numbers: &[Number], times: u32) {
        for number in numbers {
            if let Some(event) = self.open.get_mut(number) {
                event.sent += times;
            }
        }
    }

    /// The request of one event, the same bytes each time.
    pub(super) fn request_of(&self, number: Number, event: &Event) -> Vec<u8> {
        let boot = self.boot_id(number.0);
        let comma = if event.members.is_empty() { "" } else { "," };
        let (members, seq) = (&event.members, number.1);
        let body = format!("{{{members}{comma}\"boot_id\":\"{boot}\",\"seq\":{seq}}}");
        self.world.target.request("POST", event.verb.path(), &self.headers, &body)
    }

    fn batch_of(&self, numbers: &[Number]) -> Vec<u8> {
        let mut events = Vec::with_capacity(numbers.len());
        for (boot, seq) in numbers {
            let Some(event) = self.open.get(&(*boot, *seq)) else { continue };
            let (verb, members) = (event.verb.word(), &event.members);
            let of_boot = if *boot == self.boot {
                String::new()
            } else {
                format!(",\"boot_id\":\"{}\"", self.boot_id(*boot))
            };
            debug_assert!(event.verb != Verb::Checkout, "the till is asked alone");
            events.push(format!("{{\"seq\":{seq},\"type\":\"{verb}\",{members}{of_boot}}}"));
        }
        let (boot, events) = (self.boot_id(self.boot), events.join(","));
        let body = format!("{{\"boot_id\":\"{boot}\",\"events\":[{events}]}}");
        self.world.target.request("POST", "/cart/esp32/events", &self.headers, &body)
    }

    fn boot_id(&self, boot: u32) -> String {
        format!("{:x}-{}-{boot}", self.world.seed & 0xffff_ffff, self.number)
    }

    fn wrong(&mut self, (boot, seq): Number, what: &str) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problem(&format!("event {seq} of start {boot} {what}"));
        }
    }
}

/// An answer in a line.
fn text(answer: &Answer) -> String {
    let body: String = String::from_utf8_lossy(&answer.body).chars().take(300).collect();
    format!("{} {body}", answer.status)
}
