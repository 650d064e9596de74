//! `keyward role`

use clap::{Args, Subcommand};
use serde::Serialize;

use super::context::Context;
use super::output::table;
use super::user::parse_existing_group;
use keyward_actions::{App, group, role, user};
use keyward_core::domain::role::{Role, RoleHolder};
use keyward_core::problem::{Problem, Result, codes};

/// How many are listed of each.
const MOST: i64 = 1_000;

/// What groups and users may do at the console.
#[derive(Debug, Subcommand)]
pub enum RoleCommand {
    /// Give a role to the members of a group, or to a user
    Grant(Given),
    /// Take it from them
    Revoke(Given),
    /// List who has been given which
    List,
}

/// Arguments of `role grant` and `role revoke`.
#[derive(Debug, Args)]
pub struct Given {
    /// A group, or a user where there is no group of this name
    name: String,
    /// `help-desk` or `auditor`; `superuser` for a user
    role: String,
    /// It is a group
    #[arg(long, conflicts_with = "user")]
    group: bool,
    /// It is a user, whichever groups there are
    #[arg(long)]
    user: bool,
}

#[derive(Serialize)]
struct Row {
    role: &'static str,
    group: Option<String>,
    user: Option<String>,
}

impl RoleCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Grant(given) => given.put(context, true).await,
            Self::Revoke(given) => given.put(context, false).await,
            Self::List => list(context).await,
        }
    }
}

impl Given {
    async fn put(self, context: &Context, is_given: bool) -> Result<()> {
        let app = context.open().await?;
        let by = &context.administrator;
        if self.role == "superuser" {
            if self.group {
                let why = "a superuser is one user; groups are help-desk or auditor";
                return Err(Problem::new(codes::COMMAND_INPUT).detailed(why));
            }
            let id = context.user(&app, &self.name).await?.id;
            match is_given {
                true => user::grant_superuser(&app, by, id).await?,
                false => user::withdraw_superuser(&app, by, id).await?,
            };
        } else {
            let Some(role) = Role::parse(&self.role) else {
                let why = format!("{:?} is none of superuser, help-desk, auditor", self.role);
                return Err(Problem::new(codes::COMMAND_INPUT).detailed(why));
            };
            let holder = self.holder(context, &app).await?;
            match is_given {
                true => role::grant(&app, by, holder, role).await?,
                false => role::withdraw(&app, by, holder, role).await?,
            }
        }
        let done = if is_given { "has" } else { "has no longer" };
        let (name, role) = (&self.name, &self.role);
        context
            .output
            .say(&format!("{name} {done} the role {role}"))
    }

    async fn holder(&self, context: &Context, app: &App) -> Result<RoleHolder> {
        let by = &context.administrator;
        let name = parse_existing_group(&self.name).ok().filter(|_| !self.user);
        if let Some(name) = name {
            match group::exists(app, by, name.clone()).await {
                Ok(()) => return Ok(RoleHolder::Group(name)),
                Err(unknown) if self.group => return Err(unknown),
                Err(_) => {}
            }
        }
        let user = context.user(app, &self.name).await?;
        Ok(RoleHolder::User(user.id))
    }
}

async fn list(context: &Context) -> Result<()> {
    let app = context.open().await?;
    let given = role::given(&app, &context.administrator, MOST).await?;
    let rows: Vec<Row> = given
        .into_iter()
        .map(|given| Row {
            role: given.role.as_str(),
            group: given.group.map(|name| name.as_str().to_owned()),
            user: given.user.map(|name| name.as_str().to_owned()),
        })
        .collect();
    context.output.show(&rows, |rows| {
        let cells = |row: &Row| {
            let group = row.group.clone().unwrap_or_default();
            let user = row.user.clone().unwrap_or_default();
            vec![row.role.to_owned(), group, user]
        };
        let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
        table(&["role", "group", "user"], &rows)
    })
}
