//! Typed page data, languages and rendering. Nothing else knows the template engine.
