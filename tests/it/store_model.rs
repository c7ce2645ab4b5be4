//! The store against a plain map.
//!
//! Several callers send random commands at once. Each successful command draws a ticket from a
//! sequence, and since a ticket is a write like any other, the tickets are the order in which the
//! store says that the commands happened. Replayed in that order on a [`BTreeMap`], every command
//! must have seen what the map shows, and in the end both must hold the same, also after the file
//! was closed and opened again. Commands that fail or panic, before or after they wrote, must have
//! left no trace, not even a ticket.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use cartwright::storage::{
    Blob, Error, Options, Reader, Store, Table, WriteError, WriteTx, change_log, prefix,
};
use proptest::collection::vec;
use proptest::prelude::*;

const ROWS: Table<(u8, String), Blob> = Table::new("TEST_ROWS");
const MARKS: Table<u8, u64> = Table::new("TEST_MARKS");

type Key = (u8, String);

#[derive(Debug, Clone)]
enum Step {
    Put(Key, Vec<u8>),
    Remove(Key),
    Get(Key),
    Scan(Key, Key),
    Prefix(u8),
    Mark(u8, u64),
    Unmark(u8),
    NextId(u8),
    Log(u64),
    Count,
}

/// How a command ends after its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Success,
    Refusal,
    Panic,
}

#[derive(Debug, Clone)]
struct Script {
    steps: Vec<Step>,
    ending: Ending,
}

/// What a step saw.
#[derive(Debug, Clone, PartialEq)]
enum Sight {
    Nothing,
    WasThere(bool),
    Value(Option<Vec<u8>>),
    Keys(Vec<Key>),
    Number(u64),
}

fn run_step(tx: &mut WriteTx<'_>, step: &Step) -> Result<Sight, Error> {
    let keys = |rows: Vec<(Key, Blob)>| Sight::Keys(rows.into_iter().map(|row| row.0).collect());
    Ok(match step {
        Step::Put(key, value) => {
            tx.put(ROWS, key, &Blob(value.clone()))?;
            Sight::Nothing
        }
        Step::Remove(key) => Sight::WasThere(tx.remove(ROWS, key)?),
        Step::Get(key) => Sight::Value(tx.get(ROWS, key)?.map(|blob| blob.0)),
        Step::Scan(start, end) => keys(tx.scan(ROWS, start.clone()..=end.clone(), 5)?),
        Step::Prefix(first) => keys(tx.scan_rev(ROWS, prefix(first), 5)?),
        Step::Mark(key, value) => {
            tx.put(MARKS, key, value)?;
            Sight::Nothing
        }
        Step::Unmark(key) => Sight::WasThere(tx.remove(MARKS, key)?),
        Step::NextId(sequence) => Sight::Number(tx.next_id(&format!("sequence {sequence}"))?),
        Step::Log(change) => Sight::Number(tx.log(change)?),
        Step::Count => Sight::Number(tx.len(ROWS)?),
    })
}

/// The map that the store is compared with.
#[derive(Debug, Default)]
struct Model {
    rows: BTreeMap<Key, Vec<u8>>,
    marks: BTreeMap<u8, u64>,
    sequences: BTreeMap<u8, u64>,
    changes: Vec<u64>,
    tickets: u64,
}

impl Model {
    fn run_step(&mut self, step: &Step) -> Sight {
        match step {
            Step::Put(key, value) => {
                self.rows.insert(key.clone(), value.clone());
                Sight::Nothing
            }
            Step::Remove(key) => Sight::WasThere(self.rows.remove(key).is_some()),
            Step::Get(key) => Sight::Value(self.rows.get(key).cloned()),
            Step::Scan(start, end) => {
                let inside = |key: &&Key| (start..=end).contains(key);
                Sight::Keys(self.rows.keys().filter(inside).take(5).cloned().collect())
            }
            Step::Prefix(first) => {
                let inside = |key: &&Key| key.0 == *first;
                Sight::Keys(self.rows.keys().rev().filter(inside).take(5).cloned().collect())
            }
            Step::Mark(key, value) => {
                self.marks.insert(*key, *value);
                Sight::Nothing
            }
            Step::Unmark(key) => Sight::WasThere(self.marks.remove(key).is_some()),
            Step::NextId(sequence) => {
                let last = self.sequences.entry(*sequence).or_default();
                *last += 1;
                Sight::Number(*last)
            }
            Step::Log(change) => {
                self.changes.push(*change);
                Sight::Number(self.changes.len() as u64)
            }
            Step::Count => Sight::Number(self.rows.len() as u64),
        }
    }

