//! How tables are declared.

/// Declares tables that may appear in one query: each with its key and its columns.
macro_rules! tables {
    ($($name:ident ($key:ident $(, $more:ident)*) { $($column:ident -> $type:ty,)* })*) => {
        $(diesel::table! { $name ($key $(, $more)*) { $($column -> $type,)* } })*
        diesel::allow_tables_to_appear_in_same_query!($($name),*);
    };
}
pub(super) use tables;
