//! One promotion and thousands of followers: how long until the last one has heard of it?
//!
//! `cargo bench --bench live` opens 2,000 followers, half by WebSocket and half by Socket.IO, each with a session of its own, and prints a line per promotion. The followers are in a process
//! of their own (this program again, with `follow`), so that memory and open files are counted
//! apart. It fails when a promotion takes longer than the bar.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use cartwright::app::accounts::NewAccount;
use cartwright::app::accounts::sessions::Client;
use cartwright::app::announcements::Announcement;
use cartwright::app::{Admin, App};
use cartwright::config::{Config, Sources};
use cartwright::domain::accounts::Role;
use cartwright::server::{Options, Server, raise_open_files_limit};
use futures_util::{SinkExt, StreamExt, stream};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{ChildStdout, Command};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const FOLLOWERS: usize = 2000;
const ROUNDS: u64 = 5;
/// The bar.
const LONGEST: Duration = Duration::from_secs(2);
/// Handshakes at a time.
const OPENING: usize = 64;
/// What makes this program the followers.
const FOLLOW: &str = "follow";

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;
type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

fn main() -> Outcome<ExitCode> {
    raise_open_files_limit()?;
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Runtime::new()?;
    match arguments.iter().position(|argument| argument == FOLLOW) {
        Some(at) => {
            let address = arguments.get(at + 1).ok_or("an address is missing")?;
            runtime.block_on(follow(address))?;
            Ok(ExitCode::SUCCESS)
        }
        None => runtime.block_on(serve()),
    }
}

/// Opens the followers and announces promotions.
async fn serve() -> Outcome<ExitCode> {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let flags = BTreeMap::from([("http".to_owned(), "127.0.0.1:0".to_owned())]);
    let config = Config::load(&Sources { flags, ..Sources::default() })?;
    let options = Options { data_dir: directory.path().to_owned(), config };
    let server = Server::bind(options).await?;
    let (address, app) = (server.http_addr(), server.app().clone());
    let stop = server.shutdown_token();
    let running = tokio::spawn(server.run(std::future::pending()));
    let tokens: Vec<Outcome<String>> =
        stream::iter(0..FOLLOWERS).map(|n| sign_in(&app, n)).buffered(OPENING).collect().await;
    let tokens = tokens.into_iter().collect::<Outcome<Vec<String>>>()?.join("\n");

    let before_kib = resident_kib()?;
    let mut followers = Command::new(std::env::current_exe()?)
        .args([FOLLOW, &address.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let start = Instant::now();
    let mut stdin = followers.stdin.take().ok_or("no way to tell the followers")?;
    stdin.write_all(tokens.as_bytes()).await?;
    drop(stdin);
    let stdout = followers.stdout.take().ok_or("no way to hear the followers")?;
    let mut told = BufReader::new(stdout).lines();
    next_line(&mut told, "open").await?;
    let opened = start.elapsed();
    let each_kib = resident_kib()?.saturating_sub(before_kib) / u64::try_from(FOLLOWERS)?;
    let opened_ms = opened.as_millis();
    println!("{FOLLOWERS} followers, opened in {opened_ms} ms, {each_kib} KiB of the server each");

    let mut longest = Duration::ZERO;
    for seq in 1..=ROUNDS {
        let start = Instant::now();
        app.announce(Announcement {
            seq,
            message: format!("Milk is {seq} % off"),
            promotion: json!({"id": seq, "name": "Milk week", "kind": "percent", "value": seq}),
        });
        let spread = next_line(&mut told, "heard").await?;
        let took = start.elapsed();
        println!("promotion {seq}: the last has heard after {} ms ({spread})", took.as_millis());
        longest = longest.max(took);
    }
    drop(followers);
    stop.cancel();
    running.await?;
    println!("longest: {} ms, bar: {} ms", longest.as_millis(), LONGEST.as_millis());
    Ok(if longest <= LONGEST { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A new account's access token.
async fn sign_in(app: &App, number: usize) -> Outcome<String> {
    let name = format!("follower-{number}");
    let account = NewAccount { username: Some(name), ..NewAccount::default() };
    let user = app.create_user(&Admin::local(), account, Role::Customer).await?;
    Ok(app.sign_in_new(&user, Client::default()).await?.access_token)
}

/// What follows this word in the next line.
async fn next_line(lines: &mut Lines<BufReader<ChildStdout>>, word: &str) -> Outcome<String> {
    let line = lines.next_line().await?.ok_or("the followers ended")?;
    let rest = line.strip_prefix(word).ok_or(format!("not {word} but {line}"))?;
    Ok(rest.trim().to_owned())
}

/// What this process has in memory.
fn resident_kib() -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmRSS")?;
    Ok(number.parse()?)
}

/// Opens a follower for each token on stdin, and says when all of them have heard.
async fn follow(address: &str) -> Outcome<()> {
    let tokens: Vec<String> = std::io::stdin().lines().collect::<Result<_, _>>()?;
    let (tell, mut told) = mpsc::unbounded_channel();
    let opening = stream::iter(tokens.iter().enumerate()).map(|(number, token)| async move {
        if number % 2 == 0 {
            websocket(address, token).await
        } else {
            socket_io(address, token).await
        }
    });
    let sockets: Vec<Outcome<Socket>> = opening.buffer_unordered(OPENING).collect().await;
    for socket in sockets {
        tokio::spawn(listen(socket?, tell.clone()));
    }
    println!("open");
    loop {
        let mut first = None;
        for _ in 0..tokens.len() {
            let Some(()) = told.recv().await else { return Ok(()) };
            first.get_or_insert_with(Instant::now);
        }
        let spread = first.map_or(Duration::ZERO, |first| first.elapsed());
        println!("heard first to last {} ms", spread.as_millis());
    }
}

async fn websocket(address: &str, token: &str) -> Outcome<Socket> {
    let mut request = format!("ws://{address}/promotions/ws").into_client_request()?;
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
    Ok(connect_async(request).await?.0)
}

async fn socket_io(address: &str, token: &str) -> Outcome<Socket> {
    let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
    let (mut socket, _) = connect_async(url).await?;
    let join = format!("40/promotions,{}", json!({ "token": token }));
    socket.send(Message::text(join)).await?;
    loop {
        match socket.next().await.ok_or("closed before it joined")?? {
            Message::Text(text) if text == "2" => socket.send(Message::text("3")).await?,
            Message::Text(text) if text.starts_with("40/promotions,") => return Ok(socket),
            Message::Text(text) if text.starts_with("44") => return Err(text.as_str().into()),
            _ => {}
        }
    }
}

/// Counts promotions and answers pings until the socket ends.
async fn listen(mut socket: Socket, tell: mpsc::UnboundedSender<()>) {
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Text(text) if text == "2" => drop(socket.send(Message::text("3")).await),
            Message::Text(text) if text.contains("% off") && tell.send(()).is_err() => return,
            _ => {}
        }
    }
}
