//! Trolleys and carts against a plain model.
//!
//! Random shoppers, trolleys and staff do whatever they can do to carts, hours pass in between, and
//! after each step the shop shows what the model shows: a cart is on one trolley at most, a trolley
//! has one shopper at most, nothing is lost or doubled by a change of hands, what nobody comes back
//! to is where it should be, and a session that ended never comes back.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApp};

const USERS: usize = 3;
/// The one of them who is staff.
const SAM: usize = 2;
const TROLLEYS: usize = 3;
const PRODUCTS: usize = 2;
/// Minutes after which a cart is idle, and abandoned.
const IDLE: i64 = 15;
const ABANDONED: i64 = 120;

#[derive(Debug, Clone)]
enum Step {
    Connect(usize, usize),
    Disconnect(usize),
    Add(usize, usize, u64),
    Remove(usize, usize),
    Late(usize),
    Till(usize),
    ByPhone(usize, usize, u64),
    CheckOut(usize),
    Seize(usize),
    /// The carts that hold something are counted through.
    Move(usize, usize),
    Empty(usize),
    TakeOver(usize),
    CheckOutAny(usize),
    Wait(i64),
}

/// Whose cart: a cart that was put aside is known by its number only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    User(usize),
    Trolley(usize),
    Aside(u64),
}

#[derive(Debug, Clone, Default)]
struct Basket {
    goods: BTreeMap<usize, u64>,
    touched: i64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Trolley {
    user: Option<usize>,
    session: u64,
    began: i64,
    /// When its shopper came back to it.
    seen: i64,
}

/// A refusal's code, or nothing.
type Said = Option<&'static str>;

#[derive(Debug, Default)]
struct Model {
    now: i64,
    baskets: BTreeMap<Owner, Basket>,
    trolleys: [Trolley; TROLLEYS],
    /// Units that came into carts and did not leave the shop or the carts since.
    units: u64,
}

impl Model {
    fn begin(&mut self, trolley: usize, user: Option<usize>) {
        let it = &mut self.trolleys[trolley];
        *it = Trolley { user, session: it.session + 1, began: self.now, seen: self.now };
    }

    fn end(&mut self, trolley: usize) {
        self.begin(trolley, self.trolleys[trolley].user);
    }

    fn of_user(&self, user: usize) -> Option<usize> {
        self.trolleys.iter().position(|it| it.user == Some(user))
    }

    fn owner_on(&self, trolley: usize) -> Owner {
        self.trolleys[trolley].user.map_or(Owner::Trolley(trolley), Owner::User)
    }

    fn trolley_of(&self, owner: Owner) -> Option<usize> {
        match owner {
            Owner::User(user) => self.of_user(user),
            Owner::Trolley(trolley) => Some(trolley),
            Owner::Aside(_) => None,
        }
    }

    fn is_empty(&self, owner: Owner) -> bool {
        self.baskets.get(&owner).is_none_or(|basket| basket.goods.is_empty())
    }

    fn touch(&mut self, owner: Owner) -> &mut Basket {
        let now = self.now;
        let basket = self.baskets.entry(owner).or_default();
        basket.touched = now;
        basket
    }

    fn add(&mut self, owner: Owner, product: usize, count: u64) {
        *self.touch(owner).goods.entry(product).or_default() += count;
        self.units += count;
    }

    /// Everything in a cart leaves it; how much that was.
    fn clear(&mut self, owner: Owner) {
        let goods = std::mem::take(&mut self.touch(owner).goods);
        self.units -= goods.values().sum::<u64>();
    }

    fn absorb(&mut self, into: Owner, goods: BTreeMap<usize, u64>) {
        let basket = self.touch(into);
        for (product, count) in goods {
            *basket.goods.entry(product).or_default() += count;
        }
    }

    fn connect(&mut self, user: usize, trolley: usize) -> Said {
        match self.trolleys[trolley].user {
            Some(present) if present == user => {
                self.trolleys[trolley].seen = self.now;
                return None;
            }
            Some(_) => return Some("trolley-taken"),
            None if self.of_user(user).is_some() => return Some("already-connected"),
            None => {}
        }
        let own = self.baskets.remove(&Owner::Trolley(trolley)).unwrap_or_default();
        self.absorb(Owner::User(user), own.goods);
        self.begin(trolley, Some(user));
        None
    }

    fn remove(&mut self, owner: Owner, product: usize) -> Said {
        let has = self.baskets.get(&owner).is_some_and(|it| it.goods.contains_key(&product));
        if !has {
            return Some("not-in-cart");
        }
        let goods = &mut self.touch(owner).goods;
        let count = goods.get_mut(&product).unwrap();
        *count -= 1;
        if *count == 0 {
            goods.remove(&product);
        }
        self.units -= 1;
        None
    }

