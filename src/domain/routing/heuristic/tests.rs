//! The search and the bounds, on random problems as a matrix: against the exact solver, under any
//! limit of time, and for the same answer every time.

use std::cell::Cell;

use super::{
    super::{
        bound, exact,
        testing::Seeded,
        tour::{self, FORBIDDEN, Problem},
    },
    Search,
};
use crate::domain::store_map::length::Ticks;

fn never() -> bool {
    false
}

/// How a random problem is made.
#[derive(Debug, Clone, Copy)]
struct Kind {
    stops: usize,
    blocks: usize,
    /// Whether the ways back are as long as the ways there.
    is_symmetric: bool,
    /// Distances are below this; few of them make many ties and zeros.
    longest: usize,
}

/// Distances as in a store: each the shortest of all ways, and blocks one after the other.
fn random_problem(random: &mut Seeded, kind: Kind) -> Problem {
    let size = kind.stops + 1;
    let mut way = vec![0; size * size];
    for from in 0..size {
        for to in 0..size {
            let cost = Ticks::try_from(random.below(kind.longest)).unwrap();
            way[from * size + to] =
                if kind.is_symmetric && to < from { way[to * size + from] } else { cost };
        }
    }
    for via in 0..size {
        for from in 0..size {
            for to in 0..size {
                let detour = way[from * size + via] + way[via * size + to];
                way[from * size + to] = way[from * size + to].min(detour);
            }
        }
    }
    let mut blocks = vec![Vec::new(); kind.blocks];
    for city in 1..size {
        blocks[random.below(kind.blocks)].push(city);
    }
    blocks.retain(|block| !block.is_empty());
    let mut cost = vec![FORBIDDEN; size * size];
    for (rank, block) in blocks.iter().enumerate() {
        for &city in block {
            let mut allow = |from: usize, to: usize| {
                cost[from * size + to] = way[from * size + to];
            };
            if rank == 0 {
                allow(0, city);
            }
            if rank + 1 == blocks.len() {
                allow(city, 0);
            }
            for &other in block.iter().chain(blocks.get(rank + 1).into_iter().flatten()) {
                if other != city {
                    allow(city, other);
                }
            }
        }
    }
    Problem::new(size, cost, blocks)
}

fn random_kind(random: &mut Seeded, most: usize) -> Kind {
    Kind {
        stops: 3 + random.below(most - 2),
        blocks: 1 + random.below(3),
        is_symmetric: random.chance(30),
        longest: [3, 40, 1_000_000][random.below(3)],
    }
}

fn assert_legal(problem: &Problem, order: &[usize], length: Ticks) {
    assert_eq!(problem.length(order), length);
    assert!(length < FORBIDDEN);
    let mut seen = order.to_vec();
    seen.sort_unstable();
    assert!(seen.into_iter().eq(1..problem.size()));
}

#[test]
fn the_search_finds_the_shortest_tour_of_small_problems() {
    let mut random = Seeded::new(31);
    for round in 0..250 {
        let kind = random_kind(&mut random, 11);
        let problem = random_problem(&mut random, kind);
        let (order, best) = exact::solve(&problem);
        assert_legal(&problem, &order, best);
        let bound = bound::lower_bound(&problem, best, &never);
        assert!(bound <= best, "round {round}: {bound} is above {best}, {kind:?}");
        let kicks = Cell::new(0);
        let mut search = Search::new(&problem);
        search.descend(&never);
        search.improve(best, &|| kicks.replace(kicks.get() + 1) > 4_000);
        let (order, length) = search.into_best();
        assert_legal(&problem, &order, length);
        assert_eq!(length, best, "round {round}: {kind:?}");
    }
}

#[test]
fn bounds_hold_whenever_they_are_stopped() {
    let mut random = Seeded::new(37);
    for _ in 0..60 {
        let kind = random_kind(&mut random, 12);
        let problem = random_problem(&mut random, kind);
        let (_, best) = exact::solve(&problem);
        for limit in [0, 1, 2, 5, 30] {
            let calls = Cell::new(0);
            let stop = || calls.replace(calls.get() + 1) >= limit;
            assert!(bound::lower_bound(&problem, best, &stop) <= best, "{kind:?}");
        }
    }
}

#[test]
fn a_search_may_be_stopped_at_any_step_and_is_the_same_every_time() {
    let mut random = Seeded::new(41);
    for (stops, blocks, is_symmetric) in [(60, 1, false), (60, 3, false), (60, 2, true)] {
        let kind = Kind { stops, blocks, is_symmetric, longest: 5_000 };
        let problem = random_problem(&mut random, kind);
        let mut last = Ticks::MAX;
        for limit in [0, 1, 2, 3, 5, 8, 13, 100, 101, 1_000] {
            let solved = || {
                let calls = Cell::new(0);
                tour::solve(&problem, &|| calls.replace(calls.get() + 1) >= limit)
            };
            let tour = solved();
            assert_legal(&problem, &tour.order, tour.length);
            assert!(tour.lower_bound <= tour.length);
            assert!(tour.length <= last, "more time, longer tour: {limit}");
            assert_eq!(tour, solved());
            last = tour.length;
        }
    }
}

#[test]
fn tours_that_need_more_than_32_bits_are_solved_exactly() {
    let mut random = Seeded::new(43);
    for longest in [200_000_000, 2_000_000_000] {
        let kind = Kind { stops: 8, blocks: 1, is_symmetric: false, longest };
        let problem = random_problem(&mut random, kind);
        let scaled = |shift: Ticks| {
            let size = problem.size();
            let all = (0..size * size).map(|at| problem.cost(at / size, at % size));
            let cost = all.map(|cost| if cost < FORBIDDEN { cost >> shift << 8 } else { cost });
            Problem::new(size, cost.collect(), problem.blocks().to_vec())
        };
        // The same but for a factor: once within 32 bits, once beyond.
        let (wide, narrow) = (scaled(8), scaled(16));
        let (order, length) = exact::solve(&wide);
        assert_legal(&wide, &order, length);
        let (order, length) = exact::solve(&narrow);
        assert_legal(&narrow, &order, length);
        let bound = bound::lower_bound(&wide, exact::solve(&wide).1, &never);
        assert!(bound <= exact::solve(&wide).1);
    }
}
