//! The shop as a trolley sees it: what is sold, where it stands, and how far it is to walk.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use serde::Deserialize;

/// The shelves nearest to each that a shopper walks to next.
const NEAR: usize = 12;
/// Metres between shelves of which the map knows no way.
const STROLL_M: f64 = 10.0;
/// Longest distance between shelves that is looked for, in millimetres.
const FAR_MM: u64 = 200_000;

/// A product as the catalogue tells it; of the rest nothing is needed.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ListedProduct {
    id: u64,
    name: String,
    #[serde(default)]
    barcodes: Vec<String>,
    #[serde(default)]
    plu: Option<String>,
    #[serde(default)]
    rfid: Vec<String>,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    weight_g: Option<u32>,
    #[serde(default)]
    tare_g: Option<u32>,
    #[serde(default)]
    deposit_id: Option<u64>,
    #[serde(default)]
    location: Option<String>,
}

/// The part of a map that counts here.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListedMap {
    nodes: Vec<ListedNode>,
    edges: Vec<ListedEdge>,
    locations: Vec<ListedLocation>,
}

#[derive(Debug, Clone, Deserialize)]
struct ListedNode {
    id: String,
    x: f64,
    y: f64,
    #[serde(default)]
    floor: i32,
}

#[derive(Debug, Clone, Deserialize)]
struct ListedEdge {
    from: String,
    to: String,
    #[serde(default)]
    length: Option<f64>,
    #[serde(default)]
    one_way: bool,
    #[serde(default)]
    closed: bool,
}

#[derive(Debug, Clone, Deserialize)]
struct ListedLocation {
    id: String,
    #[serde(default)]
    node: Option<String>,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    to: Option<String>,
}

/// What a trolley's scanner reads from a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Code {
    /// A barcode, or the number on a label of loose goods.
    Barcode(String),
    /// Its RFID tags: each counts once in a cart.
    Tags(Vec<String>),
    /// It has no code of its own: the firmware knows its number.
    Number,
}

/// A product that can be scanned.
#[derive(Debug, Clone)]
pub(super) struct Product {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) code: Code,
    /// Sold by weight.
    pub(super) is_loose: bool,
    /// Grams of one piece; a likely number for one of which nobody knows it.
    pub(super) piece_g: u32,
    /// Whether the catalogue knows `piece_g`.
    pub(super) weight_is_known: bool,
    /// Grams of packaging that are taken off a weighed scan.
    pub(super) tare_g: u32,
    /// What each piece brings along.
    pub(super) deposit: Option<u64>,
}

/// A shelf.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The node of the map at which it stands, or the one that its edge begins at.
    pub(super) node: Option<String>,
    /// The name of the shelf.
    pub(super) location: Option<String>,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) floor: i32,
    /// What stands there, as indexes of products.
    pub(super) products: Vec<usize>,
    /// The nearest other shelves and the metres to them.
    pub(super) near: Vec<(usize, f64)>,
}

/// What is sold, and where.
#[derive(Debug, Clone)]
pub(super) struct Shop {
    pub(super) products: Vec<Product>,
    /// At least one, and each with products.
    pub(super) places: Vec<Place>,
    /// Products that come and go with others.
    pub(super) deposits: BTreeSet<u64>,
    by_id: BTreeMap<u64, usize>,
}

impl Shop {
    /// Puts the catalogue on its shelves; `None` when nothing is for sale.
    pub(super) fn new(listed: Vec<ListedProduct>, map: &ListedMap) -> Option<Self> {
        let deposits: BTreeSet<u64> = listed.iter().filter_map(|it| it.deposit_id).collect();
        // What is a deposit comes and goes with its bottles.
        let listed: Vec<_> = listed.into_iter().filter(|it| !deposits.contains(&it.id)).collect();
        if listed.is_empty() {
            return None;
        }
        let places = places(&listed, map);
        let products: Vec<Product> = listed.into_iter().map(Product::from).collect();
        let by_id = products.iter().enumerate().map(|(index, it)| (it.id, index)).collect();
        Some(Self { products, places, deposits, by_id })
    }

    /// A product by its id.
    pub(super) fn product(&self, id: u64) -> Option<&Product> {
        self.by_id.get(&id).map(|index| &self.products[*index])
    }

    /// What a product is called.
    pub(super) fn name(&self, id: u64) -> String {
        self.product(id).map_or_else(|| "(not for sale)".to_owned(), |it| it.name.clone())
    }
}

