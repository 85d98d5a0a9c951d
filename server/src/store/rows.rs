//! Rows of either database as structs.
//!
//! sqlx's derive macro would do the same, but building it means building both database drivers a second time, for the compiler.

/// Declares a struct whose fields are read from the columns of a row. Columns have the fields' names unless one is given after `=`;
/// the field that follows `+` is a struct read from the same row.
macro_rules! row {
    (
        $(#[$attribute:meta])*
        $scope:vis struct $name:ident $(+ $part:ident: $part_type:ty)? {
            $($(#[$about:meta])* $visibility:vis $field:ident: $type:ty $(= $column:literal)?,)*
        }
    ) => {
        $(#[$attribute])*
        $scope struct $name {
            $($part: $part_type,)?
            $($(#[$about])* $visibility $field: $type,)*
        }
        $crate::store::rows::row!(@read sqlx::sqlite::SqliteRow, $name $($part)? { $($field $($column)?,)* });
        $crate::store::rows::row!(@read sqlx::postgres::PgRow, $name $($part)? { $($field $($column)?,)* });
    };
    (@read $row:ty, $name:ident $($part:ident)? { $($field:ident $($column:literal)?,)* }) => {
        impl sqlx::FromRow<'_, $row> for $name {
            fn from_row(row: &$row) -> Result<Self, sqlx::Error> {
                use sqlx::Row as _;
                Ok(Self {
                    $($part: sqlx::FromRow::from_row(row)?,)?
                    $($field: row.try_get($crate::store::rows::row!(@column $field $($column)?))?,)*
                })
            }
        }
    };
    (@column $field:ident) => { stringify!($field) };
    (@column $field:ident $column:literal) => { $column };
}
pub(crate) use row;
