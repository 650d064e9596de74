//! What files declare: groups, applications, clients of the OpenID provider, policies, validation services and clients, and webhooks;
//! and what has to change until that is what is there.

mod fields;
mod plan;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use secrecy::SecretString;
use serde::{Serialize, Serializer};

use super::application::{ApplicationId, ApplicationSettings, RuleUser, Who};
use super::group::GroupName;
use super::openid_client::{ClientSettings, OpenidClientId};
use super::policy::{Rules, Scope};
use super::user::fold;
use super::validation_client::{ValidationClientId, ValidationClientSettings};
use super::validation_service::{ValidationServiceId, ValidationServiceSettings};
use super::webhook::{WebhookId, WebhookSettings};
use crate::problem::{Problem, Result, codes};
use crate::secret::TokenHash;

pub use fields::Field;
pub use plan::{Action, Change, FieldChange, Plan};

/// A kind of what can be declared, in the order in which it is put in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Groups.
    Group,
    /// Applications.
    Application,
    /// Clients of the OpenID provider.
    OpenidClient,
    /// Policies that are in force.
    Policy,
    /// Validation services that we ask.
    ValidationService,
    /// Clients that ask our validation server.
    ValidationClient,
    /// Webhooks.
    Webhook,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Group,
        Self::Application,
        Self::OpenidClient,
        Self::Policy,
        Self::ValidationService,
        Self::ValidationClient,
        Self::Webhook,
    ];

    /// The key of files that holds all of the kind.
    pub fn key(self) -> &'static str {
        match self {
            Self::Group => "groups",
            Self::Application => "applications",
            Self::OpenidClient => "clients",
            Self::Policy => "policies",
            Self::ValidationService => "validation_services",
            Self::ValidationClient => "validation_clients",
            Self::Webhook => "webhooks",
        }
    }

    /// What one of the kind is called.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Application => "application",
            Self::OpenidClient => "client",
            Self::Policy => "policy",
            Self::ValidationService => "validation service",
            Self::ValidationClient => "validation client",
            Self::Webhook => "webhook",
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.noun())
    }
}

/// A secret that something shares with us, as a declaration speaks of it.
#[derive(Clone, Debug)]
pub enum SharedKey {
    /// It stays as it is; none where there was none.
    Kept,
    /// It stays as it is, and there has to be one.
    Needed,
    /// There is none.
    Absent,
    /// This one, as it is written down: in base64.
    Given(SecretString),
    /// The one of which this is the hash: nothing else of it is kept.
    Hashed(TokenHash),
}

/// One thing that is declared, or there.
#[derive(Clone, Debug)]
pub enum Declaration {
    /// A group, without its members.
    Group(GroupName),
    /// An application.
    Application(ApplicationSettings),
    /// A client of the OpenID provider, and its secret.
    OpenidClient(Box<ClientSettings>, SharedKey),
    /// A policy in force.
    Policy {
        /// Whom it concerns.
        scope: Scope,
        /// What it asks for.
        rules: Box<Rules>,
        /// Whether those whom it concerns are told by mail; `None` for as it is.
        mail: Option<bool>,
    },
    /// A validation service, without its key.
    ValidationService(Box<ValidationServiceSettings>, SharedKey),
    /// A client of our validation server.
    ValidationClient {
        /// Its number.
        id: ValidationClientId,
        /// What is said of it.
        settings: ValidationClientSettings,
        /// Whether it is answered.
        is_active: bool,
        /// Its key.
        key: SharedKey,
    },
    /// A webhook, and the secret that it is signed with.
    Webhook(WebhookSettings, SharedKey),
}

