//! `GET /health`: for load balancers, monitors and people who wonder.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

/// How the appliance is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`: an appliance that is not does not answer.
    #[schema(example = "ok")]
    status: &'static str,
    /// `ready`, or `building` until text search answers.
    #[schema(example = "ready")]
    search: &'static str,
    /// The currency of all prices.
    #[schema(example = "EUR")]
    currency: String,
    /// The store's time zone (IANA): clocks, days and prices that change later are in it.
    #[schema(example = "Europe/Vienna")]
    time_zone: String,
    /// The version of the software.
    version: &'static str,
}

pub(super) async fn find(State(app): State<App>) -> Json<Health> {
    Json(Health {
        status: "ok",
        search: if app.search_ready() { "ready" } else { "building" },
        currency: app.currency_code(),
        time_zone: app.time_zone_name(),
        version: env!("CARGO_PKG_VERSION"),
    })
}
