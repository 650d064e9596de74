//! Taking keys into the inventory that people had before it.

use super::link::link_within;
use super::{OnKey, judge_owners, record};
use crate::App;
use crate::grounds;
use crate::write_context::WriteContext;
use keyward_core::domain::event::{Event, EventKind};
use keyward_core::domain::key::{
    Evidence, Key, KeyFacts, KeyId, KeyProposal, KeyState, ProposalId,
};
use keyward_core::flows::permit::{Administrator, MayAudit};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::yubico::PublicId;
use keyward_store::{AnyConnection, keys, users};

/// How many are adopted at once at most.
pub const MOST_ADOPTED: usize = 100;

/// Keys that there seem to be and that the inventory does not know, at most so many after one.
///
/// # Errors
/// The store's.
pub async fn proposals(
    app: &App,
    _: &MayAudit,
    after: Option<ProposalId>,
    limit: i64,
) -> Result<Vec<KeyProposal>> {
    app.store
        .read(move |connection| keys::proposals(connection, after.as_ref(), limit))
        .await
}

/// What came of an adoption.
#[derive(Debug, Default)]
pub struct Adopted {
    /// Keys that came into the inventory.
    pub added: Vec<KeyId>,
    /// Keys that were there, and have a slot more now.
    pub linked: Vec<KeyId>,
    /// What could not be taken, and why.
    pub refused: Vec<(ProposalId, Problem)>,
    /// What is proposed no more: another one has settled it.
    pub settled: usize,
}

/// Takes proposed keys into the inventory: each a record with the number that is known of it, in use by the user
/// whose device is on it, or else in stock. A slot whose number a key has already is linked with that. One of them
/// that cannot be taken keeps no other out.
///
/// # Errors
/// `key.invalid` for more than 100 at once, `api_token.scope`
pub async fn adopt(
    app: &App,
    administrator: &Administrator,
    wanted: Vec<ProposalId>,
) -> Result<Adopted> {
    if wanted.len() > MOST_ADOPTED {
        let why = format!("at most {MOST_ADOPTED} at once");
        return Err(Problem::new(codes::KEY_INVALID).detailed(why));
    }
    let mut adopted = Adopted::default();
    for id in wanted {
        let mut came = adopt_one(app, administrator, id.clone()).await;
        // The number was taken by another proposal meanwhile: now there is a key to link it with.
        if came
            .as_ref()
            .is_err_and(|problem| problem.code() == codes::KEY_TAKEN)
        {
            came = adopt_one(app, administrator, id.clone()).await;
        }
        match came {
            Err(problem) if problem.code() == codes::KEY_LINKED => adopted.settled += 1,
            Ok(Came::Added(key)) => adopted.added.push(key),
            Ok(Came::Linked(key)) => adopted.linked.push(key),
            Ok(Came::Settled) => adopted.settled += 1,
            Err(problem) if problem.fault().is_ours() => return Err(problem),
            Err(problem) => adopted.refused.push((id, problem)),
        }
    }
    Ok(adopted)
}

enum Came {
    Added(KeyId),
    Linked(KeyId),
    Settled,
}

async fn adopt_one(app: &App, administrator: &Administrator, id: ProposalId) -> Result<Came> {
    let (event, linked) = (
        administrator.does(EventKind::KeyAdopted),
        administrator.does(EventKind::KeyLinked),
    );
    let by = administrator.grounds();
    let context = app.context();
    grounds::write_for(app, by.clone(), move |connection| {
        let Some(proposal) = keys::propose(connection, &id)? else {
            return Ok(Came::Settled);
        };
        match (&proposal.existing, &proposal.id) {
            (Some((key, _)), ProposalId::Slot(public_id)) => {
                let what = slot(public_id)?;
                link_within(connection, &context, &by, *key, what, linked)?;
                Ok(Came::Linked(*key))
            }
            _ => add(connection, &context, proposal, event),
        }
    })
    .await
}

fn slot(public_id: &str) -> Result<OnKey> {
    let public_id = PublicId::from_stored(public_id);
    let public_id = public_id.ok_or_else(|| Problem::internal("a public id of a row"))?;
    Ok(OnKey::Slot(public_id))
}

fn add(
    connection: &mut AnyConnection,
    context: &WriteContext,
    proposal: KeyProposal,
    event: Event,
) -> Result<Came> {
    let owner = proposal.owner.as_ref().map(|(id, _, _)| *id);
    users::hold_all(connection, owner.into_iter().collect())?;
    let mut facts = KeyFacts {
        maker: maker(&proposal.maker)?,
        serial: proposal.serial,
        ..KeyFacts::unknown()
    };
    if facts.serial.is_none() {
        // By something they must be told apart from each other.
        facts.model = "YubiKey".to_owned();
    }
    let state = match owner {
        Some(_) => KeyState::Active,
        None => KeyState::Stock,
    };
    let key = Key {
        id: KeyId::generate(context.now, &*context.entropy),
        facts,
        state,
        owner,
        created_at: context.now,
        changed_at: context.now,
        state_since: context.now,
        version: 0,
    };
    keys::insert(connection, &key)?;
    if let ProposalId::Slot(public_id) = &proposal.id
        && !keys::link_slot(connection, key.id, public_id, context.now)?
    {
        // Somebody was a moment faster: the record goes with this transaction.
        return Err(codes::KEY_LINKED.into());
    }
    let event = match owner {
        Some(owner) => event.about(owner),
        None => event,
    };
    record(context, connection, &key, event, told_by(proposal.evidence))?;
    let links = keys::links_of(connection, key.id)?;
    judge_owners(connection, context, &links)?;
    Ok(Came::Added(key.id))
}

/// A certificate names a company; the inventory has what is printed on keys.
fn maker(named: &str) -> Result<String> {
    let mut facts = KeyFacts::unknown();
    let said = keyward_core::domain::key::KeyChange {
        maker: Some(named.trim_end_matches(" AB").to_owned()),
        ..Default::default()
    };
    said.apply(&mut facts)?;
    Ok(facts.maker)
}

/// What the history says of the number.
fn told_by(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Certificate => "number from the certificate",
        Evidence::File => "number from the file of the secret",
        Evidence::PublicId => "number from the public id",
        Evidence::Nothing => "number not known",
    }
}
