//! What the scales of trolleys know and are told.

use crate::http::devices;
use crate::http::devices::shapes;
use crate::http::route::Route;
use crate::http::route::Who::{Device, Staff};
use crate::http::route::{get, post};
use crate::http::v1::weights as weight;

/// Bags, and what products weigh.
pub(super) fn weights() -> Vec<Route> {
    vec![
        post("/cart/esp32/tare", Device, devices::tare)
            .id("deviceTare")
            .summary("The shopper lays bags in: what comes in without a scan is baggage")
            .optional_body::<shapes::DeviceTare>()
            .example(r#"{"seconds":30}"#)
            .returns::<shapes::DeviceTared>(200)
            .refuses(409, "tare-limit"),
        post("/devices/{id}/tare", Staff, weight::tare)
            .id("tareDevice")
            .summary("Let a shopper lay bags into a trolley")
            .about(
                "What its scale gains or loses within the time without a scan becomes baggage and \
                 is no alert. Scans within it count as always.",
            )
            .optional_body::<weight::TareInput>()
            .example(r#"{"seconds":30}"#)
            .returns::<weight::Tared>(200)
            .refuses(409, "revoked"),
        get("/products/{id}/weight", Staff, weight::known)
            .id("findProductWeight")
            .summary("What a piece weighs: by its label, and as the trolleys' scales learned it")
            .returns::<weight::ProductWeight>(200),
    ]
}
