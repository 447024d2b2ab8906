//! `convert`: the same tables in the other form.

use clap::Args;

use crate::api::export;
use crate::model::{DesiredTable, Ensure, Statement};
use crate::sql::print_statement;

use super::exit::Exit;
use super::failure::Failure;
use super::manifests::{self, NEWEST};
use super::options::{ManifestArgs, ManifestFormat};
use super::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct ConvertArgs {
    #[command(flatten)]
    manifests: ManifestArgs,
    /// The form to write
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    format: ManifestFormat,
    /// Name of the Database that manifests refer to
    #[arg(long, value_name = "NAME", default_value = "database")]
    database: String,
}

pub(super) fn run(args: &ConvertArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let tables = manifests::read(&args.manifests.paths, NEWEST)?;
    let written = tables.iter().map(|table| one(table, args)).collect::<Result<Vec<_>, _>>()?;
    terminal.data(&joined(&written, args.format))?;
    Ok(Exit::Done)
}

fn one(desired: &DesiredTable, args: &ConvertArgs) -> Result<String, Failure> {
    match (args.format, desired.ensure) {
        (ManifestFormat::Sql, Ensure::Present) => {
            Ok(format!("{};\n", print_statement(&Statement::CreateTable(Box::new(desired.table.clone())), NEWEST)))
        }
        (ManifestFormat::Sql, Ensure::Absent) => {
            Ok(format!("-- table {} is declared absent\n", super::text::one_line(desired.table.name.as_str())))
        }
        (ManifestFormat::Yaml, Ensure::Present | Ensure::Absent) => {
            Ok(export::to_yaml(&export::to_declaration(desired, &args.database, NEWEST)?))
        }
    }
}

/// One file's text: YAML documents are separated by `---`, statements by an empty line.
pub(super) fn joined(parts: &[String], format: ManifestFormat) -> String {
    let separator = match format {
        ManifestFormat::Yaml => "---\n",
        ManifestFormat::Sql => "\n",
    };
    parts
        .iter()
        .map(|part| {
            let part = part.strip_prefix("---\n").unwrap_or(part);
            if part.ends_with('\n') { part.to_owned() } else { format!("{part}\n") }
        })
        .collect::<Vec<_>>()
        .join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_separated() {
        assert_eq!(joined(&["a: 1\n".into(), "---\nb: 2".into()], ManifestFormat::Yaml), "a: 1\n---\nb: 2\n");
        assert_eq!(joined(&[], ManifestFormat::Yaml), "");
    }
}
