//! `keyward token add`

use std::time::Duration;

use clap::Args;
use ipnet::IpNet;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::validation_client::parse_network;
use keyward_actions::api_token;
use keyward_core::domain::api_token::{ApiScope, ApiTokenPlan};
use keyward_core::problem::Result;

/// Arguments of `token add`.
#[derive(Debug, Args)]
pub struct Add {
    /// What it is called: for whom it is
    name: String,
    /// What it may do, such as users:read or verify; the reference of the API lists them
    #[arg(long = "scope", value_name = "SCOPE", value_parser = parse_scope, value_delimiter = ',', required = true)]
    scopes: Vec<ApiScope>,
    /// Whose it is: it does no more than this user may; the only superuser's where nobody is named
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// For how long it works, such as 90d or 12h; for ever where nothing is said
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    expires: Option<Duration>,
    /// A network from which it may be used, such as 192.0.2.0/24; from anywhere where none is named
    #[arg(long, value_name = "NETWORK", value_parser = parse_network)]
    allow: Vec<IpNet>,
}

fn parse_scope(text: &str) -> std::result::Result<ApiScope, String> {
    let all = || ApiScope::ALL.iter().map(|scope| scope.as_str());
    let known = || format!("none of {}", all().collect::<Vec<_>>().join(", "));
    ApiScope::parse(text).ok_or_else(known)
}

fn parse_span(text: &str) -> std::result::Result<Duration, String> {
    let wrong = || "no time such as 90d, 12h or 30m".to_owned();
    let seconds = [("d", 86_400), ("h", 3_600), ("m", 60)];
    let (number, unit) = seconds
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)))
        .ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let lasting = number.checked_mul(unit).filter(|lasting| *lasting > 0);
    // A hundred years are for ever.
    let lasting = lasting.filter(|lasting| *lasting <= 100 * 366 * 86_400);
    lasting.map(Duration::from_secs).ok_or_else(wrong)
}

impl Add {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let owner = match &self.owner {
            Some(name) => context.user(&app, name).await?,
            None => api_token::usual_owner(&app, &context.administrator).await?,
        };
        let plan = ApiTokenPlan {
            name: self.name,
            scopes: self.scopes.into_iter().collect(),
            networks: self.allow,
            expires_at: self.expires.map(|lasting| app.now() + lasting),
        };
        let added = api_token::add(&app, &context.administrator, owner.id, plan).await?;
        let (token, secret) = added;
        let secret = secret.expose();
        let shown = json!({
            "id": token.id,
            "name": token.plan.name,
            "owner": owner.name.as_str(),
            "token": secret.as_str(),
            "expires_at": token.plan.expires_at.map(keyward_core::clock::Timestamp::rfc3339),
        });
        context.output.show(&shown, |_| {
            let name = &token.plan.name;
            format!(
                "token {name} of {} was added; it is shown this once\n{}",
                owner.name, *secret
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_unit() {
        assert_eq!(parse_span("90d"), Ok(Duration::from_hours(90 * 24)));
        assert_eq!(parse_span("12h"), Ok(Duration::from_hours(12)));
        for other in [
            "",
            "d",
            "0d",
            "-1d",
            "1.5h",
            "90",
            "99999999d",
            "18446744073709551615d",
        ] {
            assert!(parse_span(other).is_err(), "{other}");
        }
    }
}
