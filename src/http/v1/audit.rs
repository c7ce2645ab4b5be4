//! The audit log, for admins: read it, take it away, verify it.

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use jiff::Timestamp;
use serde::Deserialize;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;

use crate::app::audit::AuditFilter;
use crate::app::{Admin, App};
use crate::http::extract::{Page, Query};
use crate::http::reply::Listed;
use crate::http::{Problem, Result};
use crate::wire::audit::AuditEntry;

/// Pieces of an export that wait for a slow reader.
const PIECES_WAITING: usize = 4;

/// What is worth knowing about the list.
pub(in crate::http) const ABOUT: &str = "Every change by staff, admins and the command line, and \
    every sign-in and sign-out. `before` and `after` hold the members that changed, never a \
    password, key, token or code. Failed sign-ins are gathered: one entry tells how many failed \
    for an account from an address, the first within a second, the next every five minutes.";

/// What is worth knowing about the export, with the recipe that verifies it.
pub(in crate::http) const ABOUT_EXPORT: &str = "One JSON object on each line, as it was hashed: \
    `before` and `after` are JSON in a text. Each `hash` is the SHA-256 of these texts in UTF-8, \
    each after its length in bytes as four bytes, big-endian; null counts as the empty text: \
    `cartwright-audit-1`, `prev_hash`, `seq` in decimal, `at`, `actor`, `actor_name`, `from`, \
    `action`, `target`, `before`, `after`. Each `prev_hash` is the `hash` of the line before; that \
    of entry 1 is the SHA-256 of `cartwright audit log`. In Python:\n\n```python\n\
    import hashlib, json, sys\n\
    last = None\n\
    for line in sys.stdin:\n    \
        e = json.loads(line)\n    \
        texts = [\"cartwright-audit-1\", e[\"prev_hash\"], str(e[\"seq\"])]\n    \
        texts += [e[name] or \"\" for name in \"at actor actor_name from action target before after\".split()]\n    \
        data = b\"\".join(len(t.encode()).to_bytes(4, \"big\") + t.encode() for t in texts)\n    \
        assert e[\"hash\"] == hashlib.sha256(data).hexdigest(), f\"entry {e['seq']} was altered\"\n    \
        assert last in (None, e[\"prev_hash\"]), f\"the entry before {e['seq']} is not the one there was\"\n    \
        last = e[\"hash\"]\n\
    print(\"whole; the newest hash is\", last)\n```\n\n\
    Compare the newest hash with one that was written down before: a log that was replaced as a \
    whole shows in no other way.";

/// Which entries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(in crate::http) struct AuditQuery {
    /// Of this actor: `user:7`, `cli`, `system`, `anonymous`, or a username.
    actor: Option<String>,
    /// With an action that begins like this: `product.` or `session.sign-in-failed`.
    action: Option<String>,
    /// To this target, `product:12`, or to any of a kind, `product`.
    target: Option<String>,
    /// At or after, RFC 3339.
    from: Option<String>,
    /// Before, RFC 3339.
    to: Option<String>,
}

impl AuditQuery {
    fn filter(self) -> Result<AuditFilter> {
        Ok(AuditFilter {
            from: time("from", self.from.as_deref())?,
            to: time("to", self.to.as_deref())?,
            actor: self.actor,
            action: self.action,
            target: self.target,
        })
    }
}

fn time(field: &str, text: Option<&str>) -> Result<Option<Timestamp>> {
    let parse = |text: &str| {
        text.parse().map_err(|_| Problem::field(field, "is a time such as 2026-11-20T12:00:00Z"))
    };
    text.map(parse).transpose()
}

pub(in crate::http) async fn list(
    State(app): State<App>,
    admin: Admin,
    Query(query): Query<AuditQuery>,
    page: Page,
) -> Result<Listed<AuditEntry, 50>> {
    let filter = query.filter()?;
    let (found, total) = app.audit_entries(&admin, filter, page.offset, page.limit).await?;
    Ok(Listed { items: found.into_iter().map(AuditEntry::from).collect(), total, page })
}

pub(in crate::http) async fn export(State(app): State<App>, admin: Admin) -> Response {
    let (pieces, waiting) = tokio::sync::mpsc::channel(PIECES_WAITING);
    tokio::spawn(async move {
        if let Err(error) = app.export_audit(&admin, &pieces).await {
            tracing::warn!(%error, "an export ended early");
        }
    });
    let body = Body::from_stream(ReceiverStream::new(waiting).map(Ok::<_, std::io::Error>));
    ([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response()
}
