//! The store against a plain map.

use cartwright::storage::{Error, Options, Reader, Store, Table, WriteError, prefix};

const ROWS: Table<(u64, String), String> = Table::new("TEST_ROWS");

#[tokio::test]
async fn a_failed_command_leaves_no_trace() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop.redb");
    let store = Store::open(&path, Options::default()).unwrap();
    let put = |number: u64, text: &str| {
        let text = text.to_owned();
        store.write(move |tx| tx.put(ROWS, &(number, text.clone()), &text))
    };
    put(1, "a").await.unwrap();
    put(1, "b").await.unwrap();
    put(2, "c").await.unwrap();
    let refused = store
        .write(|tx| {
            tx.remove(ROWS, &(1, "a".into()))?;
            tx.put(ROWS, &(1, "b".into()), &"changed".to_owned())?;
            tx.put(ROWS, &(3, "d".into()), &"new".to_owned())?;
            tx.next_id("orders")?;
            Err::<(), _>(Error::Closed)
        })
        .await;
    assert!(matches!(refused, Err(WriteError::Refused(Error::Closed))));
    let panicked = store
        .write(|tx| {
            tx.remove(ROWS, &(1, "a".into()))?;
            panic!("on purpose");
            #[expect(unreachable_code, reason = "gives the closure its type")]
            Ok::<(), Error>(())
        })
        .await;
    assert!(matches!(panicked, Err(WriteError::Panicked(message)) if message == "on purpose"));
    let id = store.write(|tx| tx.next_id("orders")).await.unwrap();
    assert_eq!(id, 1);
    let seq = store.write(|tx| tx.log(&"something".to_owned())).await.unwrap();
    assert_eq!((seq, store.last_change_seq()), (1, 1));
    store.close();
    assert!(matches!(store.read(|tx| tx.first(ROWS)), Err(Error::Closed)));
    let store = Store::open(&path, Options::default()).unwrap();
    assert_eq!(store.last_change_seq(), 1);
    let rows = store.read(|tx| tx.scan(ROWS, .., 10)).unwrap();
    let keys: Vec<_> = rows.iter().map(|((number, text), _)| (*number, text.as_str())).collect();
    assert_eq!(keys, [(1, "a"), (1, "b"), (2, "c")]);
    let ones = store.read(|tx| tx.scan_rev(ROWS, prefix(&1), 10)).unwrap();
    assert_eq!(ones.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    assert!(matches!(Store::open(&path, Options::default()), Err(Error::AlreadyOpen { .. })));
}
