//! Which column of a file is which: by its name, by what shops call it in English and German, by
//! the names of Open Food Facts, or as the caller says.

use super::table::{Columns, Kind};
use crate::app::{Error, Result};
use crate::domain::invalid::FieldErrors;

/// What else the columns of a catalogue are called.
const SYNONYMS: &[(&str, &[&str])] = &[
    (
        "sku",
        &[
            "artikelnummer",
            "artikel_nr",
            "artikelnr",
            "art_nr",
            "artnr",
            "item_number",
            "item_no",
            "article_number",
            "product_code",
            "bestellnummer",
            "bestell_nr",
        ],
    ),
    (
        "barcodes",
        &[
            "barcode",
            "ean",
            "eans",
            "ean_code",
            "ean13",
            "ean_13",
            "gtin",
            "gtins",
            "gtin13",
            "upc",
            "upc_code",
            "strichcode",
            "ean_nummer",
            "ean_gtin",
            "gtin_ean",
        ],
    ),
    ("plu", &["plu_nummer", "plu_nr", "plu_code", "plu_number"]),
    (
        "name",
        &[
            "product_name",
            "productname",
            "title",
            "product",
            "item",
            "item_name",
            "article",
            "artikel",
            "artikelname",
            "artikelbezeichnung",
            "bezeichnung",
            "produkt",
            "produktname",
        ],
    ),
    ("brand", &["brands", "brand_name", "marke", "hersteller", "manufacturer"]),
    (
        "category",
        &["categories", "department", "product_group", "kategorie", "warengruppe", "sortiment"],
    ),
    (
        "description",
        &["beschreibung", "produktbeschreibung", "langtext", "details", "product_description"],
    ),
    (
        "price",
        &[
            "unit_price",
            "retail_price",
            "sales_price",
            "selling_price",
            "preis",
            "verkaufspreis",
            "vk",
            "vk_preis",
            "vkpreis",
            "bruttopreis",
            "vk_brutto",
            "price_eur",
            "preis_eur",
        ],
    ),
    ("currency", &["waehrung", "währung"]),
    (
        "stock",
        &["qty_in_stock", "stock_quantity", "on_hand", "bestand", "lagerbestand", "stock_level"],
    ),
    ("unit", &["einheit", "sales_unit", "verkaufseinheit"]),
    ("weight_g", &["weight_grams", "weight_in_g", "gewicht_g", "gewicht_in_g"]),
    (
        "tax_rate",
        &[
            "vat",
            "vat_rate",
            "tax",
            "mwst",
            "mwst_satz",
            "ust",
            "ust_satz",
            "steuersatz",
            "mehrwertsteuer",
            "tax_percent",
            "mwst_prozent",
        ],
    ),
    ("min_age", &["age_limit", "minimum_age", "mindestalter", "altersfreigabe"]),
    ("allergens", &["allergen", "allergene"]),
    ("food_types", &["food_type", "diet", "diets", "ernaehrungsform", "ernährungsform"]),
    ("location", &["shelf", "aisle", "regal", "regalplatz", "lagerplatz"]),
    ("images", &["image", "picture", "pictures", "bild", "bilder"]),
    ("active", &["aktiv", "enabled", "is_active"]),
];

/// Columns of Open Food Facts. Of several for one thing the first that is there is taken.
const OPEN_FOOD_FACTS: &[(&str, &str, Kind)] = &[
    ("code", "barcodes", Kind::List),
    ("product_name", "name", Kind::Line),
    ("brands", "brand", Kind::FirstOf),
    ("categories_en", "category", Kind::Path),
    ("categories", "category", Kind::Path),
    ("main_category_en", "category", Kind::Path),
    ("main_category", "category", Kind::Path),
    ("quantity", "weight_g", Kind::Weight),
    ("ingredients_text", "description", Kind::Text),
    ("allergens_en", "allergens", Kind::Tags),
    ("allergens", "allergens", Kind::Tags),
    ("labels_en", "food_types", Kind::Diets),
    ("labels", "food_types", Kind::Diets),
];

