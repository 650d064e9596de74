//! HTTP: routes, pages, ceremonies and machines. Nothing else knows actix.
