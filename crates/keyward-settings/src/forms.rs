//! The forms that several sections share.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use url::{Host, Url};

use super::form::{Form, Given};
use super::section::Section;
use super::source::Source;
use keyward_core::domain::outgoing::AuthorityCertificates;
use keyward_core::domain::validation_client::parse_addresses;

/// A whole number within a range.
pub(super) fn number<T>(range: RangeInclusive<T>) -> Form<T>
where
    T: TryFrom<i128> + PartialOrd + Copy + std::fmt::Display + 'static,
{
    let (least, most) = (*range.start(), *range.end());
    Form::new(
        format!("a number from {least} to {most}"),
        move |given: &Given| {
            let number = given.number()?;
            T::try_from(number)
                .ok()
                .filter(|number| range.contains(number))
                .ok_or_else(|| format!("{number} does not lie between {least} and {most}"))
        },
    )
}

/// How many digits a code has.
pub(super) fn digits() -> Form<u32> {
    Form::new("6 or 8", |given| match given.number()? {
        6 => Ok(6),
        8 => Ok(8),
        other => Err(format!("{other} is neither 6 nor 8")),
    })
}

/// Yes or no.
pub(super) fn truth() -> Form<bool> {
    Form::new("`true` or `false`", Given::truth)
}

/// Text of 1 to `longest` characters on one line.
pub(super) fn text(longest: usize) -> Form<String> {
    Form::new(
        format!("text of 1 to {longest} characters"),
        move |given: &Given| {
            let text = given.text()?.trim();
            let length = text.chars().count();
            if length == 0 || length > longest || text.chars().any(char::is_control) {
                return Err(format!("must have 1 to {longest} characters on one line"));
            }
            Ok(text.to_owned())
        },
    )
}

/// Text that is never printed again.
pub(super) fn secret() -> Form<SecretString> {
    Form::new("a secret", |given: &Given| match given.text()?.trim() {
        "" => Err("is empty".to_owned()),
        secret => Ok(SecretString::from(secret)),
    })
}

/// A file.
pub(super) fn path() -> Form<PathBuf> {
    Form::new("a path", |given: &Given| match given.text()? {
        "" => Err("is empty".to_owned()),
        path => Ok(PathBuf::from(path)),
    })
}

/// An address and port.
pub(super) fn socket() -> Form<SocketAddr> {
    Form::new("an IP address and port", |given: &Given| {
        let text = given.text()?;
        text.parse().map_err(|_| {
            format!("\"{text}\" is not an IP address and port such as 127.0.0.1:8080 or [::]:443")
        })
    })
}

/// One of a few words.
pub(super) fn choice<T: Copy + 'static>(choices: &'static [(&'static str, T)]) -> Form<T> {
    let quoted: Vec<String> = choices
        .iter()
        .map(|(word, _)| format!("`{word}`"))
        .collect();
    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
    let words = words.join(", ");
    Form::new(quoted.join(", "), move |given: &Given| {
        let text = given.text()?;
        choices
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, choice)| *choice)
            .ok_or_else(|| format!("\"{text}\" is none of {words}"))
    })
}

/// A network, or one address. IPv4 in IPv6's clothes is IPv4.
pub(super) fn network() -> Form<IpNet> {
    Form::new("a network such as `192.0.2.0/24`", |given: &Given| {
        let text = given.text()?.trim();
        let networks = parse_addresses(text).ok();
        match networks.as_deref() {
            Some([network]) => Ok(*network),
            _ => Err(format!(
                "\"{text}\" is no network such as 192.0.2.0/24 or 2001:db8::/48"
            )),
        }
    })
}

/// A list of things of one form.
pub(super) fn list<T: 'static>(item: Form<T>, says: &'static str) -> Form<Vec<T>> {
    Form::new(says, move |given: &Given| {
        given.list()?.iter().map(|value| item.read(value)).collect()
    })
}

/// A list of some of these algorithms, none twice, best first.
pub(super) fn algorithms<T: Copy + PartialEq + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> Form<Vec<T>> {
    Form::new("a list of algorithms", move |given: &Given| {
        let mut named = Vec::new();
        for value in given.list()? {
            let text = value.text()?.trim();
            let known = all.iter().copied().find(|one| name(*one) == text);
            let algorithm = known.ok_or_else(|| {
                let names: Vec<&str> = all.iter().copied().map(name).collect();
                format!("\"{text}\" is none of {}", names.join(", "))
            })?;
            if named.contains(&algorithm) {
                return Err(format!("names {text} twice"));
            }
            named.push(algorithm);
        }
        match named.is_empty() {
            true => Err("must name one at least".to_owned()),
            false => Ok(named),
        }
    })
}

/// A file of authorities' certificates, read at once.
pub(super) fn authorities() -> Form<AuthorityCertificates> {
    Form::new("a path", |given: &Given| {
        let path = given.text()?;
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("names {path}, which cannot be read: {error}"))?;
        AuthorityCertificates::parse(&text)
            .ok_or_else(|| format!("names {path}, which holds no certificates as PEM"))
    })
}

/// A list of tables.
pub(super) fn tables<T: Section + 'static>() -> Form<Vec<T>> {
    Form::new("a list of tables", |given: &Given| {
        let tables = given.list()?;
        let read = |(index, table): (usize, &Given)| {
            Source::of_table::<T>(table.table()?)
                .and_then(|source| T::read(&source))
                .map_err(|wrong| format!("table {}: {}", index + 1, wrong.sentence()))
        };
        tables.iter().enumerate().map(read).collect()
    })
}

