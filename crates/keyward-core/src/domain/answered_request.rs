//! Requests that may be sent again: what was created for one is created once, and its answer is the
//! same each time.

use std::time::Duration;

use zeroize::Zeroizing;

/// For how long a request's key is remembered.
pub const REMEMBERED: Duration = Duration::from_hours(24);

/// The longest key that a program may choose, in bytes.
pub const LONGEST_KEY: usize = 255;

/// The key of a request, which the program that sends it chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// What it is known by: a keyed hash of the API token and the key.
    pub hash: String,
    /// A keyed hash of what is asked for: method, address and body.
    pub fingerprint: String,
}

/// What was created for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Its id.
    pub id: String,
    /// The secret of it that is told once.
    pub secret: Option<Zeroizing<String>>,
}

impl Created {
    /// Something without a secret.
    pub fn plain(id: impl ToString) -> Self {
        Self {
            id: id.to_string(),
            secret: None,
        }
    }

    /// What is sealed: the id, and the secret on a line of its own.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let secret = self.secret.as_ref().map_or("", |secret| secret.as_str());
        Zeroizing::new(format!("{}\n{secret}", self.id).into_bytes())
    }

    /// Reads what was sealed.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (id, secret) = std::str::from_utf8(bytes).ok()?.split_once('\n')?;
        let secret = (!secret.is_empty()).then(|| Zeroizing::new(secret.to_owned()));
        let id = id.to_owned();
        Some(Self { id, secret })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_created_is_read_as_it_was_sealed() {
        let plain = Created::plain("7");
        let secret = Created {
            id: "a b".to_owned(),
            secret: Some(Zeroizing::new("s3cret\nlines".to_owned())),
        };
        for created in [plain, secret] {
            assert_eq!(Created::from_bytes(&created.to_bytes()), Some(created));
        }
    }
}
