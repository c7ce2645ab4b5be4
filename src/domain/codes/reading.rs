//! How a scanned code is read, in plain words: for whoever wonders why the till does not know it.
//!
//! It asks the same questions in the same order as a scan does: the GTIN, then the rules, then the
//! PLU.

use super::gs1::{self, ElementString, Symbology, TradeMeasure};
use super::{Gtin, InvalidGtin, Measure, Misfit, Plu, Uid, VariableMeasure, VariableMeasureRule};
use crate::domain::catalog::Unit;
use crate::domain::id::ProductId;
use crate::domain::money::{Currency, Money};

/// Most characters of a code that an explanation repeats.
const SHOWN_MAX: usize = 64;

/// Every way in which a code can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Without blanks and control characters around it.
    pub code: String,
    /// What an AIM identifier in front says.
    pub symbology: Option<Symbology>,
    /// The elements, when it is a GS1 element string.
    pub elements: Option<ElementString>,
    /// The number as a GTIN.
    pub gtin: Result<Gtin, InvalidGtin>,
    /// What each rule makes of it, in their order.
    pub by_rule: Vec<Result<VariableMeasure, Misfit>>,
    /// The digits as a PLU.
    pub plu: Option<Plu>,
    /// The text as the uid of a tag.
    pub uid: Option<Uid>,
    /// The number without identifier: what the rules look at.
    number: String,
}

/// A product that a code means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Which.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// How it is sold.
    pub unit: Unit,
    /// Whether shoppers and trolleys find it.
    pub is_on_sale: bool,
}

/// The products behind each reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// That with the GTIN.
    pub of_gtin: Option<Owner>,
    /// That whose PLU is the item of the first rule that fits.
    pub of_item: Option<Owner>,
    /// That with the PLU.
    pub of_plu: Option<Owner>,
    /// That with the tag.
    pub of_uid: Option<Owner>,
}

impl Reading {
    /// Reads a code by these rules.
    pub fn of(text: &str, rules: &[VariableMeasureRule]) -> Self {
        let code = super::bare(text);
        let (symbology, number) = gs1::symbology(code);
        let is_gs1 = matches!(symbology, Some(Symbology::Gs1(_)));
        let elements = ElementString::parse(number, is_gs1);
        let gtin = match &elements {
            Some(elements) => elements.gtin.clone().unwrap_or(Err(InvalidGtin::Shape)),
            None => number.parse(),
        };
        let number = if elements.is_some() { "" } else { number };
        Self {
            gtin,
            by_rule: rules.iter().map(|rule| rule.try_read(number)).collect(),
            plu: number.parse().ok(),
            uid: if symbology.is_none() { number.parse().ok() } else { None },
            code: code.to_owned(),
            number: number.to_owned(),
            symbology,
            elements,
        }
    }

    /// The first rule that fits, by its index, and what it reads.
    pub fn fitting(&self) -> Option<(usize, VariableMeasure)> {
        self.by_rule.iter().enumerate().find_map(|(index, it)| Some((index, (*it).ok()?)))
    }

    /// What the label says of the piece, when it is a GS1 element string.
    pub fn trade_measure(&self) -> Option<TradeMeasure> {
        self.elements.as_ref().and_then(|elements| elements.measure)
    }

