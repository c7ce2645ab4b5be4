//! `GET /`: what answers here and where to go on.

use axum::response::Html;

pub(super) async fn page() -> Html<&'static str> {
    Html(include_str!("../../assets/docs/welcome.html"))
}
