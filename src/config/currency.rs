//! The currencies in use (ISO 4217) and their decimals.

/// Codes whose minor unit is not a hundredth.
const OTHER_DECIMALS: [(&str, u8); 24] = [
    ("BHD", 3),
    ("BIF", 0),
    ("CLP", 0),
    ("DJF", 0),
    ("GNF", 0),
    ("IQD", 3),
    ("ISK", 0),
    ("JOD", 3),
    ("JPY", 0),
    ("KMF", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("LYD", 3),
    ("OMR", 3),
    ("PYG", 0),
    ("RWF", 0),
    ("TND", 3),
    ("UGX", 0),
    ("UYI", 0),
    ("VND", 0),
    ("VUV", 0),
    ("XAF", 0),
    ("XOF", 0),
    ("XPF", 0),
];

/// Codes with hundredths.
const HUNDREDTHS: &str = "\
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD \
    CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD \
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD \
    MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP \
    PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS \
    TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";

/// Decimals of an upper-case currency code, or `None` for a code that no country uses.
pub fn currency_decimals(code: &str) -> Option<u8> {
    if let Some((_, decimals)) = OTHER_DECIMALS.iter().find(|(other, _)| *other == code) {
        return Some(*decimals);
    }
    HUNDREDTHS.split_ascii_whitespace().any(|known| known == code).then_some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_follow_iso_4217() {
        for (code, decimals) in
            [("EUR", Some(2)), ("USD", Some(2)), ("JPY", Some(0)), ("KWD", Some(3)), ("EUX", None)]
        {
            assert_eq!(currency_decimals(code), decimals, "{code}");
        }
        assert_eq!(currency_decimals("eur"), None);
        assert_eq!(currency_decimals(""), None);
    }

    #[test]
    fn no_code_is_listed_twice() {
        let mut codes: Vec<&str> = HUNDREDTHS.split_ascii_whitespace().collect();
        codes.extend(OTHER_DECIMALS.iter().map(|(code, _)| *code));
        assert!(codes.iter().all(|code| code.len() == 3));
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
