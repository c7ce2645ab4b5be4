//! `firmware`: images for trolleys.

use std::fs::File;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::Global;
use super::output::{self, Failure, cell};
use super::user::Json;
use crate::wire::control::Request;

#[derive(Debug, Subcommand)]
pub(super) enum Firmware {
    /// Bring in an image; it goes to nobody yet
    #[command(
        after_help = "Example:\n  cartwright firmware add cart.bin --version 1.4.0 --chip ESP32-S3\n\n\
        The file is the application's .bin, at most 8 MiB. What looks wrong with it is said; such\n\
        an image goes to more than one trolley only with --force."
    )]
    Add(Add),
    /// List all images, newest first
    #[command(after_help = "Example:\n  cartwright firmware list --json")]
    List(Json),
    /// Hand an image out, or to more trolleys than before
    #[command(after_help = "Examples:\n  cartwright firmware roll 3 --ring one --device 7\n  \
        cartwright firmware roll 3 --ring all\n\n\
        Each trolley gets it when it has no basket. Going further is refused while trolleys that\n\
        have it did not say that they are well; --force goes on all the same.")]
    Roll(Roll),
    /// Hand an image out no more
    #[command(after_help = "Example:\n  cartwright firmware halt 3")]
    Halt(Halt),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The image
    file: PathBuf,
    /// What the firmware says that it is
    #[arg(long)]
    version: String,
    /// What it runs on [default: what the image says]
    #[arg(long)]
    chip: Option<String>,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Args)]
pub(super) struct Roll {
    /// The image's id, as `firmware list` shows it
    id: u64,
    /// To whom it goes
    #[arg(long, value_parser = ["one", "tenth", "all"])]
    ring: String,
    /// The trolley of ring one
    #[arg(long, value_name = "ID")]
    device: Option<u64>,
    /// Although trolleys did not say that they are well, or something looks wrong with the image
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Args)]
pub(super) struct Halt {
    /// The image's id, as `firmware list` shows it
    id: u64,
    #[command(flatten)]
    json: Json,
}

impl Firmware {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        match self {
            Self::Add(Add { file, version, chip, json }) => {
                let opened = File::open(&file);
                let mut body =
                    opened.map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
                let request = Request::FirmwareAdd { version, chip };
                told(&global.ask_with(request, &mut body, &mut |_| Ok(()))?, json.json)
            }
            Self::List(Json { json }) => {
                let images = global.ask(Request::FirmwareList)?;
                let members = ["id", "version", "chip", "size", "ring", "state", "created_at"];
                output::print_table(&images, &members, json)
            }
            Self::Roll(Roll { id, ring, device, force, json }) => {
                let request = Request::FirmwareRoll { id, ring, device_id: device, force };
                told(&global.ask(request)?, json.json)
            }
            Self::Halt(Halt { id, json }) => {
                told(&global.ask(Request::FirmwareHalt { id })?, json.json)
            }
        }
    }
}

fn told(image: &Value, json: bool) -> Result<(), Failure> {
    if json {
        return output::print_json(image);
    }
    for warning in image["warnings"].as_array().into_iter().flatten() {
        eprintln!("warning: {}", cell(warning));
    }
    let member = |name: &str| cell(&image[name]);
    output::print(format!(
        "firmware {} ({} for {}) is {}, ring {}",
        member("id"),
        member("version"),
        member("chip"),
        member("state"),
        member("ring")
    ))
}
