//! SQL: the only place that quotes, prints and parses it.
//!
//! Lexer, statements and expressions are our own grammar over a token cursor, into `model`'s types. Expressions stay source
//! text, held to be exactly one expression as MySQL's grammar has them: balanced, without executable comments, semicolons,
//! placeholders or variables, so that they cannot leave the place they are printed at. Parsing takes what MySQL takes
//! (synonyms, executable comments by version, every order of attributes); printing has two styles, one for statements that
//! run and one that repeats `SHOW CREATE TABLE` byte for byte.
//!
//! Nothing here nests deeper than a bound or costs more than linear time and memory, whatever comes in. What stands within
//! quotes never reaches an error message: it may be a password.

#[cfg(test)]
mod corpus_tests;
mod cursor;
#[cfg(test)]
mod dialect_tests;
mod error;
mod expression;
mod identifier;
mod lexer;
mod literal;
mod mentions;
mod parse;
mod print;
#[cfg(test)]
mod proptests;
mod script;

pub use error::{Located, SqlError};
pub use expression::{
    calls_any, expression_columns, has_damaged_introducer, rename_columns, same_expression, without_damaged_introducers,
};
pub use identifier::{IdentifierProblem, check_identifier, quote_identifier, quote_string};
pub use mentions::mentions;
pub use parse::{
    parse_create_table, parse_data_type, parse_default_expression, parse_expression, parse_key_expression,
    parse_on_update, parse_partition_bound, parse_partition_value, parse_partitioning, parse_statement,
};
pub use print::{
    Style, print_canonical, print_column_default, print_create_table, print_data_type, print_literal,
    print_partition_bound, print_partition_value, print_partitioning, print_statement,
};
pub use script::{ScriptStatement, ScriptTable, SkipReason, fold_script, parse_script};