    fn check(&self, store: &Store) {
        let (rows, marks, changes) = store
            .read(|tx| {
                let rows = tx.scan(ROWS, .., usize::MAX)?;
                let marks = tx.scan(MARKS, .., usize::MAX)?;
                Ok::<_, Error>((rows, marks, change_log::changes_since::<u64>(tx, 0, usize::MAX)?))
            })
            .unwrap();
        assert!(rows.into_iter().map(|(key, blob)| (key, blob.0)).eq(self.rows.clone()));
        assert!(marks.into_iter().eq(self.marks.clone()));
        assert!(changes.into_iter().eq((1..).zip(self.changes.iter().copied())));
        assert_eq!(store.last_change_seq(), self.changes.len() as u64);
    }
}

/// Sends one caller's commands; gives the successful ones by ticket with what they saw.
fn call(store: &Store, scripts: Vec<Script>) -> Vec<(u64, Vec<Step>, Vec<Sight>)> {
    let mut done = Vec::new();
    for Script { steps, ending } in scripts {
        let sent = steps.clone();
        let result = store.write_blocking(move |tx| {
            let sights: Vec<Sight> =
                sent.iter().map(|step| run_step(tx, step)).collect::<Result<_, Error>>()?;
            let ticket = tx.next_id("tickets")?;
            match ending {
                Ending::Success => Ok((ticket, sights)),
                Ending::Refusal => Err(Error::Closed),
                Ending::Panic => resume_unwind(Box::new("on purpose")),
            }
        });
        match (ending, result) {
            (Ending::Success, Ok((ticket, sights))) => done.push((ticket, steps, sights)),
            (Ending::Refusal, Err(WriteError::Refused(Error::Closed))) => {}
            (Ending::Panic, Err(WriteError::Panicked(message))) => {
                assert_eq!(message, "on purpose");
            }
            (ending, result) => panic!("{ending:?}: {result:?}"),
        }
    }
    done
}

/// One opening of the store: all callers at once, then the comparison.
fn session(path: &Path, model: &mut Model, callers: Vec<Vec<Script>>) {
    let store = Store::open(path, Options::default()).unwrap();
    model.check(&store);
    let mut done: Vec<_> = thread::scope(|scope| {
        let callers: Vec<_> =
            callers.into_iter().map(|scripts| scope.spawn(|| call(&store, scripts))).collect();
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    });
    done.sort_by_key(|command| command.0);
    for (ticket, steps, sights) in done {
        model.tickets += 1;
        assert_eq!(ticket, model.tickets, "a command that failed has left its ticket");
        for (step, sight) in steps.iter().zip(sights) {
            assert_eq!(model.run_step(step), sight, "ticket {ticket}, {step:?}");
        }
    }
    model.check(&store);
}

fn key() -> impl Strategy<Value = Key> {
    (0..4_u8, prop_oneof!["[ab]{0,2}", Just("x".repeat(600))])
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![4 => vec(any::<u8>(), 0..40), 1 => (0..20_000_usize).prop_map(|n| vec![7; n])]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (key(), value()).prop_map(|(key, value)| Step::Put(key, value)),
        3 => key().prop_map(Step::Remove),
        2 => key().prop_map(Step::Get),
        1 => (key(), key()).prop_map(|(a, b)| Step::Scan(a, b)),
        1 => (0..4_u8).prop_map(Step::Prefix),
        1 => (0..4_u8, any::<u64>()).prop_map(|(key, value)| Step::Mark(key, value)),
        1 => (0..4_u8).prop_map(Step::Unmark),
        1 => (0..3_u8).prop_map(Step::NextId),
        1 => any::<u64>().prop_map(Step::Log),
        1 => Just(Step::Count),
    ]
}

fn script() -> impl Strategy<Value = Script> {
    let ending = prop_oneof![
        4 => Just(Ending::Success),
        2 => Just(Ending::Refusal),
        1 => Just(Ending::Panic),
    ];
    (vec(step(), 0..8), ending).prop_map(|(steps, ending)| Script { steps, ending })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_store_does_what_a_map_does(
        sessions in vec(vec(vec(script(), 0..12), 1..6), 1..4),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("shop.redb");
        let mut model = Model::default();
        for callers in sessions {
            session(&path, &mut model, callers);
        }
        model.check(&Store::open(&path, Options::default()).unwrap());
    }
}
