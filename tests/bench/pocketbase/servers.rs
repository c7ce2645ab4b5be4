//! The servers that are measured: started here, filled with the same products, ended by their pid.

use std::collections::HashMap;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::Outcome;
use super::catalogue::{Product, to_csv};
use super::client::{Connection, get, send};

/// How long a server may take until it answers.
const START_MAX: Duration = Duration::from_mins(1);
/// How long the products may take to be there.
const FILL_MAX: Duration = Duration::from_mins(5);
/// Records that `PocketBase` gets in one request.
const BATCH: usize = 500;
/// Products on a page of a search: `PocketBase`'s own default.
const PAGE: usize = 30;
/// Products on a page of the list that tells their ids.
const LIST: usize = 1_000;
/// Ticks of a second in `/proc/PID/stat`: the same on all Linux machines that this runs on.
const TICK: Duration = Duration::from_millis(10);

const ADMIN: &str = "bench@example.org";
const PASSWORD: &str = "only-for-benchmarks";

/// Which server, and where its program is.
#[derive(Debug, Clone)]
pub(super) enum Program {
    Cartwright(PathBuf),
    PocketBase(PathBuf),
}

/// A server with the products in it. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) label: String,
    pub(super) address: SocketAddr,
    child: Child,
    /// Requests for one product by its id.
    pub(super) by_id: Vec<Vec<u8>>,
    /// Requests for one product by its barcode, and what must be in the answer.
    pub(super) by_barcode: Vec<(Vec<u8>, String)>,
    /// Requests for products by a word.
    pub(super) search: Vec<Vec<u8>>,
}

impl Server {
    /// Starts a server in a directory of its own and fills it.
    pub(super) async fn start(
        program: &Program,
        label: String,
        directory: &Path,
        products: &[Product],
        words: &[String],
    ) -> Outcome<Self> {
        fs::create_dir_all(directory)?;
        let started = async {
            match program {
                Program::Cartwright(binary) => cartwright(binary, directory, products).await,
                Program::PocketBase(binary) => pocketbase(binary, directory, products).await,
            }
        };
        let (child, address, ids) = timeout(FILL_MAX, started).await??;
        let one = |it: &Product| ids.get(&it.sku).ok_or_else(|| format!("{} is missing", it.sku));
        let (mut by_id, mut by_barcode) = (Vec::new(), Vec::new());
        for it in products {
            let (id, code) = (one(it)?, &it.barcode);
            let (path, lookup) = match program {
                Program::Cartwright(_) => {
                    (format!("/products/{id}"), format!("/products/barcode/{code}"))
                }
                Program::PocketBase(_) => {
                    let filter = query("filter", &format!("barcode=\"{code}\""));
                    (record(id), record(&format!("?perPage=1&skipTotal=1&{filter}")))
                }
            };
            by_id.push(get(&path));
            // Both answers have the SKU, which no other product has.
            by_barcode.push((get(&lookup), format!("\"{}\"", it.sku)));
        }
        let search = words.iter().map(|word| match program {
            Program::Cartwright(_) => {
                get(&format!("/products/search?limit={PAGE}&{}", query("query", word)))
            }
            Program::PocketBase(_) => {
                let filter = format!("name ~ \"{word}\" || description ~ \"{word}\"");
                get(&record(&format!("?perPage={PAGE}&{}", query("filter", &filter))))
            }
        });
        Ok(Self { label, address, child, by_id, by_barcode, search: search.collect() })
    }

    /// What its process has computed since it began, on all threads, in user and in system mode.
    pub(super) fn cpu(&self) -> Outcome<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid()?))?;
        // The name in brackets may have spaces; behind it the state is the third field.
        let (_, fields) = stat.rsplit_once(')').ok_or("no fields")?;
        let mut fields = fields.split_whitespace().skip(14 - 3);
        let (user, system) = fields.next().zip(fields.next()).ok_or("too few fields")?;
        Ok(TICK * (user.parse::<u32>()? + system.parse::<u32>()?))
    }

    /// Its process.
    pub(super) fn pid(&self) -> Outcome<u32> {
        Ok(self.child.id().ok_or("the server has ended")?)
    }

    /// Ends it.
    pub(super) async fn stop(mut self) -> Outcome<()> {
        Ok(self.child.kill().await?)
    }
}

/// A path below the records of `PocketBase`'s products.
fn record(rest: &str) -> String {
    let slash = if rest.starts_with('?') { "" } else { "/" };
    format!("/api/collections/products/records{slash}{rest}")
}

fn query(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}

type Filled = (Child, SocketAddr, HashMap<String, String>);

