//! From what is declared and what is there to what has to change.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Declaration, Declarations, Existing, Kind, Place, Present, Row, SharedKey};
use crate::domain::group::GroupName;
use crate::domain::openid_client::ClientSecret;
use crate::domain::user::fold;
use crate::problem::Result;

/// What happens to one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is made.
    Add,
    /// It is there, and becomes another.
    Change,
    /// It goes; a client of the validation server is revoked.
    Remove,
}

/// One key that differs. Secrets are told as words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// The key.
    pub key: &'static str,
    /// What is there; null for nothing.
    pub before: Value,
    /// What is to be there.
    pub after: Value,
}

/// One thing that changes.
#[derive(Clone, Debug)]
pub struct Change {
    /// What happens to it.
    pub action: Action,
    /// As it is to be; as it was, where it goes.
    pub declaration: Declaration,
    /// Its row, where it is there.
    pub row: Row,
    /// What differs; what is said, where it is new.
    pub fields: Vec<FieldChange>,
}

/// All that changes, in its order: nothing names what is not there yet, or not any more.
#[derive(Debug, Default)]
pub struct Plan {
    /// The changes.
    pub changes: Vec<Change>,
}

impl Plan {
    /// The changes that are made together: all of applications and all of clients, because a host or a
    /// name may go from one to another, and each of the others alone.
    pub fn steps(&self) -> Vec<&[Change]> {
        let steps = self.changes.chunk_by(|one, other| {
            let (one, other) = (one.declaration.kind(), other.declaration.kind());
            one == other && changes_together(one)
        });
        steps.collect()
    }
}

fn changes_together(kind: Kind) -> bool {
    matches!(kind, Kind::Application | Kind::OpenidClient)
}

impl Declarations {
    /// What has to change. With `prune`, what is there goes that is not declared, of the kinds that are
    /// spoken of.
    ///
    /// # Errors
    /// `declared.invalid` where a declaration names what will not be there, or takes what another has.
    pub fn plan(mut self, present: &Present, prune: bool) -> Result<Plan> {
        self.find_users(present)?;
        let there: HashMap<_, &Existing> = present
            .all
            .iter()
            .map(|existing| (existing.declaration.identity(), existing))
            .collect();
        let doomed = match prune {
            true => self.undeclared(present),
            false => Vec::new(),
        };
        self.check_hosts(present, &doomed)?;
        self.check_names(present, &doomed)?;
        let mut set = Vec::new();
        for (identity, (place, declaration)) in &self.all {
            self.check(place, declaration, present)?;
            let existing = there.get(identity).copied();
            let change = compare(place, declaration, existing)?;
            self.check_groups(place, declaration, change.is_some(), present, &doomed)?;
            set.extend(change);
        }
        Ok(in_order(set, &doomed))
    }

    /// Gives the users of rules the names that they have today.
    fn find_users(&mut self, present: &Present) -> Result<()> {
        for (place, declaration) in self.all.values_mut() {
            for user in declaration.users_mut() {
                let Some(found) = present.users.get(&user.name) else {
                    return Err(
                        place.wrong(format!("names the user {}, who is not there", user.name))
                    );
                };
                *user = found.clone();
            }
        }
        Ok(())
    }

