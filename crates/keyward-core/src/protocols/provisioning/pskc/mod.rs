//! Portable Symmetric Key Containers (RFC 6030) with the secrets of YubiKeys, as the
//! personalization tool writes them: in the clear, or encrypted under a key that both sides share
//! or one that is derived from a password.
//!
//! The container is XML from somewhere else. It is read without document types, so that no entity
//! grows and nothing is fetched, and with bounds on its size and its number of nodes.

mod lock;

use data_encoding::BASE64;
use roxmltree::{Document, Node, ParsingOptions};
use zeroize::Zeroizing;

pub use lock::Unlocking;
use lock::{Failed, Lock};

use super::{Contents, KeyRecord, Numbered, RowFault, field, moment};

/// The largest container, in bytes: some thirty thousand keys.
const LARGEST: usize = 32 * 1024 * 1024;
/// The most nodes of a container.
const MOST_NODES: u32 = 2_000_000;
/// What the algorithm of a YubiKey's slot is called (draft-josefsson-keyprov-pskc-yubikey).
const YUBIKEY: &str = "http://www.yubico.com/#yubikey-aes";

/// Why a whole container cannot be read, in words for people.
pub type Unreadable = &'static str;

/// Whether a text begins as a container does.
pub(super) fn is_typical(text: &str) -> bool {
    let start = text.trim_start();
    let head = start.get(..4096).unwrap_or(start);
    start.starts_with('<') && head.contains("KeyContainer")
}

/// Reads a container. A row is a key, with the line on which it begins. Keys of other algorithms
/// are counted among the others.
///
/// # Errors
/// Where it is no container, or where its keys cannot be got at.
pub fn read(text: &str, unlocking: &Unlocking) -> Result<Contents<KeyRecord>, Unreadable> {
    if text.len() > LARGEST {
        return Err("it is larger than 32 MiB");
    }
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MOST_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options)
        .map_err(|_| "it is no sound XML without a document type")?;
    let container = document.root_element();
    if container.tag_name().name() != "KeyContainer" {
        return Err("it is no key container");
    }
    let lock = Lock::of(container, unlocking)?;
    let mut contents = Contents {
        rows: Vec::new(),
        others: 0,
    };
    let (mut line, mut read) = (1, 0);
    for package in children(container, "KeyPackage") {
        for key in children(package, "Key") {
            if key.attribute("Algorithm").map(str::trim) != Some(YUBIKEY) {
                contents.others = contents.others.saturating_add(1);
                continue;
            }
            // Counted on from the key before: from the beginning, it would take the square.
            let between = text.get(read..key.range().start).unwrap_or_default();
            line = between.matches('\n').count().saturating_add(line);
            read = key.range().start;
            contents.rows.push(Numbered {
                line,
                row: read_key(package, key, &lock),
            });
        }
    }
    Ok(contents)
}

fn read_key(package: Node<'_, '_>, key: Node<'_, '_>, lock: &Lock) -> Result<KeyRecord, RowFault> {
    let user = descend(key, &["UserId"]).and_then(text);
    let names = user.unwrap_or_default();
    let device = descend(package, &["DeviceInfo"]);
    let of_device = |name| device.and_then(|device| descend(device, &[name]).and_then(text));
    // The tool numbers a key's slots behind its serial number.
    let by_id = || Some(key.attribute("Id")?.split_once(':')?.0);
    let serial = of_device("SerialNo").or_else(by_id).unwrap_or_default();
    let public_id: String = attribute(names, "CN")
        .unwrap_or_default()
        .split(' ')
        .collect();
    let secret = descend(key, &["Data", "Secret"]).ok_or(RowFault::AesKey)?;
    let secret = value(secret, lock)?;
    Ok(KeyRecord {
        serial: field::serial(serial)?,
        public_id: field::public_id(&public_id)?,
        private_id: attribute(names, "UID")
            .and_then(field::hex)
            .ok_or(RowFault::PrivateId)?,
        aes_key: Zeroizing::new(
            <[u8; 16]>::try_from(secret.as_slice()).map_err(|_| RowFault::AesKey)?,
        ),
        lock_code: None,
        created: moment::parse(of_device("StartDate").unwrap_or_default())?,
        accessed: None,
    })
}

/// The value of one attribute of a name such as `CN=vvcccc, UID=0123` (RFC 4514).
fn attribute<'a>(name: &'a str, wanted: &str) -> Option<&'a str> {
    let pairs = name.split(',').filter_map(|pair| pair.split_once('='));
    let named = |(key, _): &(&str, &str)| key.trim().eq_ignore_ascii_case(wanted);
    pairs.into_iter().find(named).map(|(_, value)| value.trim())
}

/// A value in the clear or encrypted (RFC 6030 §6.2).
fn value(node: Node<'_, '_>, lock: &Lock) -> Result<Zeroizing<Vec<u8>>, RowFault> {
    if let Some(plain) = descend(node, &["PlainValue"]) {
        return bytes(plain).ok_or(RowFault::AesKey);
    }
    let encrypted = descend(node, &["EncryptedValue"]).ok_or(RowFault::AesKey)?;
    let mac = descend(node, &["ValueMAC"]).and_then(bytes);
    lock.open(encrypted, mac.as_deref())
        .map_err(|failed| match failed {
            Failed::Locked => RowFault::Locked,
            Failed::Algorithm => RowFault::Algorithm,
            Failed::Mac => RowFault::Mac,
            Failed::Value => RowFault::AesKey,
        })
}

fn children<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    // Prefixes and versions of the namespaces differ among those who write containers.
    node.children()
        .filter(move |child| child.is_element() && child.tag_name().name() == name)
}

fn descend<'a, 'i>(node: Node<'a, 'i>, names: &[&'static str]) -> Option<Node<'a, 'i>> {
    names
        .iter()
        .try_fold(node, |node, name| children(node, name).next())
}

fn text<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    node.text().map(str::trim)
}

/// Base64, broken into lines or not.
fn bytes(node: Node<'_, '_>) -> Option<Zeroizing<Vec<u8>>> {
    let digits: Zeroizing<Vec<u8>> = Zeroizing::new(
        node.text()?
            .bytes()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect(),
    );
    BASE64.decode(&digits).ok().map(Zeroizing::new)
}
