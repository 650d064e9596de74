//! Applications.

use serde::Serialize;
use utoipa::ToSchema;

use super::row;
use keyward_core::domain::application::Application;

row! {
    /// An application.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = Application)]
    pub struct ApplicationRow {
        /// The id.
        pub id: String,
        /// What it is called.
        pub name: String,
        /// Where it is reached.
        pub hosts: Vec<String>,
        /// Who may go where, one rule each; the first that matches decides.
        pub rules: Vec<String>,
        /// Whom to ask by people who may not go on.
        pub contact: String,
        /// The rules that decide nothing, counted from one.
        pub unreachable: Vec<usize>,
        /// When it was added.
        #[schema(format = "date-time")]
        pub created_at: String,
    }
}

impl From<&Application> for ApplicationRow {
    fn from(application: &Application) -> Self {
        let settings = &application.settings;
        let unreachable = settings.unreachable_rules();
        Self {
            id: application.id.to_string(),
            name: settings.name.to_string(),
            hosts: settings.hosts.iter().map(ToString::to_string).collect(),
            rules: settings.rules.iter().map(ToString::to_string).collect(),
            contact: settings.contact.clone(),
            unreachable: unreachable.iter().map(|(rule, _)| rule + 1).collect(),
            created_at: application.created_at.rfc3339(),
        }
    }
}
