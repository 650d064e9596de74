//! All policies and all models at once, for judging many people.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use super::inventory::Inventory;
use keyward_core::clock::Timestamp;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::model::Model;
use keyward_core::domain::policy::{DeviceFacts, Effective, Rules, Scope, Violation};
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;
use keyward_store::judgements::{self, Judged};
use keyward_store::{AnyConnection, metadata, policies};

/// How many people are judged at once.
pub(super) const BATCH: i64 = 500;
/// The most models, and the most sets of groups, that are remembered.
const MOST_KEPT: usize = 4096;

/// Everything that a judgement needs besides the people and their devices. What is looked up once is
/// remembered for the next people.
pub(super) struct PolicySet {
    policies: HashMap<Scope, Rules>,
    quiet: HashSet<Scope>,
    /// By model; `None` for one that metadata does not know.
    models: HashMap<Uuid, Option<Model>>,
    /// By groups, in the order of their names.
    effective: HashMap<Vec<GroupName>, Arc<Effective>>,
    now: Timestamp,
}

/// One person with their devices, judged.
pub(crate) struct Person {
    pub id: UserId,
    pub is_superuser: bool,
    pub is_enabled: bool,
    pub groups: Vec<GroupName>,
    pub effective: Arc<Effective>,
    pub devices: Vec<(Judged, Vec<Violation>)>,
}

impl PolicySet {
    /// The policies in force.
    pub fn open(connection: &mut AnyConnection, now: Timestamp) -> Result<Self> {
        let records = policies::all(connection)?.into_iter();
        let policies: HashMap<Scope, Rules> = records
            .filter_map(|record| Some((record.scope, record.rules?)))
            .collect();
        Ok(Self {
            quiet: policies::quiet(connection)?,
            policies,
            models: HashMap::new(),
            effective: HashMap::new(),
            now,
        })
    }

    /// Whether no user is told by mail what these policies ask.
    pub fn is_quiet<'a>(&self, scopes: impl IntoIterator<Item = &'a Scope>) -> bool {
        let mut scopes = scopes.into_iter().peekable();
        scopes.peek().is_some() && scopes.all(|scope| self.quiet.contains(scope))
    }

    /// The same with another policy for one scope.
    pub fn with(mut self, scope: Scope, rules: Rules) -> Self {
        self.policies.insert(scope, rules);
        self.effective.clear();
        self
    }

    /// The rules of one scope that are in force.
    pub fn rules(&self, scope: &Scope) -> Option<&Rules> {
        self.policies.get(scope)
    }

    /// Whether a policy asks for more devices than people may have.
    pub fn asks_for_more_devices(&self) -> bool {
        let rules = self.policies.values();
        rules.into_iter().any(|rules| rules.least_devices.is_some())
    }

    /// What holds for the members of these groups.
    pub fn effective(&mut self, groups: &[GroupName]) -> Arc<Effective> {
        if let Some(known) = self.effective.get(groups) {
            return Arc::clone(known);
        }
        let mut scopes = vec![Scope::Everybody];
        scopes.extend(groups.iter().cloned().map(Scope::Group));
        scopes.sort_unstable();
        let members = scopes.into_iter().filter_map(|scope| {
            let rules = self.policies.get(&scope)?.clone();
            Some((scope, rules))
        });
        let effective = Arc::new(Effective::of(members.collect()));
        if self.effective.len() >= MOST_KEPT {
            self.effective.clear();
        }
        (self.effective).insert(groups.to_vec(), Arc::clone(&effective));
        effective
    }

    /// Judges all devices of these people; in the order of the people.
    pub fn judge(
        &mut self,
        connection: &mut AnyConnection,
        people: &[UserId],
    ) -> Result<Vec<Person>> {
        let mut groups = judgements::groups_of(connection, people)?;
        let users = judgements::policy_users(connection, people)?;
        let found = judgements::devices_of(connection, people)?;
        self.look_up_models(connection, &found)?;
        let asks_for_keys = self.policies.values().any(Rules::asks_for_keys);
        let inventory = Inventory::of(connection, asks_for_keys, &found)?;
        let mut devices: HashMap<UserId, Vec<Judged>> = HashMap::new();
        for device in found {
            devices.entry(device.user_id).or_default().push(device);
        }
        let now = self.now;
        let judge = |id: &UserId| {
            let mut groups = groups.remove(id).unwrap_or_default();
            groups.sort_unstable();
            let effective = self.effective(&groups);
            let user = users.get(id);
            let devices = devices.remove(id).unwrap_or_default().into_iter();
            let devices = devices.map(|device| {
                let credential = device.credential;
                let model = credential.and_then(|one| self.models.get(&one.aaguid)?.as_ref());
                let facts = DeviceFacts {
                    kind: device.kind,
                    model,
                    credential,
                    key: inventory.fact(&device),
                };
                let reasons = effective.judge(&facts, now);
                (device, reasons)
            });
            Person {
                id: *id,
                is_superuser: user.is_some_and(|user| user.is_superuser),
                is_enabled: user.is_some_and(|user| user.is_enabled),
                groups,
                devices: devices.collect(),
                effective,
            }
        };
        Ok(people.iter().map(judge).collect())
    }

    /// Remembers the models of these devices, where a policy looks at models.
    fn look_up_models(&mut self, connection: &mut AnyConnection, found: &[Judged]) -> Result<()> {
        if !self.policies.values().any(Rules::asks_for_metadata) {
            return Ok(());
        }
        if self.models.len() >= MOST_KEPT {
            self.models.clear();
        }
        let credentials = found.iter().filter_map(|device| device.credential);
        let mut unknown: Vec<Uuid> = credentials
            .map(|credential| credential.aaguid)
            .filter(|aaguid| !self.models.contains_key(aaguid))
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        let mut models = metadata::models_of(connection, &unknown)?;
        for aaguid in unknown {
            self.models.insert(aaguid, models.remove(&aaguid));
        }
        Ok(())
    }
}
