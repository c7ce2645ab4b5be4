//! Many bad clients at once, and one good one. `tests/bench/slow_clients.mjs` does the same at
//! full size and with the real deadlines.

use super::*;

const CROWD: usize = 50;
const BRISK: Limits = Limits {
    connections: 400,
    connections_per_address: 400,
    handshake: NEVER,
    header: Duration::from_millis(400),
    idle: NEVER,
    write_stall: NEVER,
    body_window: Duration::from_millis(400),
    body_min_bytes: 10 * 1024,
    drain: NEVER,
};

/// A server that reads every body and answers 408 when it does not come.
async fn reading(limits: Limits) -> Server {
    Server::start(limits, |request| async {
        let status = if request.into_body().collect().await.is_ok() { 200 } else { 408 };
        Ok(Response::builder().status(status).body(FullBody::from("read")).unwrap())
    })
    .await
}

/// Opens a connection, says `text` and then one byte a while; when it was closed, and what came.
async fn drip(address: SocketAddr, text: &'static str) -> (Duration, String) {
    let start = Instant::now();
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let dripping = tokio::spawn(async move {
        let _ = writer.write_all(text.as_bytes()).await;
        while !text.is_empty() && writer.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        std::future::pending::<()>().await;
    });
    let mut bytes = Vec::new();
    let _ = timeout(PATIENCE, reader.read_to_end(&mut bytes)).await.expect("it is closed");
    let took = start.elapsed();
    dripping.abort();
    (took, String::from_utf8(bytes).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_half_and_dripping_clients_are_cut_while_an_honest_one_is_served() {
    let server = reading(BRISK).await;
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        for text in [
            "",
            "GET / HTTP/1.1\r\nHost: shop\r\nX: ",
            "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 9999\r\n\r\n",
        ] {
            crowd.push((text, tokio::spawn(drip(server.address, text))));
        }
    }
    let mut honest = server.connect().await;
    let mut asked = 0;
    while crowd.iter().any(|(_, client)| !client.is_finished()) {
        assert!(honest.ask().await.ends_with("read"));
        asked += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(asked > 10, "{asked} requests were answered meanwhile");
    for (text, client) in crowd {
        let (took, answer) = client.await.unwrap();
        let patience = Duration::from_secs(10);
        assert!(took >= BRISK.header && took < patience, "{text:?} took {took:?}");
        let expected = if text.starts_with("POST") { "HTTP/1.1 408 " } else { "" };
        assert!(answer.starts_with(expected), "{text:?}: {answer}");
        assert_eq!(answer.is_empty(), expected.is_empty(), "{text:?}: {answer}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_refused_upload_hears_why_although_it_goes_on_sending() {
    const UPLOAD_BYTES: usize = 8 * 1024 * 1024;
    let server = Server::start(relaxed(), |_| async {
        Ok(Response::builder().status(413).body(FullBody::from("too large")).unwrap())
    })
    .await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let header = format!("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: {UPLOAD_BYTES}\r\n\r\n");
    writer.write_all(header.as_bytes()).await.unwrap();
    let sending = tokio::spawn(async move {
        let sent = writer.write_all(&vec![b'x'; UPLOAD_BYTES]).await;
        drop(writer);
        sent
    });
    let mut answer = String::new();
    timeout(PATIENCE, reader.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.ends_with("too large"), "{answer}");
    sending.await.unwrap().expect("the server takes what it asked nobody for");
    server.stop().await;
}

#[tokio::test]
async fn who_never_stops_sending_is_cut_behind_the_answer() {
    let server = Server::start(relaxed(), |_| async {
        Ok(Response::builder().status(413).body(FullBody::from("too large")).unwrap())
    })
    .await;
    let (took, answer) =
        drip(server.address, "POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 99999\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    while server.metrics.connections_open.value() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(server.metrics.connections_timed_out.value(), 0, "it had its answer");
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_sips_its_answer_is_cut() {
    let limits = Limits { write_stall: Duration::from_millis(300), ..relaxed() };
    let server = Server::start(limits, |_| async {
        Ok(Response::new(FullBody::from(vec![b'x'; 64 * 1024 * 1024])))
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    let start = Instant::now();
    // Each sip would start a stall anew if only silence counted.
    while server.metrics.connections_timed_out.value() == 0 {
        let _ = client.0.read_u8().await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(start.elapsed() < PATIENCE, "it was never cut");
    }
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn a_full_house_makes_room_for_an_address_that_has_less() {
    let limits = Limits { connections: 4, connections_per_address: 4, ..relaxed() };
    let server = Server::hello(limits).await;
    let mut greedy = Vec::new();
    for _ in 0..4 {
        let mut client = server.connect().await;
        assert!(client.ask().await.ends_with("hello"));
        greedy.push(client);
    }
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.9:0".parse().unwrap()).unwrap();
    let mut modest = Client(socket.connect(server.address).await.unwrap());
    assert!(modest.ask().await.ends_with("hello"));
    assert_eq!(greedy.remove(0).rest().await, "", "the one that waited longest left");
    for client in &mut greedy {
        assert!(client.ask().await.ends_with("hello"), "the others stay");
    }
    assert_eq!(server.metrics.connections_evicted.value(), 1);
    server.stop().await;
}
