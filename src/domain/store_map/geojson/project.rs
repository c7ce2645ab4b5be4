//! From a coordinate reference system to metres around the middle of the shop.
//!
//! Degrees are projected by the equirectangular projection around the centre of the drawing, with
//! the two radii of curvature of the WGS 84 ellipsoid there: over a kilometre it is off by less
//! than a decimetre, over a shop by less than a millimetre.

use super::super::MAX_COORDINATE_M;
use super::super::drawing::round;
use super::super::grid::Xy;

/// Largest extent of degrees that is a shop, in degrees: about 11 km. What is wider is metres.
const MAX_EXTENT_DEGREES: f64 = 0.1;
/// Semi-major axis of the WGS 84 ellipsoid, in metres.
const EQUATOR_M: f64 = 6_378_137.0;
/// Its first eccentricity, squared.
const ECCENTRICITY_2: f64 = 0.006_694_379_990_14;

/// From the file's coordinates to the map's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Projection {
    /// They are local metres.
    Metres,
    /// They are metres far away: they are moved.
    Moved { origin: Xy },
    /// They are degrees around this centre, with the metres of a degree of longitude and latitude.
    Degrees { centre: Xy, scale: Xy },
    /// They are the metres of web maps, stretched by the latitude.
    WebMercator { origin: Xy, scale: f64 },
}

/// The smallest box around all coordinates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    low: Xy,
    high: Xy,
}

impl Extent {
    pub(super) fn of(mut places: impl Iterator<Item = Xy>) -> Option<Self> {
        let first = places.next()?;
        Some(places.fold(Self { low: first, high: first }, |extent, (x, y)| Self {
            low: (extent.low.0.min(x), extent.low.1.min(y)),
            high: (extent.high.0.max(x), extent.high.1.max(y)),
        }))
    }

    fn centre(self) -> Xy {
        (f64::midpoint(self.low.0, self.high.0), f64::midpoint(self.low.1, self.high.1))
    }

    fn are_degrees(self) -> bool {
        let is_on_earth = self.low.0 >= -180.0
            && self.high.0 <= 180.0
            && self.low.1 >= -90.0
            && self.high.1 <= 90.0;
        is_on_earth
            && self.high.0 - self.low.0 <= MAX_EXTENT_DEGREES
            && self.high.1 - self.low.1 <= MAX_EXTENT_DEGREES
    }

    fn is_far(self) -> bool {
        [self.low.0, self.low.1, self.high.0, self.high.1]
            .iter()
            .any(|metres| metres.abs() > MAX_COORDINATE_M)
    }
}

impl Projection {
    /// What the coordinates of a file are, by their extent and the name of their reference system,
    /// if it has one.
    pub(super) fn of(extent: Extent, system: Option<&str>) -> Self {
        if extent.are_degrees() {
            let centre = extent.centre();
            let sine = centre.1.to_radians().sin();
            let bend = 1.0 - ECCENTRICITY_2 * sine * sine;
            let across = EQUATOR_M / bend.sqrt() * centre.1.to_radians().cos();
            let along = EQUATOR_M * (1.0 - ECCENTRICITY_2) / bend.powf(1.5);
            return Self::Degrees { centre, scale: (across.to_radians(), along.to_radians()) };
        }
        let is_web = system.is_some_and(|name| name.ends_with("3857") || name.ends_with("900913"));
        if is_web {
            let origin = extent.centre();
            return Self::WebMercator { origin, scale: 1.0 / (origin.1 / EQUATOR_M).cosh() };
        }
        if extent.is_far() { Self::Moved { origin: extent.low } } else { Self::Metres }
    }

    pub(super) fn apply(self, (x, y): Xy) -> Xy {
        match self {
            Self::Metres => (x, y),
            Self::Moved { origin } => (round(x - origin.0), round(y - origin.1)),
            Self::Degrees { centre, scale } => {
                (round((x - centre.0) * scale.0), round((y - centre.1) * scale.1))
            }
            Self::WebMercator { origin, scale } => {
                (round((x - origin.0) * scale), round((y - origin.1) * scale))
            }
        }
    }

    /// What was done, for people, and its code.
    pub(super) fn note(self) -> (&'static str, String) {
        match self {
            Self::Metres => (
                "taken-for-metres",
                "nothing says what the coordinates are: they are taken for local metres".to_owned(),
            ),
            Self::Moved { origin: (x, y) } => {
                ("moved", format!("the coordinates are taken for metres; ({x}, {y}) is now (0, 0)"))
            }
            Self::Degrees { centre: (longitude, latitude), .. } => (
                "projected",
                format!(
                    "the coordinates are WGS 84 degrees: they were projected to metres, and \
                     (0, 0) is longitude {longitude:.7}, latitude {latitude:.7}"
                ),
            ),
            Self::WebMercator { origin: (x, y), scale } => (
                "projected",
                format!(
                    "the coordinates are web mercator (EPSG:3857): they were scaled by {scale:.6} \
                     to true metres, and ({x}, {y}) is now (0, 0)"
                ),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(low: Xy, high: Xy) -> Extent {
        Extent { low, high }
    }

    #[test]
    fn degrees_become_metres_of_true_length() {
        // Known lengths of a hundredth of a degree at 48 degrees north: 746.0 m and 1,111.9 m.
        let projection = Projection::of(extent((11.0, 47.99), (11.02, 48.01)), None);
        let (x, y) = projection.apply((11.02, 48.01));
        assert!((x - 746.1).abs() < 0.3, "{x}");
        assert!((y - 1_111.9).abs() < 0.3, "{y}");
        assert!(projection.note().1.contains("longitude 11.0100000, latitude 48.0000000"));
    }

    #[test]
    fn what_is_wider_than_a_shop_is_metres() {
        assert_eq!(Projection::of(extent((0.0, 0.0), (45.0, 30.0)), None), Projection::Metres);
        let far = Projection::of(extent((690_000.0, 5_334_000.0), (690_050.0, 5_334_030.0)), None);
        assert_eq!(far.apply((690_050.0, 5_334_030.0)), (50.0, 30.0));
    }

    #[test]
    fn web_mercator_is_scaled_to_true_metres() {
        // 60 degrees north: everything is drawn twice as long as it is.
        let north = 8_399_737.9;
        let area = extent((1_000_000.0, north - 10.0), (1_000_100.0, north + 10.0));
        let (x, _) =
            Projection::of(area, Some("urn:ogc:def:crs:EPSG::3857")).apply((1_000_100.0, north));
        assert!((x - 25.0).abs() < 0.1, "{x}");
    }
}
