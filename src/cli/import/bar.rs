//! How far an import is, on standard error and only on a terminal.

use std::io::{self, IsTerminal, Read};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::wire::import::{ImportPhase, ImportProgress};

/// The bar of one import; nothing where nobody looks.
#[derive(Debug)]
pub(super) struct Bar {
    bar: ProgressBar,
    phase: Option<ImportPhase>,
}

/// A file that moves the bar as it is read.
pub(super) struct Watched {
    from: Box<dyn Read>,
    bar: ProgressBar,
}

impl Bar {
    /// A bar that begins with sending so many bytes; 0 when nobody knows how many.
    pub(super) fn new(bytes: u64) -> Self {
        let bar = ProgressBar::new(bytes);
        let is_seen = io::stderr().is_terminal();
        bar.set_draw_target(if is_seen {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        });
        if let Ok(style) = ProgressStyle::with_template("{msg:>9} [{bar:40}] {percent:>3} %") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message("sending");
        Self { bar, phase: None }
    }

    /// The file, which moves the bar.
    pub(super) fn reader(&self, from: Box<dyn Read>) -> Watched {
        Watched { from, bar: self.bar.clone() }
    }

    /// Takes what the shop says: a line of JSON or several.
    pub(super) fn told(&mut self, lines: &[u8]) {
        for line in lines.split(|byte| *byte == b'\n') {
            let Ok(ImportProgress { phase, done, total }) = serde_json::from_slice(line) else {
                continue;
            };
            if self.phase != Some(phase) {
                self.phase = Some(phase);
                self.bar.set_message(match phase {
                    ImportPhase::Checking => "checking",
                    ImportPhase::Writing => "writing",
                    ImportPhase::Undoing => "undoing",
                });
            }
            self.bar.set_length(total);
            self.bar.set_position(done);
        }
    }

    /// Takes the bar away: the result says the rest.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.bar.inc(u64::try_from(read).unwrap_or(0));
        Ok(read)
    }
}
