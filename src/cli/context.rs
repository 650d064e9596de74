//! What commands need: the settings, and the `App` opened with them.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::output::Output;
use keyward_actions::App;
use keyward_actions::start::Migrations;
use keyward_actions::user;
use keyward_core::clock::{SystemClock, SystemEntropy};
use keyward_core::domain::user::User;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};
use keyward_settings::{Environment, Settings};

/// One run of a command.
pub struct Context {
    /// The settings file that was named.
    pub config: Option<PathBuf>,
    /// Where to print.
    pub output: Output,
    /// Who acts.
    pub administrator: Administrator,
}

impl Context {
    /// The settings.
    ///
    /// # Errors
    /// `settings.invalid`
    pub fn settings(&self) -> Result<Settings> {
        Settings::load(self.config.as_deref(), Environment::process())
    }

    /// The `App`, for a command. A database that was never used is prepared first; one of an older
    /// version is left to `keyward migrate`, because a server may be running on it.
    ///
    /// # Errors
    /// As [`App::open`].
    pub async fn open(&self) -> Result<App> {
        let settings = self.settings()?;
        super::log::start_quietly(&settings.log);
        Self::open_with(settings, Migrations::ApplyToNew).await
    }

    /// The `App` with these settings, and this way to treat missing migrations.
    ///
    /// # Errors
    /// As [`App::open`].
    pub async fn open_with(settings: Settings, migrations: Migrations) -> Result<App> {
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        App::open(settings, migrations, clock, entropy).await
    }

    /// The user of this name.
    ///
    /// # Errors
    /// `user.unknown`
    pub async fn user(&self, app: &App, name: &str) -> Result<User> {
        let found = user::find_by_name(app, &self.administrator, name).await?;
        found.ok_or_else(|| Problem::new(codes::USER_UNKNOWN).detailed(name))
    }
}

/// The first line of standard input, without its end. A secret is never an argument: the list of
/// processes shows those to everybody on the machine.
///
/// # Errors
/// `command.input` where there is none.
pub fn secret_line(what: &str) -> Result<SecretString> {
    let mut line = Zeroizing::new(String::new());
    let read = std::io::stdin().lock().read_line(&mut line);
    let text = line.trim_end_matches(['\r', '\n']);
    match read {
        Ok(_) if !text.is_empty() => Ok(SecretString::from(text)),
        _ => Err(Problem::new(codes::COMMAND_INPUT)
            .detailed(format!("{what} was expected on standard input"))),
    }
}

/// Asks before something that cannot be taken back.
///
/// # Errors
/// `command.unconfirmed` unless the answer is yes.
pub fn confirm(question: &str) -> Result<()> {
    let mut err = std::io::stderr();
    let _ = write!(err, "{question} [y/N] ");
    let _ = err.flush();
    let mut answer = String::new();
    let stdin = std::io::stdin();
    let _ = stdin.lock().read_line(&mut answer);
    // A terminal has gone on to the next line by itself, unless nothing was typed.
    if !stdin.is_terminal() || !answer.ends_with('\n') {
        let _ = writeln!(err);
    }
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(codes::COMMAND_UNCONFIRMED.into()),
    }
}
