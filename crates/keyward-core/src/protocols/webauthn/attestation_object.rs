//! The attestation object (WebAuthn L3 §6.5.4): authenticator data with a statement about them.

use super::authenticator_data::AuthenticatorData;
use super::cbor::{self, Value};
use super::statement::Statement;
use super::{malformed, refused};
use crate::problem::Result;

/// An attestation object, with its authenticator data read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationObject<'a> {
    /// The statement's format.
    pub format: &'a str,
    /// The statement.
    pub statement: Statement<'a>,
    /// What the authenticator says of itself and of the new credential.
    pub authenticator_data: AuthenticatorData<'a>,
    /// The same as they were written and signed.
    pub authenticator_data_bytes: &'a [u8],
}

impl<'a> AttestationObject<'a> {
    /// Reads an attestation object with exactly its three members.
    ///
    /// # Errors
    /// `ceremony.malformed`; `ceremony.refused` for a statement under the format `none`, which has
    /// none (WebAuthn L3 §8.7), and for what [`AuthenticatorData::read`] refuses.
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        let object = cbor::read_whole("the attestation object", bytes)?;
        let (mut format, mut statement, mut data) = (None, None, None);
        for (key, value) in object.into_map("the attestation object")? {
            match (key, value) {
                (Value::Text("fmt"), Value::Text(text)) => format = Some(text),
                (Value::Text("attStmt"), Value::Map(entries)) => statement = Some(entries),
                (Value::Text("authData"), Value::Bytes(bytes)) => data = Some(bytes),
                _ => return Err(malformed("the attestation object has another member")),
            }
        }
        let (Some(format), Some(statement), Some(data)) = (format, statement, data) else {
            return Err(malformed("the attestation object lacks a member"));
        };
        if format == "none" && !statement.is_empty() {
            return Err(refused("there is a statement under the format none"));
        }
        Ok(Self {
            format,
            statement: Statement::new(statement),
            authenticator_data_bytes: data,
            authenticator_data: AuthenticatorData::read(data)?,
        })
    }
}
