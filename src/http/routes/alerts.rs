//! What staff should look at.

use crate::http::route::Route;
use crate::http::route::Who::Staff;
use crate::http::route::{get, post};
use crate::http::v1::alerts as alert;
use crate::wire::alert::Alert;

/// The alerts.
pub(super) fn alerts() -> Vec<Route> {
    vec![
        get("/alerts", Staff, alert::list)
            .id("listAlerts")
            .summary("What staff should look at, newest first")
            .about(
                "Of each kind a trolley has one open alert at most: while the trouble lasts it is \
                 refreshed. Cleared ones are kept for 90 days, 10,000 in all. The stream of \
                 `/events` tells staff of each as an event `alert`.",
            )
            .query::<alert::AlertQuery>()
            .returns_list::<Alert>(200)
            .paged(),
        post("/alerts/{id}/clear", Staff, alert::clear)
            .id("clearAlert")
            .summary("Clear an alert; one that is cleared already stays as it is")
            .optional_body::<alert::AlertClear>()
            .example(r#"{"note":"a bag of theirs"}"#)
            .returns::<Alert>(200),
    ]
}