    /// The product that a scan finds.
    pub fn owner<'o>(&self, owners: &'o Owners) -> Option<&'o Owner> {
        let Owners { of_gtin, of_item, of_plu, .. } = owners;
        of_gtin.as_ref().or(of_item.as_ref()).or(of_plu.as_ref())
    }

    /// The whole story, sentence by sentence.
    pub fn explain(
        &self,
        rules: &[VariableMeasureRule],
        owners: &Owners,
        currency: &Currency,
    ) -> String {
        let mut story = Vec::new();
        self.tell_symbology(&mut story);
        self.tell_gtin(owners, &mut story);
        if self.elements.is_none() {
            self.tell_rules(rules, owners, currency, &mut story);
            self.tell_plu(owners, &mut story);
            self.tell_uid(owners, &mut story);
        } else {
            self.tell_elements(currency, &mut story);
        }
        story.push(self.verdict(owners));
        story.join(" ")
    }

    fn tell_symbology(&self, story: &mut Vec<String>) {
        let Some(symbology) = self.symbology else { return };
        let identifier: String = self.code.chars().take(3).collect();
        story.push(match symbology {
            Symbology::Gs1(name) => format!("The scanner says {identifier}: {name}."),
            Symbology::Ean => format!("The scanner says {identifier}: EAN or UPC."),
            Symbology::Other => {
                format!("The scanner says {identifier}, which tells nothing about the content.")
            }
        });
    }

    fn tell_gtin(&self, owners: &Owners, story: &mut Vec<String>) {
        match &self.gtin {
            Ok(gtin) => {
                let len = if self.elements.is_some() { 14 } else { self.number.len() };
                story.push(format!("{}, and its check digit is right.", named(*gtin, len)));
                story.push(match &owners.of_gtin {
                    Some(owner) => format!("It is the barcode of {}.", owner.shown()),
                    None => "No product has this barcode.".to_owned(),
                });
            }
            Err(_) if self.elements.as_ref().is_some_and(|it| it.gtin.is_none()) => {
                story.push("It has no AI 01, the GTIN, so it names no product.".to_owned());
            }
            Err(InvalidGtin::Shape) => {
                let shown: String = self.number.chars().take(SHOWN_MAX).collect();
                let what = if self.number.is_empty() { "An empty code" } else { shown.as_str() };
                story.push(format!("{what} is no barcode: those have 8, 12, 13 or 14 digits."));
            }
            Err(InvalidGtin::CheckDigit { code, found, expected }) => story.push(format!(
                "{code} is no GTIN: its check digit is {found}, {expected} would be right."
            )),
        }
    }

    fn tell_elements(&self, currency: &Currency, story: &mut Vec<String>) {
        let Some(elements) = &self.elements else { return };
        let list = elements.elements.iter().map(|(ai, text)| format!("({ai}) {text}"));
        let list: Vec<String> = list.collect();
        story.push(format!("The elements are {}.", list.join(", ")));
        match elements.measure {
            Some(TradeMeasure::Weight { grams }) => {
                story.push(format!("The piece weighs {}.", kilograms(grams)));
            }
            Some(TradeMeasure::Price(price)) => {
                story.push(format!("The piece costs {price} {}.", currency.code()));
            }
            None => {}
        }
    }

    fn tell_rules(
        &self,
        rules: &[VariableMeasureRule],
        owners: &Owners,
        currency: &Currency,
        story: &mut Vec<String>,
    ) {
        if !(12..=14).contains(&self.number.len()) {
            return;
        }
        if rules.is_empty() {
            story.push("There are no rules for embedded weights and prices.".to_owned());
        }
        for (rule, read) in rules.iter().zip(&self.by_rule) {
            match read {
                Err(misfit) => {
                    story.push(format!("Rule {} does not fit: {misfit}.", rule.pattern));
                }
                Ok(read) => {
                    let measure = match read.measure {
                        Measure::Weight { grams } => kilograms(grams),
                        Measure::Price { minor } => {
                            let price = Money::from_minor(minor).shown(currency);
                            format!("{price} {}", currency.code())
                        }
                    };
                    let (pattern, item) = (&rule.pattern, read.item);
                    story.push(format!("Rule {pattern} fits: item {item}, {measure}."));
                    if owners.of_gtin.is_some() {
                        let first = "A product's own barcode comes first, so it is not asked.";
                        story.push(first.to_owned());
                    } else {
                        story.push(has_plu(item, owners.of_item.as_ref()));
                    }
                    // The first one counts.
                    break;
                }
            }
        }
    }

    fn tell_plu(&self, owners: &Owners, story: &mut Vec<String>) {
        let Some(plu) = self.plu else { return };
        if owners.of_gtin.is_some() || owners.of_item.is_some() {
            return;
        }
        story.push(has_plu(plu, owners.of_plu.as_ref()));
        let is_organic = self.number.len() == 5 && (93_000..=94_999).contains(&plu.value());
        if is_organic && owners.of_plu.is_none() {
            story.push(format!(
                "On loose goods it is the organic form of {}.",
                plu.value() % 90_000
            ));
        }
    }

    fn tell_uid(&self, owners: &Owners, story: &mut Vec<String>) {
        let Some(uid) = &self.uid else { return };
        let has_letters = self.number.bytes().any(|byte| byte.is_ascii_alphabetic());
        match &owners.of_uid {
            Some(owner) => story.push(format!(
                "As the uid of an RFID tag, {uid}, it belongs to {}: trolleys send it as uid.",
                owner.shown()
            )),
            None if has_letters => {
                story.push(format!("As the uid of an RFID tag, {uid}, no product has it."));
            }
            None => {}
        }
    }

    fn verdict(&self, owners: &Owners) -> String {
        let Some(owner) = self.owner(owners) else {
            return "A scan finds nothing.".to_owned();
        };
        let shown = owner.shown();
        if !owner.is_on_sale {
            return format!("It means {shown}, which is inactive: only staff find it.");
        }
        let weight = match (owners.of_gtin.is_some(), owners.of_item.is_some()) {
            (true, _) => matches!(self.trade_measure(), Some(TradeMeasure::Weight { .. })),
            (false, true) => self
                .fitting()
                .is_some_and(|(_, read)| matches!(read.measure, Measure::Weight { .. })),
            (false, false) => false,
        };
        let note = match (owner.unit, weight) {
            (Unit::Each, true) => ", by the piece: it is not sold by weight",
            _ => "",
        };
        format!("A scan finds {shown}{note}.")
    }
}

