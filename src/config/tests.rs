use super::*;

fn toml(text: &str) -> Sources {
    Sources { config_file: Some((PathBuf::from("config.toml"), text.into())), ..Sources::default() }
}

fn env(pairs: &[(&str, &str)]) -> Sources {
    Sources { environment: map(pairs), ..Sources::default() }
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn refusal(sources: &Sources) -> String {
    Config::load(sources).unwrap_err().to_string()
}

fn entry<'a>(config: &'a Config, key: &str) -> &'a Entry {
    config.entries().iter().find(|entry| entry.key == key).unwrap()
}

#[test]
fn the_defaults_are_valid() {
    let config = Config::default();
    assert_eq!(config.http, "0.0.0.0:8080".parse().unwrap());
    assert_eq!((config.currency.as_str(), config.currency_decimals), ("EUR", 2));
    assert_eq!(config.country, "DE");
    assert_eq!(config.time_zone, TimeZone::get("Europe/Berlin").unwrap());
    assert_eq!(config.jwt_access_expires_minutes, 15);
    assert_eq!((config.max_connections, config.max_connections_per_address), (4096, 2500));
    assert!(config.jwt_secret_key.is_none() && config.cors_origins.is_empty());
    assert!(config.entries().iter().all(|entry| entry.source == Source::Default));
}

#[test]
fn flags_beat_the_environment_that_beats_the_env_file_that_beats_config_toml() {
    let mut sources = toml("currency = 'JPY'\ncountry = 'JP'\nlog = 'warn'\nhttp = '1.1.1.1:1'\n");
    sources.env_file = Some((
        PathBuf::from("shop.env"),
        "CARTWRIGHT_COUNTRY=US\nCARTWRIGHT_LOG=error\n\
             CARTWRIGHT_HTTP=2.2.2.2:2\n"
            .into(),
    ));
    sources.environment = map(&[("CARTWRIGHT_LOG", "debug"), ("CARTWRIGHT_HTTP", "3.3.3.3:3")]);
    sources.flags = map(&[("http", "localhost:0")]);
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.currency, "JPY");
    assert_eq!(config.country, "US");
    assert_eq!(config.log, "debug");
    assert_eq!(config.http, "127.0.0.1:0".parse().unwrap());
    assert_eq!(entry(&config, "currency").source.to_string(), "config.toml line 1");
    assert_eq!(entry(&config, "country").source.to_string(), "shop.env line 1");
    assert_eq!(entry(&config, "log").source.to_string(), "environment variable CARTWRIGHT_LOG");
    assert_eq!(entry(&config, "http").source.to_string(), "flag --http");
}

#[test]
fn lists_are_arrays_in_toml_and_comma_lists_elsewhere() {
    let listed = toml("cors_origins = ['https://a.example', 'http://b.example:3000']");
    let text = env(&[("CARTWRIGHT_CORS_ORIGINS", "https://a.example, http://b.example:3000,")]);
    for sources in [listed, text] {
        let config = Config::load(&sources).unwrap();
        assert_eq!(config.cors_origins, ["https://a.example", "http://b.example:3000"]);
    }
    let config = Config::load(&env(&[("CARTWRIGHT_TRUSTED_PROXIES", "::1,10.0.0.0/8")])).unwrap();
    assert_eq!(config.trusted_proxies.len(), 2);
}

#[test]
fn an_unknown_key_is_named_with_its_nearest_known_one() {
    assert_eq!(
        refusal(&toml("# shop\ncurency = 'EUR'\n")),
        "config.toml line 2: there is no setting \"curency\"; did you mean \"currency\"?"
    );
    assert_eq!(
        refusal(&toml("[server]\nport = 80\n")),
        "config.toml line 1: there is no setting \"server\""
    );
    let config = Config::load(&env(&[("CARTWRIGHT_CURENCY", "USD")])).unwrap();
    assert_eq!(config.currency, "EUR");
    assert_eq!(
        config.warnings(),
        ["environment variable CARTWRIGHT_CURENCY has no effect: there is no such setting; \
          did you mean CARTWRIGHT_CURRENCY?"]
    );
    let quiet = env(&[("CARTWRIGHT_DATA", "/tmp/x"), ("PATH", "/bin")]);
    assert!(Config::load(&quiet).unwrap().warnings().is_empty());
}