/// A file's header, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// For each cell its text, and the column that it is.
    pub(super) columns: Vec<(String, Option<(&'static str, Kind)>)>,
    /// Whether it is an export of Open Food Facts.
    pub(super) is_open_food_facts: bool,
}

/// A header in its plain form and as it was written, and its column.
type Pair = (String, String, Option<(&'static str, Kind)>);

/// What the caller says about headers: `Artikel=name;Preis=price;Notiz=`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mapping {
    /// The header in its plain form, as it was written, and the column; `None` leaves it out.
    pairs: Vec<Pair>,
}

impl Mapping {
    /// Reads pairs that are separated by semicolons.
    pub(super) fn parse(text: &str, known: Columns) -> Result<Self> {
        let mut pairs: Vec<Pair> = Vec::new();
        for pair in text.split(';').filter(|pair| !pair.trim().is_empty()) {
            let Some((header, column)) = pair.rsplit_once('=') else {
                return Err(Error::field(
                    "map",
                    "is pairs such as Artikel=name;Preis=price;Notiz=",
                ));
            };
            let (header, column) = (header.trim(), column.trim());
            let meant = match column {
                "" => None,
                name => Some(named(&plain(name), known).ok_or_else(|| {
                    Error::field("map", format!("{name} is no column; {}", those(known)))
                })?),
            };
            if pairs.iter().any(|(earlier, _, _)| *earlier == plain(header)) {
                return Err(Error::field("map", format!("names {header} twice")));
            }
            pairs.push((plain(header), header.to_owned(), meant));
        }
        Ok(Self { pairs })
    }

    /// What the caller says of a header or member: nothing, to leave it out, or its column.
    #[expect(clippy::option_option, reason = "nothing said, to leave it out, or its column")]
    pub(super) fn of(&self, header: &str) -> Option<Option<(&'static str, Kind)>> {
        let header = plain(header);
        self.pairs.iter().find(|(name, _, _)| *name == header).map(|(_, _, column)| *column)
    }
}

impl Header {
    /// Understands the header of a CSV file. `is_catalogue` knows what shops call the columns of
    /// products.
    pub(super) fn understand(
        cells: &[String],
        known: Columns,
        mapping: &Mapping,
        is_catalogue: bool,
    ) -> Result<Self> {
        let plain_cells: Vec<String> = cells.iter().map(|cell| plain(cell)).collect();
        for (name, written, _) in &mapping.pairs {
            if !plain_cells.contains(name) {
                let message = format!("names {written}, which is not in the file's header");
                return Err(Error::field("map", message));
            }
        }
        let has = |name: &str| plain_cells.iter().any(|cell| cell == name);
        let is_open_food_facts = is_catalogue && has("code") && has("product_name");
        let mut columns: Vec<(String, Option<(&'static str, Kind)>)> = Vec::new();
        let mut unknown = FieldErrors::new();
        for (cell, plain) in cells.iter().zip(&plain_cells) {
            let cell = cell.trim().to_owned();
            let taken = |name: &str| {
                columns.iter().any(|(_, column)| column.is_some_and(|(it, _)| it == name))
            };
            let column = match mapping.of(plain) {
                Some(column) => column,
                None if is_open_food_facts => {
                    let better = |name: &str| {
                        mapping.pairs.iter().any(|(_, _, it)| it.is_some_and(|(it, _)| it == name))
                    };
                    open_food_facts(plain, &plain_cells).filter(|(name, _)| !better(name))
                }
                None => {
                    let found = named(plain, known);
                    let found = found.or_else(|| is_catalogue.then(|| synonym(plain, known))?);
                    if found.is_none() {
                        unknown.push(&cell, unknown_column(&cell, known, unknown.is_empty()));
                    }
                    found
                }
            };
            if let Some((name, _)) = column
                && taken(name)
            {
                let message = format!(
                    "is in the header twice; leave one out with map={cell}= if the other is meant"
                );
                return Err(Error::field(name, message));
            }
            columns.push((cell, column));
        }
        // All of them at once: a caller can decide about each and ask again.
        unknown.into_result()?;
        Ok(Self { columns, is_open_food_facts })
    }
}

/// What a column of Open Food Facts is, unless a better one for the same thing is there.
fn open_food_facts(cell: &str, all: &[String]) -> Option<(&'static str, Kind)> {
    let place = OPEN_FOOD_FACTS.iter().position(|(name, _, _)| *name == cell)?;
    let (_, column, kind) = OPEN_FOOD_FACTS[place];
    let better = OPEN_FOOD_FACTS[..place].iter();
    let mut better = better.filter(|(_, other, _)| *other == column);
    let is_best = !better.any(|(name, _, _)| all.iter().any(|it| it == name));
    is_best.then_some((column, kind))
}

/// A header in its plain form: lower case, with `_` between words.
fn plain(header: &str) -> String {
    let header = header.trim().trim_start_matches('\u{feff}').to_lowercase();
    let words = header.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

fn named(plain: &str, known: Columns) -> Option<(&'static str, Kind)> {
    known.iter().find(|(name, _)| *name == plain).copied()
}

fn synonym(plain: &str, known: Columns) -> Option<(&'static str, Kind)> {
    let (name, _) = SYNONYMS.iter().find(|(_, words)| words.contains(&plain))?;
    named(name, known)
}

/// Why a header is refused; the first of several also says which columns there are.
fn unknown_column(cell: &str, known: Columns, is_first: bool) -> String {
    let which = if is_first { format!("; {}", those(known)) } else { String::new() };
    format!(
        "is no column that is known{which}. Say what it is with map={cell}=COLUMN, or leave it \
         out with map={cell}="
    )
}

fn those(known: Columns) -> String {
    let names = known.iter().filter(|(_, kind)| *kind != Kind::Ignored).map(|(name, _)| *name);
    format!("those are {}", names.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::products::COLUMNS;
    use super::*;

    fn understood(cells: &[&str], map: &str) -> Result<Vec<Option<&'static str>>> {
        let cells: Vec<String> = cells.iter().map(|it| (*it).to_owned()).collect();
        let header = Header::understand(&cells, COLUMNS, &Mapping::parse(map, COLUMNS)?, true)?;
        Ok(header.columns.iter().map(|(_, column)| column.map(|(name, _)| name)).collect())
    }

    #[test]
    fn headers_are_known_in_two_languages() {
        let german = ["Artikel-Nr.", "EAN", "Artikelbezeichnung", "VK-Preis", "MwSt.", "Bestand"];
        let wanted = ["sku", "barcodes", "name", "price", "tax_rate", "stock"].map(Some);
        assert_eq!(understood(&german, "").unwrap(), wanted);
        let english = ["Item number", "UPC", "Title", "Retail price", "VAT %", "On hand"];
        assert_eq!(understood(&english, "").unwrap(), wanted);
    }

    #[test]
    fn the_caller_has_the_last_word() {
        let cells = ["Artikel", "Preis", "Preis alt", "Notiz"];
        let error = understood(&cells, "").unwrap_err().to_string();
        assert!(error.contains("Preis alt") && error.contains("map="), "{error}");
        let error = understood(&["Farbe", "Artikel", "Notiz"], "").unwrap_err().to_string();
        assert!(error.contains("Farbe") && error.contains("Notiz"), "{error}");
        let found = understood(&cells, "preis alt=price; Preis=;NOTIZ=description").unwrap();
        assert_eq!(found, [Some("name"), None, Some("price"), Some("description")]);
        for (map, word) in [
            ("Artikel", "pairs"),
            ("Artikel=colour", "colour"),
            ("Farbe=name", "Farbe"),
            ("Notiz=;notiz=name", "twice"),
        ] {
            assert!(understood(&cells, map).unwrap_err().to_string().contains(word), "{map}");
        }
        let error = understood(&["EAN", "GTIN", "name"], "").unwrap_err().to_string();
        assert!(error.contains("twice"), "{error}");
    }

    #[test]
    fn open_food_facts_is_recognised_and_its_best_columns_taken() {
        let cells = [
            "code",
            "url",
            "product_name",
            "brands",
            "categories",
            "categories_en",
            "allergens",
            "labels_en",
            "image_url",
            "main_category",
            "quantity",
        ];
        let found = understood(&cells, "").unwrap();
        let wanted = [
            Some("barcodes"),
            None,
            Some("name"),
            Some("brand"),
            None,
            Some("category"),
            Some("allergens"),
            Some("food_types"),
            None,
            None,
            Some("weight_g"),
        ];
        assert_eq!(found, wanted);
        let found = understood(&cells, "main_category=category").unwrap();
        assert_eq!((found[5], found[9]), (None, Some("category")));
    }
}
