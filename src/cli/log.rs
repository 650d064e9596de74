//! What is written to standard error while the server runs.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use keyward_settings::{Log, LogFormat, LogLevel};

/// Starts the log. A second start in one process changes nothing.
pub fn start(log: &Log) {
    let writer = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(filter(log.level));
    let _ = match log.format {
        LogFormat::Json => writer.json().flatten_event(true).try_init(),
        LogFormat::Text => writer
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false)
            .try_init(),
    };
}

/// Starts the log for a command that ends soon: what it has to say it prints itself.
pub fn start_quietly(log: &Log) {
    let level = match log.level {
        LogLevel::Error | LogLevel::Warn | LogLevel::Info => LogLevel::Error,
        detailed @ (LogLevel::Debug | LogLevel::Trace) => detailed,
    };
    start(&Log {
        level,
        ..log.clone()
    });
}

/// Libraries speak up at `warn` and above, unless everything is asked for. The one that verifies
/// passkeys reports every refused answer as an error, the one that reads HTTP what it cannot read,
/// those of sessions and of TLS warn of each cookie and each handshake that is none: by these anybody
/// could fill the log. What is refused stands in the audit trail.
fn filter(level: LogLevel) -> EnvFilter {
    const QUIET: &str = "webauthn_rs_core=off,webauthn_attestation_ca=off,actix_http=off,\
                         actix_session=error,rustls=error";
    EnvFilter::new(match level {
        LogLevel::Error => format!("error,{QUIET}"),
        LogLevel::Warn => format!("warn,{QUIET}"),
        LogLevel::Info => format!("warn,keyward=info,{QUIET}"),
        LogLevel::Debug => format!("warn,keyward=debug,{QUIET}"),
        LogLevel::Trace => "trace".to_owned(),
    })
}
