//! `/api/v1/key-proposals`: keys that people had before the inventory.

use actix_web::http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::Call;
use super::lists::list;
use super::operation::{Operation, to};
use crate::lists::KeyProposals;
use crate::web::answer::Answer;
use keyward_actions::key;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::key::{KeyId, ProposalId};
use keyward_core::problem::{Problem, Result, codes};

/// The operations.
pub fn operations() -> Vec<Operation> {
    vec![
        list::<KeyProposals>("keyProposals.list", ApiScope::KeysRead),
        Operation::new(
            Method::POST,
            "/key-proposals/adopt",
            "keyProposals.adopt",
            ApiScope::KeysWrite,
            "Takes keys that people had before the inventory into it",
            || to(adopt),
        )
        .takes::<Wanted>()
        .tells::<Adopted>("What came of it.")
        .refuses(&[codes::KEY_INVALID]),
    ]
}

/// Which are adopted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WantedKeyProposals)]
struct Wanted {
    /// Ids of proposals, at most 100.
    proposals: Vec<String>,
}

/// What came of an adoption.
#[derive(Serialize, ToSchema)]
#[schema(as = AdoptedKeys)]
struct Adopted {
    /// Keys that came into the inventory, by id.
    added: Vec<String>,
    /// Keys that were there and have a slot more, by id.
    linked: Vec<String>,
    /// What could not be taken.
    refused: Vec<Refused>,
}

/// A proposal that could not be taken.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusedKeyProposal)]
struct Refused {
    /// Its id.
    proposal: String,
    /// Why.
    code: &'static str,
}

async fn adopt(call: Call) -> Answer {
    let (by, wanted): (_, Wanted) = (call.administrator()?, call.body()?);
    let read = |text: &String| {
        let wrong =
            || Problem::new(codes::KEY_INVALID).detailed("`proposals` are ids of proposals");
        ProposalId::parse(text).ok_or_else(wrong)
    };
    let wanted = wanted.proposals.iter().map(read);
    let adopted = key::adopt(call.app(), &by, wanted.collect::<Result<_>>()?).await?;
    let ids = |keys: Vec<KeyId>| keys.iter().map(KeyId::to_string).collect();
    let refused = adopted.refused.into_iter().map(|(id, problem)| Refused {
        proposal: id.to_string(),
        code: problem.code().name,
    });
    let answer = Adopted {
        added: ids(adopted.added),
        linked: ids(adopted.linked),
        refused: refused.collect(),
    };
    call.changed(&answer, None)
}