    fn check_out(&mut self, owner: Owner) -> Said {
        if self.is_empty(owner) {
            return Some("empty-cart");
        }
        self.empty(owner);
        None
    }

    fn empty(&mut self, owner: Owner) {
        self.clear(owner);
        if let Some(trolley) = self.trolley_of(owner) {
            self.end(trolley);
        }
    }

    fn move_to(&mut self, owner: Owner, trolley: usize) -> Said {
        let left = self.trolley_of(owner);
        if left == Some(trolley) {
            return None;
        }
        if self.trolleys[trolley].user.is_some() {
            return Some("trolley-taken");
        }
        if !self.is_empty(Owner::Trolley(trolley)) {
            return Some("trolley-not-empty");
        }
        if let Some(left) = left {
            self.begin(left, None);
        }
        let user = match owner {
            Owner::User(user) => Some(user),
            Owner::Trolley(_) | Owner::Aside(_) => None,
        };
        self.baskets.remove(&Owner::Trolley(trolley));
        let basket = self.baskets.remove(&owner).unwrap();
        self.begin(trolley, user);
        let owner = self.owner_on(trolley);
        self.baskets.insert(owner, basket);
        self.touch(owner);
        None
    }

    fn take_over(&mut self, owner: Owner) -> Said {
        if owner == Owner::User(SAM) {
            return None;
        }
        let trolley = self.trolley_of(owner);
        if trolley.is_some() && self.of_user(SAM).is_some() {
            return Some("already-connected");
        }
        let taken = self.baskets.remove(&owner).unwrap();
        self.absorb(Owner::User(SAM), taken.goods);
        if let Some(trolley) = trolley {
            self.begin(trolley, Some(SAM));
        }
        None
    }

    /// The last that anybody did with a cart.
    fn last_sign(&self, owner: Owner) -> i64 {
        let touched = self.baskets.get(&owner).map_or(i64::MIN, |basket| basket.touched);
        let Some(trolley) = self.trolley_of(owner).map(|it| self.trolleys[it]) else {
            return touched;
        };
        touched.max(trolley.began).max(trolley.seen)
    }

    fn state(&self, owner: Owner) -> &'static str {
        match (owner, self.now - self.last_sign(owner)) {
            (Owner::Aside(_), _) | (_, ABANDONED..) => "abandoned",
            (_, IDLE..) => "idle",
            _ => "active",
        }
    }

    /// Time passes; `ids` are the carts' by their trolleys.
    fn wait(&mut self, minutes: i64, ids: &BTreeMap<Owner, u64>) {
        self.now += minutes;
        for trolley in 0..TROLLEYS {
            let owner = self.owner_on(trolley);
            let is_used = self.trolleys[trolley].user.is_some() || !self.is_empty(owner);
            if !is_used || self.state(owner) != "abandoned" {
                continue;
            }
            if matches!(owner, Owner::Trolley(_)) {
                let basket = self.baskets.remove(&owner).unwrap();
                self.baskets.insert(Owner::Aside(ids[&owner]), basket);
            }
            self.begin(trolley, None);
        }
    }
}

/// A shop and everybody in it.
struct World {
    shop: TestApp,
    users: Vec<u64>,
    trolleys: Vec<(Client, String)>,
    products: Vec<u64>,
    /// Sequence numbers of the trolleys.
    seq: u32,
    model: Model,
}

impl World {
    async fn new() -> Self {
        let shop = TestApp::new();
        let staff = shop.staff().await;
        let mut users = Vec::new();
        for name in ["ann", "bob"] {
            users.push(shop.customer(name).await.id);
        }
        users.push(staff.id);
        let (mut trolleys, mut products) = (Vec::new(), Vec::new());
        for _ in 0..TROLLEYS {
            trolleys.push(shop.device_with_code().await);
        }
        for name in ["Tea", "Rice"] {
            let product = json!({"name": name, "price": 1, "stock": 1_000_000});
            products.push(shop.product(&staff, product).await);
        }
        let mut model = Model::default();
        for trolley in &mut model.trolleys {
            trolley.session = 1;
        }
        Self { shop, users, trolleys, products, seq: 0, model }
    }

    async fn client(&self, user: usize) -> Client {
        self.shop.account_again(["ann", "bob", "staff"][user]).await
    }

