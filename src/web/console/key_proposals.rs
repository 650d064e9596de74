//! `/console/key-proposals`: keys that people had before the inventory

use actix_web::web::{Data, Form};

use super::wanted::Wanted;
use crate::lists::KeyProposals;
use crate::views::Notice;
use crate::views::console::{KeyProposalRow, KeyProposalsPage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::key;
use keyward_core::domain::key::ProposalId;
use keyward_core::flows::permit::{Administrator, Auditor, MayAudit, Superuser};

const HERE: &str = "/console/key-proposals";

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    wanted: Wanted<KeyProposals>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let found = wanted.page(&site.app, &by).await?;
    let page = KeyProposalsPage {
        proposals: found.items.iter().map(KeyProposalRow::from).collect(),
        next: found.next,
        is_first_page: found.is_first_page,
    };
    reader.at_console(&auditor).show(&page)
}

/// Takes those into the inventory that were ticked.
pub async fn adopt(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(fields): Form<Vec<(String, String)>>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let ticked = fields.iter().filter(|(name, _)| name == "proposal");
    let ticked: Vec<ProposalId> = ticked.filter_map(|(_, id)| ProposalId::parse(id)).collect();
    let notice = match key::adopt(&site.app, &administrator, ticked).await {
        Ok(adopted) => match adopted.refused.first() {
            Some((_, problem)) => Notice::refused_in_detail(problem),
            None => Notice::KeysAdopted {
                name: (adopted.added.len() + adopted.linked.len()).to_string(),
            },
        },
        Err(problem) if problem.fault().is_ours() => return Err(problem.into()),
        Err(problem) => Notice::refused_in_detail(&problem),
    };
    reader.tell(HERE, notice)
}
