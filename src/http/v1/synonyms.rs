//! Words of one meaning for the search: list, add, edit, remove.

use axum::extract::State;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Answer;
use crate::app::{App, Staff};
use crate::domain::id::SynonymId;
use crate::domain::synonyms::SynonymGroup;
use crate::http::Result;
use crate::http::extract::{IfMatch, Json, KeyedJson, Page, Path};
use crate::http::reply::{Listed, Stored, Versioned};
use crate::wire::read_only;

/// Words and phrases of one meaning: who searches for one finds the others too.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Synonyms {
    id: u64,
    #[schema(example = json!(["soda", "soft drink"]))]
    words: Vec<String>,
    version: u64,
}

/// The words of a group. What only the server sets is ignored, so that an answer can be edited
/// and sent back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct SynonymsInput {
    /// 2 to 16 words or phrases of at most four words; none of them in another group.
    #[schema(example = json!(["soda", "soft drink"]))]
    words: Option<Vec<String>>,
    #[schema(schema_with = read_only)]
    id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    version: Option<IgnoredAny>,
}

/// The answer to a deletion.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct SynonymsDeleted {
    message: &'static str,
    deleted: bool,
    synonym_id: u64,
}

impl From<&SynonymGroup> for Synonyms {
    fn from(group: &SynonymGroup) -> Self {
        Self { id: group.id.value(), words: group.words.clone(), version: group.version }
    }
}

pub(in crate::http) async fn list(
    State(app): State<App>,
    staff: Staff,
    page: Page,
) -> Result<Listed<Synonyms, 50>> {
    let (found, total) = app.synonyms(&staff, page.offset, page.limit)?;
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    Ok(Listed { items: found.iter().map(Synonyms::from).collect(), total, page })
}

pub(in crate::http) async fn find(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<SynonymId>,
) -> Result<Versioned<Json<Synonyms>>> {
    let found = app.synonym(&staff, id)?;
    Ok(Versioned(found.version, Json(Synonyms::from(&found))))
}

pub(in crate::http) async fn create(
    State(app): State<App>,
    staff: Staff,
    KeyedJson { body, idempotency }: KeyedJson<SynonymsInput>,
) -> Result<Versioned<Stored>> {
    let answer = Answer::new(201, |made: &SynonymGroup| Synonyms::from(made));
    let words = body.words.unwrap_or_default();
    let outcome = app.create_synonyms(&staff, words, answer.once(idempotency)).await?;
    Ok(Versioned(1, answer.reply(outcome)))
}

pub(in crate::http) async fn update(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<SynonymId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<SynonymsInput>,
) -> Result<Versioned<Json<Synonyms>>> {
    let updated = app.update_synonyms(&staff, id, body.words, expected).await?;
    Ok(Versioned(updated.version, Json(Synonyms::from(&updated))))
}

pub(in crate::http) async fn delete(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<SynonymId>,
    IfMatch(expected): IfMatch,
) -> Result<Json<SynonymsDeleted>> {
    app.delete_synonyms(&staff, id, expected).await?;
    let synonym_id = id.value();
    Ok(Json(SynonymsDeleted { message: "Synonyms deleted", deleted: true, synonym_id }))
}
