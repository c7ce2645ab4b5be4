//! The program is killed in the middle of a shopping trip and started again.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

const ADD: &str = "/cart/esp32/add_item";
const HEARTBEAT: &str = "/cart/esp32/heartbeat";

/// The built program.
fn program(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cartwright"));
    command.arg("--data").arg(data).args(arguments).env("CARTWRIGHT_LOG", "error");
    command
}

/// What a command prints, given this on stdin.
fn told(data: &Path, arguments: &[&str], input: &str) -> String {
    let mut child =
        program(data, arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A running program; it is killed and never stopped.
struct Running {
    child: Child,
    url: String,
}

impl Running {
    fn start(data: &Path) -> Self {
        let mut child = program(data, &["serve", "--http", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let url = ready.trim().strip_prefix("ready http=").unwrap().to_owned();
        Self { child, url }
    }

    /// The status and the body of an answer; a POST if there is a body.
    fn ask(&self, who: &Who, path: &str, body: Option<&Value>) -> (u16, Value) {
        let limit = Some(Duration::from_secs(30));
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(limit)
            .build()
            .into();
        let url = format!("{}{path}", self.url);
        let answer = match body {
            Some(body) => agent
                .post(&url)
                .header(who.0, &who.1)
                .content_type("application/json")
                .send(body.to_string()),
            None => agent.get(&url).header(who.0, &who.1).call(),
        };
        let mut answer = answer.unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), serde_json::from_str(&text).unwrap())
    }

    #[track_caller]
    fn ok(&self, who: &Who, path: &str, body: Option<&Value>) -> Value {
        let (status, answer) = self.ask(who, path, body);
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A header and what it says.
struct Who(&'static str, String);

fn account(data: &Path, name: &str, role: &str) -> Who {
    let add = ["user", "add", "--username", name, "--role", role, "--password-stdin"];
    told(data, &add, "nine lemons in a row\n");
    let token = told(data, &["user", "token", "--username", name, "--minutes", "60"], "");
    Who("authorization", format!("Bearer {}", token.trim()))
}

fn trolley(data: &Path) -> (Value, Who) {
    let added = told(data, &["device", "add", "--name", "Cart 7", "--json"], "");
    let added: Value = serde_json::from_str(&added).unwrap();
    let key = added["key"].as_str().unwrap().to_owned();
    (added, Who("x-api-key", key))
}

#[test]
fn a_shopping_trip_goes_on_after_the_program_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("shop");
    let (staff, ann) = (account(data, "kim", "staff"), account(data, "ann", "customer"));
    let ((one, first), (_, second)) = (trolley(data), trolley(data));
    let scan = |product: &Value, seq: u32, session: &Value| json!({"product_id": product, "boot_id": "b1", "seq": seq, "session": session});

    let shop = Running::start(data);
    let milk = json!({"name": "Milk", "price": 1.29, "stock": 50});
    let milk = shop.ok(&staff, "/products", Some(&milk))["id"].clone();
    let old = shop.ok(&first, HEARTBEAT, Some(&json!({})))["session"].clone();
    let code = json!({"cart_code": one["cart_code"]});
    shop.ok(&ann, "/cart/connect", Some(&code));
    let before = shop.ok(&first, HEARTBEAT, Some(&json!({})));
    let session = &before["session"];
    let answers: Vec<_> =
        (1..=3).map(|seq| shop.ask(&first, ADD, Some(&scan(&milk, seq, session)))).collect();
    shop.ok(&second, ADD, Some(&json!({"product_id": milk, "boot_id": "x", "seq": 1})));
    let (cart, carts) = (shop.ok(&ann, "/cart/view", None), shop.ok(&staff, "/carts", None));
    assert_eq!((&cart["item_count"], &cart["device_id"]), (&json!(3), &one["id"]));
    drop(shop);

    let shop = Running::start(data);
    assert_eq!(shop.ok(&ann, "/cart/view", None), cart);
    assert_eq!(shop.ok(&staff, "/carts", None), carts);
    // The trolley did not hear of the third, and sends it again with what came after.
    assert_eq!(shop.ask(&first, ADD, Some(&scan(&milk, 3, session))), answers[2]);
    let batch = json!({"boot_id": "b1", "events": [
        {"seq": 3, "type": "add", "product_id": milk, "session": session},
        {"seq": 4, "type": "add", "product_id": milk, "session": session},
    ]});
    assert_eq!(shop.ok(&first, "/cart/esp32/events", Some(&batch))["acked"], 2);
    let beat = shop.ok(&first, HEARTBEAT, Some(&json!({})));
    assert_eq!((&beat["session"], &beat["paired"]), (session, &json!(true)));
    assert_eq!(beat["items"], 4);
    // What is of before the phone came is of before still.
    let (status, late) = shop.ask(&first, ADD, Some(&scan(&milk, 5, &old)));
    assert_eq!((status, &late["code"]), (409, &json!("session-ended")));
    shop.ok(&ann, "/cart/disconnect", Some(&json!({})));
    let (status, late) = shop.ask(&first, ADD, Some(&scan(&milk, 6, session)));
    assert_eq!((status, &late["code"]), (409, &json!("session-ended")));
    drop(shop);

    let shop = Running::start(data);
    let cart = shop.ok(&ann, "/cart/view", None);
    assert_eq!((&cart["item_count"], &cart["device_id"]), (&json!(4), &Value::Null));
    let beat = shop.ok(&first, HEARTBEAT, Some(&json!({})));
    assert_eq!((&beat["paired"], &beat["items"]), (&json!(false), &json!(0)));
    assert_eq!(shop.ok(&second, HEARTBEAT, Some(&json!({})))["items"], 1);
}
