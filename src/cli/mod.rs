//! The command line: one command a file, over the same actions as the console.
//!
//! A command exits 0 when it is done, 1 when it was refused or failed, with one line on standard
//! error that begins with the stable code, and 2 when it was used wrongly.

pub mod docs;
pub mod log;
pub mod serve;

mod output;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::problem::Result;
use output::Output;

/// Self-hosted verification server for hardware keys and passkeys
#[derive(Debug, Parser)]
#[command(name = "keyward", version, propagate_version = false)]
pub struct Cli {
    /// Settings file; `keyward.toml` in the working directory where it exists and none is named
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Print what is listed or shown as one JSON document
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve,
    /// Print a reference that is generated from the program
    #[command(subcommand)]
    Docs(docs::Docs),
}

/// The whole tree of commands.
pub fn tree() -> clap::Command {
    let mut tree = Cli::command();
    tree.build();
    tree
}

/// Runs the command of this process's arguments. Wrong usage ends the process here, with 2.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.json);
    match dispatch(cli, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            output.refuse(&problem);
            ExitCode::FAILURE
        }
    }
}

fn dispatch(cli: Cli, output: &Output) -> Result<()> {
    match cli.command {
        Command::Serve => {
            let settings = crate::settings::Settings::load(
                cli.config.as_deref(),
                crate::settings::Environment::process(),
            )?;
            actix_web::rt::System::new().block_on(serve::run(settings))
        }
        Command::Docs(docs) => docs.run(output),
    }
}
