//! The stops as numbered badges, the start and the end.
//!
//! Badges that would cover each other are pushed apart; one that had to go far from its place is
//! tied to it by a thin line.

use super::{
    super::answer::{PathPoint, RouteAnswer},
    sheet::{self, Area, Sizes},
    svg::{Pt, Svg, text_width},
};

/// Most rounds of pushing badges apart.
const ROUNDS: usize = 80;
/// Above this many badges they stay where they are.
const MOST_MOVED: usize = 400;

/// A badge: where its place is, where it is drawn.
#[derive(Debug)]
struct Badge {
    place: Pt,
    at: Pt,
    half_width: f64,
    half_height: f64,
    text: String,
    title: String,
    /// Positions in the walk, from 1; empty for the start and the end.
    numbers: Vec<usize>,
    colour: &'static str,
    class: &'static str,
}

/// Draws the badges of a floor.
pub(super) fn draw(svg: &mut Svg, answer: &RouteAnswer, floor: i32, area: Area, sizes: &Sizes) {
    let mut badges = stops(answer, floor, sizes);
    badges.extend(ends(answer, floor, sizes));
    push_apart(&mut badges, area.grown(sheet::RIM_UNITS * sizes.unit), sizes);
    svg.tag("g")
        .attr("class", "stops")
        .attr("text-anchor", "middle")
        .attr("font-weight", "700")
        .open();
    let ties: Vec<&Badge> = badges.iter().filter(|badge| badge.is_away(sizes)).collect();
    for badge in ties {
        let mut data = String::new();
        svg.trace(&mut data, &[badge.place, badge.at], false);
        svg.tag("path")
            .attr("class", "tie")
            .attr("d", &data)
            .line(badge.colour, 0.22 * sizes.unit)
            .empty();
        // The start and the end have symbols or other marks below them.
        if badge.numbers.is_empty() {
            continue;
        }
        svg.tag("circle")
            .attr("class", "tie")
            .centre(badge.place)
            .num("r", 0.45 * sizes.unit)
            .fill(badge.colour)
            .stroke(sheet::PAPER, 0.2 * sizes.unit)
            .empty();
    }
    for badge in &badges {
        badge.draw(svg, sizes);
    }
    svg.end();
}

fn stops(answer: &RouteAnswer, floor: i32, sizes: &Sizes) -> Vec<Badge> {
    let mut badges: Vec<Badge> = Vec::new();
    let legs = answer.segments.iter().filter(|segment| segment.stop.is_some());
    for (position, (leg, stop)) in legs.zip(&answer.stops).enumerate() {
        let Some(at) = leg.path.last().filter(|point| point.floor == floor).map(place) else {
            continue;
        };
        let name = stop.stop.title().unwrap_or_default();
        let title = format!("{} {name}", position + 1);
        if let Some(known) = badges.iter_mut().find(|badge| badge.place == at) {
            known.numbers.push(position + 1);
            known.title.push('\n');
            known.title.push_str(&title);
        } else {
            badges.push(Badge {
                place: at,
                at,
                half_width: sizes.badge,
                half_height: sizes.badge,
                text: String::new(),
                title,
                numbers: vec![position + 1],
                colour: sheet::WALK,
                class: "stop",
            });
        }
    }
    for badge in &mut badges {
        badge.text = ranges(&badge.numbers);
        let width = text_width(&badge.text, sizes.badge * 1.15);
        badge.half_width = (width / 2.0 + 0.45 * sizes.badge).max(sizes.badge);
    }
    badges
}

/// `3`, `3–5`, `3–5, 9`.
fn ranges(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [one] => one.to_string(),
        [first, .., last] => format!("{first}\u{2013}{last}"),
        [] => String::new(),
    });
    runs.collect::<Vec<_>>().join(", ")
}

fn ends(answer: &RouteAnswer, floor: i32, sizes: &Sizes) -> Vec<Badge> {
    let (Some(first), Some(last)) = (answer.path.first(), answer.path.last()) else {
        return Vec::new();
    };
    let mut ends = Vec::new();
    let is_round = place(first) == place(last) && first.floor == last.floor;
    let mut mark = |point: &PathPoint, text: &str, class, colour| {
        if point.floor != floor {
            return;
        }
        let size = 1.5 * sizes.unit;
        let at = place(point);
        ends.push(Badge {
            place: at,
            at,
            half_width: text_width(text, size) / 2.0 + 0.9 * sizes.unit,
            half_height: 1.3 * sizes.unit,
            text: text.to_owned(),
            title: text.to_owned(),
            numbers: Vec::new(),
            colour,
            class,
        });
    };
    if is_round {
        mark(first, "Start, end", "start end", sheet::START);
    } else {
        mark(first, "Start", "start", sheet::START);
        mark(last, "End", "end", sheet::INK);
    }
    ends
}

