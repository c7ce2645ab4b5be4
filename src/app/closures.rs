//! Blocked aisles: staff report one, it counts from the next walk on, and it goes when its time is
//! over or somebody says so. They name what the map calls its aisles and nodes, so another map may
//! lack what is named: then they bar nothing there, and say so.

use std::sync::Arc;

use super::audit::{self, Change, shapes};
use super::once::{Once, Outcome, once};
use super::walks::LoadedMap;
use super::{App, Error, Result, Staff};
use crate::domain::closures::{Blocked, CLOSURES_MAX, Closure, ClosureReport};
use crate::domain::id::ClosureId;
use crate::storage::{WriteTx, accounts, closures};

/// A closure and what it does on the map in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedClosure {
    /// What is blocked, and why.
    pub closure: Closure,
    /// How many edges of the map it bars; 0 when the map has nothing of this name.
    pub edges: usize,
}

impl ReportedClosure {
    fn on(map: Option<&LoadedMap>, closure: Closure) -> Self {
        let edges = map.map_or(0, |map| closure.blocked.edges(&map.map).count());
        Self { closure, edges }
    }
}

impl App {
    /// What is blocked now, by its ids, and how many closures there are in all.
    pub fn closures(
        &self,
        _: &Staff,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<ReportedClosure>, usize)> {
        let map = self.store_map_if_any()?;
        let all = self.closures_in_force()?;
        let total = all.len();
        let page = all.into_iter().skip(offset).take(limit);
        Ok((page.map(|closure| ReportedClosure::on(map.as_deref(), closure)).collect(), total))
    }

    /// Reports something as blocked from the next walk on.
    pub async fn create_closure(
        &self,
        staff: &Staff,
        report: ClosureReport,
        request: Option<Once<ReportedClosure>>,
    ) -> Result<Outcome<ReportedClosure>> {
        let map = self.loaded_map().await?;
        let (now, act, by) = (self.now(), self.act(staff), staff.user_id());
        let work = move |tx: &mut WriteTx<'_>| {
            closures::prune(tx, now)?;
            if !closures::has_room(tx)? {
                let detail =
                    format!("{CLOSURES_MAX} closures at once are the most: delete old ones");
                return Err(Error::conflict("too-many-closures", detail));
            }
            let by = by.map(|id| accounts::user(tx, id)).transpose()?.flatten();
            let by = by.map(|user| user.username.to_string());
            let id = super::next(tx, "closure", ClosureId::new)?;
            let made = ReportedClosure::on(Some(&map), Closure::create(id, report, by, now)?);
            if made.edges == 0 {
                return Err(unknown(&made.closure.blocked, &map));
            }
            closures::put(tx, &made.closure)?;
            let change = Change::made(shapes::closure(&made.closure));
            audit::record(tx, &act, "closure.create", ("closure", id), change)?;
            Ok(made)
        };
        self.write(move |tx| once(tx, request, now, work)).await
    }

    /// Says that it is free again.
    pub async fn delete_closure(&self, staff: &Staff, id: ClosureId) -> Result<()> {
        let (now, act) = (self.now(), self.act(staff));
        self.write(move |tx| {
            let closure = closures::closure(tx, id)?.filter(|closure| closure.is_in_force(now));
            let closure = closure.ok_or_else(|| Error::not_found("closure"))?;
            let change = Change::removed(shapes::closure(&closure));
            audit::record(tx, &act, "closure.delete", ("closure", id), change)?;
            Ok(closures::delete(tx, id)?)
        })
        .await
    }

    /// What is blocked now, by its ids.
    pub(super) fn closures_in_force(&self) -> Result<Vec<Closure>> {
        let now = self.now();
        let all = self.read(|tx| Ok(closures::all(tx)?))?;
        Ok(all.into_iter().filter(|closure| closure.is_in_force(now)).collect())
    }

    fn store_map_if_any(&self) -> Result<Option<Arc<LoadedMap>>> {
        match self.store_map() {
            Ok(map) => Ok(Some(map)),
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn unknown(blocked: &Blocked, map: &LoadedMap) -> Error {
    let has_node = |id: &str| map.map.nodes.iter().any(|node| node.id == id);
    match blocked {
        Blocked::Aisle(aisle) => {
            Error::field("aisle", format!("the map has no edge of an aisle `{aisle}`"))
        }
        Blocked::Between(from, _) if !has_node(from) => {
            Error::field("from", format!("the map has no node `{from}`"))
        }
        Blocked::Between(_, to) if !has_node(to) => {
            Error::field("to", format!("the map has no node `{to}`"))
        }
        Blocked::Between(from, to) => {
            Error::field("to", format!("the map has no edge between `{from}` and `{to}`"))
        }
    }
}
