//! The statements of sign-in at other OpenID providers.

use keyward_core::domain::upstream::{UpstreamIdentity, UpstreamLink, UpstreamLinkId};
use keyward_core::flows::upstream::AnswerDigest;
use keyward_core::problem::{Problem, Result};
use keyward_store::{spent_upstream_answers, upstream_links};

use crate::statements::{Spend, anything, nothing};
use crate::stock::{LATER, NOW, Stock};

fn identity(subject: &str) -> UpstreamIdentity {
    UpstreamIdentity {
        issuer: "https://login.example.org".to_owned(),
        subject: subject.to_owned(),
    }
}

fn link(stock: &Stock, id: &str, subject: &str) -> Result<UpstreamLink> {
    let id = UpstreamLinkId::from_stored(id).ok_or_else(|| Problem::internal("no id"))?;
    Ok(UpstreamLink {
        id,
        user_id: stock.user,
        identity: identity(subject),
        called: String::new(),
        created_at: NOW,
        last_used_at: None,
    })
}

const FIRST: &str = "0190b7a0-0000-7000-8000-000000000011";
const SECOND: &str = "0190b7a0-0000-7000-8000-000000000012";

pub fn upstream() -> [Spend; 3] {
    [
        Spend {
            name: "an answer of another OpenID provider",
            prepare: nothing,
            is_good: anything,
            spend: |c, stock| {
                let digest = AnswerDigest::of_state(&stock.hash());
                spent_upstream_answers::spend(c, &digest, LATER)
            },
        },
        Spend {
            name: "a person of another OpenID provider who is nobody here",
            prepare: nothing,
            is_good: |c, _| Ok(upstream_links::by_identity(c, &identity("anna"))?.is_none()),
            spend: |c, stock| upstream_links::insert(c, &link(stock, FIRST, "anna")?),
        },
        Spend {
            name: "a link with a person of another OpenID provider",
            prepare: |c, stock| {
                let mut link = link(stock, SECOND, "ben")?;
                link.identity.issuer.push_str("/other");
                upstream_links::insert(c, &link).map(drop)
            },
            is_good: |c, stock| {
                let issuers = ["https://login.example.org/other".to_owned()];
                upstream_links::has_any(c, stock.user, &issuers)
            },
            spend: |c, stock| {
                let link = link(stock, SECOND, "ben")?;
                upstream_links::remove(c, link.id, stock.user)
            },
        },
    ]
}
