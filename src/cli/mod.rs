//! The command line: one command a file, over the same actions as the console.
//!
//! A command exits 0 when it is done, 1 when it was refused or failed, with one line on standard
//! error that begins with the stable code, and 2 when it was used wrongly. A dry run of `apply` that
//! would change something exits 3.

pub mod docs;
pub mod log;

mod api_token;
mod application;
mod apply;
mod check;
mod context;
mod device;
mod enrolment;
mod event;
mod export;
mod group;
mod import;
mod invitation;
mod key;
mod limit;
mod list;
mod lockout;
mod mail;
mod metadata;
mod migrate;
mod openid_client;
mod openid_key;
mod otp_key;
mod output;
mod pass;
mod passwords;
mod phone;
mod policy;
mod progress;
mod report;
mod role;
mod serve;
mod session;
mod stop;
mod two_factor;
mod user;
mod validation_client;
mod validation_service;
mod webhook;
mod written_file;

use std::ffi::OsString;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use context::Context;
use output::Output;

use crate::web::tls;
use keyward_actions::NOTICED_WITHIN;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result};

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
    /// Verify settings, database, migrations, master key, TLS files, mail and validation services
    Check,
    /// Apply the migrations that the database lacks
    Migrate(migrate::Migrate),
    /// People
    #[command(subcommand)]
    User(user::UserCommand),
    /// Devices of people
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// Credentials in passkeys and security keys
    #[command(subcommand)]
    Credential(device::CredentialCommand),
    /// The audit trail
    #[command(subcommand)]
    Event(event::EventCommand),
    /// Invite a person by mail
    Invite(invitation::Invite),
    /// Invitations by mail
    #[command(subcommand)]
    Invitation(invitation::InvitationCommand),
    /// Temporary access passes
    #[command(subcommand)]
    Pass(pass::PassCommand),
    /// Passwords that leaked, which are not taken
    #[command(subcommand)]
    Passwords(passwords::PasswordsCommand),
    /// Second factors
    #[command(subcommand)]
    TwoFactor(two_factor::TwoFactorCommand),
    /// Verification of YubiKeys' one-time passwords
    #[command(subcommand)]
    Validation(validation_service::ValidationCommand),
    /// Applications behind a proxy that asks us who may pass
    #[command(subcommand)]
    Application(application::ApplicationCommand),
    /// Applications that people sign in to by OpenID Connect, and programs that ask for tokens
    #[command(subcommand)]
    Client(openid_client::ClientCommand),
    /// Keys that sign tokens
    #[command(subcommand)]
    OpenidKey(openid_key::OpenidKeyCommand),
    /// Addresses to which events are sent as they happen
    #[command(subcommand)]
    Webhook(webhook::WebhookCommand),
    /// Groups of people, which policies speak of
    #[command(subcommand)]
    Group(group::GroupCommand),
    /// What groups and users may do at the console
    #[command(subcommand)]
    Role(role::RoleCommand),
    /// What the organisation asks of people's devices
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// FIDO metadata about authenticator models
    #[command(subcommand)]
    Metadata(metadata::MetadataCommand),
    /// The inventory of keys
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// What is registered on keys for their owners
    #[command(subcommand)]
    Enrolment(enrolment::EnrolmentCommand),
    /// Numbers of people and of keys
    #[command(subcommand)]
    Report(report::ReportCommand),
    /// Moving over from other systems
    #[command(subcommand)]
    Import(import::ImportCommand),
    Apply(apply::Apply),
    Export(export::Export),
    /// Sessions
    #[command(subcommand)]
    Session(session::SessionCommand),
    /// Failed tries, and the locks that follow from them
    #[command(subcommand)]
    Lockout(lockout::LockoutCommand),
    /// Tokens by which other programs call the API
    #[command(subcommand)]
    Token(api_token::ApiTokenCommand),
    /// Text messages and calls that carry codes
    #[command(subcommand)]
    Phone(phone::PhoneCommand),
    /// Mail on its way
    #[command(subcommand)]
    Mail(mail::MailCommand),
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
    let cli = Cli::parse_from(without_bare_config(keyward_settings::arguments()));
    let context = Context {
        config: cli.config,
        output: Output::new(cli.json),
        administrator: Administrator::at_command_line(),
    };
    match begin(cli.command, &context) {
        Ok(code) => code,
        Err(problem) => {
            context.output.refuse(&problem);
            ExitCode::FAILURE
        }
    }
}

