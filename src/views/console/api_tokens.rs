//! API tokens: the list, a new one, and its secret.

use serde::Serialize;

use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::api_token::{ApiScope, ApiTokenId, ApiTokenSummary};

/// A token in the list.
#[derive(Clone, Serialize)]
pub struct ApiTokenRow {
    /// The row.
    pub id: ApiTokenId,
    /// What it is called.
    pub name: String,
    /// Whose it is, by name.
    pub owner: String,
    /// What it may do.
    pub scopes: Vec<&'static str>,
    /// The networks from which it may be shown; none for any.
    pub networks: Vec<String>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// Whether that is past.
    pub is_over: bool,
    /// When it was last shown.
    pub last_used_at: Option<Timestamp>,
}

impl ApiTokenRow {
    /// The row of a token at this moment.
    pub fn new(summary: &ApiTokenSummary, now: Timestamp) -> Self {
        let (token, plan) = (&summary.token, &summary.token.plan);
        Self {
            id: token.id,
            name: plan.name.clone(),
            owner: summary.owner.clone(),
            scopes: plan.scopes.iter().map(|scope| scope.as_str()).collect(),
            networks: plan.networks.iter().map(ToString::to_string).collect(),
            expires_at: plan.expires_at,
            is_over: token.is_over(now),
            last_used_at: token.last_used_at,
        }
    }
}

/// `GET /console/tokens`.
#[derive(Clone, Serialize)]
pub struct ApiTokensPage {
    /// The tokens in the order in which they were made.
    pub tokens: Vec<ApiTokenRow>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
}

impl Page for ApiTokensPage {
    const TEMPLATE: &'static str = "console/api-tokens.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        let token = ApiTokenRow {
            id: id(7, ApiTokenId::parse),
            name: "deploy <west>".to_owned(),
            owner: "anna".to_owned(),
            scopes: vec!["users:read", "verify"],
            networks: vec!["192.0.2.0/24".to_owned(), "2001:db8::/32".to_owned()],
            expires_at: Some(ago(-90_000)),
            is_over: false,
            last_used_at: Some(ago(70)),
        };
        let over = ApiTokenRow {
            id: id(8, ApiTokenId::parse),
            networks: Vec::new(),
            expires_at: Some(ago(90)),
            is_over: true,
            last_used_at: None,
            ..token.clone()
        };
        let lasting = ApiTokenRow {
            id: id(9, ApiTokenId::parse),
            expires_at: None,
            ..token.clone()
        };
        let page = |tokens, next: Option<&str>| Self {
            tokens,
            next: next.map(str::to_owned),
            is_first_page: next.is_none(),
        };
        vec![
            page(Vec::new(), None),
            page(vec![token, over, lasting], Some("018f")),
        ]
    }
}

/// A scope to choose.
#[derive(Clone, Serialize)]
pub struct ScopeChoice {
    /// Its stable name.
    pub name: &'static str,
    /// The key of its sentence.
    pub key: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

impl ScopeChoice {
    /// What it is about.
    fn noun(&self) -> &'static str {
        self.name.split(':').next().unwrap_or(self.name)
    }
}

/// `GET /console/tokens/new`.
#[derive(Clone, Serialize)]
pub struct NewApiTokenPage {
    /// What was typed as its name.
    pub name: String,
    /// All scopes, those of one noun together.
    pub scopes: Vec<Vec<ScopeChoice>>,
    /// The networks from which it may be shown, one a line.
    pub networks: String,
    /// For how many days it lasts; empty for any number.
    pub days: String,
}

impl NewApiTokenPage {
    /// The form as it was sent.
    pub fn new(name: String, chosen: &[ApiScope], networks: String, days: String) -> Self {
        let mut scopes: Vec<Vec<ScopeChoice>> = Vec::new();
        for scope in ApiScope::ALL {
            let choice = ScopeChoice {
                name: scope.as_str(),
                key: format!("scope-{}", scope.as_str().replace(':', "-")),
                is_chosen: chosen.contains(scope),
            };
            let of_one_noun = scopes.iter_mut().find(|scopes| {
                let first = scopes.first().map(ScopeChoice::noun);
                first == Some(choice.noun())
            });
            match of_one_noun {
                Some(scopes) => scopes.push(choice),
                None => scopes.push(vec![choice]),
            }
        }
        Self {
            name,
            scopes,
            networks,
            days,
        }
    }
}

impl Page for NewApiTokenPage {
    const TEMPLATE: &'static str = "console/new-api-token.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let empty = String::new;
        let typed = Self::new(
            "deploy".to_owned(),
            &[ApiScope::UsersRead, ApiScope::Verify],
            "192.0.2.0/24".to_owned(),
            "90".to_owned(),
        );
        vec![Self::new(empty(), &[], empty(), "90".to_owned()), typed]
    }
}

/// The answer to `POST /console/tokens`: a new token's secret, this once.
#[derive(Clone, Serialize)]
pub struct ApiTokenAddedPage {
    /// What it is called.
    pub name: String,
    /// Its secret.
    pub secret: String,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

impl Page for ApiTokenAddedPage {
    const TEMPLATE: &'static str = "console/api-token-added.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let lasting = Self {
            name: "deploy".to_owned(),
            secret: format!("kw_{}", "A".repeat(43)),
            expires_at: None,
        };
        let ending = Self {
            expires_at: Some(Timestamp::from_seconds(1_795_319_000)),
            ..lasting.clone()
        };
        vec![lasting, ending]
    }
}