#[test]
fn a_bad_value_names_its_place_itself_and_what_is_accepted() {
    assert_eq!(
        refusal(&toml("\n\ncurrency = 'EUX'")),
        "config.toml line 3: currency = \"EUX\" is not accepted: \
         give an ISO 4217 code such as EUR"
    );
    assert_eq!(
        refusal(&env(&[("CARTWRIGHT_HTTP", "8080")])),
        "environment variable CARTWRIGHT_HTTP: http = \"8080\" is not accepted: \
         give an address and a port such as 0.0.0.0:8080 or localhost:0"
    );
    for (key, bad) in [
        ("country", "Germany"),
        ("time_zone", "Mars/Olympus"),
        ("tax_mode", "maybe"),
        ("cors_origins", "*"),
        ("trusted_proxies", "nginx"),
        ("log", "cartwright=loud"),
        ("log_format", "xml"),
        ("jwt_access_expires_minutes", "0"),
        ("cache_mib", "8"),
        ("max_connections", "-1"),
        ("header_timeout_s", "1.5"),
        ("request_timeout_s", "0"),
        ("body_min_bytes_per_s", "fast"),
        ("rate_limit_per_address", "60/0"),
    ] {
        let sources = Sources { flags: map(&[(key, bad)]), ..Sources::default() };
        let text = refusal(&sources);
        assert!(text.contains(key) && text.contains(bad) && text.contains("give "), "{text}");
    }
}

#[test]
fn broken_files_are_named_with_the_line() {
    let text = refusal(&toml("currency = 'EUR'\nlog = \n"));
    assert!(text.starts_with("config.toml line 2: "), "{text}");
    let text = refusal(&toml("log = 1979-05-27\n"));
    assert!(text.starts_with("config.toml line 1: log takes"), "{text}");
    let sources = Sources {
        env_file: Some((PathBuf::from("shop.env"), "# fine\nA=1\nnonsense\n".into())),
        ..Sources::default()
    };
    assert_eq!(
        refusal(&sources),
        "shop.env line 3: expected KEY=value, a comment or an empty line"
    );
}

#[test]
fn an_env_file_may_export_quote_and_comment() {
    let text = "\u{feff}# shop\r\nexport CARTWRIGHT_CURRENCY=\"CHF\"\r\nCARTWRIGHT_LOG='warn'\n\
                JWT_ACCESS_EXPIRES_MINUTES=30\nOTHER=thing\n";
    let sources =
        Sources { env_file: Some(("shop.env".into(), text.into())), ..Sources::default() };
    let config = Config::load(&sources).unwrap();
    assert_eq!((config.currency.as_str(), config.log.as_str()), ("CHF", "warn"));
    assert_eq!(config.jwt_access_expires_minutes, 30);
}

#[test]
fn the_prefixed_name_wins_over_the_plain_one_and_empty_counts_as_absent() {
    let both = env(&[
        ("JWT_ACCESS_EXPIRES_MINUTES", "60"),
        ("CARTWRIGHT_JWT_ACCESS_EXPIRES_MINUTES", "5"),
    ]);
    assert_eq!(Config::load(&both).unwrap().jwt_access_expires_minutes, 5);
    let plain = env(&[("JWT_ACCESS_EXPIRES_MINUTES", "60"), ("CARTWRIGHT_CURRENCY", " ")]);
    let config = Config::load(&plain).unwrap();
    assert_eq!((config.jwt_access_expires_minutes, config.currency.as_str()), (60, "EUR"));
}

#[test]
fn a_weak_algorithm_and_a_fixed_code_are_refused_with_the_reason() {
    for name in ["JWT_ALGORITHM", "CARTWRIGHT_JWT_ALGORITHM"] {
        Config::load(&env(&[(name, "HS256")])).unwrap();
        for other in ["none", "HS512", "RS256", "hs256"] {
            let text = refusal(&env(&[(name, other)]));
            assert!(text.contains(name) && text.contains("HS256 and with nothing else"), "{text}");
        }
    }
    for sources in [env(&[("FIXED_OTP", "123456")]), toml("fixed_otp = '123456'")] {
        let text = refusal(&sources);
        assert!(text.contains("lets anybody sign in"), "{text}");
        assert!(!text.contains("123456"), "{text}");
    }
    let keys: Vec<_> = Config::default().entries().iter().map(|entry| entry.key).collect();
    assert!(!keys.contains(&"fixed_otp") && !keys.contains(&"jwt_algorithm"), "{keys:?}");
}

