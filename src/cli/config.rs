//! `config`: the settings in force.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use serde_json::json;

use super::Global;
use super::output::{self, Failure};
use super::user::Json;
use crate::data_dir::DataDir;
use crate::tls::AuthorityFacts;

/// Print the settings in force, where each comes from, and the fingerprint of the local authority
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cartwright config --json")]
pub(super) struct ShowConfig {
    #[command(flatten)]
    json: Json,
}

impl ShowConfig {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let config = global.config(BTreeMap::new())?;
        let authority = local_authority(&global.data_dir());
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
                "local_authority": authority.map(|authority| json!({
                    "name": authority.name, "sha256": authority.fingerprint(),
                    "not_after": authority.not_after,
                })),
            }));
        }
        output::print(format!("# data directory: {}", global.data_dir().display()))?;
        if let Some(authority) = authority {
            output::print(format!("# local authority for HTTPS: {}", authority.name))?;
            output::print(format!("# its SHA-256 fingerprint: {}", authority.fingerprint()))?;
        }
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

/// The authority that devices are asked to trust, if there is one and we may look.
fn local_authority(data_dir: &Path) -> Option<AuthorityFacts> {
    AuthorityFacts::read(&DataDir::ca_cert_in(data_dir)).ok()
}
