//! Groups of stops that come one after the other, on two-way networks.
//!
//! A group is left at one of its stops. So from the last group to the first, one sweep from each
//! stop of the group before says what a shortest walk from there over all that follows costs, and
//! that is what leaving the group before at that stop costs. The sweep over the first group adds
//! it all up: a proof over all groups, with as many sweeps as there are stops.

use super::{
    super::{
        Ticks,
        network::Vertex,
        places::{Ends, Places, Visit},
    },
    Cutter, Frontier, ROUGHLY, STATES_PER_MS, Swept, final_ends, most_states, roads,
    ways::Rule,
};

/// A shortest walk, unless that takes too long.
pub(super) fn solve(
    places: &Places<'_>,
    visits: &[Visit],
    budget_ms: u64,
    should_stop: &dyn Fn() -> bool,
) -> Option<Swept> {
    let groups: Vec<&[Visit]> = visits.chunk_by(|a, b| a.group == b.group).collect();
    let (roads, rule) = roads::roads(&places.network, places.start, 1);
    if rule != Rule::Parity {
        return None;
    }
    let between = |start: Vertex, group, ends: &[(Vertex, Ticks)]| {
        let roads = (roads.as_slice().into(), rule);
        Frontier::between(&places.network, roads, start, group, ends)
    };
    let mut left = usize::try_from(most_states(budget_ms, STATES_PER_MS)).ok()?;
    // What may follow each group, and what it costs, from the last group to the first.
    let mut ends_of = vec![final_ends(places, groups.last()?)];
    let mut sweeps = f64::from(u32::try_from(visits.len()).ok()?);
    for pair in groups.windows(2).rev() {
        let [before, group] = pair else { continue };
        let mut ends = Vec::with_capacity(before.len());
        for visit in *before {
            let frontier = between(visit.vertex, group, ends_of.last()?)?;
            // Preparing a sweep takes about as long as a state for each road.
            left = left.checked_sub(roads.len())?;
            let hopeless = ROUGHLY * f64::from(u32::try_from(left).unwrap_or(u32::MAX));
            if frontier.states * sweeps > hopeless || should_stop() {
                return None;
            }
            sweeps -= 1.0;
            let (cost, true, _) = frontier.uses(&mut left, should_stop)? else { return None };
            ends.push((visit.vertex, cost));
        }
        ends_of.push(ends);
    }
    let mut cutter = Cutter::new(&places.network, places.start);
    let mut at = places.start;
    let mut length = None;
    for (group, ends) in groups.into_iter().zip(ends_of.iter().rev()) {
        let frontier = between(at, group, ends)?;
        let (cost, true, uses) = frontier.uses(&mut left, should_stop)? else { return None };
        length.get_or_insert(cost);
        cutter.follow(&frontier.arcs(&uses)?, group);
        at = uses.end?;
    }
    let walk = cutter.finish(matches!(places.ends, Ends::At(_)));
    debug_assert_eq!(Some(walk.cost()), length, "the walk is as long as was proven");
    Some(Swept { is_shortest: Some(walk.cost()) == length, walk })
}