/// A part of a cookie's name.
pub(super) fn cookie_name() -> Form<String> {
    Form::new("1 to 64 letters, digits, `-` or `_`", |given: &Given| {
        let name = given.text()?;
        let sound = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if (1..=64).contains(&name.len()) && name.chars().all(sound) {
            Ok(name.to_owned())
        } else {
            Err("must have 1 to 64 letters, digits, - or _".to_owned())
        }
    })
}

/// An origin: scheme, host and port alone. The URL's path is `/`.
pub(super) fn origin() -> Form<Url> {
    Form::new(
        "an origin: `https://`, a host and perhaps a port",
        |given: &Given| parse_origin(given.text()?),
    )
}

/// A service of another operator: scheme, host and port alone.
pub(super) fn service() -> Form<Url> {
    Form::new("an address without a path", |given: &Given| {
        let text = given.text()?;
        let bare = |url: &Url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.path() == "/"
                && url.query().is_none()
                && url.username().is_empty()
        };
        Url::parse(text)
            .ok()
            .filter(bare)
            .ok_or_else(|| format!("\"{text}\" is not an address such as https://api.twilio.com"))
    })
}

fn parse_origin(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)
        .map_err(|_| format!("\"{text}\" is not an address such as https://login.example.com"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("\"{text}\" must begin with https://"));
    }
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !bare {
        return Err("must be scheme, host and port alone, without a path or a user".to_owned());
    }
    match url.host() {
        Some(Host::Domain("localhost")) => Ok(url),
        Some(Host::Domain(host)) if host.ends_with(".localhost") => Ok(url),
        Some(Host::Domain(_)) if url.scheme() == "https" => Ok(url),
        Some(Host::Domain(_)) => Err(format!(
            "\"{text}\" must begin with https://: browsers offer passkeys and security keys on \
             https and on http://localhost only"
        )),
        _ => Err(format!(
            "\"{text}\" must name its host: browsers refuse passkeys and security keys on IP \
             addresses; use http://localhost with a port to try things out"
        )),
    }
}

const UNITS: [(&str, u64); 7] = [
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("min", 60_000),
    ("ms", 1),
    ("m", 60_000),
    ("s", 1000),
];

/// Minutes.
pub(super) const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

/// Days.
pub(super) const fn days(days: u64) -> Duration {
    Duration::from_secs(days * 86_400)
}

/// A duration as it would be written in a file: in the largest unit that divides it.
pub(super) fn written(span: Duration) -> String {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    if millis == 0 {
        return "0".to_owned();
    }
    UNITS
        .iter()
        .filter(|(unit, size)| !matches!(*unit, "min" | "w") && millis.is_multiple_of(*size))
        .max_by_key(|(_, size)| *size)
        .map_or_else(
            || format!("{millis}ms"),
            |(unit, size)| format!("{}{unit}", millis / size),
        )
}

/// Reads a duration as settings have it, such as `90s`, `10m` or `250ms`.
///
/// # Errors
/// What it must be, for people.
pub fn read_duration(text: &str) -> Result<Duration, String> {
    parse_duration(&Given::textual(text))
}

fn parse_duration(given: &Given) -> Result<Duration, String> {
    if matches!(given.number(), Ok(0)) {
        return Ok(Duration::ZERO);
    }
    let refused = || "must be a duration such as \"90s\", \"10m\", \"12h\" or \"30d\"".to_owned();
    let text = given.text().map_err(|_| refused())?.trim();
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (amount, unit) = text.split_at(digits);
    let amount: u64 = amount.parse().map_err(|_| refused())?;
    let (_, size) = UNITS
        .iter()
        .find(|(name, _)| *name == unit.trim_start())
        .ok_or_else(refused)?;
    amount
        .checked_mul(*size)
        .map(Duration::from_millis)
        .ok_or_else(refused)
}

/// A duration within a range.
pub(super) fn duration(range: RangeInclusive<Duration>) -> Form<Duration> {
    let (least, most) = (written(*range.start()), written(*range.end()));
    Form::new(
        format!("a duration from {least} to {most}"),
        move |given: &Given| {
            let span = parse_duration(given)?;
            if !range.contains(&span) {
                return Err(format!(
                    "{} does not lie between {least} and {most}",
                    written(span)
                ));
            }
            Ok(span)
        },
    )
}

/// A duration within a range, or `0` for none.
pub(super) fn duration_or_off(range: RangeInclusive<Duration>) -> Form<Option<Duration>> {
    let (least, most) = (written(*range.start()), written(*range.end()));
    let inner = duration(range);
    Form::new(
        format!("a duration from {least} to {most}, or `0` for off"),
        move |given: &Given| {
            if parse_duration(given)?.is_zero() {
                return Ok(None);
            }
            inner.read(given).map(Some)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_they_are_written() {
        for text in ["0", "90s", "10m", "12h", "30d", "250ms"] {
            let span = parse_duration(&Given::textual(text)).expect(text);
            assert_eq!(written(span), text);
        }
        for text in [
            "",
            "10",
            "m",
            "10 years",
            "-1s",
            "1.5h",
            "99999999999999999999s",
            "s10",
        ] {
            assert!(parse_duration(&Given::textual(text)).is_err(), "{text}");
        }
        assert_eq!(parse_duration(&Given::textual("2w")), Ok(days(14)));
    }
}