    fn undeclared<'a>(&self, present: &'a Present) -> Vec<&'a Existing> {
        let all = present.all.iter().filter(|existing| {
            let declaration = &existing.declaration;
            // It is answered no more as it is, and its number is never given again.
            let is_gone = matches!(
                declaration,
                Declaration::ValidationClient {
                    is_active: false,
                    ..
                }
            );
            self.kinds.contains(&declaration.kind())
                && !self.all.contains_key(&declaration.identity())
                && !is_gone
        });
        all.collect()
    }

    /// Whether what is there becomes what is declared, or goes.
    fn is_spoken_of(&self, declaration: &Declaration, doomed: &[&Existing]) -> bool {
        let identity = declaration.identity();
        let is_it = |other: &&Existing| other.declaration.identity() == identity;
        self.all.contains_key(&identity) || doomed.iter().any(is_it)
    }

    /// No two clients of the OpenID provider have one name, neither declared ones nor one that stays.
    fn check_names(&self, present: &Present, doomed: &[&Existing]) -> Result<()> {
        let mut taken: HashMap<String, String> = HashMap::new();
        for existing in &present.all {
            if let Declaration::OpenidClient(settings, _) = &existing.declaration
                && !self.is_spoken_of(&existing.declaration, doomed)
            {
                let id = &settings.client_id;
                let owner = format!("the client {id} has, which no file declares");
                taken.insert(settings.folded_name(), owner);
            }
        }
        for (place, declaration) in self.all.values() {
            let Declaration::OpenidClient(settings, _) = declaration else {
                continue;
            };
            let mine = format!("{place} has too");
            if let Some(owner) = taken.insert(settings.folded_name(), mine) {
                let name = &settings.name;
                return Err(place.wrong(format!("takes the name {name}, which {owner}")));
            }
        }
        Ok(())
    }

    /// No two applications have one host, neither declared ones nor one that stays beside them.
    fn check_hosts(&self, present: &Present, doomed: &[&Existing]) -> Result<()> {
        let mut taken: HashMap<String, String> = HashMap::new();
        for existing in &present.all {
            if let Declaration::Application(settings) = &existing.declaration
                && !self.is_spoken_of(&existing.declaration, doomed)
            {
                let owner = format!(
                    "the application {} has, which no file declares",
                    settings.name
                );
                let hosts = settings.hosts.iter();
                taken.extend(hosts.map(|host| (host.to_string(), owner.clone())));
            }
        }
        for (place, declaration) in self.all.values() {
            let Declaration::Application(settings) = declaration else {
                continue;
            };
            for host in settings.hosts.iter().map(ToString::to_string) {
                if let Some(owner) = taken.get(&host) {
                    return Err(place.wrong(format!("takes the host {host}, which {owner}")));
                }
                taken.insert(host, format!("{place} has too"));
            }
        }
        Ok(())
    }

    fn check(&self, place: &Place, declaration: &Declaration, present: &Present) -> Result<()> {
        if let Declaration::ValidationService(settings, _) = declaration {
            let mut names = present.services_of_settings.iter();
            if names.any(|name| fold(name) == fold(&settings.name)) {
                let why = "is called as a validation service of the settings is";
                return Err(place.wrong(why));
            }
        }
        Ok(())
    }

    fn check_groups(
        &self,
        place: &Place,
        declaration: &Declaration,
        is_changed: bool,
        present: &Present,
        doomed: &[&Existing],
    ) -> Result<()> {
        let is_one = |existing: &Existing, name: &GroupName| matches!(&existing.declaration, Declaration::Group(group) if group == name);
        for name in declaration.groups() {
            if doomed.iter().any(|existing| is_one(existing, name)) {
                let why = format!(
                    "names the group {}, which no file declares and which would go",
                    name.as_str()
                );
                return Err(place.wrong(why));
            }
            let identity = (Kind::Group, name.as_str().to_owned());
            let is_there = self.all.contains_key(&identity)
                || present.all.iter().any(|existing| is_one(existing, name));
            // What is there already may name a group that is gone.
            if is_changed && !is_there {
                let why = format!(
                    "names the group {}, which is neither there nor declared",
                    name.as_str()
                );
                return Err(place.wrong(why));
            }
        }
        Ok(())
    }
}

