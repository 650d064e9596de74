//! `keyward validation service test`

use clap::Args;
use secrecy::ExposeSecret;
use serde::Serialize;

use crate::cli::context::{Context, secret_line};
use keyward_actions::service_report::{code_of, why_refused};
use keyward_actions::validation_service;
use keyward_core::factors::yubikey::{Said, ServerReport};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::yubico::Otp;

/// Arguments of `validation service test`.
#[derive(Debug, Args)]
pub struct Test {
    /// Which
    name: String,
}

#[derive(Serialize)]
struct Row {
    server: String,
    said: &'static str,
    milliseconds: u128,
}

impl From<&ServerReport> for Row {
    fn from(report: &ServerReport) -> Self {
        Self {
            server: report.server.clone(),
            said: report.said.diagnosis(),
            milliseconds: report.latency.as_millis(),
        }
    }
}

impl Test {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let service = validation_service::find_by_name(&app, &self.name).await?;
        let typed = secret_line("the touch of a YubiKey")?;
        let otp = Otp::parse(typed.expose_secret()).ok_or_else(|| {
            Problem::new(codes::COMMAND_INPUT).detailed("this is not the touch of a YubiKey")
        })?;
        let reports =
            validation_service::test(&app, &context.administrator, &service, &otp).await?;
        let rows: Vec<Row> = reports.iter().map(Row::from).collect();
        context.output.show(&rows, |rows| {
            rows.iter()
                .map(|row| format!("{}: {} in {} ms\n", row.server, row.said, row.milliseconds))
                .collect()
        })?;
        if rows.is_empty() || !reports.iter().any(|report| report.said == Said::Confirmed) {
            let refused = reports.iter().find_map(|report| report.said.about_us());
            return Err(match refused {
                Some(declined) => Problem::new(code_of(declined))
                    .detailed(why_refused(declined, service.settings.client_id)),
                None => Problem::new(codes::SERVICE_UNREACHABLE)
                    .detailed("no server confirmed the touch"),
            });
        }
        Ok(())
    }
}
