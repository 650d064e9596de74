//! A program that calls the API with a token.

use reqwest::Method;
use serde_json::Value;

use keyward_actions::{api_token, user};
use keyward_core::domain::api_token::{ApiScope, ApiTokenPlan};
use keyward_core::flows::permit::Administrator;

use super::client::Client;
use super::page::Page;
use super::server::Server;

/// A program with its token.
#[derive(Clone)]
pub struct Program {
    /// What it calls with.
    pub token: String,
    client: Client,
}

impl Server {
    /// A program whose token is the superuser root's and has these scopes.
    pub async fn program(&self, scopes: &[&str]) -> Program {
        if self
            .database
            .number("SELECT COUNT(*) FROM users WHERE name = 'root'")
            == 0
        {
            self.superuser("root").await;
        }
        let read = |scope: &&str| ApiScope::parse(scope).expect("a scope");
        let count = self.database.number("SELECT COUNT(*) FROM api_tokens");
        let plan = ApiTokenPlan {
            name: format!("program {count}"),
            scopes: scopes.iter().map(read).collect(),
            networks: Vec::new(),
            expires_at: None,
        };
        self.program_with(plan).await
    }

    /// A program that may do everything.
    pub async fn mighty_program(&self) -> Program {
        let all: Vec<&str> = ApiScope::ALL.iter().map(|scope| scope.as_str()).collect();
        self.program(&all).await
    }

    /// A program whose token is root's, who is there, and of this plan.
    pub async fn program_with(&self, plan: ApiTokenPlan) -> Program {
        let administrator = Administrator::at_command_line();
        let owner = user::find_by_name(&self.app, &administrator, "root").await;
        let owner = owner.expect("a database").expect("root is there").id;
        let added = api_token::add(&self.app, &administrator, owner, plan).await;
        let (_, secret) = added.expect("a good plan");
        Program {
            token: secret.expose().to_string(),
            client: Client::new(&self.base),
        }
    }
}

impl Program {
    /// The same program with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: token.to_owned(),
            ..self.clone()
        }
    }

    /// A request with the token.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, &format!("/api/v1{path}"));
        request.bearer_auth(&self.token)
    }

    /// Sends a request.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        self.client.send(request).await
    }

    /// Reads something.
    pub async fn gets(&self, path: &str) -> Page {
        self.send(self.request(Method::GET, path)).await
    }

    /// Posts something.
    pub async fn posts(&self, path: &str, body: &Value) -> Page {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Posts something under a key of its own.
    pub async fn posts_once(&self, path: &str, key: &str, body: &Value) -> Page {
        let request = self.request(Method::POST, path).json(body);
        self.send(request.header("idempotency-key", key)).await
    }

    /// Changes something that had this tag.
    pub async fn patches(&self, path: &str, tag: &str, body: &Value) -> Page {
        let request = self.request(Method::PATCH, path).json(body);
        self.send(request.header("if-match", tag)).await
    }

    /// Deletes something.
    pub async fn deletes(&self, path: &str) -> Page {
        self.send(self.request(Method::DELETE, path)).await
    }
}