#[test]
fn a_secret_is_long_enough_and_never_shown() {
    let secret = "0123456789abcdef0123456789abcdef";
    let config = Config::load(&env(&[("JWT_SECRET_KEY", secret)])).unwrap();
    assert_eq!(config.jwt_secret_key.as_ref().unwrap().expose(), secret.as_bytes());
    assert_eq!(entry(&config, "jwt_secret_key").value, "********");
    assert!(!format!("{config:?}").contains(secret));

    let short = "local-dev-secret";
    let text = refusal(&env(&[("JWT_SECRET_KEY", short)]));
    assert!(text.contains("at least 32 bytes") && !text.contains(short), "{text}");
    let text = refusal(&env(&[("JWT_SECRET_KEY", secret), ("JWT_SECRET_KEY_FILE", "/x")]));
    assert!(text.contains("both give the token secret"), "{text}");
}

#[test]
fn files_are_read_from_disk_and_a_missing_config_file_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let key_file = dir.path().join("jwt.key");
    let config_file = dir.path().join("config.toml");
    let env_file = dir.path().join("shop.env");
    std::fs::write(&key_file, "0123456789abcdef0123456789abcdef\n").unwrap();
    std::fs::write(&env_file, format!("JWT_SECRET_KEY_FILE={}\n", key_file.display())).unwrap();
    let config = Config::read(&config_file, Some(&env_file), BTreeMap::new()).unwrap();
    assert_eq!(config.jwt_secret_key.unwrap().expose(), b"0123456789abcdef0123456789abcdef");

    std::fs::write(&key_file, "short\n").unwrap();
    let text = Config::read(&config_file, Some(&env_file), BTreeMap::new()).unwrap_err();
    assert!(text.to_string().contains("at least 32 bytes"), "{text}");

    let missing = dir.path().join("missing.env");
    let text = Config::read(&config_file, Some(&missing), BTreeMap::new()).unwrap_err();
    assert!(text.to_string().contains("missing.env"), "{text}");
}

#[test]
fn the_file_that_owners_start_from_shows_the_defaults() {
    let shown = include_str!("../../assets/config.default.toml");
    let lines = shown.lines().filter_map(|line| line.strip_prefix('#'));
    let said: Vec<_> = lines.filter(|line| !line.starts_with([' ', '#'])).collect();
    let said = said.join("\n");
    let config = Config::load(&toml(&said)).unwrap();
    let defaults = Config::default();
    for (entry, default) in config.entries().iter().zip(defaults.entries()) {
        assert_eq!(entry.value, default.value, "{}", entry.key);
        let is_shown = entry.source != Source::Default || default.value.is_empty();
        assert!(is_shown, "{} is not in assets/config.default.toml", entry.key);
    }
}

#[test]
fn an_edit_keeps_what_the_owner_wrote() {
    let path = PathBuf::from("config.toml");
    let text = "# my shop\ncurrency = 'EUR' # since 2002\n\nlog = 'info'\n";
    let edits = [
        ("currency", Some("JPY")),
        ("log", None),
        ("cors_origins", Some("https://a.b,https://c.d")),
        ("cache_mib", Some("64")),
    ];
    let edits: Edits =
        edits.map(|(key, text)| (key.to_owned(), text.map(str::to_owned))).into_iter().collect();
    let config = Config::load(&toml(text)).unwrap();
    assert!(config.judge(&edits).is_empty());
    let new = edited(&path, Some(text), &edits).unwrap();
    assert!(new.contains("# my shop\ncurrency = \"JPY\" # since 2002"), "{new}");
    assert!(!new.contains("log") && new.contains("cache_mib = 64"), "{new}");
    let after = config.with_file(&path, Some(new)).unwrap();
    assert_eq!((after.currency.as_str(), after.cors_origins.len()), ("JPY", 2));
    let fresh = edited(&path, None, &edits).unwrap();
    assert!(fresh.starts_with("# Settings of Cartwright"));
}

#[test]
fn an_edit_that_cannot_count_is_refused() {
    let mut sources = toml("currency = 'EUR'\n");
    sources.environment = map(&[("CARTWRIGHT_LOG", "debug")]);
    let config = Config::load(&sources).unwrap();
    let judge = |key: &str, text: &str| {
        let edits: Edits = [(key.to_owned(), Some(text.to_owned()))].into_iter().collect();
        config.judge(&edits).pop().map(|(_, error)| error)
    };
    assert_eq!(judge("curency", "EUR"), Some(EditError::Unknown { nearest: Some("currency") }));
    assert_eq!(
        judge("currency", "euros"),
        Some(EditError::BadValue("an ISO 4217 code such as EUR"))
    );
    assert!(matches!(judge("log", "warn"), Some(EditError::Overridden(_))));
    assert!(matches!(judge("fixed_otp", "123456"), Some(EditError::Refused(_))));
    assert_eq!(judge("jwt_secret_key", "x"), Some(EditError::TerminalOnly));
    assert_eq!(judge("currency", "USD"), None);
}

