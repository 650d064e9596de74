//! All policies and all models at once, for judging many people.

use std::collections::HashMap;

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::domain::group::GroupName;
use crate::domain::model::Model;
use crate::domain::policy::{DeviceFacts, Effective, Rules, Scope, Spoken};
use crate::domain::user::UserId;
use crate::problem::Result;
use crate::store::judgements::{self, Judged};
use crate::store::{AnyConnection, metadata, policies};

/// How many people are judged at once.
pub(super) const BATCH: i64 = 500;

/// Everything that a judgement needs besides the people and their devices.
pub(super) struct Book {
    policies: HashMap<Scope, Rules>,
    models: HashMap<Uuid, Model>,
    now: Timestamp,
}

/// One person with their devices, judged.
pub(in crate::actions) struct Person {
    pub id: UserId,
    pub is_superuser: bool,
    pub is_enabled: bool,
    pub groups: Vec<GroupName>,
    pub effective: Effective,
    pub devices: Vec<(Judged, Vec<Spoken>)>,
}

impl Book {
    /// The policies in force.
    pub fn open(connection: &mut AnyConnection, now: Timestamp) -> Result<Self> {
        let records = policies::all(connection)?.into_iter();
        let policies: HashMap<Scope, Rules> = records
            .filter_map(|record| Some((record.scope, record.rules?)))
            .collect();
        Ok(Self {
            policies,
            models: metadata::all_models(connection)?,
            now,
        })
    }

    /// The same with another policy for one scope.
    pub fn with(mut self, scope: Scope, rules: Rules) -> Self {
        self.policies.insert(scope, rules);
        self
    }

    /// What holds for the members of these groups.
    pub fn effective(&self, groups: &[GroupName]) -> Effective {
        let mut scopes = vec![Scope::Everybody];
        scopes.extend(groups.iter().cloned().map(Scope::Group));
        scopes.sort_unstable();
        let members = scopes.into_iter().filter_map(|scope| {
            let rules = self.policies.get(&scope)?.clone();
            Some((scope, rules))
        });
        Effective::of(members.collect())
    }

    /// Judges all devices of these people; in the order of the people.
    pub fn judge(&self, connection: &mut AnyConnection, people: &[UserId]) -> Result<Vec<Person>> {
        let mut groups = judgements::groups_of(connection, people)?;
        let standing = judgements::standing_of(connection, people)?;
        let mut devices: HashMap<UserId, Vec<Judged>> = HashMap::new();
        for device in judgements::devices_of(connection, people)? {
            devices.entry(device.user_id).or_default().push(device);
        }
        let judge = |id: &UserId| {
            let groups = groups.remove(id).unwrap_or_default();
            let effective = self.effective(&groups);
            let standing = standing.get(id);
            let devices = devices.remove(id).unwrap_or_default().into_iter();
            let devices = devices.map(|device| {
                let credential = device.credential;
                let facts = DeviceFacts {
                    kind: device.kind,
                    model: credential.and_then(|one| self.models.get(&one.aaguid)),
                    credential,
                };
                let reasons = effective.judge(&facts, self.now);
                (device, reasons)
            });
            Person {
                id: *id,
                is_superuser: standing.is_some_and(|standing| standing.is_superuser),
                is_enabled: standing.is_some_and(|standing| standing.is_enabled),
                groups,
                devices: devices.collect(),
                effective,
            }
        };
        Ok(people.iter().map(judge).collect())
    }
}