fn place(point: &PathPoint) -> Pt {
    (point.x, -point.y)
}

/// Moves badges off each other, along the axis that needs less.
fn push_apart(badges: &mut [Badge], room: Area, sizes: &Sizes) {
    // The start and the end stand beside their symbols from the beginning.
    for badge in badges.iter_mut().filter(|badge| badge.numbers.is_empty()) {
        let is_low = badge.place.1 > f64::midpoint(room.top, room.bottom);
        let step = 3.0 * sizes.unit;
        badge.at.1 += if is_low { -step } else { step };
    }
    if badges.len() > MOST_MOVED {
        return;
    }
    let gap = 0.25 * sizes.unit;
    for _ in 0..ROUNDS {
        let mut has_moved = false;
        for a in 0..badges.len() {
            for b in a + 1..badges.len() {
                let (dx, dy) = (badges[b].at.0 - badges[a].at.0, badges[b].at.1 - badges[a].at.1);
                let over_x = badges[a].half_width + badges[b].half_width + gap - dx.abs();
                let over_y = badges[a].half_height + badges[b].half_height + gap - dy.abs();
                if over_x <= 1e-9 || over_y <= 1e-9 {
                    continue;
                }
                has_moved = true;
                // Neighbours keep the order of their places, whoever else pushes them.
                let (place_a, place_b) = (badges[a].place, badges[b].place);
                if over_x < over_y {
                    let way = order(place_b.0 - place_a.0, dx);
                    let push = (over_x + dx.abs() - way * dx) / 2.0 * way;
                    badges[a].at.0 -= push;
                    badges[b].at.0 += push;
                } else {
                    let way = order(place_b.1 - place_a.1, dy);
                    let push = (over_y + dy.abs() - way * dy) / 2.0 * way;
                    badges[a].at.1 -= push;
                    badges[b].at.1 += push;
                }
            }
        }
        for badge in badges.iter_mut() {
            let (wide, high) = (badge.half_width, badge.half_height);
            badge.at.0 = badge.at.0.min(room.right - wide).max(room.left + wide);
            badge.at.1 = badge.at.1.min(room.bottom - high).max(room.top + high);
        }
        if !has_moved {
            break;
        }
    }
}

/// On which side of the first the second belongs: 1 or -1.
fn order(of_places: f64, of_badges: f64) -> f64 {
    let decides = if of_places == 0.0 { of_badges } else { of_places };
    if decides < 0.0 { -1.0 } else { 1.0 }
}

impl Badge {
    fn is_away(&self, sizes: &Sizes) -> bool {
        (self.at.0 - self.place.0).hypot(self.at.1 - self.place.1) > 0.5 * sizes.badge
    }

    fn draw(&self, svg: &mut Svg, sizes: &Sizes) {
        let tag = svg.tag("g").attr("class", self.class);
        match self.numbers.first() {
            Some(number) => tag.attr("data-stop", &number.to_string()).open(),
            None => tag.open(),
        }
        svg.tag("rect")
            .at((self.at.0 - self.half_width, self.at.1 - self.half_height))
            .num("width", 2.0 * self.half_width)
            .num("height", 2.0 * self.half_height)
            .num("rx", self.half_height)
            .fill(self.colour)
            .stroke(sheet::PAPER, 0.28 * sizes.unit)
            .titled(&self.title);
        let size = if self.numbers.is_empty() { 1.5 * sizes.unit } else { sizes.badge * 1.15 };
        svg.tag("text")
            .num("font-size", size)
            .at((self.at.0, self.at.1 + 0.36 * size))
            .fill(sheet::PAPER)
            .text(&self.text);
        svg.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn badges_that_are_pushed_apart_keep_their_order() {
        let map = crate::domain::store_map::StoreMap::default();
        let sizes = Sizes::new(&map, None, &[]);
        let room = Area { left: -9.0, top: -9.0, right: 9.0, bottom: 9.0 };
        let badge = |number: usize, y| Badge {
            place: (0.0, y),
            at: (0.0, y),
            half_width: 0.5,
            half_height: 0.5,
            text: number.to_string(),
            title: String::new(),
            numbers: vec![number],
            colour: sheet::WALK,
            class: "stop",
        };
        let places = [0.0, 0.3, 0.4, 0.5, 1.2, 1.3];
        let mut badges: Vec<Badge> = (1..).zip(places).map(|(n, y)| badge(n, y)).collect();
        push_apart(&mut badges, room, &sizes);
        assert!(badges.windows(2).all(|pair| pair[1].at.1 - pair[0].at.1 > 0.9), "{badges:?}");
    }

    #[test]
    fn numbers_of_one_place_are_read_as_ranges() {
        assert_eq!(ranges(&[3]), "3");
        assert_eq!(ranges(&[3, 4, 5, 9]), "3\u{2013}5, 9");
    }
}
