//! A YubiKey in software: the OTP slot as Yubico's "YubiKey Manual" §6 describes it.

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt as _, KeyInit as _};
use keyward_core::protocols::yubico::modhex;

/// One key. A clone of it counts on its own, as a copied secret would.
#[derive(Clone)]
pub struct SoftYubikey {
    /// Twelve modhex letters.
    pub public_id: String,
    /// What is hidden in each OTP.
    pub private_id: [u8; 6],
    /// Its AES-128 key.
    pub secret: [u8; 16],
    plugged_in: u16,
    touched: u8,
    clock: u32,
}

impl SoftYubikey {
    /// A key with these secrets, plugged in for the first time.
    pub fn new(public_id: &str, private_id: [u8; 6], secret: [u8; 16]) -> Self {
        assert!(public_id.len() == 12 && modhex::is_modhex(public_id));
        Self {
            public_id: public_id.to_owned(),
            private_id,
            secret,
            plugged_in: 1,
            touched: 0,
            clock: 0x00c2_3000,
        }
    }

    /// A key whose secrets follow from a number.
    pub fn numbered(number: u8) -> Self {
        let id = [0, 0, 0, 0, 1, number];
        Self::new(&modhex::encode(&id), [number; 6], [number ^ 0xa5; 16])
    }

    /// One touch: the 44 letters that it types.
    pub fn touch(&mut self) -> String {
        self.clock = self.clock.wrapping_add(0x51) & 0x00ff_ffff;
        let mut block = [0; 16];
        block[..6].copy_from_slice(&self.private_id);
        block[6..8].copy_from_slice(&self.plugged_in.to_le_bytes());
        block[8..11].copy_from_slice(&self.clock.to_le_bytes()[..3]);
        block[11] = self.touched;
        let noise = (self.clock as u16).wrapping_mul(0x9e37);
        block[12..14].copy_from_slice(&noise.to_le_bytes());
        let checksum = !crc(&block[..14]);
        block[14..].copy_from_slice(&checksum.to_le_bytes());
        self.touched = self.touched.checked_add(1).unwrap_or_else(|| {
            self.plugged_in += 1;
            0
        });
        format!("{}{}", self.public_id, encrypt(&self.secret, block))
    }

    /// Takes the key out and plugs it in again.
    pub fn plug_in_again(&mut self) {
        self.plugged_in += 1;
        self.touched = 0;
    }
}

/// A block under a key, in modhex.
fn encrypt(secret: &[u8; 16], block: [u8; 16]) -> String {
    let mut block = block.into();
    Aes128::new(secret.into()).encrypt_block(&mut block);
    modhex::encode(&block)
}

/// CRC-16 of ISO 13239, as the key computes it.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0x8408 } else { 0 }
        })
    })
}

/// The example of Yubico's manual: a block that a real key typed.
#[test]
fn it_types_what_a_real_key_typed() {
    let secret = hex("ecde18dbe76fbd0c33330f1c354871db");
    let block: [u8; 16] = hex("8792ebfe26cc130030c20011c89f23c8");
    assert_eq!(encrypt(&secret, block), "hknhfjbrjnlnldnhcujvddbikngjrtgh");
    assert_eq!(crc(&block), 0xf0b8, "the remainder of a sound block");
}

#[cfg(test)]
fn hex<const N: usize>(text: &str) -> [u8; N] {
    let bytes = data_encoding::HEXLOWER.decode(text.as_bytes());
    bytes.expect("hex").try_into().expect("the length")
}
