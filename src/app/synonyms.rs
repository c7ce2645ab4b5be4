//! Words of one meaning for the search: list, add, edit, remove. The answer is given when the next
//! search goes by it.

use super::audit::{self, Change, shapes};
use super::once::{Once, Outcome, once};
use super::{App, Error, Refusal, Result, Staff, Versions};
use crate::domain::id::SynonymId;
use crate::domain::synonyms::{SYNONYM_GROUPS_MAX, SynonymGroup};
use crate::storage::{Reader, WriteTx, synonyms};

impl App {
    /// Groups by their ids, and how many there are in all.
    pub fn synonyms(
        &self,
        _: &Staff,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<SynonymGroup>, usize)> {
        let all = self.read(|tx| Ok(synonyms::all(tx)?))?;
        let total = all.len();
        Ok((all.into_iter().skip(offset).take(limit).collect(), total))
    }

    /// A group of synonyms.
    pub fn synonym(&self, _: &Staff, id: SynonymId) -> Result<SynonymGroup> {
        self.read(|tx| existing(tx, id))
    }

    /// Adds a group.
    pub async fn create_synonyms(
        &self,
        staff: &Staff,
        words: Vec<String>,
        request: Option<Once<SynonymGroup>>,
    ) -> Result<Outcome<SynonymGroup>> {
        let (now, act) = (self.now(), self.act(staff));
        let work = move |tx: &mut WriteTx<'_>| {
            if !synonyms::has_room(tx)? {
                let detail =
                    format!("a shop has at most {SYNONYM_GROUPS_MAX} groups: delete old ones");
                return Err(Error::conflict("too-many-synonyms", detail));
            }
            let id = super::next(tx, "synonym", SynonymId::new)?;
            let made = SynonymGroup::create(id, &words, now)?;
            check_free(tx, &made)?;
            synonyms::put(tx, &made)?;
            let change = Change::made(shapes::synonyms(&made));
            audit::record(tx, &act, "synonym.create", ("synonym", id), change)?;
            Ok(made)
        };
        let made = self.write(move |tx| once(tx, request, now, work)).await?;
        self.search_caught_up().await;
        Ok(made)
    }

    /// Sets a group's words. `expected` is the version that the caller saw.
    pub async fn update_synonyms(
        &self,
        staff: &Staff,
        id: SynonymId,
        words: Option<Vec<String>>,
        expected: Option<Versions>,
    ) -> Result<SynonymGroup> {
        let (now, act) = (self.now(), self.act(staff));
        let updated = self
            .write(move |tx| {
                let mut group = existing(tx, id)?;
                super::check_version(expected, group.version)?;
                let before = shapes::synonyms(&group);
                if let Some(words) = words
                    && group.set_words(&words, now)?
                {
                    check_free(tx, &group)?;
                    synonyms::put(tx, &group)?;
                    let change = Change::between(before, shapes::synonyms(&group));
                    audit::record(tx, &act, "synonym.update", ("synonym", id), change)?;
                }
                Ok(group)
            })
            .await?;
        self.search_caught_up().await;
        Ok(updated)
    }

    /// Removes a group.
    pub async fn delete_synonyms(
        &self,
        staff: &Staff,
        id: SynonymId,
        expected: Option<Versions>,
    ) -> Result<()> {
        let act = self.act(staff);
        self.write(move |tx| {
            let group = existing(tx, id)?;
            super::check_version(expected, group.version)?;
            let change = Change::removed(shapes::synonyms(&group));
            audit::record(tx, &act, "synonym.delete", ("synonym", id), change)?;
            Ok(synonyms::delete(tx, &group)?)
        })
        .await?;
        self.search_caught_up().await;
        Ok(())
    }
}

fn existing(tx: &impl Reader, id: SynonymId) -> Result<SynonymGroup> {
    synonyms::group(tx, id)?.ok_or_else(|| Error::not_found("group of synonyms"))
}

/// Refuses words that are in another group: what stands for what would be anybody's guess.
fn check_free(tx: &impl Reader, group: &SynonymGroup) -> Result<()> {
    for word in &group.words {
        let Some(other) = synonyms::of_word(tx, word)?.filter(|other| *other != group.id) else {
            continue;
        };
        let words = synonyms::group(tx, other)?.map(|other| other.words).unwrap_or_default();
        let detail = format!(
            "`{word}` is in group {other} already, with {}: add the other words there",
            words.join(", ")
        );
        let refusal = Refusal::new("synonym-taken", detail)
            .with("word", word.as_str())
            .with("synonym_id", other.value());
        return Err(Error::Conflict(refusal));
    }
    Ok(())
}
