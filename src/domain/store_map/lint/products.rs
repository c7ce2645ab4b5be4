//! Products against the map: whether each stands at a location that there is.

use std::collections::HashSet;

use super::super::StoreMap;
use super::Findings;

/// Checks products one by one, so that a large catalogue needs no memory.
#[derive(Debug)]
pub struct ProductCheck<'a> {
    locations: HashSet<&'a str>,
}

impl<'a> ProductCheck<'a> {
    /// Ready for the products of a map's shop.
    pub fn new(map: &'a StoreMap) -> Self {
        Self { locations: map.locations.iter().map(|location| location.id.as_str()).collect() }
    }

    /// Looks at one product.
    pub fn check(
        &self,
        findings: &mut Findings,
        id: impl std::fmt::Display,
        name: &str,
        location: Option<&str>,
    ) {
        let at = || format!("products/{id}");
        match location.filter(|location| !location.is_empty()) {
            None => {
                let message = format!(
                    "{name:?} has no location, so walks can only guess where it is; give it one"
                );
                findings.warn("product-nowhere", at(), message);
            }
            Some(location) if !self.locations.contains(location) => {
                let message = format!(
                    "{name:?} is at {location:?}, which the map does not have; add this location \
                     to the map or correct the product"
                );
                findings.warn("product-unknown-location", at(), message);
            }
            Some(_) => {}
        }
    }
}
