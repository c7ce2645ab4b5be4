//! `completions`: for shells.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use super::output::{self, Failure};

/// Print a shell's completion script
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  cartwright completions bash > /etc/bash_completion.d/cartwright"
)]
pub(super) struct Completions {
    /// For which shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "cartwright", &mut script);
        output::write(&script)
    }
}
