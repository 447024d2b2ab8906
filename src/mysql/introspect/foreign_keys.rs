//! Which tables a statement locks besides its own: foreign keys into, out of and within a schema.

use super::row_versions::file_name;
use crate::model::{ConstraintName, SchemaName, TableName};
use crate::mysql::session::Session;
use crate::mysql::{MysqlError, MysqlErrorKind, Server};

/// A foreign key, as locks follow it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForeignKeyEdge {
    /// The child's schema.
    pub schema: SchemaName,
    /// The child.
    pub child: TableName,
    /// The parent's schema.
    pub parent_schema: SchemaName,
    /// The parent (which need not exist: foreign_key_checks=0).
    pub parent: TableName,
    /// The constraint.
    pub name: ConstraintName,
}

/// All foreign keys whose child or parent is in the schema, sorted. Children in schemas that the account cannot see are
/// found where it holds PROCESS.
pub async fn foreign_key_edges(server: &Server) -> Result<Vec<ForeignKeyEdge>, MysqlError> {
    read(server.session().await?.get()?, server.schema()).await
}

async fn read(session: &mut Session, schema: &SchemaName) -> Result<Vec<ForeignKeyEdge>, MysqlError> {
    let name = schema.as_str();
    let rows = session.query(include_str!("../queries/foreign_keys.sql"), &[name, name]).await?;
    let mut edges = Vec::with_capacity(rows.len());
    for row in &rows {
        edges.push(ForeignKeyEdge {
            schema: SchemaName::new(session.text(row, 0)?),
            child: TableName::new(session.text(row, 1)?),
            parent_schema: SchemaName::new(session.text(row, 2)?),
            parent: TableName::new(session.text(row, 3)?),
            name: ConstraintName::new(session.text(row, 4)?),
        });
    }
    let queries = session.queries();
    let spelled = if queries.file_names { file_name(name).unwrap_or_default() } else { name.to_owned() };
    match session.query(queries.foreign_keys_hidden, &[&like(&spelled)]).await {
        Ok(rows) => {
            for row in &rows {
                let [id, child, parent] = [0, 1, 2].map(|at| {
                    session.text(row, at).map(|name| if queries.file_names { from_file_name(&name) } else { name })
                });
                edges.extend(hidden(schema, &id?, &child?, &parent?));
            }
        }
        // Without PROCESS.
        Err(error) if error.kind == MysqlErrorKind::Denied => {}
        Err(error) => return Err(error),
    }
    edges.sort();
    edges.dedup();
    Ok(edges)
}

/// The name of which a file's is made; what is not spelled by its number is left as it is.
fn from_file_name(file: &str) -> String {
    let mut out = String::with_capacity(file.len());
    let mut rest = file;
    while let Some((before, after)) = rest.split_once('@') {
        out.push_str(before);
        let character = after.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        match character {
            Some(character) => {
                out.push(character);
                rest = after.get(4..).unwrap_or_default();
            }
            None => {
                out.push('@');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// A row of INNODB_FOREIGN: names are `schema/table`, not encoded. The parent's schema is known; a child's schema with
/// a slash in its name is read wrongly, which only names a lock in another schema less well.
fn hidden(schema: &SchemaName, id: &str, child: &str, parent: &str) -> Option<ForeignKeyEdge> {
    let parent = parent.strip_prefix(schema.as_str())?.strip_prefix('/')?;
    let (child_schema, child) = match child.strip_prefix(schema.as_str()).and_then(|rest| rest.strip_prefix('/')) {
        Some(child) => (schema.as_str(), child),
        None => child.split_once('/')?,
    };
    let name = id.strip_prefix(child_schema)?.strip_prefix('/')?;
    Some(ForeignKeyEdge {
        schema: SchemaName::new(child_schema),
        child: TableName::new(child),
        parent_schema: schema.clone(),
        parent: TableName::new(parent),
        name: ConstraintName::new(name),
    })
}

/// A name as a LIKE pattern that matches only itself.
fn like(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for character in name.chars() {
        if matches!(character, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}