impl From<ListedProduct> for Product {
    fn from(listed: ListedProduct) -> Self {
        let is_loose = listed.unit == "kg";
        let code = if !listed.rfid.is_empty() && !is_loose {
            Code::Tags(listed.rfid)
        } else {
            let barcode = listed.barcodes.into_iter().next().or(listed.plu);
            barcode.map_or(Code::Number, Code::Barcode)
        };
        // Goods of which nobody knows it weigh something all the same, always the same.
        let likely_g = 100 + u32::try_from(listed.id * 37 % 900).unwrap_or(0);
        Self {
            id: listed.id,
            name: listed.name,
            code,
            is_loose,
            piece_g: listed.weight_g.unwrap_or(likely_g),
            weight_is_known: listed.weight_g.is_some(),
            tare_g: listed.tare_g.unwrap_or(0),
            deposit: listed.deposit_id,
        }
    }
}

/// The shelves with goods. What has no place on the map stands in a corner of its own.
fn places(listed: &[ListedProduct], map: &ListedMap) -> Vec<Place> {
    let nodes: BTreeMap<&str, usize> =
        map.nodes.iter().enumerate().map(|(index, node)| (node.id.as_str(), index)).collect();
    let locations: BTreeMap<&str, &ListedLocation> =
        map.locations.iter().map(|location| (location.id.as_str(), location)).collect();
    let mut shelves: BTreeMap<&str, (usize, Vec<usize>)> = BTreeMap::new();
    let mut elsewhere = Vec::new();
    for (index, product) in listed.iter().enumerate() {
        let location = product.location.as_deref().and_then(|id| locations.get(id));
        let node = location.and_then(|it| it.node.as_deref().or(it.from.as_deref()));
        match (location, node.and_then(|node| nodes.get(node))) {
            (Some(location), Some(node)) => {
                shelves.entry(&location.id).or_insert_with(|| (*node, Vec::new())).1.push(index);
            }
            _ => elsewhere.push(index),
        }
    }
    let at: Vec<usize> = shelves.values().map(|(node, _)| *node).collect();
    let near = distances(map, &nodes, &at);
    let mut places: Vec<Place> = shelves
        .into_iter()
        .zip(near)
        .map(|((id, (node, products)), near)| {
            let to = locations.get(id).and_then(|it| it.to.as_deref()).and_then(|to| nodes.get(to));
            let (here, there) = (&map.nodes[node], to.map(|to| &map.nodes[*to]));
            let middle = |a: f64, b: Option<f64>| b.map_or(a, |b| f64::midpoint(a, b));
            Place {
                node: Some(here.id.clone()),
                location: Some(id.to_owned()),
                x: middle(here.x, there.map(|there| there.x)),
                y: middle(here.y, there.map(|there| there.y)),
                floor: here.floor,
                products,
                near,
            }
        })
        .collect();
    let corner = places.len();
    if !elsewhere.is_empty() {
        let near = (0..corner.min(NEAR)).map(|index| (index, STROLL_M)).collect();
        for place in &mut places {
            place.near.push((corner, STROLL_M));
        }
        let (node, location) = (None, None);
        let corner = Place { node, location, x: 0.0, y: 0.0, floor: 0, products: elsewhere, near };
        places.push(corner);
    }
    let last = places.len() - 1;
    for (index, place) in places.iter_mut().enumerate() {
        if place.near.is_empty() {
            // Nobody stays for ever where the map has no way out.
            place.near.push((if index == 0 { last } else { 0 }, STROLL_M));
        }
    }
    places
}

/// For each of these nodes (of shelves) the nearest others, by Dijkstra's algorithm on the open
/// edges of the map.
fn distances(
    map: &ListedMap,
    nodes: &BTreeMap<&str, usize>,
    at: &[usize],
) -> Vec<Vec<(usize, f64)>> {
    let mut ways: Vec<Vec<(usize, u64)>> = vec![Vec::new(); map.nodes.len()];
    for edge in map.edges.iter().filter(|edge| !edge.closed) {
        let ends = (nodes.get(edge.from.as_str()), nodes.get(edge.to.as_str()));
        let (Some(&from), Some(&to)) = ends else { continue };
        let (a, b) = (&map.nodes[from], &map.nodes[to]);
        let metres = edge.length.unwrap_or_else(|| (a.x - b.x).hypot(a.y - b.y));
        let length_mm = millimetres(metres);
        ways[from].push((to, length_mm));
        if !edge.one_way {
            ways[to].push((from, length_mm));
        }
    }
    let mut shelves: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (shelf, node) in at.iter().enumerate() {
        shelves.entry(*node).or_default().push(shelf);
    }
    (0..at.len()).map(|shelf| nearest(&ways, &shelves, (shelf, at[shelf]))).collect()
}

