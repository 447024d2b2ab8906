//! `export`: a live schema as manifests. Planning them is empty.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::api::export as manifest;
use crate::apply::{Connections, Observed, in_the_servers_zone, observe};
use crate::model::{DesiredTable, Dialect, Origin, Table, TableName};
use crate::normalize;
use crate::sql::{Style, parse_create_table, print_create_table};

use super::connection;
use super::convert::joined;
use super::exit::Exit;
use super::failure::Failure;
use super::options::{ManifestFormat, PrimaryArgs};
use super::terminal::Terminal;
use super::text::{count, one_line};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    primary: PrimaryArgs,
    /// The form to write
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    format: ManifestFormat,
    /// Directory to write one file per table into, instead of standard output
    #[arg(short, long, value_name = "DIRECTORY")]
    output: Option<PathBuf>,
    /// Only this table; may be repeated
    #[arg(long = "table", value_name = "NAME")]
    tables: Vec<String>,
    /// Name of the Database that manifests refer to (default: the schema's name)
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
}

pub(super) async fn run(args: ExportArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let target = connection::target(&args.primary, None)?;
    let connections = Connections::open(&target);
    let named: Vec<TableName> = args.tables.iter().map(|name| TableName::new(name.as_str())).collect();
    let observed = {
        let _progress = terminal.progress(format!("reading {} on {}", target.schema, target.primary.address()));
        observe(&connections, &wanted(&named), named.is_empty()).await?
    };
    if let Some(missing) = named.iter().find(|name| observed.definition(name).is_none()) {
        let problem = format!("there is no base table `{}` in {}", one_line(missing.as_str()), target.schema);
        return Err(Failure::new(problem).hint("views are not exported; names are as the server compares them"));
    }
    let names = if named.is_empty() { observed.base_tables().to_vec() } else { named };
    let database = args.database.unwrap_or_else(|| target.schema.to_string());
    let mut refused = Vec::new();
    let mut refuse = |name: &TableName, reason: String| refused.push(format!("{}: {reason}", one_line(name.as_str())));
    let mut tables = Vec::new();
    for name in &names {
        match read(&observed, name) {
            Ok(table) => tables.push(table),
            Err(reason) => refuse(name, reason),
        }
    }
    let in_zone = in_the_servers_zone(&connections, &observed, &mut tables).await;
    connections.close().await;
    in_zone?;
    let mut files = Vec::new();
    for table in tables {
        let name = table.name.clone();
        match written(table, args.format, &database, observed.facts().dialect()) {
            Ok(text) => files.push((file_name(&name, args.format), text)),
            Err(reason) => refuse(&name, reason),
        }
    }
    match &args.output {
        Some(directory) => write_files(directory, &files, terminal)?,
        None => {
            let texts: Vec<String> = files.into_iter().map(|(_, text)| text).collect();
            terminal.data(&joined(&texts, args.format))?;
        }
    }
    if refused.is_empty() {
        return Ok(Exit::Done);
    }
    let problem = format!("{} cannot be exported\n{}", count(refused.len(), "table"), refused.join("\n"));
    Err(Failure::refused(problem))
}

fn wanted(names: &[TableName]) -> Vec<DesiredTable> {
    let origin = || Origin::File { path: "--table".to_owned(), line: 1, column: 1 };
    names.iter().map(|name| DesiredTable::present(Table::new(name.clone()), origin())).collect()
}

/// One live table, or why it is not exported: of what cannot be printed back exactly, the plan would not be empty.
fn read(observed: &Observed, name: &TableName) -> Result<Table, String> {
    let Some(definition) = observed.definition(name) else {
        return Err("it has vanished while it was read".to_owned());
    };
    let dialect = observed.facts().dialect();
    let mut table = parse_create_table(definition, dialect).map_err(|error| error.to_string())?;
    if print_create_table(&table, Style::ShowCreate, dialect) != definition {
        return Err("its definition holds something that cannot be printed back exactly".to_owned());
    }
    manifest::may_be_written(&table).map_err(|error| error.to_string())?;
    table.options.auto_increment = None;
    // Written out, what a column inherits would become its own, and `SHOW CREATE TABLE` would say so from then on.
    normalize::without_inherited(&mut table);
    Ok(table)
}

/// The manifest of a table, or why there is none.
fn written(table: Table, format: ManifestFormat, database: &str, dialect: Dialect) -> Result<String, String> {
    match format {
        ManifestFormat::Sql => Ok(format!("{};\n", print_create_table(&table, Style::Plain, dialect))),
        ManifestFormat::Yaml => manifest::to_manifest(&table, database, dialect)
            .map(|table| manifest::to_yaml(&table))
            .map_err(|error| error.to_string()),
    }
}

/// The table's name as a file's: what may not stand in one is percent-encoded.
fn file_name(table: &TableName, format: ManifestFormat) -> String {
    let extension = match format {
        ManifestFormat::Yaml => "yaml",
        ManifestFormat::Sql => "sql",
    };
    let mut name = String::new();
    for character in table.as_str().chars() {
        if character.is_alphanumeric() || "-_$".contains(character) {
            name.push(character);
        } else {
            let mut buffer = [0; 4];
            for byte in character.encode_utf8(&mut buffer).bytes() {
                name.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    format!("{name}.{extension}")
}

/// Writes files into a directory, which is made where it is missing.
pub(super) fn write_files(directory: &Path, files: &[(String, String)], terminal: &Terminal) -> Result<(), Failure> {
    let failed = |path: &Path, source| WriteError { path: path.display().to_string(), source };
    std::fs::create_dir_all(directory).map_err(|source| failed(directory, source))?;
    for (name, text) in files {
        let path = directory.join(name);
        std::fs::write(&path, text).map_err(|source| failed(&path, source))?;
    }
    terminal.say(&format!("wrote {} to {}", count(files.len(), "file"), directory.display()));
    Ok(())
}

/// A file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}")]
struct WriteError {
    path: String,
    #[source]
    source: std::io::Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_names_cannot_leave_the_directory() {
        assert_eq!(file_name(&"../a b".into(), ManifestFormat::Yaml), "%2E%2E%2Fa%20b.yaml");
        assert_eq!(file_name(&"über".into(), ManifestFormat::Sql), "über.sql");
    }
}
