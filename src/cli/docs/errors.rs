//! The reference of error codes.

use crate::web::answer;
use keyward_core::problem::codes;
use keyward_core::protocols::provisioning::RowFault;

const INTRODUCTION: &str = "\
# Error codes

A code is stable: once released it keeps its name and meaning. Machines find it as `code` in \
`application/problem+json` (RFC 9457); commands print it at the start of their line on standard \
error. Who caused it decides the HTTP status.

| code | status | meaning |
|---|---|---|
";

const ROWS: &str = "
## Rows of imported files

`keyward import` gives each bad row its line and one of these codes.

| code | meaning |
|---|---|
";

pub(super) fn reference() -> String {
    let mut page = INTRODUCTION.to_owned();
    for code in codes::ALL {
        let status = answer::status(code.fault).as_u16();
        page.push_str(&format!(
            "| `{}` | {status} | {} |\n",
            code.name, code.meaning
        ));
    }
    page.push_str(ROWS);
    for fault in RowFault::ALL {
        page.push_str(&format!("| `{}` | {} |\n", fault.code(), fault.meaning()));
    }
    page
}
