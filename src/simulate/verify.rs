//! Reading carts back, and leaving them empty.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::World;
use super::deliver::{Kind, Lane, Said, Undelivered};
use super::fleet::Device;
use super::model::{Basket, Change, differences};

/// The most pages of one cart that are read: it has far fewer lines.
const PAGES_MAX: usize = 1_000;
/// Events of one batch.
const BATCH_MAX: usize = 100;

/// A page of a cart as the trolley reads it.
#[derive(Debug, Deserialize)]
struct Page {
    lines: Vec<Line>,
    next: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct Line {
    product_id: u64,
    quantity: u32,
}

/// What was found in a cart.
pub(super) struct Compared {
    /// Product, what its units may be, what they are.
    pub(super) units: Vec<(u64, Vec<u32>, u32)>,
    pub(super) found: Basket,
}

/// Reads a cart page by page and compares it with its model.
pub(super) async fn compare(
    world: &World,
    device: &Device,
    known: &Basket,
    unknown: &[Change],
) -> Result<Compared, Undelivered> {
    let found = read(world, device).await?;
    let is_deposit = |(product, _): &(u64, u32)| world.shop.deposits.contains(product);
    let (deposits, goods): (Vec<_>, Vec<_>) = found.iter().partition(is_deposit);
    let found: Basket = goods.into_iter().collect();
    let mut units = differences(known, unknown, &found);
    if unknown.is_empty() {
        // Each piece brings its deposit along, no more and no less.
        let with_deposit = known
            .iter()
            .filter_map(|(product, units)| Some((world.shop.product(product)?.deposit?, units)));
        let expected: Basket = with_deposit.collect();
        units.extend(differences(&expected, &[], &deposits.into_iter().collect()));
    }
    Ok(Compared { units, found })
}

async fn read(world: &World, device: &Device) -> Result<Basket, Undelivered> {
    let mut lane = Lane::new(world.seed, device.id);
    let headers = format!("X-API-Key: {}\r\n", device.key);
    let (mut lines, mut offset) = (Vec::new(), 0);
    for _ in 0..PAGES_MAX {
        let path = format!("/cart/esp32/cart?offset={offset}");
        let request = world.target.request("GET", &path, &headers, "");
        let answer = lane.deliver(world, &request, Kind::Calm, &mut 0).await?;
        let page: Option<Page> = serde_json::from_slice(&answer.body).ok();
        let Some(page) = page.filter(|_| answer.status == 200) else {
            let why = format!("its cart reads {} {}", answer.status, Said::of(&answer).code());
            return Err(Undelivered::GaveUp(why));
        };
        lines.extend(page.lines.iter().map(|line| (line.product_id, line.quantity)));
        match page.next {
            Some(next) => offset = next,
            None => return Ok(lines.into_iter().collect()),
        }
    }
    Err(Undelivered::GaveUp("its cart has no end".to_owned()))
}

/// Takes everything out of a cart, so that nobody finds baskets of trolleys that never were.
pub(super) async fn empty(
    world: &World,
    device: &Device,
    found: &Basket,
) -> Result<(), Undelivered> {
    let mut lane = Lane::new(world.seed, device.id);
    let headers = format!("X-API-Key: {}\r\n", device.key);
    let products: BTreeMap<u64, u32> = found.iter().collect();
    let products: Vec<u64> = products.into_keys().collect();
    for (part, products) in products.chunks(BATCH_MAX).enumerate() {
        let events: Vec<String> = (1..)
            .zip(products)
            .map(|(seq, id)| {
                format!("{{\"seq\":{seq},\"type\":\"set\",\"product_id\":{id},\"quantity\":0}}")
            })
            .collect();
        let events = events.join(",");
        let body = format!("{{\"boot_id\":\"end-{part}\",\"events\":[{events}]}}");
        let request = world.target.request("POST", "/cart/esp32/events", &headers, &body);
        let answer = lane.deliver(world, &request, Kind::Calm, &mut 0).await?;
        if answer.status != 200 {
            let said = Said::of(&answer);
            let why = format!("its cart stays full: {} {}", answer.status, said.code());
            return Err(Undelivered::GaveUp(why));
        }
    }
    Ok(())
}
