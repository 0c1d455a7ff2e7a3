//! `microtome cache`: what the store holds, whether it is whole, and what may go.

mod du;
mod gc;
mod size;
mod verify;

use super::{Exit, Failure, Form};
use clap::{Args, Subcommand};

/// Look after the store
#[derive(Args)]
pub struct Cache {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Du(du::Du),
    Gc(gc::Gc),
    Verify(verify::Verify),
}

impl Cache {
    pub(super) fn form(&self) -> Form {
        match &self.command {
            Command::Du(command) => command.form(),
            Command::Gc(command) => command.form(),
            Command::Verify(command) => command.form(),
        }
    }

    pub(super) fn run(self) -> Result<Exit, Failure> {
        match self.command {
            Command::Du(command) => command.run(),
            Command::Gc(command) => command.run(),
            Command::Verify(command) => command.run(),
        }
    }
}
