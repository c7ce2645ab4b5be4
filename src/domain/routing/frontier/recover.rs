//! Back from the ways of pieces to the roads: how often each is walked there and back.

use super::{
    super::network::Vertex,
    reduce::{Make, Pick, Reduction},
};

/// How often each road is walked there and back, and where the walk ends.
#[derive(Debug)]
pub(super) struct Uses {
    pub(super) roads: Vec<[u16; 2]>,
    pub(super) end: Option<Vertex>,
}

enum Task {
    /// A piece is walked in one of its ways.
    Piece(usize, u16),
    /// What hangs on a vertex is walked, and the walk ends there or not.
    Vertex(Vertex, bool),
}

/// Follows ways down to the roads. A stack of its own, since chains are as long as the network.
pub(super) struct Unfolding<'r> {
    reduction: &'r Reduction,
    tasks: Vec<Task>,
}

impl<'r> Unfolding<'r> {
    pub(super) fn new(reduction: &'r Reduction) -> Self {
        Self { reduction, tasks: Vec::new() }
    }

    /// A piece of the core, and the way it is walked.
    pub(super) fn piece(&mut self, piece: usize, way: u16) {
        self.tasks.push(Task::Piece(piece, way));
    }

    /// A vertex of the core, and whether the walk ends there. Each is to be named once.
    pub(super) fn vertex(&mut self, vertex: Vertex, is_end: bool) {
        self.tasks.push(Task::Vertex(vertex, is_end));
    }

    /// Unfolds everything.
    pub(super) fn finish(mut self, road_count: usize) -> Uses {
        let mut uses = Uses { roads: vec![[0, 0]; road_count], end: None };
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Piece(piece, way) => self.open(piece, way, &mut uses),
                Task::Vertex(vertex, is_end) => self.visit(vertex, is_end, &mut uses),
            }
        }
        uses
    }

    fn open(&mut self, piece: usize, way: u16, uses: &mut Uses) {
        let piece = &self.reduction.pieces[piece];
        let way = piece.ways[usize::from(way)];
        let (parts, between) = match piece.make {
            Make::Road(road) => {
                uses.roads[road] = way.parts;
                return;
            }
            Make::Series { parts, between } => (parts, Some(between)),
            Make::Parallel { parts } => (parts, None),
        };
        for (part, way) in parts.iter().zip(way.parts) {
            self.piece(part.piece, way);
        }
        if let Some(between) = between {
            self.vertex(between, way.ends_between);
        }
    }

    fn visit(&mut self, vertex: Vertex, is_end: bool, uses: &mut Uses) {
        let spot = &self.reduction.spots[vertex];
        let ending = spot.offer.filter(|_| is_end).map(|(_, source)| source);
        if ending == Some(None) {
            uses.end = Some(vertex);
        }
        for &index in &spot.hangings {
            let hanging = self.reduction.hangings[index];
            let is_ending = ending == Some(Some(index));
            let pick = if is_ending { hanging.ending } else { None };
            let Pick { way, ends_at_tip, .. } = pick.unwrap_or(hanging.plain);
            self.piece(hanging.piece, way);
            self.vertex(hanging.tip, ends_at_tip);
        }
    }
}