/// `export --config` says what is exported: there the option has no value. Everywhere else it names the
/// settings file, also of an export.
fn without_bare_config(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let is_option = |text: &OsString| text.as_encoded_bytes().starts_with(b"-");
    let Some(export) = arguments.iter().position(|text| text == "export") else {
        return arguments;
    };
    // What stands before the command are options and the value of one of them.
    let before = arguments.iter().take(export).skip(1);
    let mut words = before.filter(|text| !is_option(text));
    let is_command = match words.next() {
        None => true,
        Some(_) => {
            words.next().is_none() && arguments.iter().take(export).any(|text| text == "--config")
        }
    };
    let bare = |at: &usize| {
        arguments.get(*at).is_some_and(|text| text == "--config")
            && arguments.get(at + 1).is_none_or(is_option)
    };
    if is_command && let Some(at) = (export + 1..arguments.len()).find(bare) {
        arguments.remove(at);
    }
    arguments
}

fn begin(command: Command, context: &Context) -> Result<ExitCode> {
    // Two providers may be compiled in one day; a library that asks for the usual one gets ours.
    tls::install_provider();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Problem::internal)?;
    // Boxed: the runtime has a copy of its loop for each way in which it may be built, and all commands
    // would stand in each of them.
    let work: Pin<Box<dyn Future<Output = Result<ExitCode>> + '_>> =
        Box::pin(dispatch(command, context));
    let done = runtime.block_on(work);
    // A thread that waits for a database that does not answer must not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_millis(50));
    // When the command has ended, a server that is running counts what it changed.
    std::thread::sleep(NOTICED_WITHIN);
    done
}

async fn dispatch(command: Command, context: &Context) -> Result<ExitCode> {
    let done = match command {
        Command::Apply(apply) => return apply.run(context).await,
        Command::Export(export) => export.run(context).await,
        Command::Serve => serve::run(context).await,
        Command::Check => check::run(context).await,
        Command::Migrate(migrate) => migrate.run(context).await,
        Command::User(user) => user.run(context).await,
        Command::Device(device) => device.run(context).await,
        Command::Credential(credential) => credential.run(context).await,
        Command::Event(event) => event.run(context).await,
        Command::Invite(invite) => invite.run(context).await,
        Command::Invitation(invitation) => invitation.run(context).await,
        Command::Pass(pass) => pass.run(context).await,
        Command::Passwords(passwords) => passwords.run(context).await,
        Command::TwoFactor(two_factor) => two_factor.run(context).await,
        Command::Validation(validation) => validation.run(context).await,
        Command::Application(application) => application.run(context).await,
        Command::Client(client) => client.run(context).await,
        Command::OpenidKey(key) => key.run(context).await,
        Command::Webhook(webhook) => webhook.run(context).await,
        Command::Group(group) => group.run(context).await,
        Command::Role(role) => role.run(context).await,
        Command::Policy(policy) => policy.run(context).await,
        Command::Metadata(metadata) => metadata.run(context).await,
        Command::Key(key) => key.run(context).await,
        Command::Enrolment(enrolment) => enrolment.run(context).await,
        Command::Report(report) => report.run(context).await,
        Command::Import(import) => import.run(context).await,
        Command::Session(session) => session.run(context).await,
        Command::Lockout(lockout) => lockout.run(context).await,
        Command::Token(token) => token.run(context).await,
        Command::Phone(phone) => phone.run(context).await,
        Command::Mail(mail) => mail.run(context).await,
        Command::Docs(docs) => docs.run(&context.output),
    };
    done.map(|()| ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_of_an_export_has_no_value_where_none_follows() {
        let kept = |line: &str| {
            let arguments = line.split(' ').map(OsString::from).collect();
            let left: Vec<OsString> = without_bare_config(arguments);
            let left: Vec<_> = left.iter().map(|text| text.to_string_lossy()).collect();
            left.join(" ")
        };
        for (line, left) in [
            ("keyward export --config", "keyward export"),
            ("keyward export --config --json", "keyward export --json"),
            (
                "keyward --config k.toml export --config",
                "keyward --config k.toml export",
            ),
            (
                "keyward export --config --config k.toml",
                "keyward export --config k.toml",
            ),
            (
                "keyward export --config k.toml --config",
                "keyward export --config k.toml",
            ),
        ] {
            assert_eq!(kept(line), left);
        }
        for line in [
            "keyward export --config k.toml",
            "keyward key export --config",
            "keyward user add export --config",
            "keyward serve --config",
        ] {
            assert_eq!(kept(line), line);
        }
    }
}