impl Declaration {
    /// Of which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Group(_) => Kind::Group,
            Self::Application(_) => Kind::Application,
            Self::OpenidClient(..) => Kind::OpenidClient,
            Self::Policy { .. } => Kind::Policy,
            Self::ValidationService(..) => Kind::ValidationService,
            Self::ValidationClient { .. } => Kind::ValidationClient,
            Self::Webhook(..) => Kind::Webhook,
        }
    }

    /// What people call it among those of its kind.
    pub fn name(&self) -> String {
        match self {
            Self::Group(name) => name.as_str().to_owned(),
            Self::Application(settings) => settings.name.to_string(),
            Self::OpenidClient(settings, _) => settings.client_id.to_string(),
            Self::Policy { scope, .. } => match scope.group() {
                None => "for everybody".to_owned(),
                Some(group) => format!("for {}", group.as_str()),
            },
            Self::ValidationService(settings, _) => settings.name.clone(),
            Self::ValidationClient { id, .. } => id.to_string(),
            Self::Webhook(settings, _) => settings.name.clone(),
        }
    }

    /// What is the same for two that are one.
    fn identity(&self) -> (Kind, String) {
        let text = match self {
            Self::Group(name) => name.as_str().to_owned(),
            Self::Application(settings) => settings.name.folded(),
            Self::OpenidClient(settings, _) => settings.client_id.to_string(),
            Self::Policy { scope, .. } => scope.as_str().to_owned(),
            Self::ValidationService(settings, _) => fold(&settings.name),
            Self::ValidationClient { id, .. } => id.to_string(),
            Self::Webhook(settings, _) => fold(&settings.name),
        };
        (self.kind(), text)
    }

    /// The groups that it speaks of, beside itself.
    fn groups(&self) -> Vec<&GroupName> {
        match self {
            Self::Application(settings) => {
                let members = settings.rules.iter().filter_map(|rule| match &rule.who {
                    Who::Members { groups, .. } => Some(groups),
                    Who::Bypass | Who::Deny | Who::Anyone => None,
                });
                members.flatten().collect()
            }
            Self::OpenidClient(settings, _) => match &settings.who {
                Who::Members { groups, .. } => groups.iter().collect(),
                Who::Bypass | Who::Deny | Who::Anyone => Vec::new(),
            },
            Self::Policy { scope, .. } => scope.group().into_iter().collect(),
            Self::Group(_)
            | Self::ValidationService(..)
            | Self::ValidationClient { .. }
            | Self::Webhook(..) => Vec::new(),
        }
    }

    /// The users whom its rules name.
    fn users_mut(&mut self) -> Vec<&mut RuleUser> {
        match self {
            Self::Application(settings) => {
                let members = settings
                    .rules
                    .iter_mut()
                    .filter_map(|rule| match &mut rule.who {
                        Who::Members { users, .. } => Some(users),
                        Who::Bypass | Who::Deny | Who::Anyone => None,
                    });
                members.flatten().collect()
            }
            Self::OpenidClient(settings, _) => match &mut settings.who {
                Who::Members { users, .. } => users.iter_mut().collect(),
                Who::Bypass | Who::Deny | Who::Anyone => Vec::new(),
            },
            Self::Group(_)
            | Self::Policy { .. }
            | Self::ValidationService(..)
            | Self::ValidationClient { .. }
            | Self::Webhook(..) => Vec::new(),
        }
    }
}

/// Where something is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The key in it, such as `applications[0].hosts`.
    pub key: String,
}

impl Place {
    /// What is wrong there.
    pub fn wrong(&self, why: impl fmt::Display) -> Problem {
        Problem::new(codes::DECLARED_INVALID).detailed(format!("{self} {why}"))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => f.write_str(&self.file),
            key => write!(f, "{}: {key}", self.file),
        }
    }
}

/// Everything that files declare.
#[derive(Debug, Default)]
pub struct Declarations {
    kinds: BTreeSet<Kind>,
    all: BTreeMap<(Kind, String), (Place, Declaration)>,
}

impl Declarations {
    /// Notes that a file speaks of a kind, be it to say that there is none.
    pub fn speak_of(&mut self, kind: Kind) {
        self.kinds.insert(kind);
    }

    /// Adds a declaration.
    ///
    /// # Errors
    /// `declared.invalid` where the same is declared elsewhere too.
    pub fn add(&mut self, place: Place, declaration: Declaration) -> Result<()> {
        self.speak_of(declaration.kind());
        let identity = declaration.identity();
        if let Some((earlier, _)) = self.all.get(&identity) {
            let (noun, name) = (declaration.kind().noun(), declaration.name());
            let why = format!("declares the {noun} {name}, which {earlier} declares too");
            return Err(place.wrong(why));
        }
        self.all.insert(identity, (place, declaration));
        Ok(())
    }

    /// The names of users in rules, each spelling once.
    pub fn users(&mut self) -> BTreeSet<String> {
        let all = self.all.values_mut();
        let users = all.flat_map(|(_, declaration)| declaration.users_mut());
        users.map(|user| user.name.clone()).collect()
    }
}

/// What is there already, and how it is got at.
#[derive(Clone, Debug)]
pub struct Existing {
    /// The thing.
    pub declaration: Declaration,
    /// Its row.
    pub row: Row,
}

/// The row of what is there.
#[derive(Clone, Copy, Debug)]
pub enum Row {
    /// It is found by its name or number.
    Named,
    /// An application's, in this version.
    Application(ApplicationId, i64),
    /// A client's of the OpenID provider, in this version.
    OpenidClient(OpenidClientId, i64),
    /// A validation service's.
    ValidationService(ValidationServiceId),
    /// A webhook's.
    Webhook(WebhookId),
}

/// Everything that is there of what can be declared.
#[derive(Debug, Default)]
pub struct Present {
    /// The things, in the order in which they are listed.
    pub all: Vec<Existing>,
    /// Those of the users who were asked about that exist, by the name that was asked for.
    pub users: HashMap<String, RuleUser>,
    /// The names of the validation services of the settings file.
    pub services_of_settings: Vec<String>,
}
