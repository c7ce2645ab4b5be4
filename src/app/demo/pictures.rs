//! The demo store's pictures: one for each kind of goods, drawn for it.
//!
//! They are taken in like any others and written into the file of products as its `images`, so
//! that each product has its picture from its first version on.

use std::collections::BTreeMap;

use rust_embed::Embed;
use serde::Deserialize;

use super::{rows, wrong};
use crate::app::{App, Result};

const CATEGORIES: &str = "categories.csv";

#[derive(Embed)]
#[folder = "data/images"]
struct Files;

#[derive(Debug, Deserialize)]
struct Row {
    category: String,
    picture: String,
}

impl App {
    /// The file of products with a picture for each whose category, or one above it, has one.
    pub(super) async fn illustrated(&self, products: &[u8]) -> Result<Vec<u8>> {
        let list = Files::get(CATEGORIES).ok_or_else(|| wrong(CATEGORIES, &"it is missing"))?;
        let by_category: BTreeMap<String, String> = rows::<Row>(CATEGORIES, &list.data)?
            .into_iter()
            .map(|row| (row.category, row.picture))
            .collect();
        let mut paths = BTreeMap::new();
        for name in by_category.values() {
            if !paths.contains_key(name) {
                let file = Files::get(name).ok_or_else(|| wrong(name, &"it is missing"))?;
                let picture = self.keep_picture(file.data.into_owned().into()).await?;
                paths.insert(name.clone(), picture.name.path());
            }
        }
        let path_of = |category: &str| {
            let above = std::iter::successors(Some(category), |it| Some(it.rsplit_once('/')?.0));
            above.filter_map(|it| by_category.get(it)).find_map(|name| paths.get(name))
        };
        with_images(products, |category| path_of(category).cloned().unwrap_or_default())
            .map_err(|error| wrong("products.csv", &error))
    }
}

/// The file with one more column.
fn with_images(
    products: &[u8],
    image: impl Fn(&str) -> String,
) -> std::result::Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut reader = csv::Reader::from_reader(products);
    let mut writer = csv::Writer::from_writer(Vec::with_capacity(2 * products.len()));
    let mut header = reader.headers()?.clone();
    let category = header.iter().position(|name| name == "category").ok_or("no category")?;
    header.push_field("images");
    writer.write_record(&header)?;
    for row in reader.records() {
        let mut row = row?;
        let image = image(row.get(category).unwrap_or_default());
        row.push_field(&image);
        writer.write_record(&row)?;
    }
    Ok(writer.into_inner()?)
}
