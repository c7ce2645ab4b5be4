//! Where the names of sections are written: beside the aisles and the walk if there is room.

use super::{
    Floor,
    line::Line,
    sheet::{self, Area},
    svg::{Pt, Svg, fitted, text_width},
};
use crate::domain::store_map::Section;

/// Sizes that a name may be written in, in units; each costs more than the one before.
const SIZES: [f64; 3] = [1.7, 1.4, 1.15];
/// Above this many comparisons, names are written without looking at what they cover.
const MOST_COMPARED: usize = 4_000_000;

/// What a name would cover.
struct Obstacle {
    from: Pt,
    to: Pt,
    /// Half of its width.
    reach: f64,
    cost: f64,
}

/// A way to write a name.
struct Label {
    area: Area,
    size: f64,
    is_upright: bool,
}

impl Floor<'_> {
    pub(super) fn section_names(&self, svg: &mut Svg, aisles: &[(Pt, Pt)], walk: Option<&Line>) {
        let unit = self.sizes.unit;
        let mut obstacles = Vec::new();
        let lines = aisles.len() + walk.map_or(0, |walk| walk.stretches().count());
        if self.map.sections.len() * lines <= MOST_COMPARED {
            let reach = self.sizes.aisle / 2.0;
            obstacles.extend(aisles.iter().map(|&(from, to)| Obstacle {
                from,
                to,
                reach,
                cost: 3.0,
            }));
            let reach = self.sizes.walk / 2.0;
            let walked = walk.into_iter().flat_map(Line::stretches);
            obstacles.extend(walked.map(|(from, to)| Obstacle { from, to, reach, cost: 8.0 }));
            let reach = self.sizes.badge;
            let stops = walk.into_iter().flat_map(Line::stops);
            obstacles.extend(stops.map(|at| Obstacle { from: at, to: at, reach, cost: 12.0 }));
        }
        svg.tag("g")
            .attr("class", "section-names")
            .attr("text-anchor", "middle")
            .attr("font-weight", "600")
            .fill(sheet::QUIET)
            .open();
        for section in self.map.sections.iter().filter(|section| section.floor == self.level) {
            let room = area_of(section);
            let near: Vec<&Obstacle> =
                obstacles.iter().filter(|obstacle| obstacle.touches(&room)).collect();
            let name = section.title();
            match best(name, &room, unit, &near) {
                Some(label) => label.write(svg, name),
                None => write_cut(svg, name, &room, unit),
            }
        }
        svg.end();
    }
}

/// The rectangle of a section on the sheet.
pub(super) fn area_of(section: &Section) -> Area {
    Area {
        left: section.x1.min(section.x2),
        top: -section.y1.max(section.y2),
        right: section.x1.max(section.x2),
        bottom: -section.y1.min(section.y2),
    }
}

fn best(name: &str, room: &Area, unit: f64, obstacles: &[&Obstacle]) -> Option<Label> {
    let mut best: Option<(f64, Label)> = None;
    for (rank, size) in (0_u8..).zip(SIZES) {
        let (long, high) = (text_width(name, size * unit) + 0.4 * unit, 1.25 * size * unit);
        for is_upright in [false, true] {
            let (wide, tall) = if is_upright { (high, long) } else { (long, high) };
            for (number, (x, y)) in (0_u8..).zip(spots(is_upright)) {
                let (free_x, free_y) = (room.width() - wide, room.height() - tall);
                if free_x < 0.0 || free_y < 0.0 {
                    continue;
                }
                let inset = (0.4 * unit).min(free_x / 2.0).min(free_y / 2.0);
                let left = room.left + inset + (free_x - 2.0 * inset) * x;
                let top = room.top + inset + (free_y - 2.0 * inset) * y;
                let area = Area { left, top, right: left + wide, bottom: top + tall };
                let covered: f64 = obstacles
                    .iter()
                    .filter(|obstacle| obstacle.touches(&area))
                    .map(|obstacle| obstacle.cost)
                    .sum();
                let effort = f64::from(rank) * 0.6
                    + if is_upright { 0.8 } else { 0.0 }
                    + f64::from(number) * 0.02;
                let label = Label { area, size: size * unit, is_upright };
                let cost = covered + effort;
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, label));
                }
            }
        }
    }
    best.map(|(_, label)| label)
}

