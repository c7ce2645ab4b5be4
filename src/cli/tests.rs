use clap::{CommandFactory, Parser};

use super::*;

#[test]
fn the_commands_are_well_formed_and_each_shows_an_example() {
    Cli::command().debug_assert();
    let mut cli = Cli::command();
    cli.build();
    let mut without = Vec::new();
    let mut queue: Vec<_> = cli.get_subcommands().cloned().collect();
    while let Some(command) = queue.pop() {
        if command.get_name() == "help" {
            continue;
        }
        if command.has_subcommands() {
            queue.extend(command.get_subcommands().cloned());
        }
        if !command.get_after_help().is_some_and(|t| t.to_string().contains("Example")) {
            without.push(command.get_name().to_owned());
        }
    }
    assert!(without.is_empty(), "commands without an example: {without:?}");
}

#[test]
fn commands_are_understood_and_secrets_are_no_arguments() {
    let parse = |line: &str| Cli::try_parse_from(line.split(' '));
    for line in [
        "cartwright serve --http 127.0.0.1:0 --data /tmp/x",
        "cartwright --data /tmp/x serve --demo",
        "cartwright user add --username ann --role admin --email a@example.com --password-stdin",
        "cartwright user token --username ann --minutes 5",
        "cartwright device add --name Cart --json",
        "cartwright device pairing-code --name Cart --json",
        "cartwright device pairing-code",
        "cartwright firmware add cart.bin --version 1.4.0 --chip ESP32-S3 --json",
        "cartwright firmware list --json",
        "cartwright firmware roll 3 --ring one --device 7",
        "cartwright firmware halt 3",
        "cartwright import products p.csv --dry-run --partial",
        "cartwright import promotions p.csv --dry-run --partial --json",
        "cartwright export orders --format csv",
        "cartwright export map",
        "cartwright route --map m.json --request r.json",
        "cartwright simulate --url http://127.0.0.1:8080 --carts 20 --seconds 60 --token-file t --json",
        "cartwright simulate --url http://127.0.0.1:8080 --carts 2 --events 9 --loss 5% --data /tmp/x",
        "cartwright backup shop.cwb --json",
        "cartwright restore shop.cwb --force",
        "cartwright verify",
        "cartwright completions bash",
        "cartwright config --env-file shop.env",
    ] {
        assert!(parse(line).is_ok(), "{line}");
    }
    for line in [
        "cartwright user add --username ann --role admin",
        "cartwright user add --username ann --role admin --password secret",
        "cartwright user add --username ann --role boss --password-stdin",
        "cartwright device rotate",
        "cartwright firmware add cart.bin",
        "cartwright firmware roll 3 --ring most",
        "cartwright export everything",
        "cartwright simulate --url http://127.0.0.1:8080 --carts 20",
        "cartwright simulate --url http://127.0.0.1:8080 --carts 2001 --seconds 1",
        "cartwright simulate --url http://127.0.0.1:8080 --carts 1 --seconds 86401",
        "cartwright simulate --url http://127.0.0.1:8080 --carts 1 --seconds 1 --loss 51%",
        "cartwright simulate --url http://127.0.0.1:8080 --carts 1 --seconds 1 --speed 0",
    ] {
        assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
    }
}