#[test]
fn limits_of_requests_are_off_until_set() {
    let config = Config::default();
    let limits = |config: &Config| {
        [config.rate_limit_per_address, config.rate_limit_per_account, config.rate_limit_per_device]
    };
    assert_eq!(limits(&config), [None; 3]);
    assert_eq!(entry(&config, "rate_limit_per_device").value, "off");
    let set = toml("rate_limit_per_address = 600\nrate_limit_per_account = '60/5'\n");
    let [address, account, device] = limits(&Config::load(&set).unwrap());
    assert_eq!(address, Some(Rate { per_minute: 600, burst: 600 }));
    assert_eq!(account, Some(Rate { per_minute: 60, burst: 5 }));
    assert_eq!(device, None);
    let off = env(&[("CARTWRIGHT_RATE_LIMIT_PER_ADDRESS", "0")]);
    assert_eq!(limits(&Config::load(&off).unwrap()), [None; 3]);
}

#[test]
fn https_is_off_until_it_has_an_address() {
    assert_eq!(Config::default().https, None);
    let config = Config::load(&env(&[
        ("CARTWRIGHT_HTTPS", "0.0.0.0:8443"),
        ("CARTWRIGHT_HTTPS_NAMES", "Kasse.lan, 10.8.0.1,FD00:0::1"),
        ("CARTWRIGHT_HTTPS_REDIRECT", "true"),
    ]))
    .unwrap();
    assert_eq!(config.https, Some("0.0.0.0:8443".parse().unwrap()));
    assert_eq!(config.https_names, ["kasse.lan", "10.8.0.1", "fd00::1"]);
    assert!(config.https_redirect && config.warnings().is_empty());
    let mut off = toml("https = '0.0.0.0:8443'\nhttps_redirect = true\n");
    off.flags = map(&[("https", "off")]);
    let config = Config::load(&off).unwrap();
    assert_eq!(config.https, None);
    assert!(config.warnings()[0].contains("no effect while https is off"));
    for (key, bad) in
        [("https", "8443"), ("https_names", "*.shop.example"), ("https_redirect", "1")]
    {
        assert!(refusal(&toml(&format!("{key} = '{bad}'\n"))).contains("is not accepted"), "{key}");
    }
}

#[test]
fn one_time_codes_need_a_channel_that_leads_somewhere() {
    let config = Config::default();
    assert_eq!((config.otp_channel, config.otp_webhook), (OtpChannel::Log, None));
    let secret = "0123456789abcdef";
    let config = Config::load(&env(&[
        ("CARTWRIGHT_OTP_CHANNEL", "webhook"),
        ("CARTWRIGHT_OTP_WEBHOOK", "https://sms.example/send"),
        ("CARTWRIGHT_OTP_WEBHOOK_SECRET", secret),
        ("CARTWRIGHT_OTP_FILE", "/run/codes.ndjson"),
    ]))
    .unwrap();
    assert_eq!(config.otp_channel, OtpChannel::Webhook);
    assert_eq!(config.otp_webhook.as_deref(), Some("https://sms.example/send"));
    assert_eq!(config.otp_file, Some(PathBuf::from("/run/codes.ndjson")));
    assert_eq!(entry(&config, "otp_webhook_secret").value, "********");
    for (key, value) in [
        ("CARTWRIGHT_OTP_CHANNEL", "sms"),
        ("CARTWRIGHT_OTP_WEBHOOK", "sms.example"),
        ("CARTWRIGHT_OTP_WEBHOOK_SECRET", "short"),
        ("CARTWRIGHT_COUNTRY", "ZZ"),
    ] {
        assert!(refusal(&env(&[(key, value)])).contains(key), "{key}");
    }
    let alone = refusal(&env(&[("CARTWRIGHT_OTP_CHANNEL", "webhook")]));
    assert!(alone.contains("otp_webhook is not set"), "{alone}");
}

#[test]
fn times_of_carts_are_minutes_and_nought_is_never() {
    let config = Config::default();
    assert_eq!((config.cart_idle_minutes, config.cart_abandoned_minutes), (15, 120));
    let never = toml("cart_idle_minutes = 0\ncart_abandoned_minutes = 10080");
    let config = Config::load(&never).unwrap();
    assert_eq!((config.cart_idle_minutes, config.cart_abandoned_minutes), (0, 10_080));
    assert!(refusal(&toml("cart_abandoned_minutes = 10081")).contains("cart_abandoned_minutes"));
}
