//! Codes that are delivered: a few digits, to an address that was confirmed by one before.
//!
//! A code is good on the journey that asked for it, once, for a while, and for a handful of tries.

use std::fmt;

use zeroize::Zeroizing;

use crate::clock::Entropy;
use crate::domain::delivery_address::DeliveryMethod;
use crate::domain::device::{DeviceId, DeviceKind};
use crate::domain::id_type;
use crate::domain::user::UserId;
use crate::secret::{KeyPurpose, MasterKey, TokenHash, same};

id_type!(
    /// The id of a code that was sent.
    CodeId
);

/// How often a code may be tried before it is worthless, whatever the lockouts say: with six digits
/// a guesser is right once in 200 000 codes.
pub const MOST_TRIES: i64 = 5;

/// The most digits that a code may have.
const MOST_DIGITS: usize = 8;

/// A code in hand: six or eight digits.
pub struct DeliveredCode(Zeroizing<String>);

impl DeliveredCode {
    /// A new code, each one as likely as any other.
    pub fn generate(entropy: &dyn Entropy, digits: usize) -> Self {
        let mut code = Zeroizing::new(String::with_capacity(MOST_DIGITS));
        while code.len() < digits.min(MOST_DIGITS) {
            let bytes: Zeroizing<[u8; 16]> = Zeroizing::new(entropy.bytes());
            for byte in bytes.iter().filter(|byte| **byte < 250) {
                if code.len() < digits {
                    code.extend(char::from_digit(u32::from(byte % 10), 10));
                }
            }
        }
        Self(code)
    }

    /// Reads what was typed, with or without spaces and dashes; `None` for anything that is no
    /// code.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut code = Zeroizing::new(String::with_capacity(MOST_DIGITS));
        for typed in typed.chars() {
            match typed {
                ' ' | '-' | '\u{a0}' => {}
                digit if digit.is_ascii_digit() && code.len() < MOST_DIGITS => code.push(digit),
                _ => return None,
            }
        }
        matches!(code.len(), 6 | 8).then_some(Self(code))
    }

    /// The digits.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored in its place: a hash under a key of ours, because a few digits are soon tried
    /// by an attacker who has the database alone. It is bound to its row.
    pub fn hash(&self, key: &MasterKey, place: &CodePlace) -> String {
        let CodePlace {
            id,
            journey,
            device,
        } = place;
        let device = device.map_or_else(String::new, |device| device.to_string());
        let journey = journey.as_str();
        let parts = [&id.to_string(), journey, &device, &self.0];
        let tag = key.tag::<32>(KeyPurpose::DeliveredCode, &parts);
        data_encoding::HEXLOWER.encode(tag.as_slice())
    }
}

impl fmt::Debug for DeliveredCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeliveredCode(..)")
    }
}

/// The row of a code, to which its hash is bound.
#[derive(Clone, Debug)]
pub struct CodePlace {
    /// The code.
    pub id: CodeId,
    /// The journey that asked for it.
    pub journey: TokenHash,
    /// The device that it was sent to; `None` while that is being added.
    pub device: Option<DeviceId>,
}

/// A code that was sent and can still be typed, as the database knows it.
#[derive(Debug)]
pub struct SentCode {
    /// Its row.
    pub place: CodePlace,
    /// Its hash.
    pub hash: String,
    /// Whose device it was sent to, and by what; `None` while that is being added.
    pub delivery_address: Option<(UserId, DeliveryMethod)>,
}

/// A delivered code was right. Only [`verify`] makes one:
/// ```compile_fail
/// let forged = keyward::factors::delivered_code::DeliveredCodeVerified { user_id: todo!() };
/// ```
#[must_use = "a proof that nobody asks for proves nothing"]
#[derive(Debug)]
pub struct DeliveredCodeVerified {
    user_id: UserId,
    device_id: DeviceId,
    method: DeliveryMethod,
    code: CodeConfirmed,
}

impl DeliveredCodeVerified {
    /// Whose code it was.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The device that it was sent to.
    pub fn device_id(&self) -> DeviceId {
        self.device_id
    }

    /// By what it travelled.
    pub fn method(&self) -> DeliveryMethod {
        self.method
    }

    /// The code, by which it is spent.
    pub fn code(&self) -> &CodeConfirmed {
        &self.code
    }
}

/// What was typed is the code that was sent on a journey. Only [`confirm`] makes one.
#[must_use = "a proof that nobody asks for proves nothing"]
#[derive(Debug)]
pub struct CodeConfirmed {
    journey: TokenHash,
    id: CodeId,
}

impl CodeConfirmed {
    /// The journey that asked for it.
    pub fn journey(&self) -> &TokenHash {
        &self.journey
    }

    /// The code.
    pub fn id(&self) -> CodeId {
        self.id
    }
}

/// Why a code proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveredCodeRefusal {
    /// It is not the one that was sent.
    Wrong,
    /// None that was sent on this journey can be typed any more.
    Expired,
}

