//! Primary key, indexes, foreign keys, checks.

use super::super::identifier::{push_identifier, push_string};
use super::{Paper, push_versioned};
use crate::model::{
    Check, ColumnName, ForeignKey, Index, IndexAlgorithm, IndexKind, KeyPart, KeyTarget, PrimaryKey, ReferentialAction,
};

/// Appends `PRIMARY KEY …`.
pub(super) fn push_primary_key(out: &mut String, primary_key: &PrimaryKey, paper: Paper) {
    let PrimaryKey { parts, algorithm, key_block_size, comment, engine_attribute, secondary_engine_attribute } =
        primary_key;
    out.push_str("PRIMARY KEY ");
    push_parts(out, parts);
    push_common(out, *algorithm, *key_block_size, comment);
    push_attributes(out, engine_attribute.as_deref(), secondary_engine_attribute.as_deref(), paper);
}

/// Appends `[UNIQUE|FULLTEXT|SPATIAL] KEY …`.
pub(super) fn push_index(out: &mut String, index: &Index, paper: Paper) {
    let Index {
        name,
        kind,
        parts,
        algorithm,
        key_block_size,
        parser,
        visible,
        comment,
        engine_attribute,
        secondary_engine_attribute,
        constraint,
    } = index;
    if let Some(constraint) = constraint {
        out.push_str("CONSTRAINT ");
        push_identifier(out, constraint.as_str());
        out.push(' ');
    }
    out.push_str(match kind {
        IndexKind::Plain => "KEY ",
        IndexKind::Unique => "UNIQUE KEY ",
        IndexKind::Fulltext => "FULLTEXT KEY ",
        IndexKind::Spatial => "SPATIAL KEY ",
    });
    if let Some(name) = name {
        push_identifier(out, name.as_str());
        out.push(' ');
    }
    push_parts(out, parts);
    push_common(out, *algorithm, *key_block_size, comment);
    if !visible {
        push_versioned(out, paper, "80000", paper.dialect.unused_index().word(false));
    }
    if let Some(parser) = parser {
        let mut text = "WITH PARSER ".to_owned();
        push_identifier(&mut text, parser);
        push_versioned(out, paper, "50100", &text);
        if paper.shown() {
            // The server's own blank.
            out.push(' ');
        }
    }
    push_attributes(out, engine_attribute.as_deref(), secondary_engine_attribute.as_deref(), paper);
}

fn push_parts(out: &mut String, parts: &[KeyPart]) {
    out.push('(');
    for (index, KeyPart { target, descending }) in parts.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        match target {
            KeyTarget::Column { name, length } => {
                push_identifier(out, name.as_str());
                if let Some(length) = length {
                    out.push_str(&format!("({length})"));
                }
            }
            KeyTarget::Expression(expression) => {
                out.push('(');
                out.push_str(expression.as_str());
                out.push(')');
            }
        }
        if *descending {
            out.push_str(" DESC");
        }
    }
    out.push(')');
}

fn push_common(out: &mut String, algorithm: Option<IndexAlgorithm>, key_block_size: Option<u32>, comment: &str) {
    if let Some(algorithm) = algorithm {
        out.push_str(match algorithm {
            IndexAlgorithm::Btree => " USING BTREE",
            IndexAlgorithm::Hash => " USING HASH",
            IndexAlgorithm::Rtree => " USING RTREE",
        });
    }
    if let Some(size) = key_block_size {
        out.push_str(&format!(" KEY_BLOCK_SIZE={size}"));
    }
    if !comment.is_empty() {
        out.push_str(" COMMENT ");
        push_string(out, comment);
    }
}

fn push_attributes(out: &mut String, engine: Option<&str>, secondary: Option<&str>, paper: Paper) {
    for (keyword, text) in [("ENGINE_ATTRIBUTE ", engine), ("SECONDARY_ENGINE_ATTRIBUTE ", secondary)] {
        if let Some(text) = text {
            let mut attribute = keyword.to_owned();
            push_string(&mut attribute, text);
            push_versioned(out, paper, "80021", &attribute);
        }
    }
}

/// Appends `CONSTRAINT … FOREIGN KEY …`.
pub(super) fn push_foreign_key(out: &mut String, foreign_key: &ForeignKey, paper: Paper) {
    let ForeignKey {
        name,
        index_name,
        columns,
        referenced_schema,
        referenced_table,
        referenced_columns,
        on_delete,
        on_update,
    } = foreign_key;
    if let Some(name) = name {
        out.push_str("CONSTRAINT ");
        push_identifier(out, name.as_str());
        out.push(' ');
    }
    out.push_str("FOREIGN KEY ");
    if let Some(index_name) = index_name {
        push_identifier(out, index_name.as_str());
        out.push(' ');
    }
    push_columns(out, columns);
    out.push_str(" REFERENCES ");
    if let Some(schema) = referenced_schema {
        push_identifier(out, schema.as_str());
        out.push('.');
    }
    push_identifier(out, referenced_table.as_str());
    if !referenced_columns.is_empty() {
        out.push(' ');
        push_columns(out, referenced_columns);
    }
    push_action(out, " ON DELETE ", *on_delete, paper);
    push_action(out, " ON UPDATE ", *on_update, paper);
}

fn push_columns(out: &mut String, columns: &[ColumnName]) {
    out.push('(');
    for (index, column) in columns.iter().enumerate() {
        if index > 0 {
            // The one list that SHOW CREATE TABLE spaces.
            out.push_str(", ");
        }
        push_identifier(out, column.as_str());
    }
    out.push(')');
}

fn push_action(out: &mut String, keyword: &str, action: ReferentialAction, paper: Paper) {
    let text = match action {
        unsaid if unsaid == paper.dialect.unsaid_action() => return,
        ReferentialAction::NoAction => "NO ACTION",
        ReferentialAction::Restrict => "RESTRICT",
        ReferentialAction::Cascade => "CASCADE",
        ReferentialAction::SetNull => "SET NULL",
        ReferentialAction::SetDefault => "SET DEFAULT",
    };
    out.push_str(keyword);
    out.push_str(text);
}

/// Appends `CONSTRAINT … CHECK (…)`.
pub(super) fn push_check(out: &mut String, check: &Check, paper: Paper) {
    let Check { name, expression, enforced } = check;
    if let Some(name) = name {
        out.push_str("CONSTRAINT ");
        push_identifier(out, name.as_str());
        out.push(' ');
    }
    out.push_str("CHECK (");
    out.push_str(expression.as_str());
    out.push(')');
    if !enforced {
        push_versioned(out, paper, "80016", "NOT ENFORCED");
    }
}
