//! What can be reached from an entrance, and from where a checkout can be reached.
//!
//! Each question is asked three times: of the map as it is, with closed edges opened, and with
//! one-way edges walked both ways too. The first that says yes tells the reason.

use super::super::{Edge, Location, NodeKind};
use super::{Findings, Level, Net};

/// Why something is not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Closed,
    OneWay,
    Apart,
}

/// Which edges may be walked, from strict to lenient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Freedom {
    AsDrawn,
    OpenAll,
    BothWays,
}

/// Whether it is asked what the sources reach, or what reaches them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    Away,
    Towards,
}

/// The nodes that are reached with each freedom.
struct Reach {
    sense: Sense,
    as_drawn: Vec<bool>,
    open_all: Vec<bool>,
    both_ways: Vec<bool>,
}

/// How a question is put.
struct Question<'a> {
    reach: &'a Reach,
    /// Codes of locations and of nodes.
    codes: (&'static str, &'static str),
    what: String,
    /// What no edge does.
    way: &'static str,
}

pub(super) fn check(net: &Net<'_>, findings: &mut Findings) {
    let of_kind = |kind: NodeKind| -> Vec<usize> {
        let nodes = net.map.nodes.iter().enumerate();
        nodes.filter(|(_, node)| node.kind == kind).map(|(index, _)| index).collect()
    };
    let (entrances, checkouts) = (of_kind(NodeKind::Entrance), of_kind(NodeKind::Checkout));
    // Without an entrance the largest piece is the shop.
    let (sources, from_where) = if entrances.is_empty() {
        (largest_piece(net), "from most of the map")
    } else {
        (entrances, "from an entrance")
    };
    let inwards = Reach::of(net, &sources, Sense::Away);
    let question = Question {
        reach: &inwards,
        codes: ("unreachable-location", "unreachable-node"),
        what: format!("cannot be reached {from_where}"),
        way: "leads there",
    };
    question.nodes(net, |_| true, findings);
    question.locations(net, |_| true, findings);
    if checkouts.is_empty() {
        return;
    }
    let outwards = Reach::of(net, &checkouts, Sense::Towards);
    let question = Question {
        reach: &outwards,
        codes: ("no-way-out", "no-way-out"),
        what: "can be reached, but from there no checkout can be".to_owned(),
        way: "leads on to a checkout",
    };
    question.nodes(net, |node| inwards.as_drawn[node], findings);
    let is_reached = |location: &Location| inwards.cause_of(net, location).is_none();
    question.locations(net, is_reached, findings);
}

impl Question<'_> {
    /// One finding for each group of nodes that hang together.
    fn nodes(&self, net: &Net<'_>, is_asked: impl Fn(usize) -> bool, findings: &mut Findings) {
        let missed: Vec<Option<Cause>> = (0..net.map.nodes.len())
            .map(|node| {
                // A node without an edge has a finding of its own.
                let is_asked = !net.edges_at[node].is_empty() && is_asked(node);
                is_asked.then(|| self.reach.cause(node)).flatten()
            })
            .collect();
        let mut seen = vec![false; missed.len()];
        for first in 0..missed.len() {
            let Some(cause) = missed[first] else { continue };
            let group = group(net, first, &mut seen, |node| missed[node] == Some(cause));
            if group == 0 {
                continue;
            }
            let others = match group - 1 {
                0 => String::new(),
                1 => " and 1 node beside it".to_owned(),
                others => format!(" and {others} nodes around it"),
            };
            let name = format!("{:?}{others}", net.map.nodes[first].id);
            self.found(cause, self.codes.1, format!("nodes[{first}]"), &name, findings);
        }
    }

    fn locations(
        &self,
        net: &Net<'_>,
        is_asked: impl Fn(&Location) -> bool,
        findings: &mut Findings,
    ) {
        for (index, location) in net.map.locations.iter().enumerate() {
            if is_asked(location)
                && let Some(cause) = self.reach.cause_of(net, location)
            {
                let name = format!("{:?}", location.id);
                self.found(cause, self.codes.0, format!("locations[{index}]"), &name, findings);
            }
        }
    }

    fn found(
        &self,
        cause: Cause,
        code: &'static str,
        at: String,
        name: &str,
        findings: &mut Findings,
    ) {
        let Self { what, way, .. } = self;
        let (level, why) = match cause {
            Cause::Closed => (Level::Note, format!("only a closed edge {way}")),
            Cause::OneWay => (
                Level::Warning,
                format!("no edge {way} in its direction; turn a one-way edge round or add one"),
            ),
            Cause::Apart => (Level::Warning, format!("no edge {way}; add one")),
        };
        findings.add(level, code, at, format!("{name} {what}: {why}"));
    }
}

