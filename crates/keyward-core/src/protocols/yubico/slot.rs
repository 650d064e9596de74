//! What a key encrypts in each one-time password, and the secret that opens it: Yubico's "YubiKey
//! Manual" §6 and §2.4 of "Yubico OTPs Explained".

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Otp;
use super::otp::ConfirmedOtp;
use crate::domain::otp_key::{Progress, Usage};
use crate::secret;

/// What an OTP slot was programmed with: the private id and the AES-128 key.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SlotSecret {
    private_id: [u8; 6],
    aes_key: [u8; 16],
}

/// What one touch said, once its secret has opened it: this key typed it. Whether it did so just
/// now, its counters must say, compared with the last ones in one statement.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct Touch {
    progress: Progress,
}

/// The remainder of a sound block, checksum included (ISO 13239).
const SOUND: u16 = 0xf0b8;

impl SlotSecret {
    /// The length of [`SlotSecret::to_bytes`].
    pub const LENGTH: usize = 22;

    /// A secret from its parts.
    pub fn new(private_id: [u8; 6], aes_key: [u8; 16]) -> Self {
        Self {
            private_id,
            aes_key,
        }
    }

    /// Reads what [`SlotSecret::to_bytes`] wrote; `None` for another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (private_id, aes_key) = bytes.split_first_chunk()?;
        Some(Self::new(*private_id, aes_key.try_into().ok()?))
    }

    /// Both parts, to be sealed.
    pub fn to_bytes(&self) -> Zeroizing<[u8; Self::LENGTH]> {
        let parts = self.private_id.iter().chain(&self.aes_key);
        let mut bytes = Zeroizing::new([0; Self::LENGTH]);
        bytes
            .iter_mut()
            .zip(parts)
            .for_each(|(to, from)| *to = *from);
        bytes
    }

    /// The private id in lower-case hexadecimal, for who programs the key.
    pub fn expose_private_id(&self) -> Zeroizing<String> {
        Zeroizing::new(data_encoding::HEXLOWER.encode(&self.private_id))
    }

    /// The AES key in lower-case hexadecimal, for who programs the key.
    pub fn expose_aes_key(&self) -> Zeroizing<String> {
        Zeroizing::new(data_encoding::HEXLOWER.encode(&self.aes_key))
    }

    /// Opens an OTP; `None` where another secret made it, or none.
    pub fn open(&self, otp: &Otp) -> Option<Touch> {
        let block = otp.ciphertext()?;
        let mut block = (*block).into();
        Aes128::new(&self.aes_key.into()).decrypt_block(&mut block);
        let block: Zeroizing<[u8; 16]> = Zeroizing::new(block.into());
        // Both are looked at whatever the other says: the time tells nothing.
        let is_sound = checksum(&*block) == SOUND;
        let [a, b, c, d, e, f, low, high, clock @ ..] = *block;
        let [clock_low, clock_middle, clock_high, session_use, ..] = clock;
        let is_ours = secret::same(&[a, b, c, d, e, f], &self.private_id);
        (is_sound & is_ours).then(|| Touch {
            progress: Progress {
                usage: Usage {
                    counter: u16::from_le_bytes([low, high]),
                    session_use,
                },
                device_clock: u32::from_le_bytes([clock_low, clock_middle, clock_high, 0]),
            },
        })
    }

    /// The thirty-two letters that a key with this secret types at one touch.
    pub fn type_otp(&self, progress: Progress, noise: u16) -> Zeroizing<String> {
        let [clock @ .., _] = progress.device_clock.to_le_bytes();
        let mut block = Zeroizing::new(Vec::with_capacity(16));
        block.extend_from_slice(&self.private_id);
        block.extend_from_slice(&progress.usage.counter.to_le_bytes());
        block.extend_from_slice(&clock);
        block.push(progress.usage.session_use);
        block.extend_from_slice(&noise.to_le_bytes());
        let sum = !checksum(&block);
        block.extend_from_slice(&sum.to_le_bytes());
        let whole: Zeroizing<[u8; 16]> =
            Zeroizing::new(block.as_slice().try_into().unwrap_or_default());
        let mut sealed = (*whole).into();
        Aes128::new(&self.aes_key.into()).encrypt_block(&mut sealed);
        Zeroizing::new(super::modhex::encode(&sealed))
    }
}

impl std::fmt::Debug for SlotSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SlotSecret(..)")
    }
}

impl Touch {
    /// How far the key has come with it.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The OTP as confirmed by ourselves, under the condition that its counters are spent in the
    /// transaction that makes use of it.
    pub fn confirm(self, otp: &Otp) -> ConfirmedOtp {
        ConfirmedOtp::held(otp, self.progress)
    }
}

/// CRC-16 of ISO 13239 as the key computes it, before its last inversion.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| {
            (sum >> 1) ^ (0x8408 & (sum & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What a checksum of sixteen bits promises: it sees every change within two bytes.
        #[test]
        fn the_checksum_sees_a_change_of_two_neighbouring_bytes(
            block: [u8; 14],
            place in 0..15_usize,
            change in 1..=u16::MAX,
        ) {
            let mut sound = [0; 16];
            sound[..14].copy_from_slice(&block);
            let sum = !checksum(&block);
            sound[14..].copy_from_slice(&sum.to_le_bytes());
            prop_assert_eq!(checksum(&sound), SOUND);
            let [low, high] = change.to_le_bytes();
            sound[place] ^= low;
            sound[place + 1] ^= high;
            prop_assert_ne!(checksum(&sound), SOUND);
        }
    }

    /// The example of Yubico's manual: a block that a real key typed.
    #[test]
    fn the_manuals_example_opens() {
        let aes_key = data_encoding::HEXLOWER
            .decode(b"ecde18dbe76fbd0c33330f1c354871db")
            .expect("hex");
        let private_id = [0x87, 0x92, 0xeb, 0xfe, 0x26, 0xcc];
        let secret = SlotSecret::new(private_id, aes_key.try_into().expect("sixteen bytes"));
        let otp = Otp::parse("cchknhfjbrjnlnldnhcujvddbikngjrtgh").expect("an OTP");
        let touch = secret.open(&otp).expect("it opens");
        assert_eq!(
            touch.progress(),
            Progress {
                usage: Usage {
                    counter: 0x13,
                    session_use: 0x11
                },
                device_clock: 0xc230,
            }
        );
        assert_eq!(
            *secret.type_otp(touch.progress(), 0x9fc8),
            "hknhfjbrjnlnldnhcujvddbikngjrtgh"
        );
    }

    #[test]
    fn another_private_id_or_another_key_opens_nothing() {
        let secret = SlotSecret::new([1; 6], [2; 16]);
        let progress = Progress {
            usage: Usage {
                counter: 1,
                session_use: 0,
            },
            device_clock: 7,
        };
        let typed = format!("cccc{}", &*secret.type_otp(progress, 3));
        let otp = Otp::parse(&typed).expect("an OTP");
        assert!(secret.open(&otp).is_some());
        assert!(SlotSecret::new([1; 6], [3; 16]).open(&otp).is_none());
        assert!(SlotSecret::new([9; 6], [2; 16]).open(&otp).is_none());
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(
            format!("{:?}", SlotSecret::new([1; 6], [2; 16])),
            "SlotSecret(..)"
        );
    }
}
