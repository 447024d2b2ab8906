//! What decides about ALGORITHM=INSTANT and does not show in SHOW CREATE TABLE: row versions and hidden columns.

use crate::model::TableName;
use crate::mysql::{MysqlError, Server};

/// How many INSTANT row versions a table has (of how many: `Dialect::most_row_versions`), and how many columns InnoDB counts, hidden ones included.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowVersions {
    /// The table.
    pub name: TableName,
    /// `TOTAL_ROW_VERSIONS`.
    pub versions: u32,
    /// `N_COLS`.
    pub columns: u32,
}

/// Row versions of these tables, sorted; needs PROCESS (else an error of kind Denied). Partitioned tables, and tables
/// whose names have characters beyond ASCII, are left out.
pub async fn row_versions(server: &Server, names: &[TableName]) -> Result<Vec<RowVersions>, MysqlError> {
    let mut lease = server.session().await?;
    let session = lease.get()?;
    // Without a limit there is nothing to count.
    let Some(query) = session.queries().row_versions else { return Ok(Vec::new()) };
    let Some(schema) = file_name(server.schema().as_str()) else { return Ok(Vec::new()) };
    let wanted: Vec<(String, &TableName)> = names
        .iter()
        .filter_map(|name| file_name(name.as_str()).map(|file| (format!("{schema}/{file}"), name)))
        .collect();
    let mut out = Vec::new();
    for chunk in wanted.chunks(500) {
        let list: Vec<&str> = chunk.iter().map(|(file, _)| file.as_str()).collect();
        let rows = session.query_in(query, &[], &list).await?;
        for row in &rows {
            let file = session.text(row, 0)?;
            let Some((_, name)) = chunk.iter().find(|(wanted, _)| *wanted == file) else { continue };
            out.push(RowVersions {
                name: (*name).clone(),
                versions: u32::try_from(session.number(row, 1)?).unwrap_or(u32::MAX),
                columns: u32::try_from(session.number(row, 2)?).unwrap_or(u32::MAX),
            });
        }
    }
    out.sort();
    Ok(out)
}

/// A name as InnoDB spells it, which is that of its file (manual: "Mapping of Identifiers to File Names").
pub(super) fn file_name(name: &str) -> Option<String> {
    let mut out = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_ascii_alphanumeric() || character == '_' {
            out.push(character);
        } else if character.is_ascii() {
            out.push_str(&format!("@{:04x}", u32::from(character)));
        } else {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_names_as_files() {
        assert_eq!(file_name("a-b$ 1").as_deref(), Some("a@002db@0024@00201"));
        assert_eq!(file_name("ä"), None);
    }
}