async fn cartwright(binary: &Path, directory: &Path, products: &[Product]) -> Outcome<Filled> {
    let data = directory.join("data");
    let file = directory.join("products.csv");
    fs::write(&file, to_csv(products)?)?;
    let mut import = Command::new(binary);
    run(import.args(["import", "products"]).arg(&file).arg("--data").arg(&data)).await?;
    let mut child = Command::new(binary)
        .args(["serve", "--http", "127.0.0.1:0", "--data"])
        .arg(&data)
        .stdout(Stdio::piped())
        .stderr(File::create(directory.join("log"))?)
        .kill_on_drop(true)
        .spawn()?;
    let stdout = child.stdout.take().ok_or("no output")?;
    let mut lines = BufReader::new(stdout).lines();
    let address = loop {
        let line = timeout(START_MAX, lines.next_line()).await??.ok_or("it ended")?;
        if let Some(rest) = line.strip_prefix("ready http=http://") {
            break rest.split(' ').next().unwrap_or(rest).parse()?;
        }
    };
    // Nobody reads on: it must be able to say more.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    wait_until(address, "/health", |health| health["search"] == "ready").await?;
    let mut connection = Connection::open(address).await?;
    let mut ids = HashMap::new();
    for offset in (0..products.len()).step_by(LIST) {
        let path = format!("/products?limit={LIST}&offset={offset}");
        for it in connection.ask(&get(&path)).await?.json()?.as_array().into_iter().flatten() {
            ids.insert(it["sku"].as_str().unwrap_or_default().to_owned(), it["id"].to_string());
        }
    }
    Ok((child, address, ids))
}

async fn pocketbase(binary: &Path, directory: &Path, products: &[Product]) -> Outcome<Filled> {
    let data = directory.join("data");
    let mut admin = Command::new(binary);
    run(admin.args(["superuser", "upsert", ADMIN, PASSWORD, "--dir"]).arg(&data)).await?;
    // It cannot choose a free port by itself.
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let child = Command::new(binary)
        .args(["serve", "--http", &address.to_string(), "--dir"])
        .arg(&data)
        .stdout(File::create(directory.join("output"))?)
        .stderr(File::create(directory.join("log"))?)
        .kill_on_drop(true)
        .spawn()?;
    wait_until(address, "/api/health", |health| health["code"] == 200).await?;
    let mut connection = Connection::open(address).await?;
    let token = pocketbase_token(&mut connection).await?;
    let token = token.as_str();
    let batch = json!({"batch": {"enabled": true, "maxRequests": BATCH, "timeout": 60}});
    connection.ask(&send("PATCH", "/api/settings", token, &batch.to_string())).await?.json()?;
    let made = send("POST", "/api/collections", token, &collection().to_string());
    connection.ask(&made).await?.json()?;
    let mut ids = HashMap::new();
    for some in products.chunks(BATCH) {
        let url = record("").trim_end_matches('/').to_owned();
        let requests =
            some.iter().map(|it| Ok(json!({"method": "POST", "url": url, "body": it.record()?})));
        let body = json!({"requests": requests.collect::<Outcome<Vec<Value>>>()?}).to_string();
        let made = connection.ask(&send("POST", "/api/batch", token, &body)).await?.json()?;
        for it in made.as_array().into_iter().flatten().map(|it| &it["body"]) {
            let [sku, id] = [&it["sku"], &it["id"]].map(|it| it.as_str().unwrap_or_default());
            ids.insert(sku.to_owned(), id.to_owned());
        }
    }
    Ok((child, address, ids))
}

/// What opens everything in `PocketBase`.
pub(super) async fn pocketbase_token(connection: &mut Connection) -> Outcome<String> {
    let who = json!({"identity": ADMIN, "password": PASSWORD}).to_string();
    let path = "/api/collections/_superusers/auth-with-password";
    let answer = connection.ask(&send("POST", path, "", &who)).await?.json()?;
    Ok(answer["token"].as_str().ok_or("no token")?.to_owned())
}

/// Products as its users would make them: open to read, the SKU and the barcode with an index.
fn collection() -> Value {
    let text = |name: &str| json!({"name": name, "type": "text", "max": 5000});
    let number = |name: &str| json!({"name": name, "type": "number"});
    let texts = ["sku", "barcode", "name", "brand", "category", "description"].map(text);
    let fields: Vec<Value> = texts.into_iter().chain(["price", "stock"].map(number)).collect();
    json!({
        "name": "products", "type": "base", "listRule": "", "viewRule": "", "fields": fields,
        "indexes": [
            "CREATE UNIQUE INDEX idx_products_sku ON products (sku)",
            "CREATE UNIQUE INDEX idx_products_barcode ON products (barcode)",
        ],
    })
}

/// Runs a command to its end, which must be good.
async fn run(command: &mut Command) -> Outcome<()> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    Err(format!("{command:?}: {} {}", output.status, said.concat()).into())
}

/// Waits until a server says of itself that it is ready.
async fn wait_until(
    address: SocketAddr,
    path: &str,
    is_ready: impl Fn(&Value) -> bool,
) -> Outcome<()> {
    let deadline = Instant::now() + START_MAX;
    loop {
        let asked = async { Connection::open(address).await?.ask(&get(path)).await?.json() };
        match asked.await {
            Ok(answer) if is_ready(&answer) => return Ok(()),
            _ if Instant::now() >= deadline => return Err(format!("{path}: not ready").into()),
            _ => sleep(Duration::from_millis(50)).await,
        }
    }
}
