//! Where an account is signed in, and signing it out there.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::accounts::session_list::Ended;
use crate::app::{App, Shopper};
use crate::domain::accounts::Session as DomainSession;
use crate::domain::id::SessionId;
use crate::http::Result;
use crate::http::exchange::Client;
use crate::http::extract::page::LIMIT_DEFAULT;
use crate::http::extract::{Json, Page, Path, Query};
use crate::http::principals::cookies::SetCookies;
use crate::http::reply::Listed;

/// Whose sessions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Whose {
    /// An id or a username, for admins; by default one's own.
    #[param(example = "demo")]
    user: Option<String>,
}

/// A place where an account is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Session {
    id: u64,
    created_at: Timestamp,
    /// When it began or got a new pair of tokens last.
    last_used_at: Timestamp,
    /// When it ends unless it gets a new pair of tokens before.
    expires_at: Timestamp,
    /// How the client describes itself.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")]
    user_agent: String,
    /// Where it was when it was used last; null for the command line.
    #[schema(example = "192.168.1.20")]
    address: Option<String>,
    /// Whether this request came in it.
    current: bool,
}

/// The answer to an end of sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct SessionsEnded {
    msg: &'static str,
    message: &'static str,
    /// How many sessions ended.
    #[schema(example = 2)]
    ended: usize,
}

impl Session {
    fn new(session: DomainSession, current: SessionId) -> Self {
        Self {
            id: session.id.value(),
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            user_agent: session.user_agent,
            address: session.address,
            current: session.id == current,
        }
    }
}

pub(in crate::http) async fn list(
    State(app): State<App>,
    shopper: Shopper,
    Query(whose): Query<Whose>,
    page: Page<LIMIT_DEFAULT>,
) -> Result<Response> {
    let sessions = app.sessions(&shopper, whose.user.as_deref())?;
    let total = u64::try_from(sessions.len()).unwrap_or(u64::MAX);
    let here = shopper.session_id();
    let items = sessions.into_iter().skip(page.offset).take(page.limit);
    let items = items.map(|session| Session::new(session, here)).collect();
    let listed = Listed::<Session, LIMIT_DEFAULT> { items, total, page };
    Ok(([(header::CACHE_CONTROL, "no-store")], listed).into_response())
}

pub(in crate::http) async fn end(
    State(app): State<App>,
    shopper: Shopper,
    client: Client,
    Path(id): Path<SessionId>,
    Query(whose): Query<Whose>,
) -> Result<Response> {
    let ended = app.end_session(&shopper, whose.user.as_deref(), id).await?;
    Ok(answer(&client, ended, "Session ended"))
}

pub(in crate::http) async fn end_all(
    State(app): State<App>,
    shopper: Shopper,
    client: Client,
    Query(whose): Query<Whose>,
) -> Result<Response> {
    let ended = app.end_sessions(&shopper, whose.user.as_deref()).await?;
    Ok(answer(&client, ended, "Signed out everywhere"))
}

/// Cookies of a session that ended are cleared.
fn answer(client: &Client, ended: Ended, message: &'static str) -> Response {
    let cookies =
        if ended.current { SetCookies::signed_out(client) } else { SetCookies::default() };
    (cookies, Json(SessionsEnded { msg: message, message, ended: ended.count })).into_response()
}
