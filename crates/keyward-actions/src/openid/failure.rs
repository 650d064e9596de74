//! Why an endpoint for clients gives no answer.

use keyward_core::problem::Problem;
use keyward_core::protocols::oauth::{OauthError, Refusal};

/// Why an endpoint for clients gives no answer.
#[derive(Debug)]
pub enum Failure {
    /// The request is refused, in the words of OAuth.
    Refused(Refusal),
    /// Something else stands in the way: too many wrong proofs, or a fault of ours.
    Problem(Problem),
}

/// What an endpoint for clients gives back.
pub type Answered<T> = Result<T, Failure>;

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl Failure {
    /// A grant that is none, is over or is another client's. What of it is told to nobody (RFC 6749 §5.2).
    pub(super) fn grant(description: &'static str) -> Self {
        Self::Refused(Refusal::new(OauthError::InvalidGrant, description))
    }
}
