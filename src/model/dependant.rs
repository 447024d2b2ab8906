//! What names tables and columns in a text of its own, which no DDL on those tables looks at: triggers, views, routines and
//! events.

use super::{SchemaName, TableName};

/// What depends on the tables of a schema, as far as it could be seen. Empty where nobody looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependants {
    /// The schema of the tables.
    pub schema: String,
    /// `@@lower_case_table_names`.
    pub lower_case_table_names: u8,
    /// Those that were seen, sorted.
    pub seen: Vec<Dependant>,
    /// What could not be looked at.
    pub unseen: Vec<UnseenDependants>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependant {
    /// What it is.
    pub kind: DependantKind,
    /// Its schema, where that is another one.
    pub schema: Option<SchemaName>,
    /// Its name.
    pub name: String,
    /// The names in its text.
    pub mentions: Vec<Mention>,
}

/// The kinds of dependants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DependantKind {
    /// A trigger.
    Trigger {
        /// The table whose rows fire it.
        table: TableName,
        /// `BEFORE` or `AFTER`.
        timing: String,
        /// `INSERT`, `UPDATE` or `DELETE`.
        event: String,
    },
    /// A view.
    View,
    /// A procedure.
    Procedure,
    /// A function.
    Function,
    /// Any other routine, such as a package.
    Routine,
    /// An event of the scheduler.
    Event,
}

/// A name as it stands in a text: `a`, `t.a`, `s.t.a`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    /// Its parts, unquoted.
    pub parts: Vec<String>,
    /// The name that follows it, with or without AS.
    pub alias: Option<String>,
    /// What the text says around it.
    pub place: MentionPlace,
}

/// Where a name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MentionPlace {
    /// After a word that a table follows, such as FROM or UPDATE.
    Table,
    /// The same of an INSERT or REPLACE that names no columns: it gives a value to each.
    FilledWhole,
    /// Before an opening parenthesis: a function, or a table with a list of columns.
    Called,
    /// After AS: a new name.
    Alias,
    /// Anywhere else.
    Plain,
}

/// Dependants that the account may not see, or that the server did not tell of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnseenDependants {
    /// What, e.g. `routines`.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}