/// Checks what was typed against the code that a journey waits for.
///
/// # Errors
/// Why it proves nothing.
pub fn confirm(
    sent: Option<&SentCode>,
    typed: &str,
    key: &MasterKey,
) -> Result<CodeConfirmed, DeliveredCodeRefusal> {
    let sent = sent.ok_or(DeliveredCodeRefusal::Expired)?;
    let typed = DeliveredCode::parse(typed).ok_or(DeliveredCodeRefusal::Wrong)?;
    let hash = typed.hash(key, &sent.place);
    if !same(hash.as_bytes(), sent.hash.as_bytes()) {
        return Err(DeliveredCodeRefusal::Wrong);
    }
    Ok(CodeConfirmed {
        journey: sent.place.journey.clone(),
        id: sent.place.id,
    })
}

/// The same for a device of this user and kind: a try is counted on a kind, so a code that was sent
/// to another one is none here.
///
/// # Errors
/// Why it proves nothing.
pub fn verify(
    user: UserId,
    kind: DeviceKind,
    sent: Option<&SentCode>,
    typed: &str,
    key: &MasterKey,
) -> Result<DeliveredCodeVerified, DeliveredCodeRefusal> {
    let delivery_address = sent.and_then(|sent| sent.delivery_address.zip(sent.place.device));
    let delivery_address =
        delivery_address.filter(|((owner, method), _)| *owner == user && method.kind() == kind);
    let ((user_id, method), device_id) = delivery_address.ok_or(DeliveredCodeRefusal::Expired)?;
    Ok(DeliveredCodeVerified {
        user_id,
        device_id,
        method,
        code: confirm(sent, typed, key)?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::clock::{SystemEntropy, Timestamp};
    use crate::secret::Token;

    fn place(device: Option<DeviceId>) -> CodePlace {
        CodePlace {
            id: CodeId::generate(Timestamp::default(), &SystemEntropy),
            journey: Token::generate(&SystemEntropy).hash(),
            device,
        }
    }

    #[test]
    fn codes_have_their_digits_and_all_digits_occur() {
        for digits in [6, 8] {
            let mut seen = BTreeSet::new();
            for _ in 0..200 {
                let code = DeliveredCode::generate(&SystemEntropy, digits);
                assert_eq!(code.expose().len(), digits);
                seen.extend(code.expose().chars());
            }
            assert_eq!(seen.into_iter().collect::<String>(), "0123456789");
        }
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        for typed in ["123456", " 123 456 ", "123-456", "123\u{a0}456"] {
            let code = DeliveredCode::parse(typed).expect(typed);
            assert_eq!(code.expose(), "123456");
        }
        for typed in [
            "",
            "12345",
            "1234567",
            "123456789",
            "12345a",
            "１２３４５６",
        ] {
            assert!(DeliveredCode::parse(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn a_hash_is_bound_to_code_journey_device_and_key() {
        let key = MasterKey::generate(&SystemEntropy);
        let code = DeliveredCode::generate(&SystemEntropy, 6);
        let device = DeviceId::generate(Timestamp::default(), &SystemEntropy);
        let (one, other) = (place(Some(device)), place(None));
        let moved = [
            CodePlace {
                id: other.id,
                ..one.clone()
            },
            CodePlace {
                journey: other.journey,
                ..one.clone()
            },
            CodePlace {
                device: None,
                ..one.clone()
            },
        ];
        let hash = code.hash(&key, &one);
        assert_eq!(hash, code.hash(&key, &one));
        for moved in &moved {
            assert_ne!(hash, code.hash(&key, moved));
        }
        assert_ne!(hash, code.hash(&MasterKey::generate(&SystemEntropy), &one));
    }

    #[test]
    fn a_code_is_right_for_its_user_and_kind_alone() {
        let key = MasterKey::generate(&SystemEntropy);
        let code = DeliveredCode::generate(&SystemEntropy, 6);
        let device = DeviceId::generate(Timestamp::default(), &SystemEntropy);
        let [anna, ben] = [(); 2].map(|()| UserId::generate(Timestamp::default(), &SystemEntropy));
        let place = place(Some(device));
        let sent = SentCode {
            hash: code.hash(&key, &place),
            place,
            delivery_address: Some((anna, DeliveryMethod::Mail)),
        };
        let typed = code.expose();
        let right = verify(anna, DeviceKind::Email, Some(&sent), typed, &key).expect("right");
        assert_eq!((right.user_id(), right.device_id()), (anna, device));
        for (user, kind) in [(ben, DeviceKind::Email), (anna, DeviceKind::Totp)] {
            assert!(verify(user, kind, Some(&sent), typed, &key).is_err());
        }
        let another = if typed == "000000" {
            "000001"
        } else {
            "000000"
        };
        for wrong in ["0", another] {
            let wrong = verify(anna, DeviceKind::Email, Some(&sent), wrong, &key);
            assert_eq!(wrong.err(), Some(DeliveredCodeRefusal::Wrong));
        }
        let none = verify(anna, DeviceKind::Email, None, typed, &key);
        assert_eq!(none.err(), Some(DeliveredCodeRefusal::Expired));
    }
}
