//! Names, kinds, creation times, sizes and formats: what information_schema.TABLES knows.

use crate::model::{ConstraintName, SchemaDefaults, SchemaName, TableName};
use crate::mysql::answer::Row;
use crate::mysql::session::Session;
use crate::mysql::{MysqlError, Server};

/// What a name in the schema is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableKind {
    /// A base table.
    BaseTable,
    /// A view.
    View,
    /// Something else (a system view, a sequence of MariaDB).
    Other,
}

/// One line of the drift probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveTable {
    /// Its name.
    pub name: TableName,
    /// What it is.
    pub kind: TableKind,
    /// `CREATE_TIME`: moves with most DDL; a hint, to be compared for equality only.
    pub created: Option<String>,
}

/// What the server estimates of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSize {
    /// The table.
    pub name: TableName,
    /// Rows.
    pub rows: u64,
    /// Bytes of data.
    pub data_bytes: u64,
    /// Bytes of indexes.
    pub index_bytes: u64,
}

/// The schema's defaults; `None` when it does not exist.
pub async fn schema_defaults(server: &Server) -> Result<Option<SchemaDefaults>, MysqlError> {
    defaults_on(server.session().await?.get()?, server.schema()).await
}

/// The same on a session.
pub(in crate::mysql) async fn defaults_on(
    session: &mut Session,
    schema: &SchemaName,
) -> Result<Option<SchemaDefaults>, MysqlError> {
    let rows = session.query(include_str!("../queries/schema_defaults.sql"), &[schema.as_str()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(SchemaDefaults { character_set: session.text(row, 0)?, collation: session.text(row, 1)? }))
}

/// All tables and views with their CREATE_TIME, sorted by name (byte-wise): one cheap query.
pub async fn list_tables(server: &Server) -> Result<Vec<LiveTable>, MysqlError> {
    let mut lease = server.session().await?;
    let session = lease.get()?;
    let rows = session.query(include_str!("../queries/tables.sql"), &[server.schema().as_str()]).await?;
    let mut tables = Vec::with_capacity(rows.len());
    for row in &rows {
        tables.push(LiveTable {
            name: TableName::new(session.text(row, 0)?),
            kind: match session.text(row, 1)?.as_str() {
                "BASE TABLE" => TableKind::BaseTable,
                "VIEW" => TableKind::View,
                _ => TableKind::Other,
            },
            created: session.optional(row, 2)?,
        });
    }
    tables.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(tables)
}

/// Whether there is a base table of this name in another schema, as far as the account may see it.
pub async fn is_table_elsewhere(server: &Server, schema: &SchemaName, table: &TableName) -> Result<bool, MysqlError> {
    let mut lease = server.session().await?;
    let values = [schema.as_str(), table.as_str()];
    let rows = lease.get()?.query(include_str!("../queries/table_elsewhere.sql"), &values).await?;
    Ok(!rows.is_empty())
}

/// Sizes of these tables, as the engine knows them now (not the day-old copy of information_schema), sorted by name;
/// one that does not exist is left out.
pub async fn sizes(server: &Server, names: &[TableName]) -> Result<Vec<TableSize>, MysqlError> {
    let read = |session: &Session, row: &_| {
        Ok(TableSize {
            name: TableName::new(session.text(row, 0)?),
            rows: session.optional_number(row, 1)?.unwrap_or_default(),
            data_bytes: session.optional_number(row, 2)?.unwrap_or_default(),
            index_bytes: session.optional_number(row, 3)?.unwrap_or_default(),
        })
    };
    let mut sizes: Vec<TableSize> = status(server, names, read).await?;
    sizes.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(sizes)
}

/// The actual ROW_FORMAT, upper case, of these tables (SHOW CREATE TABLE hides what the default meant), sorted.
pub async fn row_formats(server: &Server, names: &[TableName]) -> Result<Vec<(TableName, String)>, MysqlError> {
    let read = |session: &Session, row: &_| {
        let format = session.optional(row, 4)?.unwrap_or_default().to_uppercase();
        Ok((TableName::new(session.text(row, 0)?), format))
    };
    let mut formats: Vec<(TableName, String)> = status(server, names, read).await?;
    formats.sort();
    Ok(formats)
}

/// Which tables have CHECK constraints of these names, in whatever case.
pub async fn checks_named(server: &Server, names: &[&str]) -> Result<Vec<(ConstraintName, TableName)>, MysqlError> {
    let mut lease = server.session().await?;
    let session = lease.get()?;
    let mut found = Vec::new();
    for chunk in names.chunks(NAMES) {
        let values = [server.schema().as_str()];
        let rows = session.query_in(include_str!("../queries/checks_named.sql"), &values, chunk).await?;
        for row in &rows {
            found.push((ConstraintName::new(session.text(row, 0)?), TableName::new(session.text(row, 1)?)));
        }
    }
    Ok(found)
}

/// How many names one query asks for.
const NAMES: usize = 500;

async fn status<T>(
    server: &Server,
    names: &[TableName],
    read: impl Fn(&Session, &Row) -> Result<T, MysqlError>,
) -> Result<Vec<T>, MysqlError> {
    let mut lease = server.session().await?;
    let session = lease.get()?;
    let mut out = Vec::with_capacity(names.len());
    for chunk in names.chunks(NAMES) {
        let list: Vec<&str> = chunk.iter().map(TableName::as_str).collect();
        let values = [server.schema().as_str()];
        let rows = session.query_in(include_str!("../queries/sizes.sql"), &values, &list).await?;
        for row in &rows {
            out.push(read(session, row)?);
        }
    }
    Ok(out)
}
