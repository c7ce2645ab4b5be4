//! `config`: the settings in force.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;

use super::Global;
use super::output::{self, Failure};
use super::user::Json;

/// Print the settings in force and where each comes from
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cartwright config --json")]
pub(super) struct ShowConfig {
    #[command(flatten)]
    json: Json,
}

impl ShowConfig {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let config = global.config(BTreeMap::new())?;
        if self.json.json {
            let settings: Vec<_> = config
                .entries()
                .iter()
                .map(|entry| {
                    let source = entry.source.to_string();
                    json!({ "key": entry.key, "value": entry.value, "source": source,
                        "about": entry.about })
                })
                .collect();
            return output::print_json(&json!({
                "data_dir": global.data_dir(), "settings": settings,
            }));
        }
        output::print(format!("# data directory: {}", global.data_dir().display()))?;
        for entry in config.entries() {
            output::print(format!("\n# {}; from {}", entry.about, entry.source))?;
            output::print(format!("{} = {:?}", entry.key, entry.value))?;
        }
        for warning in config.warnings() {
            eprintln!("warning: {warning}");
        }
        Ok(())
    }
}