impl Owner {
    fn shown(&self) -> String {
        format!("product {}, {}", self.id, self.name)
    }
}

/// A GTIN by the name that people know, as long as it was read.
fn named(gtin: Gtin, len: usize) -> String {
    match len {
        8 => format!("{gtin} is a GTIN-8 (EAN-8)"),
        12 => format!("It is a UPC-A, the same number as EAN-13 {gtin}"),
        13 => format!("{gtin} is a GTIN-13 (EAN-13)"),
        14 if gtin.padded().starts_with('0') => {
            format!("{} is the GTIN {gtin} as fourteen digits (ITF-14)", gtin.padded())
        }
        14 => format!("{gtin} is a GTIN-14 (ITF-14), the number of a pack"),
        _ => format!("With the leading zeros that it lost it is the GTIN {gtin}"),
    }
}

fn has_plu(plu: Plu, owner: Option<&Owner>) -> String {
    match owner {
        Some(owner) => format!("PLU {plu} is {}.", owner.shown()),
        None => format!("No product has PLU {plu}."),
    }
}

fn kilograms(grams: u32) -> String {
    format!("{}.{:03} kg", grams / 1_000, grams % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apples() -> Owner {
        Owner {
            id: ProductId::new(7).unwrap(),
            name: "Apples".into(),
            unit: Unit::Kg,
            is_on_sale: true,
        }
    }

    fn story(code: &str, owners: &Owners) -> String {
        let rules = VariableMeasureRule::defaults();
        Reading::of(code, &rules).explain(&rules, owners, &"EUR".parse().unwrap())
    }

    #[test]
    fn a_weighed_code_tells_item_and_weight() {
        let owners = Owners { of_item: Some(apples()), ..Owners::default() };
        assert_eq!(
            story(" 2112345015002\r", &owners),
            "2112345015002 is a GTIN-13 (EAN-13), and its check digit is right. No product has \
             this barcode. Rule 21IIIIIWWWWWC fits: item 12345, 1.500 kg. PLU 12345 is product 7, \
             Apples. A scan finds product 7, Apples."
        );
        let nobody = story("2112345015002", &Owners::default());
        assert!(nobody.contains("No product has PLU 12345. A scan finds nothing."), "{nobody}");
    }

    #[test]
    fn each_kind_of_code_has_its_sentence() {
        let none = Owners::default();
        for (code, sentence) in [
            ("4006381333932", "its check digit is 2, 1 would be right."),
            ("2112345015003", "check digit is 3, it should be 2, and the rule is strict"),
            (
                "2912345015004",
                "Rule 21IIIIIWWWWWC does not fit: digit 2 is 9, the pattern wants 1.",
            ),
            ("036000291452", "It is a UPC-A, the same number as EAN-13 0036000291452"),
            ("96385074", "96385074 is a GTIN-8 (EAN-8)"),
            ("04006381333931", "is the GTIN 4006381333931 as fourteen digits (ITF-14)"),
            ("14006381333938", "is a GTIN-14 (ITF-14), the number of a pack"),
            ("4011", "No product has PLU 4011."),
            ("94011", "the organic form of 4011."),
            ("04:A3:1F:22", "As the uid of an RFID tag, 04A31F22, no product has it."),
            ("]d2010952123456789931030015 00", "finds nothing"),
            ("]d201095212345678993103001500", "The piece weighs 1.500 kg."),
            ("(01)09521234567899(3922)399", "The piece costs 3.99 EUR."),
            ("(3103)001500", "It has no AI 01"),
            ("(01)09521234567890", "check digit is 0, 9 would be right"),
            ("", "An empty code is no barcode"),
            ("no code", "A scan finds nothing."),
        ] {
            let told = story(code, &none);
            assert!(told.contains(sentence), "{code}: {told}");
        }
        let by_gtin = Owners { of_gtin: Some(apples()), ..Owners::default() };
        let told = story("2112345015002", &by_gtin);
        assert!(told.contains("A product's own barcode comes first"), "{told}");
        let hidden = Owner { is_on_sale: false, ..apples() };
        let told = story("4011", &Owners { of_plu: Some(hidden), ..Owners::default() });
        assert!(told.ends_with("which is inactive: only staff find it."), "{told}");
        let piece = Owner { unit: Unit::Each, ..apples() };
        let told = story("2112345015002", &Owners { of_item: Some(piece), ..Owners::default() });
        assert!(told.contains("it is not sold by weight"), "{told}");
    }
}
