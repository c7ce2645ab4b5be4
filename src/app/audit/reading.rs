//! Reading the audit log: pages for people, all of it for whoever verifies it.

use jiff::Timestamp;

use super::super::export::Pieces;
use super::super::{Admin, App, Error, Result};
use crate::domain::audit::{Entry, Event};
use crate::storage::audit;
use crate::wire::audit::ExportedEntry;

/// Entries of an export that are read at a time.
const PAGE_ROWS: usize = 250;

/// Which entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this actor: as the entry has it, or the user's name.
    pub actor: Option<String>,
    /// With an action that begins like this.
    pub action: Option<String>,
    /// To this target, or to any of this kind.
    pub target: Option<String>,
    /// At or after.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

impl AuditFilter {
    fn admits(&self, event: &Event) -> bool {
        let is = |wanted: &Option<String>, fits: &dyn Fn(&str) -> bool| {
            wanted.as_deref().is_none_or(fits)
        };
        is(&self.actor, &|actor| event.actor == actor || event.actor_name.as_deref() == Some(actor))
            && is(&self.action, &|action| event.action.starts_with(action))
            && is(&self.target, &|target| {
                let rest = event.target.strip_prefix(target);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
            })
            && self.from.is_none_or(|from| event.at >= from)
            && self.to.is_none_or(|to| event.at < to)
    }
}

impl App {
    /// Entries, newest first, and how many match in all.
    pub async fn audit_entries(
        &self,
        _admin: &Admin,
        filter: AuditFilter,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<Entry>, u64)> {
        self.note_failures().await;
        self.scan(move |tx| {
            let (mut page, mut total) = (Vec::new(), 0);
            if filter == AuditFilter::default() {
                // Without gaps the place of a page follows from the numbers.
                let newest = audit::head(tx)?.map_or(0, |head| head.seq);
                let offset = u64::try_from(offset).unwrap_or(u64::MAX);
                audit::newest_first(tx, (newest + 1).saturating_sub(offset), |entry| {
                    page.push(entry);
                    page.len() < limit
                })?;
                return Ok((page, audit::count(tx)?));
            }
            audit::newest_first(tx, u64::MAX, |entry| {
                if filter.admits(&entry.event) {
                    if total >= offset && page.len() < limit {
                        page.push(entry);
                    }
                    total += 1;
                }
                true
            })?;
            Ok((page, u64::try_from(total).unwrap_or(u64::MAX)))
        })
        .await
    }

    /// Writes out all entries, oldest first, a JSON object on each line; how many.
    pub async fn export_audit(&self, _admin: &Admin, pieces: &Pieces) -> Result<usize> {
        self.note_failures().await;
        let (mut next, mut count) = (0, 0);
        loop {
            let page = self.scan(move |tx| Ok(audit::since(tx, next, PAGE_ROWS)?)).await?;
            let Some(last) = page.last() else { return Ok(count) };
            next = last.seq + 1;
            count += page.len();
            let mut text = Vec::new();
            for entry in page {
                serde_json::to_writer(&mut text, &ExportedEntry::from(entry))
                    .map_err(|error| Error::Internal(error.to_string()))?;
                text.push(b'\n');
            }
            let gone =
                |_| Error::unavailable("reader-gone", "whoever asked for the export has gone");
            pieces.send(text).await.map_err(gone)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_look_at_whole_words_of_targets() {
        let event = Event {
            at: "2026-11-20T12:00:00Z".parse().unwrap(),
            actor: "user:1".into(),
            actor_name: Some("owner".into()),
            from: None,
            action: "product.update".into(),
            target: "product:12".into(),
            before: None,
            after: None,
        };
        let some = |text: &str| Some(text.to_owned());
        let target = |text| AuditFilter { target: some(text), ..AuditFilter::default() };
        for (text, fits) in [("product", true), ("product:12", true), ("product:1", false)] {
            assert_eq!(target(text).admits(&event), fits, "{text}");
        }
        for (text, fits) in [("owner", true), ("user:1", true), ("user", false)] {
            let filter = AuditFilter { actor: some(text), ..AuditFilter::default() };
            assert_eq!(filter.admits(&event), fits, "{text}");
        }
        let action = AuditFilter { action: some("product."), ..AuditFilter::default() };
        assert!(action.admits(&event));
        let at = event.at;
        assert!(AuditFilter { from: Some(at), ..AuditFilter::default() }.admits(&event));
        assert!(!AuditFilter { to: Some(at), ..AuditFilter::default() }.admits(&event));
    }
}