fn nearest(
    ways: &[Vec<(usize, u64)>],
    shelves: &BTreeMap<usize, Vec<usize>>,
    (own, start): (usize, usize),
) -> Vec<(usize, f64)> {
    let mut found = Vec::new();
    let mut done = BTreeSet::new();
    let mut queue = BinaryHeap::from([Reverse((0, start))]);
    while let Some(Reverse((walked_mm, node))) = queue.pop() {
        if found.len() >= NEAR || walked_mm > FAR_MM {
            break;
        }
        if !done.insert(node) {
            continue;
        }
        let here = shelves.get(&node).into_iter().flatten().filter(|shelf| **shelf != own);
        let metres = f64::from(u32::try_from(walked_mm).unwrap_or(u32::MAX)) / 1_000.0;
        found.extend(here.map(|shelf| (*shelf, metres)));
        for (to, length_mm) in &ways[node] {
            queue.push(Reverse((walked_mm + length_mm, *to)));
        }
    }
    found.truncate(NEAR);
    found
}

/// Whole millimetres of a length, up to a kilometre: enough for a walk.
fn millimetres(metres: f64) -> u64 {
    let clamped = metres.clamp(0.0, 1_000.0) * 1_000.0;
    // A Duration converts between floats and integers without a cast.
    std::time::Duration::try_from_secs_f64(clamped).map_or(0, |length| length.as_secs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn listed(products: serde_json::Value) -> Vec<ListedProduct> {
        serde_json::from_value(products).unwrap()
    }

    fn map() -> ListedMap {
        serde_json::from_value(json!({
            "name": "m", "unit": "m",
            "nodes": [
                {"id": "a", "x": 0, "y": 0}, {"id": "b", "x": 3, "y": 4},
                {"id": "c", "x": 3, "y": 10}, {"id": "d", "x": 90, "y": 0, "floor": 1},
            ],
            "edges": [
                {"from": "a", "to": "b"}, {"from": "b", "to": "c", "one_way": true},
                {"from": "c", "to": "a", "length": 20}, {"from": "a", "to": "d", "closed": true},
            ],
            "locations": [
                {"id": "A", "node": "a"}, {"id": "B", "node": "b"},
                {"id": "C", "from": "c", "to": "b", "offset": 1}, {"id": "D", "node": "d"},
                {"id": "E", "node": "e"},
            ],
        }))
        .unwrap()
    }

    #[test]
    fn products_stand_on_their_shelves_and_walks_follow_the_aisles() {
        let shop = Shop::new(
            listed(json!([
                {"id": 1, "name": "one", "location": "A", "barcodes": ["4006381333931"]},
                {"id": 2, "name": "two", "location": "B", "unit": "kg", "plu": "12", "tare_g": 5},
                {"id": 3, "name": "three", "location": "C", "rfid": ["AB01", "AB02"]},
                {"id": 4, "name": "four", "location": "D", "deposit_id": 9, "weight_g": 500},
                {"id": 5, "name": "five", "location": "E"}, {"id": 6, "name": "six"},
                {"id": 9, "name": "deposit", "location": "A"},
            ])),
            &map(),
        );
        let shop = shop.unwrap();
        let near: Vec<_> = shop.places.iter().map(|place| place.near.clone()).collect();
        let corner = (4, STROLL_M);
        assert_eq!(near[0], [(1, 5.0), (2, 11.0), corner], "A to B, and to C by way of B");
        assert_eq!(near[1], [(0, 5.0), (2, 6.0), corner]);
        assert_eq!(near[2], [(0, 20.0), (1, 25.0), corner], "nobody walks against the arrow");
        assert_eq!(near[3], [corner], "the only way to D is closed");
        assert_eq!(near[4].len(), 4, "what stands nowhere is in a corner");
        assert_eq!(shop.places[4].products.len(), 2);
        assert_eq!((shop.places[2].x, shop.places[2].y), (3.0, 7.0));
        assert!(shop.product(9).is_none(), "deposits are not scanned");
        assert_eq!(shop.product(1).unwrap().code, Code::Barcode("4006381333931".into()));
        assert_eq!(shop.product(3).unwrap().code, Code::Tags(vec!["AB01".into(), "AB02".into()]));
        assert_eq!(shop.product(5).unwrap().code, Code::Number);
        let loose = shop.product(2).unwrap();
        assert!(loose.is_loose && loose.tare_g == 5 && !loose.weight_is_known);
        assert_eq!(shop.product(4).unwrap().piece_g, 500);
        assert_eq!((shop.name(1).as_str(), shop.name(77).as_str()), ("one", "(not for sale)"));
    }

    #[test]
    fn a_shop_without_a_map_is_one_corner_and_one_without_goods_is_none() {
        let one = listed(json!([{"id": 1, "name": "one"}]));
        let shop = Shop::new(one, &ListedMap::default()).unwrap();
        assert_eq!(shop.places.len(), 1);
        assert_eq!(shop.places[0].near, [(0, STROLL_M)]);
        assert!(Shop::new(Vec::new(), &ListedMap::default()).is_none());
    }
}
