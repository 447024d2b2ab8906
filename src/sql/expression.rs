//! Questions about expressions: which columns, the same with other names, surely the same.

pub(super) mod check;
mod shape;

use crate::model::{ColumnName, Expression};

/// The columns that an expression names, each once (as the server compares names), in order of appearance.
pub fn expression_columns(expression: &Expression) -> Vec<ColumnName> {
    let _ = expression;
    todo!()
}

/// The expression with columns renamed, all at once (so that two names can be swapped); everything else keeps its text.
pub fn rename_columns(expression: &Expression, renames: &[(ColumnName, ColumnName)]) -> Expression {
    let _ = (expression, renames);
    todo!()
}

/// Whether two expressions surely mean the same. `false` only means that the server must be asked.
pub fn same_expression(one: &Expression, other: &Expression) -> bool {
    let _ = (one, other);
    todo!()
}
