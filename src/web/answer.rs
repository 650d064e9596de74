//! A problem as an HTTP answer: the only place that knows which fault is which status.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use serde_json::json;

use crate::problem::{Fault, Problem};

/// The status of a fault.
pub fn status(fault: Fault) -> StatusCode {
    match fault {
        Fault::Malformed => StatusCode::BAD_REQUEST,
        Fault::Forged | Fault::Denied => StatusCode::FORBIDDEN,
        Fault::Missing => StatusCode::NOT_FOUND,
        Fault::Stale => StatusCode::CONFLICT,
        Fault::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Fault::Partner => StatusCode::BAD_GATEWAY,
        Fault::Ours => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The answer for machines: `application/problem+json` (RFC 9457). What lies behind a fault of
/// ours stays in the log.
pub fn for_machines(problem: &Problem) -> HttpResponse {
    let code = problem.code();
    let status = status(code.fault);
    let mut body = json!({
        "type": format!("urn:keyward:problem:{}", code.name),
        "title": code.meaning,
        "status": status.as_u16(),
        "code": code.name,
    });
    if code.fault != Fault::Ours
        && let Some(detail) = problem.detail()
    {
        body["detail"] = detail.into();
    }
    let mut response = HttpResponse::build(status);
    if let Some(wait) = problem.wait() {
        // Whole seconds, rounded up (RFC 9110 §10.2.3).
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        response.insert_header((RETRY_AFTER, seconds.to_string()));
    }
    response
        .content_type("application/problem+json")
        .body(body.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::body::to_bytes;

    use super::*;
    use crate::problem::codes;

    async fn body(problem: &Problem) -> serde_json::Value {
        let body = to_bytes(for_machines(problem).into_body()).await;
        serde_json::from_slice(&body.expect("a body")).expect("JSON")
    }

    #[actix_web::test]
    async fn a_problem_is_told_with_its_code_and_its_wait() {
        let problem = Problem::new(codes::SIGN_IN_TOO_MANY)
            .detailed("locked")
            .retry_after(Duration::from_millis(1500));
        let answer = for_machines(&problem);
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers().get("retry-after").expect("a wait"), "2");
        let body = body(&problem).await;
        assert_eq!(body["code"], "sign_in.too_many");
        assert_eq!(body["detail"], "locked");
        assert_eq!(body["status"], 429);
    }

    #[actix_web::test]
    async fn what_lies_behind_our_own_faults_is_not_told() {
        let problem = Problem::internal("row 7 of the secret table").detailed("table x");
        assert!(body(&problem).await.get("detail").is_none());
    }
}