    /// An event of a trolley, with a number of its own.
    async fn event(&mut self, trolley: usize, act: &str, mut body: Value) -> Answer {
        self.seq += 1;
        body["boot_id"] = json!("b");
        body["seq"] = json!(self.seq);
        self.trolleys[trolley].0.post(&format!("/cart/esp32/{act}"), body).await
    }

    /// The carts that hold something, as the shop lists them: whose, and the JSON.
    async fn listed(&self) -> BTreeMap<Owner, Value> {
        let staff = self.client(SAM).await;
        let listed = staff.get("/carts").await.ok(200);
        let mut carts = BTreeMap::new();
        for cart in listed.as_array().unwrap() {
            let user = self.users.iter().position(|id| json!(id) == cart["user_id"]);
            let on = self.trolleys.iter().position(|it| json!(it.0.id) == cart["device_id"]);
            let owner = match (user, on) {
                (Some(user), _) => Owner::User(user),
                (None, Some(trolley)) => Owner::Trolley(trolley),
                (None, None) => Owner::Aside(cart["id"].as_u64().unwrap()),
            };
            assert!(carts.insert(owner, cart.clone()).is_none(), "two carts of {owner:?}");
        }
        carts
    }

    /// A staff act on one of the carts that hold something.
    async fn act(&self, pick: usize, act: &str, body: Value) -> Option<(Owner, Answer)> {
        let carts = self.listed().await;
        let (owner, cart) = carts.iter().nth(pick % carts.len().max(1))?;
        let path = format!("/carts/{}/{act}", cart["id"]);
        Some((*owner, self.client(SAM).await.post(&path, body).await))
    }

    /// What a step is answered, and what the model says.
    async fn carry_out(&mut self, step: &Step) -> Option<(Answer, Said)> {
        Some(match *step {
            Step::Connect(user, trolley) => {
                let body = json!({"cart_code": self.trolleys[trolley].1});
                let answer = self.client(user).await.post("/cart/connect", body).await;
                (answer, self.model.connect(user, trolley))
            }
            Step::Disconnect(user) => {
                let answer = self.client(user).await.post("/cart/disconnect", json!({})).await;
                if let Some(trolley) = self.model.of_user(user) {
                    self.model.begin(trolley, None);
                    self.model.touch(Owner::User(user));
                }
                (answer, None)
            }
            Step::Add(trolley, product, count) => {
                let body = json!({"product_id": self.products[product], "quantity": count});
                let answer = self.event(trolley, "add_item", body).await;
                self.model.add(self.model.owner_on(trolley), product, count);
                (answer, None)
            }
            Step::Remove(trolley, product) => {
                let body = json!({"product_id": self.products[product]});
                let answer = self.event(trolley, "remove_item", body).await;
                (answer, self.model.remove(self.model.owner_on(trolley), product))
            }
            Step::Late(trolley) => {
                let session = self.model.trolleys[trolley].session - 1;
                let body = json!({"product_id": self.products[0], "session": session});
                (self.event(trolley, "add_item", body).await, Some("session-ended"))
            }
            Step::Till(trolley) => {
                let answer = self.event(trolley, "checkout", json!({})).await;
                (answer, self.model.check_out(self.model.owner_on(trolley)))
            }
            Step::ByPhone(user, product, count) => {
                let body = json!({"product_id": self.products[product], "quantity": count});
                let answer = self.client(user).await.post("/cart/add", body).await;
                self.model.add(Owner::User(user), product, count);
                (answer, None)
            }
            Step::CheckOut(user) => {
                let answer = self.client(user).await.post("/checkout", json!({})).await;
                (answer, self.model.check_out(Owner::User(user)))
            }
            _ => return self.carry_out_by_staff(step).await,
        })
    }

    async fn carry_out_by_staff(&mut self, step: &Step) -> Option<(Answer, Said)> {
        Some(match *step {
            Step::Seize(trolley) => {
                let path = format!("/devices/{}/disconnect", self.trolleys[trolley].0.id);
                let answer = self.client(SAM).await.post(&path, json!({})).await;
                if self.model.trolleys[trolley].user.is_some() {
                    self.model.begin(trolley, None);
                }
                (answer, None)
            }
            Step::Move(pick, trolley) => {
                let to = json!({"device_id": self.trolleys[trolley].0.id});
                let (owner, answer) = self.act(pick, "move", to).await?;
                (answer, self.model.move_to(owner, trolley))
            }
            Step::Empty(pick) => {
                let (owner, answer) = self.act(pick, "empty", json!({})).await?;
                self.model.empty(owner);
                (answer, None)
            }
            Step::TakeOver(pick) => {
                let (owner, answer) = self.act(pick, "take-over", json!({})).await?;
                (answer, self.model.take_over(owner))
            }
            Step::CheckOutAny(pick) => {
                let (owner, answer) = self.act(pick, "checkout", json!({})).await?;
                (answer, self.model.check_out(owner))
            }
            Step::Wait(minutes) => {
                let carts = self.listed().await;
                let id = |cart: &Value| cart["id"].as_u64().unwrap();
                let ids = carts.iter().map(|(owner, cart)| (*owner, id(cart))).collect();
                self.shop.wait(minutes * 60);
                self.shop.app.tend_trolleys().await.unwrap();
                self.model.wait(minutes, &ids);
                return None;
            }
            _ => return None,
        })
    }

