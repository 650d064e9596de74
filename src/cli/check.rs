//! `keyward check`

use serde::Serialize;

use super::context::Context;
use crate::web::tls;
use keyward_actions::check::{self, Finding, State};
use keyward_core::problem::Result;

#[derive(Serialize)]
struct Line {
    part: String,
    state: &'static str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<&'static str>,
}

impl From<&Finding> for Line {
    fn from(finding: &Finding) -> Self {
        let (state, text, code, mend) = match &finding.state {
            State::Fine(text) => ("fine", text.clone(), None, None),
            State::ToBeMade(text) => ("to be made", text.clone(), None, None),
            State::ToLookAt(text, mend) => ("to look at", text.clone(), None, Some(*mend)),
            State::Wrong(problem, mend) => (
                "wrong",
                problem.to_string(),
                Some(problem.code().name),
                Some(*mend),
            ),
        };
        Self {
            part: finding.part.clone(),
            state,
            text,
            code,
            mend,
        }
    }
}

pub(super) async fn run(context: &Context) -> Result<()> {
    let settings = context.settings()?;
    let file = match &settings.file {
        Some(path) => format!("{} is read", path.display()),
        None => "built-in defaults, no file".to_owned(),
    };
    let mut findings = vec![Finding::new("settings", State::Fine(file))];
    if let Some(files) = settings.server.tls() {
        let mend = "give a certificate chain and its own key as PEM files that can be read";
        let state = match tls::check(&files) {
            Ok(()) => State::Fine("certificate and key fit".to_owned()),
            Err(problem) => State::Wrong(problem, mend),
        };
        findings.push(Finding::new("TLS files", state));
    }
    findings.extend(check::check(&settings).await);
    let lines: Vec<Line> = findings.iter().map(Line::from).collect();
    context.output.show(&lines, |lines| {
        lines
            .iter()
            .map(|line| match line.mend {
                Some(mend) => format!("{}: {}: {}; {mend}\n", line.state, line.part, line.text),
                None => format!("{}: {}: {}\n", line.state, line.part, line.text),
            })
            .collect()
    })?;
    check::verdict(findings)
}
