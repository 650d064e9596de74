//! `/objection/{token}`

use actix_web::web::{Data, Path};

use crate::views::Notice;
use crate::views::pages::ObjectionPage;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::reader::Reader;
use keyward_actions::objection;
use keyward_core::domain::objection::Objection;
use keyward_core::problem::{Result, codes};
use keyward_core::secret::Token;

/// Says what an objection will do.
pub async fn show(site: Data<Site>, path: Path<String>, reader: Reader) -> Answer {
    let token = token(&path)?;
    let objection = objection::find(&site.app, &token).await?;
    let agent = objection.user_agent.as_deref().unwrap_or_default();
    let browser = site.views.browser_words(agent, reader.language())?;
    reader.show(&ObjectionPage::new(
        token.expose().to_string(),
        &objection,
        browser,
    ))
}

/// Objects, and leads to what its owner does next.
pub async fn object(
    site: Data<Site>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let objection = objection::object(&site.app, &token(&path)?, &client).await?;
    if Objection::clears_password(objection.event) {
        return reader.tell("/recover", Notice::ObjectedToPassword);
    }
    reader.tell("/sign-in", Notice::Objected)
}

fn token(path: &str) -> Result<Token> {
    Token::parse(path).ok_or_else(|| codes::OBJECTION_LINK_USED.into())
}