    async fn check(&self) {
        let listed = self.listed().await;
        let held = self.model.baskets.iter().filter(|(_, basket)| !basket.goods.is_empty());
        let owners: Vec<_> = held.clone().map(|(owner, _)| owner).collect();
        assert_eq!(listed.keys().collect::<Vec<_>>(), owners);
        let mut units = 0;
        for (owner, basket) in held {
            let cart = &listed[owner];
            let mut goods = BTreeMap::new();
            for line in cart["items"].as_array().unwrap() {
                let product = self.products.iter().position(|id| json!(id) == line["product_id"]);
                *goods.entry(product.unwrap()).or_insert(0) += line["quantity"].as_u64().unwrap();
            }
            assert_eq!(goods, basket.goods, "{owner:?}");
            units += goods.values().sum::<u64>();
            let on = self.model.trolley_of(*owner).map(|trolley| self.trolleys[trolley].0.id);
            assert_eq!(cart["device_id"], json!(on), "{owner:?}");
            assert_eq!(cart["state"], self.model.state(*owner), "{owner:?}");
        }
        assert_eq!(units, self.model.units, "nothing is lost or doubled");
        let staff = self.client(SAM).await;
        for (index, trolley) in self.model.trolleys.iter().enumerate() {
            let client = &self.trolleys[index].0;
            let beat = client.post("/cart/esp32/heartbeat", json!({})).await.ok(200);
            let seen = (&beat["session"], &beat["paired"]);
            assert_eq!(seen, (&json!(trolley.session), &json!(trolley.user.is_some())), "{index}");
            let device = staff.get(&format!("/devices/{}", client.id)).await.ok(200);
            assert_eq!(device["user_id"], json!(trolley.user.map(|user| self.users[user])));
            let basket = self.model.baskets.get(&self.model.owner_on(index));
            let items = basket.map_or(0, |basket| basket.goods.values().sum());
            assert_eq!(beat["items"], items, "{index}");
        }
    }
}

async fn run(steps: Vec<Step>) {
    let mut world = World::new().await;
    for step in steps {
        if let Some((answer, expected)) = world.carry_out(&step).await {
            let code = (answer.status >= 400).then(|| answer.body["code"].as_str().unwrap());
            assert_eq!(code, expected, "{step:?}: {}", answer.text);
        }
        world.check().await;
    }
}

fn step() -> impl Strategy<Value = Step> {
    let (user, trolley, product) = (0..USERS, 0..TROLLEYS, 0..PRODUCTS);
    let pick = 0..USERS + TROLLEYS;
    prop_oneof![
        4 => (user.clone(), trolley.clone()).prop_map(|(user, it)| Step::Connect(user, it)),
        1 => user.clone().prop_map(Step::Disconnect),
        4 => (trolley.clone(), product.clone(), 1..4_u64)
            .prop_map(|(it, product, count)| Step::Add(it, product, count)),
        1 => (trolley.clone(), product.clone()).prop_map(|(it, product)| Step::Remove(it, product)),
        1 => trolley.clone().prop_map(Step::Late),
        1 => trolley.clone().prop_map(Step::Till),
        2 => (user.clone(), product, 1..4_u64)
            .prop_map(|(user, product, count)| Step::ByPhone(user, product, count)),
        1 => user.prop_map(Step::CheckOut),
        1 => trolley.clone().prop_map(Step::Seize),
        3 => (pick.clone(), trolley).prop_map(|(pick, it)| Step::Move(pick, it)),
        1 => pick.clone().prop_map(Step::Empty),
        2 => pick.clone().prop_map(Step::TakeOver),
        1 => pick.prop_map(Step::CheckOutAny),
        3 => prop_oneof![1..20_i64, 50..130_i64].prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn carts_and_trolleys_do_what_the_model_does(steps in vec(step(), 1..50)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps));
    }
}
