//! The products of the benchmark: made by a seeded generator, or read from a file.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::Outcome;

const ADJECTIVES: [&str; 24] = [
    "Organic", "Smoked", "Fresh", "Roasted", "Salted", "Sweet", "Wild", "Crunchy", "Creamy",
    "Spicy", "Frozen", "Dried", "Baked", "Classic", "Light", "Dark", "Golden", "Country", "Alpine",
    "Nordic", "Tender", "Crisp", "Mild", "Strong",
];
const THINGS: [&str; 48] = [
    "Oats",
    "Milk",
    "Yoghurt",
    "Butter",
    "Cheese",
    "Bread",
    "Rolls",
    "Pasta",
    "Rice",
    "Lentils",
    "Beans",
    "Peas",
    "Carrots",
    "Apples",
    "Pears",
    "Plums",
    "Cherries",
    "Honey",
    "Marmalade",
    "Chocolate",
    "Biscuits",
    "Crackers",
    "Crisps",
    "Peanuts",
    "Almonds",
    "Walnuts",
    "Raisins",
    "Coffee",
    "Cocoa",
    "Juice",
    "Lemonade",
    "Water",
    "Vinegar",
    "Mustard",
    "Ketchup",
    "Pickles",
    "Olives",
    "Tuna",
    "Salmon",
    "Sardines",
    "Sausage",
    "Salami",
    "Tofu",
    "Soup",
    "Sauce",
    "Pizza",
    "Dumplings",
    "Porridge",
];
const BRANDS: [&str; 12] = [
    "Hof Linde",
    "Mill Lane",
    "Casa Verde",
    "Ostwind",
    "Blue Barn",
    "Old Harbour",
    "Sonnenfeld",
    "Petit Pré",
    "North Dairy",
    "Kornblume",
    "Three Rivers",
    "Stonebridge",
];
const SHELVES: [&str; 8] = [
    "Dairy/Chilled",
    "Bakery",
    "Dry goods/Grains",
    "Fruit",
    "Vegetables",
    "Snacks/Sweet",
    "Snacks/Salty",
    "Drinks",
];

/// A product as both servers get it.
#[derive(Debug, Clone)]
pub(super) struct Product {
    pub(super) sku: String,
    pub(super) barcode: String,
    pub(super) name: String,
    pub(super) brand: String,
    pub(super) category: String,
    pub(super) description: String,
    pub(super) price_cents: u64,
    pub(super) stock: u64,
}

impl Product {
    fn price(&self) -> String {
        format!("{}.{:02}", self.price_cents / 100, self.price_cents % 100)
    }

    /// A record of `PocketBase`: the same facts.
    pub(super) fn record(&self) -> Outcome<Value> {
        Ok(json!({
            "sku": self.sku, "barcode": self.barcode, "name": self.name, "brand": self.brand,
            "category": self.category, "description": self.description,
            "price": self.price().parse::<f64>()?, "stock": self.stock,
        }))
    }
}

/// The file that Cartwright imports.
pub(super) fn to_csv(products: &[Product]) -> Outcome<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let columns = ["sku", "barcodes", "name", "brand", "category", "description", "price", "stock"];
    csv.write_record(columns)?;
    for it in products {
        let (price, stock) = (it.price(), it.stock.to_string());
        let words = [&it.name, &it.brand, &it.category, &it.description];
        let [name, brand, category, description] = words.map(String::as_str);
        csv.write_record([
            &it.sku,
            &it.barcode,
            name,
            brand,
            category,
            description,
            &price,
            &stock,
        ])?;
    }
    Ok(csv.into_inner()?)
}

/// Numbers that are the same in each run (`SplitMix64`, Steele et al., OOPSLA 2014).
#[derive(Debug, Clone)]
pub(super) struct Seeded(pub(super) u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }

    fn word(&mut self, of: &[&'static str]) -> &'static str {
        self.pick(of).copied().unwrap_or_default()
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// So many products out of nothing.
pub(super) fn generated(count: usize, random: &mut Seeded) -> Vec<Product> {
    (0..count)
        .map(|number| {
            let (adjective, thing) = (random.word(&ADJECTIVES), random.word(&THINGS));
            let (brand, other) = (random.word(&BRANDS), random.word(&THINGS));
            let grams = (1 + random.below(40)) * 25;
            let category = random.word(&SHELVES);
            let made = random.word(&ADJECTIVES).to_lowercase();
            Product {
                name: format!("{adjective} {thing} {brand} {grams} g"),
                description: format!(
                    "{thing} of {brand}, {made} and ready to eat. Goes well with {}. Store in a \
                     cool, dry place and use soon after opening.",
                    other.to_lowercase()
                ),
                category: category.to_owned(),
                ..numbered(number, String::new(), brand, random)
            }
        })
        .collect()
}

/// The first `count` products of a CSV file with the columns `ean` and `name`.
pub(super) fn from_file(path: &Path, count: usize, random: &mut Seeded) -> Outcome<Vec<Product>> {
    let mut file = csv::Reader::from_path(path)?;
    let headers = file.headers()?.clone();
    let column = |name| headers.iter().position(|header| header == name);
    let (ean, name) = column("ean").zip(column("name")).ok_or("columns ean and name are needed")?;
    let mut products = Vec::with_capacity(count);
    for row in file.records().take(count) {
        let row = row?;
        let (ean, name) = row.get(ean).zip(row.get(name)).ok_or("a row is too short")?;
        let product = numbered(products.len(), ean.to_owned(), "", random);
        products.push(Product { name: name.to_owned(), ..product });
    }
    Ok(products)
}

fn numbered(number: usize, barcode: String, brand: &str, random: &mut Seeded) -> Product {
    let price_cents = 49 + u64::try_from(random.below(2_000)).unwrap_or_default();
    Product {
        sku: format!("BENCH-{number:05}"),
        barcode: if barcode.is_empty() { ean13(number) } else { barcode },
        name: String::new(),
        brand: brand.to_owned(),
        category: String::new(),
        description: String::new(),
        price_cents,
        stock: u64::try_from(random.below(500)).unwrap_or_default(),
    }
}

/// A number of 13 digits, the last of which checks the others (GS1 General Specifications, 7.9).
fn ean13(number: usize) -> String {
    let body = format!("400{number:09}");
    let digits = body.bytes().map(|byte| u32::from(byte - b'0'));
    let sum: u32 =
        digits.zip([1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// Words to search for: such as stand in names.
pub(super) fn words(products: &[Product], count: usize, random: &mut Seeded) -> Vec<String> {
    let mut words = BTreeSet::new();
    for _ in 0..count * 20 {
        let Some(product) = random.pick(products) else { break };
        let good = |word: &&str| word.len() >= 4 && word.bytes().all(|it| it.is_ascii_alphabetic());
        let good: Vec<&str> = product.name.split_whitespace().filter(good).collect();
        words.extend(random.pick(&good).map(|word| word.to_lowercase()));
        if words.len() >= count {
            break;
        }
    }
    words.into_iter().collect()
}
