//! Identifiers as newtypes: the text without quotes, exactly as written.
//!
//! Equality and order are byte-wise on the text; how the *server* compares names is asked with [`ColumnName::same`]
//! and its like, never with `==` (manual: "Identifier Case Sensitivity").

use std::fmt;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes the identifier's text, unquoted. No validity is implied: `sql` refuses what MySQL cannot hold.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The identifier's text, unquoted.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

macro_rules! case_insensitive {
    ($name:ident) => {
        impl $name {
            /// Whether the server takes both for the same name: columns, indexes and constraints compare without
            /// regard to case on every platform.
            pub fn same(&self, other: &Self) -> bool {
                same_folded(self.as_str(), other.as_str())
            }

            /// The key under which names that the server takes for the same are equal.
            pub fn folded(&self) -> String {
                self.as_str().to_lowercase()
            }
        }
    };
}

identifier!(
    /// A schema (database) of one server.
    SchemaName
);
identifier!(
    /// A table within its schema. Compared by case or not as `lower_case_table_names` says: [`TableName::same`].
    TableName
);
identifier!(
    /// A column within its table.
    ColumnName
);
identifier!(
    /// An index within its table.
    IndexName
);
identifier!(
    /// A foreign key or CHECK constraint; unique per schema (each kind for itself).
    ConstraintName
);
identifier!(
    /// A partition or subpartition within its table.
    PartitionName
);

case_insensitive!(ColumnName);
case_insensitive!(IndexName);
case_insensitive!(ConstraintName);
case_insensitive!(PartitionName);

/// Whether two names are the same in lower case.
fn same_folded(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        return one.eq_ignore_ascii_case(other);
    }
    one.to_lowercase() == other.to_lowercase()
}

impl TableName {
    /// Whether the server takes both for the same table under its `lower_case_table_names` (0: by case).
    pub fn same(&self, other: &Self, lower_case_table_names: u8) -> bool {
        self == other || (lower_case_table_names != 0 && same_folded(self.as_str(), other.as_str()))
    }
}
