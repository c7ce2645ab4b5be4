//! The middle of some shelf locations: where to look for something of which only the neighbours
//! are known.

/// A shelf location, and how much it weighs: how many products stand there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shelf<'a> {
    /// The location's id.
    pub id: &'a str,
    /// Metres to the right, within the limits of a map.
    pub x: f64,
    /// Metres up.
    pub y: f64,
    /// Its floor.
    pub floor: i32,
    /// Products there; at least 1.
    pub weight: u32,
}

/// The location from which all the others are nearest: their medoid. `None` only when there are
/// none.
///
/// A mean of coordinates may lie in a wall, or between two halves of a category; a medoid is a
/// shelf that somebody stands at. It is taken on the floor with the most products (the lowest of
/// those), by city-block distance, which is what aisles make of a distance, and in whole
/// millimetres; of several the one with the first id. So it depends on nothing but the shelves.
/// Takes O(n log n): the two coordinates add up independently.
pub fn medoid<'a>(shelves: &[Shelf<'a>]) -> Option<&'a str> {
    let floor = busiest_floor(shelves)?;
    let shelves: Vec<_> = shelves.iter().filter(|shelf| shelf.floor == floor).collect();
    let weights: Vec<i64> = shelves.iter().map(|shelf| i64::from(shelf.weight)).collect();
    let xs: Vec<i64> = shelves.iter().map(|shelf| millimetres(shelf.x)).collect();
    let ys: Vec<i64> = shelves.iter().map(|shelf| millimetres(shelf.y)).collect();
    let (across, along) = (distances(&xs, &weights), distances(&ys, &weights));
    let sums = across.iter().zip(&along).map(|(across, along)| across + along);
    let best = sums.zip(&shelves).min_by_key(|(sum, shelf)| (*sum, shelf.id));
    best.map(|(_, shelf)| shelf.id)
}

fn busiest_floor(shelves: &[Shelf<'_>]) -> Option<i32> {
    let mut weights = std::collections::BTreeMap::<i32, u64>::new();
    for shelf in shelves {
        *weights.entry(shelf.floor).or_default() += u64::from(shelf.weight);
    }
    // The maximum that comes last counts: the lowest floor of several.
    weights.into_iter().rev().max_by_key(|(_, weight)| *weight).map(|(floor, _)| floor)
}

/// For each place on a line, the sum of the weighted distances to all of them.
fn distances(places: &[i64], weights: &[i64]) -> Vec<i64> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|&index| places[index]);
    let total: i64 = weights.iter().sum();
    let moment: i64 = places.iter().zip(weights).map(|(place, weight)| place * weight).sum();
    let mut sums = vec![0; places.len()];
    let (mut before, mut moment_before) = (0, 0);
    for index in order {
        let place = places[index];
        let (after, moment_after) = (total - before, moment - moment_before);
        sums[index] = place * before - moment_before + moment_after - place * after;
        before += weights[index];
        moment_before += place * weights[index];
    }
    sums
}

fn millimetres(metres: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a coordinate of a map is within 10 km")]
    let whole = (metres * 1_000.0).round() as i64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shelf(id: &str, x: f64, y: f64) -> Shelf<'_> {
        Shelf { id, x, y, floor: 0, weight: 1 }
    }

    #[test]
    fn the_middle_is_a_shelf_and_not_between_them() {
        assert_eq!(medoid(&[]), None);
        let row = [shelf("a", 0.0, 0.0), shelf("b", 1.0, 0.0), shelf("c", 9.0, 0.0)];
        assert_eq!(medoid(&row), Some("b"));
        assert_eq!(medoid(&[row[2], row[0]]), Some("a"), "of several the first id");
        assert_eq!(medoid(&[row[0], row[1], Shelf { weight: 5, ..row[2] }]), Some("c"));
        let upstairs = Shelf { floor: 1, weight: 3, ..shelf("u", 50.0, 50.0) };
        assert_eq!(medoid(&[row[0], row[1], row[2], upstairs]), Some("b"), "3 to 3: the lower");
        let upstairs = Shelf { weight: 4, ..upstairs };
        assert_eq!(medoid(&[row[0], row[1], row[2], upstairs]), Some("u"));
    }

    proptest! {
        #[test]
        fn it_is_the_one_that_comparing_all_pairs_finds(
            places in prop::collection::vec((-50i32..50, -50i32..50, 0i32..2, 1u32..4), 1..30)
        ) {
            let ids: Vec<String> = (0..places.len()).map(|index| format!("s{index}")).collect();
            let shelves: Vec<_> = places.iter().zip(&ids).map(|(&(x, y, floor, weight), id)| Shelf {
                id, x: f64::from(x) / 4.0, y: f64::from(y) / 4.0, floor, weight,
            }).collect();
            let weight_of = |floor| -> u32 {
                shelves.iter().filter(|s| s.floor == floor).map(|s| s.weight).sum()
            };
            let floor = i32::from(weight_of(1) > weight_of(0));
            let here: Vec<_> = shelves.iter().filter(|shelf| shelf.floor == floor).collect();
            let sum = |of: &Shelf<'_>| -> f64 {
                here.iter().map(|s| f64::from(s.weight) * ((s.x - of.x).abs() + (s.y - of.y).abs()))
                    .sum()
            };
            let best = here.iter().map(|shelf| sum(shelf)).fold(f64::INFINITY, f64::min);
            // Quarters of a metre add up exactly.
            let mut nearest: Vec<_> =
                here.iter().filter(|shelf| sum(shelf) <= best).map(|shelf| shelf.id).collect();
            nearest.sort_unstable();
            prop_assert_eq!(medoid(&shelves), Some(nearest[0]));
        }
    }
}
