//! `/assets/…`

use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, ETAG, HeaderMap, HeaderName, IF_NONE_MATCH,
    VARY,
};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};

use crate::views::assets;
use crate::web::answer::Answer;
use keyward_core::problem::codes;

/// A style sheet, a script or a drawing: packed once, for browsers that take that.
pub async fn send(request: HttpRequest, path: Path<String>) -> Answer {
    let asset = assets::find(&path).ok_or(codes::REQUEST_NOT_FOUND)?;
    let keep = if asset.is_immutable {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let is_packed = takes_gzip(request.headers());
    // Two encodings are two representations, each with a tag of its own (RFC 9110 §8.8.3.3).
    let etag = asset.etag(is_packed);
    let mut answer = match is_known(request.headers(), &etag) {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    answer
        .insert_header((ETAG, etag.clone()))
        .insert_header((CACHE_CONTROL, keep))
        .insert_header((VARY, "accept-encoding"));
    if is_known(request.headers(), &etag) {
        return Ok(answer.finish());
    }
    answer.content_type(asset.content_type);
    Ok(match is_packed {
        true => answer
            .insert_header((CONTENT_ENCODING, "gzip"))
            .body(asset.packed()),
        false => answer.body(asset.bytes.into_owned()),
    })
}

/// The members of a list that may stand in several lines (RFC 9110 §5.6.1).
fn list(headers: &HeaderMap, name: HeaderName) -> Vec<&str> {
    let lines = headers.get_all(name).filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .collect()
}

/// Whether the client has this representation: tags are compared weakly (RFC 9110 §13.1.2).
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    list(headers, IF_NONE_MATCH)
        .iter()
        .any(|tag| *tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// Whether the client takes gzip (RFC 9110 §12.5.3): a weight of nought is a refusal.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let weight_of = |wanted: &[&str]| {
        let members = list(headers, ACCEPT_ENCODING);
        members.into_iter().find_map(|member| {
            let (coding, rest) = member.split_once(';').unwrap_or((member, ""));
            let is_meant = wanted
                .iter()
                .any(|name| coding.trim().eq_ignore_ascii_case(name));
            let weight = rest.trim().strip_prefix("q=").unwrap_or("1");
            is_meant.then(|| weight.parse::<f32>().unwrap_or(0.0))
        })
    };
    let weight = weight_of(&["gzip", "x-gzip"]).or_else(|| weight_of(&["*"]));
    weight.is_some_and(|weight| weight > 0.0)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.append(name, HeaderValue::from_str(value).expect("a value"));
        headers
    }

    #[test]
    fn gzip_is_sent_to_whoever_takes_it() {
        for (value, expected) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("*", true),
            ("br, x-gzip", true),
            ("gzip;q=0", false),
            ("gzip;q=0, *", false),
            ("br", false),
            ("identity", false),
            ("", false),
        ] {
            assert_eq!(
                takes_gzip(&headers(ACCEPT_ENCODING, value)),
                expected,
                "{value}"
            );
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn a_tag_is_found_in_a_list() {
        for (value, expected) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"a-gzip\"", false),
            ("\"b\"", false),
            ("a", false),
        ] {
            assert_eq!(
                is_known(&headers(IF_NONE_MATCH, value), "\"a\""),
                expected,
                "{value}"
            );
        }
    }
}
