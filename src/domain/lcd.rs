//! Lines for the displays of trolleys: 16 columns of printable ASCII.

/// Columns of a display.
pub const COLUMNS: usize = 16;

/// What a character display can show instead of a text: letters without their marks, quotes and
/// dashes as typed, `?` for the rest. May be longer than the text.
pub fn ascii(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' '..='~' => plain.push(c),
            // Marks that stand on the letter before, and what has no width.
            '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}' => {}
            _ => plain.push_str(letter(c).unwrap_or("?")),
        }
    }
    plain
}

/// A line that fits: cut with a full stop, but never in the middle of a number.
pub fn cut(text: &str, columns: usize) -> String {
    let line = ascii(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.len() <= columns {
        return line;
    }
    // All ASCII, so bytes are columns.
    let bytes = line.as_bytes();
    let is_digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
    let is_point =
        |index: usize| matches!(bytes.get(index), Some(b'.' | b',')) && is_digit(index + 1);
    let is_number =
        |index: usize| is_digit(index) || (index > 0 && is_point(index) && is_digit(index - 1));
    let mut end = columns.saturating_sub(1);
    if is_number(end) {
        while end > 0 && is_number(end - 1) {
            end -= 1;
        }
    }
    let kept = line[..end].trim_end();
    if kept.is_empty() { "#".to_owned() } else { format!("{kept}.") }
}

/// How a letter beyond ASCII is written without its marks.
fn letter(c: char) -> Option<&'static str> {
    Some(match c {
        'ä' | 'æ' => "ae",
        'Ä' | 'Æ' => "Ae",
        'ö' | 'œ' => "oe",
        'Ö' | 'Œ' => "Oe",
        'ü' => "ue",
        'Ü' => "Ue",
        'ß' => "ss",
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'À' | 'Á' | 'Â' | 'Ã' | 'Å' | 'Ā' | 'Ă' | 'Ą' => "A",
        'ç' | 'ć' | 'č' | 'ĉ' | 'ċ' => "c",
        'Ç' | 'Ć' | 'Č' | 'Ĉ' | 'Ċ' => "C",
        'ď' | 'đ' | 'ð' => "d",
        'Ď' | 'Đ' | 'Ð' => "D",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'È' | 'É' | 'Ê' | 'Ë' | 'Ē' | 'Ė' | 'Ę' | 'Ě' => "E",
        'ğ' | 'ģ' | 'ġ' => "g",
        'Ğ' | 'Ģ' | 'Ġ' => "G",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => "i",
        'Ì' | 'Í' | 'Î' | 'Ï' | 'Ī' | 'Į' | 'İ' => "I",
        'ķ' => "k",
        'Ķ' => "K",
        'ł' | 'ľ' | 'ļ' | 'ĺ' => "l",
        'Ł' | 'Ľ' | 'Ļ' | 'Ĺ' => "L",
        'ñ' | 'ń' | 'ň' | 'ņ' => "n",
        'Ñ' | 'Ń' | 'Ň' | 'Ņ' => "N",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ō' | 'ő' => "o",
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ø' | 'Ō' | 'Ő' => "O",
        'ŕ' | 'ř' => "r",
        'Ŕ' | 'Ř' => "R",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'Ś' | 'Š' | 'Ş' | 'Ș' => "S",
        'ť' | 'ţ' | 'ț' => "t",
        'Ť' | 'Ţ' | 'Ț' => "T",
        'ù' | 'ú' | 'û' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'Ù' | 'Ú' | 'Û' | 'Ū' | 'Ů' | 'Ű' | 'Ų' => "U",
        'ý' | 'ÿ' => "y",
        'Ý' => "Y",
        'ź' | 'ż' | 'ž' => "z",
        'Ź' | 'Ż' | 'Ž' => "Z",
        'þ' => "th",
        'Þ' => "Th",
        '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => " ",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '´' => "'",
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '«' | '»' => "\"",
        '\u{2026}' => "...",
        '×' => "x",
        '·' | '\u{2022}' => "*",
        '€' => "EUR",
        '£' => "GBP",
        '½' => "1/2",
        '¼' => "1/4",
        '¾' => "3/4",
        '®' | '™' | '©' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_lose_their_marks_and_foreign_ones_become_question_marks() {
        assert_eq!(ascii("Käse, crème brûlée"), "Kaese, creme brulee");
        assert_eq!(ascii("ÉCLAIR Łódź ½ l"), "ECLAIR Lodz 1/2 l");
        assert_eq!(ascii("e\u{301}clair"), "eclair");
        assert_eq!(ascii("牛乳\n\u{7f}"), "????");
    }

    #[test]
    fn a_cut_never_goes_through_a_number() {
        assert_eq!(cut("Milk 1 l", 16), "Milk 1 l");
        assert_eq!(cut("  Milk \u{a0} 1 l ", 16), "Milk 1 l");
        assert_eq!(cut("Organic whole milk", 16), "Organic whole m.");
        assert_eq!(cut("Orange juice 1000 ml", 16), "Orange juice.");
        assert_eq!(cut("Orange juices 1.5 l", 16), "Orange juices.");
        assert_eq!(cut("Orange juice 12 ml", 16), "Orange juice 12.");
        assert_eq!(cut("12345678901234567890", 16), "#");
        assert_eq!(cut("A4", 0), "#");
        for columns in 1..20 {
            assert!(cut("Größe 1,25 kg Öl 7.5 x 3", columns).len() <= columns);
        }
    }
}
