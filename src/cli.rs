//! The command line: one file for each group of commands.
//!
//! Results go to stdout, everything else to stderr. A command leaves with 0 when it did what was
//! asked, with 1 when it did not and stderr says why, with 2 when it was not understood.

mod backup;
mod completions;
mod config;
mod demo;
mod device;
mod export;
mod firmware;
mod import;
mod keys;
mod map;
mod openapi;
mod output;
mod route;
mod serve;
mod setup_token;
mod shop;
mod simulate;
#[cfg(test)]
mod tests;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use self::output::Failure;

/// Exit code of a command that was not understood.
const USAGE: u8 = 2;

/// A smart-cart shop in one binary.
#[derive(Debug, Parser)]
#[command(
    name = "cartwright",
    version,
    about = "A smart-cart shop in one binary: catalogue, carts, orders, store map and admin UI",
    after_help = "Try it:\n  cartwright demo\n\nRun a shop:\n  cartwright serve --data /srv/shop",
    max_term_width = 100
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
struct Global {
    /// The data directory [default: /var/lib/cartwright if it exists, else ./cartwright-data]
    #[arg(long, global = true, value_name = "DIR", env = "CARTWRIGHT_DATA")]
    data: Option<PathBuf>,
    /// A file of KEY=value lines, read as environment variables
    #[arg(long, global = true, value_name = "FILE")]
    env_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Demo(demo::Demo),
    /// Accounts: add, list, change, disable, tokens
    #[command(after_help = "Example:\n  cartwright user list")]
    User {
        #[command(subcommand)]
        command: user::User,
    },
    /// Trolleys: add, list, new keys, revoke
    #[command(after_help = "Example:\n  cartwright device add --name \"Cart 7\"")]
    Device {
        #[command(subcommand)]
        command: device::Device,
    },
    /// Firmware of the trolleys: add images, list, hand out, halt
    #[command(after_help = "Example:\n  cartwright firmware add cart.bin --version 1.4.0")]
    Firmware {
        #[command(subcommand)]
        command: firmware::Firmware,
    },
    /// Bring in products, users, promotions or the store map
    #[command(after_help = "Example:\n  cartwright import products products.csv --dry-run")]
    Import {
        #[command(subcommand)]
        command: import::Import,
    },
    /// Write out products, orders, users, carts, the store map or the audit log
    #[command(after_help = "Example:\n  cartwright export products > products.csv")]
    Export {
        #[command(subcommand)]
        command: export::Export,
    },
    /// The store map: find what is wrong with it
    #[command(after_help = "Example:\n  cartwright map lint map.json")]
    Map {
        #[command(subcommand)]
        command: map::Map,
    },
    Backup(backup::Backup),
    Restore(backup::Restore),
    Verify(backup::Verify),
    Route(route::Route),
    Simulate(simulate::Simulate),
    SetupToken(setup_token::SetupToken),
    /// The keys that sign access tokens: list, rotate
    #[command(after_help = "Example:\n  cartwright keys list")]
    Keys {
        #[command(subcommand)]
        command: keys::Keys,
    },
    Config(config::ShowConfig),
    Openapi(openapi::Openapi),
    Completions(completions::Completions),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too, to stdout and with 0.
            let code = u8::try_from(error.exit_code()).unwrap_or(USAGE);
            return if error.print().is_ok() { ExitCode::from(code) } else { ExitCode::FAILURE };
        }
    };
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Said) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("cartwright: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(cli: Cli) -> Result<(), Failure> {
    let global = &cli.global;
    match cli.command {
        Command::Serve(serve) => serve.run(global),
        Command::Demo(demo) => demo.run(global),
        Command::User { command } => command.run(global),
        Command::Device { command } => command.run(global),
        Command::Firmware { command } => command.run(global),
        Command::Import { command } => command.run(global),
        Command::Export { command } => command.run(global),
        Command::Map { command } => command.run(global),
        Command::Backup(backup) => backup.run(global),
        Command::Restore(restore) => restore.run(global),
        Command::Verify(verify) => verify.run(global),
        Command::Route(route) => route.run(),
        Command::Simulate(simulate) => simulate.run(cli.global),
        Command::SetupToken(setup) => setup.run(global),
        Command::Keys { command } => command.run(global),
        Command::Config(config) => config.run(global),
        Command::Openapi(openapi) => openapi.run(),
        Command::Completions(completions) => completions.run(),
    }
}