impl Reach {
    fn of(net: &Net<'_>, sources: &[usize], sense: Sense) -> Self {
        let flood = |freedom| flood(net, sources, sense, freedom);
        Self {
            sense,
            as_drawn: flood(Freedom::AsDrawn),
            open_all: flood(Freedom::OpenAll),
            both_ways: flood(Freedom::BothWays),
        }
    }

    /// Why a node is not reached; `None` when it is.
    fn cause(&self, node: usize) -> Option<Cause> {
        if self.as_drawn[node] {
            None
        } else if self.open_all[node] {
            Some(Cause::Closed)
        } else if self.both_ways[node] {
            Some(Cause::OneWay)
        } else {
            Some(Cause::Apart)
        }
    }

    /// Why a location is not reached; `None` when it is.
    fn cause_of(&self, net: &Net<'_>, location: &Location) -> Option<Cause> {
        let node = |id: &Option<String>| {
            id.as_ref().and_then(|id| net.node_by_id.get(id.as_str())).copied()
        };
        if let Some(node) = node(&location.node) {
            return self.cause(node);
        }
        let (from, to) = (node(&location.from)?, node(&location.to)?);
        let by_ends = &net.edge_by_ends;
        let &index = by_ends.get(&(from, to)).or_else(|| by_ends.get(&(to, from)))?;
        let edge = &net.map.edges[index];
        let (from, to) = net.ends[index];
        let via = |reached: &[bool], freedom| match self.sense {
            Sense::Away => {
                (reached[from] && forward(edge, freedom))
                    || (reached[to] && backward(edge, freedom))
            }
            Sense::Towards => {
                (reached[to] && forward(edge, freedom))
                    || (reached[from] && backward(edge, freedom))
            }
        };
        if via(&self.as_drawn, Freedom::AsDrawn) {
            None
        } else if via(&self.open_all, Freedom::OpenAll) {
            Some(Cause::Closed)
        } else if via(&self.both_ways, Freedom::BothWays) {
            Some(Cause::OneWay)
        } else {
            Some(Cause::Apart)
        }
    }
}

fn forward(edge: &Edge, freedom: Freedom) -> bool {
    !edge.closed || freedom != Freedom::AsDrawn
}

fn backward(edge: &Edge, freedom: Freedom) -> bool {
    forward(edge, freedom) && (!edge.one_way || freedom == Freedom::BothWays)
}

fn flood(net: &Net<'_>, sources: &[usize], sense: Sense, freedom: Freedom) -> Vec<bool> {
    let mut reached = vec![false; net.map.nodes.len()];
    let mut waiting = Vec::new();
    for &source in sources {
        if !std::mem::replace(&mut reached[source], true) {
            waiting.push(source);
        }
    }
    while let Some(node) = waiting.pop() {
        for &index in &net.edges_at[node] {
            let edge = &net.map.edges[index];
            let (from, to) = net.ends[index];
            let (other, is_forward) = if from == node { (to, true) } else { (from, false) };
            let goes = if is_forward == (sense == Sense::Away) {
                forward(edge, freedom)
            } else {
                backward(edge, freedom)
            };
            if goes && !std::mem::replace(&mut reached[other], true) {
                waiting.push(other);
            }
        }
    }
    reached
}

/// How many unseen nodes hang together with this one, of those that belong.
fn group(net: &Net<'_>, first: usize, seen: &mut [bool], belongs: impl Fn(usize) -> bool) -> usize {
    let mut count = 0;
    let mut waiting = vec![first];
    while let Some(node) = waiting.pop() {
        if std::mem::replace(&mut seen[node], true) {
            continue;
        }
        count += 1;
        for &index in &net.edges_at[node] {
            let (from, to) = net.ends[index];
            let other = if from == node { to } else { from };
            if !seen[other] && belongs(other) {
                waiting.push(other);
            }
        }
    }
    count
}

/// The nodes of the largest piece of the map; of equals the first.
fn largest_piece(net: &Net<'_>) -> Vec<usize> {
    let mut seen = vec![false; net.map.nodes.len()];
    let mut best = (0, 0);
    for first in 0..seen.len() {
        let count = group(net, first, &mut seen, |_| true);
        if count > best.0 {
            best = (count, first);
        }
    }
    if best.0 == 0 {
        return Vec::new();
    }
    let reached = flood(net, &[best.1], Sense::Away, Freedom::BothWays);
    (0..reached.len()).filter(|&node| reached[node]).collect()
}