/// Where in the free room, as shares from the left and from the top.
fn spots(is_upright: bool) -> [(f64, f64); 9] {
    if is_upright {
        [
            (0.0, 0.5),
            (1.0, 0.5),
            (0.0, 0.0),
            (1.0, 0.0),
            (0.0, 1.0),
            (1.0, 1.0),
            (0.5, 0.5),
            (0.25, 0.5),
            (0.75, 0.5),
        ]
    } else {
        [
            (0.5, 0.5),
            (0.5, 0.0),
            (0.0, 0.0),
            (1.0, 0.0),
            (0.5, 1.0),
            (0.0, 1.0),
            (1.0, 1.0),
            (0.5, 0.25),
            (0.5, 0.75),
        ]
    }
}

/// A name that fits nowhere is cut, along the longer side.
fn write_cut(svg: &mut Svg, name: &str, room: &Area, unit: f64) {
    let is_upright = room.height() > 1.6 * room.width();
    let (along, across) =
        if is_upright { (room.height(), room.width()) } else { (room.width(), room.height()) };
    let size = (SIZES[2] * unit).min(across * 0.7);
    let name = fitted(name, size, along * 0.94);
    if size >= 0.7 * unit && !name.is_empty() {
        Label { area: *room, size, is_upright }.write(svg, &name);
    }
}

impl Label {
    fn write(&self, svg: &mut Svg, name: &str) {
        let (x, y) = self.area.centre();
        let drop = self.size * 0.35;
        let tag = svg.tag("text").attr("class", "section-name").num("font-size", self.size);
        if self.is_upright {
            let at = format!("translate({:.3} {y:.3}) rotate(-90)", x + drop);
            tag.attr("transform", &at).text(name);
        } else {
            tag.at((x, y + drop)).text(name);
        }
    }
}

impl Obstacle {
    /// Whether its line, as wide as it is, comes into a rectangle (Liang and Barsky 1984).
    fn touches(&self, area: &Area) -> bool {
        let area = area.grown(self.reach);
        let (dx, dy) = (self.to.0 - self.from.0, self.to.1 - self.from.1);
        let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
        for (step, room) in [
            (-dx, self.from.0 - area.left),
            (dx, area.right - self.from.0),
            (-dy, self.from.1 - area.top),
            (dy, area.bottom - self.from.1),
        ] {
            if step == 0.0 {
                if room < 0.0 {
                    return false;
                }
            } else if step < 0.0 {
                enter = enter.max(room / step);
            } else {
                leave = leave.min(room / step);
            }
        }
        enter <= leave
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_through_and_beside_a_rectangle_are_told_apart() {
        let area = Area { left: 0.0, top: 0.0, right: 4.0, bottom: 2.0 };
        let touches = |from, to, reach| Obstacle { from, to, reach, cost: 1.0 }.touches(&area);
        assert!(touches((-1.0, 1.0), (9.0, 1.0), 0.0));
        assert!(!touches((-1.0, 3.0), (9.0, 3.0), 0.5));
        assert!(touches((-1.0, 2.4), (9.0, 2.4), 0.5));
        assert!(!touches((-3.0, 0.0), (0.0, 5.0), 0.0));
        assert!(touches((1.0, 1.0), (1.0, 1.0), 0.1));
    }

    #[test]
    fn a_name_stands_beside_the_aisle() {
        let room = Area { left: 0.0, top: 0.0, right: 30.0, bottom: 20.0 };
        let aisle = Obstacle { from: (15.0, -5.0), to: (15.0, 25.0), reach: 1.0, cost: 1.0 };
        let label = best("Dairy", &room, 1.0, &[&aisle]).unwrap();
        assert!(!aisle.touches(&label.area) && !label.is_upright);
    }
}
