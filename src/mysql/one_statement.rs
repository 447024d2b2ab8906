//! one_statement
