//! Writing SVG: every attribute and every text goes through the escaping here.

use std::fmt::Write as _;

/// A point on the sheet: `x` to the right, `y` down.
pub(super) type Pt = (f64, f64);

/// An SVG document under construction.
#[derive(Debug)]
pub(super) struct Svg {
    out: String,
    open: Vec<&'static str>,
    decimals: usize,
}

/// A tag whose attributes are being written.
#[derive(Debug)]
pub(super) struct Tag<'s> {
    svg: &'s mut Svg,
    name: &'static str,
}

impl Svg {
    /// `unit` is what a thin stroke is wide, in metres: finer steps than a hundredth of it are
    /// not written.
    pub(super) fn new(unit: f64) -> Self {
        let decimals = match unit {
            unit if unit >= 5.0 => 1,
            unit if unit >= 0.4 => 2,
            unit if unit >= 0.04 => 3,
            _ => 4,
        };
        Self { out: String::new(), open: Vec::new(), decimals }
    }

    pub(super) fn tag(&mut self, name: &'static str) -> Tag<'_> {
        self.out.push('<');
        self.out.push_str(name);
        Tag { svg: self, name }
    }

    /// Opens a group of a class.
    pub(super) fn group(&mut self, class: &str) {
        self.tag("g").attr("class", class).open();
    }

    /// Closes what was opened last.
    pub(super) fn end(&mut self) {
        if let Some(name) = self.open.pop() {
            self.close(name);
            self.out.push('\n');
        }
    }

    /// Closes whatever is open: the finished document.
    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.end();
        }
        self.out
    }

    /// A number as short as it can be.
    pub(super) fn number(&self, value: f64) -> String {
        let text = format!("{value:.*}", self.decimals);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        if matches!(text, "-0" | "") { "0".to_owned() } else { text.to_owned() }
    }

    /// Points as `points` of a polyline.
    pub(super) fn points(&self, points: &[Pt]) -> String {
        let pairs: Vec<String> =
            points.iter().map(|&(x, y)| format!("{},{}", self.number(x), self.number(y))).collect();
        pairs.join(" ")
    }

    /// Points as a part of the data of a path.
    pub(super) fn trace(&self, data: &mut String, points: &[Pt], is_closed: bool) {
        for (index, &(x, y)) in points.iter().enumerate() {
            data.push(if index == 0 { 'M' } else { 'L' });
            let _ = write!(data, "{} {}", self.number(x), self.number(y));
        }
        if is_closed {
            data.push('Z');
        }
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                // XML has no way to write these.
                '\u{FFFE}' | '\u{FFFF}' => self.out.push('\u{FFFD}'),
                c if c.is_control() => self.out.push('\u{FFFD}'),
                c => self.out.push(c),
            }
        }
    }
}

impl Tag<'_> {
    pub(super) fn attr(self, name: &str, value: &str) -> Self {
        self.svg.out.push(' ');
        self.svg.out.push_str(name);
        self.svg.out.push_str("=\"");
        self.svg.escaped(value);
        self.svg.out.push('"');
        self
    }

    pub(super) fn num(self, name: &str, value: f64) -> Self {
        let value = self.svg.number(value);
        self.attr(name, &value)
    }

    /// A fill and no stroke.
    pub(super) fn fill(self, colour: &str) -> Self {
        self.attr("fill", colour)
    }

    /// A stroke and no fill.
    pub(super) fn line(self, colour: &str, width: f64) -> Self {
        self.attr("fill", "none").stroke(colour, width)
    }

    pub(super) fn stroke(self, colour: &str, width: f64) -> Self {
        self.attr("stroke", colour).num("stroke-width", width)
    }

    pub(super) fn at(self, (x, y): Pt) -> Self {
        self.num("x", x).num("y", y)
    }

    pub(super) fn centre(self, (x, y): Pt) -> Self {
        self.num("cx", x).num("cy", y)
    }

    /// Finishes it without content.
    pub(super) fn empty(self) {
        self.svg.out.push_str("/>");
    }

    /// Finishes it with a tool tip as its only content.
    pub(super) fn titled(self, title: &str) {
        let svg = self.open_inline();
        svg.tag("title").text(title);
        svg.end();
    }

    /// Finishes it with a text as its only content.
    pub(super) fn text(self, text: &str) {
        let Self { svg, name } = self;
        svg.out.push('>');
        svg.escaped(text);
        svg.close(name);
    }

    /// Leaves it open for content, on a line of its own.
    pub(super) fn open(self) {
        let svg = self.open_inline();
        svg.out.push('\n');
    }
}

impl<'s> Tag<'s> {
    fn open_inline(self) -> &'s mut Svg {
        let Self { svg, name } = self;
        svg.out.push('>');
        svg.open.push(name);
        svg
    }
}

/// How wide a text is, in metres, when its letters are `size` high: an estimate that is rather
/// too wide than too narrow.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let ems: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' | '!' => 0.32,
            'm' | 'w' | 'M' | 'W' | '@' => 0.9,
            'A'..='Z' => 0.7,
            c if c.is_ascii() => 0.57,
            // Wide scripts; a little too much for accented Latin.
            c if u32::from(c) >= 0x1100 => 1.0,
            _ => 0.65,
        })
        .sum();
    ems * size
}

/// A text cut to a width, with an ellipsis; empty when not even three letters fit.
pub(super) fn fitted(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if text_width(&kept, size) + 0.8 * size > width {
            kept.pop();
            break;
        }
    }
    let kept = kept.trim_end();
    if kept.chars().count() < 3 { String::new() } else { format!("{kept}\u{2026}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_texts_are_escaped() {
        let mut svg = Svg::new(0.5);
        assert_eq!(svg.number(-0.001), "0");
        assert_eq!(svg.number(12.0), "12");
        assert_eq!(svg.number(1.25), "1.25");
        assert_eq!(svg.number(100.0), "100");
        svg.tag("g").attr("data-x", "\"<&'>\u{FFFF}").open();
        svg.tag("text").num("x", 1.5).text("a<b");
        assert_eq!(
            svg.finish(),
            "<g data-x=\"&quot;&lt;&amp;&#39;&gt;\u{FFFD}\">\n<text x=\"1.5\">a&lt;b</text></g>\n"
        );
    }

    #[test]
    fn long_texts_are_cut_to_what_fits() {
        assert_eq!(fitted("Dairy", 1.0, 10.0), "Dairy");
        assert_eq!(fitted("Household goods", 1.0, 5.0), "Househo\u{2026}");
        assert_eq!(fitted("Household goods", 1.0, 1.0), "");
    }
}