/// What differs; `None` where nothing does.
fn compare(
    place: &Place,
    declaration: &Declaration,
    existing: Option<&Existing>,
) -> Result<Option<Change>> {
    let there = existing.map(|existing| &existing.declaration);
    let key = key_change(place, declaration, there)?;
    let before = there.map(Declaration::fields).unwrap_or_default();
    let differing = declaration.fields().into_iter().filter_map(|field| {
        let before = before.iter().find(|other| other.key == field.key);
        let is_same = match before {
            Some(before) => before.value == field.value,
            None => field.is_usual,
        };
        // What is said of a service's key is told once.
        (!is_same && (key.is_none() || field.key != "signed")).then(|| FieldChange {
            key: field.key,
            before: before.map_or(Value::Null, |before| before.value.clone()),
            after: field.value,
        })
    });
    let mut fields: Vec<FieldChange> = differing.collect();
    fields.extend(key);
    Ok(match existing {
        None => Some(Change {
            action: Action::Add,
            declaration: declaration.clone(),
            row: Row::Named,
            fields,
        }),
        Some(_) if fields.is_empty() => None,
        Some(existing) => Some(Change {
            action: Action::Change,
            declaration: declaration.clone(),
            row: existing.row,
            fields,
        }),
    })
}

fn key_change(
    place: &Place,
    declaration: &Declaration,
    there: Option<&Declaration>,
) -> Result<Option<FieldChange>> {
    let Some((name, declared)) = declaration.secret() else {
        return Ok(None);
    };
    let told = |before: Value, after: &str| FieldChange {
        key: name,
        before,
        after: json!(after),
    };
    let held = match there.and_then(Declaration::secret) {
        Some((_, held @ (SharedKey::Given(_) | SharedKey::Hashed(_)))) => Some(held),
        Some((_, SharedKey::Kept | SharedKey::Needed | SharedKey::Absent)) | None => None,
    };
    let before = held.map_or(Value::Null, |_| json!("one"));
    Ok(match declared {
        SharedKey::Given(key) => match held {
            Some(held) if is_held(held, key.expose_secret()) => None,
            Some(_) => Some(told(before, "another")),
            None => Some(told(before, "one")),
        },
        SharedKey::Absent => held.map(|_| told(before, "none")),
        SharedKey::Needed if held.is_none() => {
            return Err(
                place.wrong("needs an api_key_file: it signs, and no key of it is held here")
            );
        }
        // What asks us, and what we tell, has one in any case.
        SharedKey::Kept if held.is_none() && declaration.kind() != Kind::ValidationService => {
            Some(told(before, "a new one, which is shown this once"))
        }
        SharedKey::Kept | SharedKey::Needed | SharedKey::Hashed(_) => None,
    })
}

fn is_held(held: &SharedKey, declared: &str) -> bool {
    match held {
        SharedKey::Given(held) => is_one_key(held.expose_secret(), declared),
        SharedKey::Hashed(held) => {
            ClientSecret::parse(declared).is_ok_and(|secret| secret.hash() == *held)
        }
        SharedKey::Kept | SharedKey::Needed | SharedKey::Absent => false,
    }
}

/// Whether two texts are one key: those of `api_key` in base64, those of webhooks as they are handed out.
fn is_one_key(one: &str, other: &str) -> bool {
    match (STANDARD.decode(one.trim()), STANDARD.decode(other.trim())) {
        (Ok(one), Ok(other)) => one == other,
        _ => one.trim() == other.trim(),
    }
}

/// New things after those that they name, and the other way round for those that go. Applications and
/// clients go before others come, so that hosts and names are free.
fn in_order(set: Vec<Change>, doomed: &[&Existing]) -> Plan {
    let goes = |existing: &&Existing| Change {
        action: Action::Remove,
        declaration: existing.declaration.clone(),
        row: existing.row,
        fields: Vec::new(),
    };
    let (mut first, mut last): (Vec<Change>, Vec<Change>) = doomed
        .iter()
        .map(goes)
        .partition(|change| changes_together(change.declaration.kind()));
    last.sort_by_key(|change| std::cmp::Reverse(change.declaration.kind()));
    first.extend(set);
    // Stable: what goes stays first among its kind.
    first.sort_by_key(|change| change.declaration.kind());
    first.extend(last);
    Plan { changes: first }
}
