//! SchemaHero's v1alpha4 Tables, as far as they say something about MySQL: a way in for those who come from there.
//!
//! What has no counterpart here is refused by name, never left out.

use serde::Deserialize;

use super::reader;
use super::tree::{Node, Place};
use crate::api::{
    ColumnSpec, EnsureSpec, ForeignKeyActionSpec, ForeignKeySpec, IndexKindSpec, IndexSpec, KeyPartSpec, OptionsSpec,
    PrimaryKeySpec, ReferencesSpec, Scalar, TableSpec,
};
use crate::plan::proposal::DatabaseReference;

/// Their API group.
pub(super) const GROUP: &str = "schemas.schemahero.io";

/// Why a manifest of theirs is not taken.
pub(super) struct Refused {
    /// Where.
    pub(super) place: Option<Place>,
    /// Where within the manifest.
    pub(super) path: String,
    /// What.
    pub(super) message: String,
    /// What to do.
    pub(super) hint: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    database: String,
    name: String,
    #[serde(default)]
    schema: Option<Engines>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Engines {
    mysql: Mysql,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Mysql {
    #[serde(default)]
    is_deleted: bool,
    #[serde(default)]
    columns: Vec<Column>,
    #[serde(default)]
    primary_key: Vec<String>,
    #[serde(default)]
    indexes: Vec<Index>,
    #[serde(default)]
    foreign_keys: Vec<ForeignKey>,
    #[serde(default)]
    default_charset: Option<String>,
    #[serde(default)]
    collation: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    data_type: String,
    #[serde(default)]
    constraints: Option<Constraints>,
    #[serde(default)]
    attributes: Option<Attributes>,
    #[serde(default)]
    default: Option<Scalar>,
    #[serde(default)]
    charset: Option<String>,
    #[serde(default)]
    collation: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Constraints {
    #[serde(default)]
    not_null: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Attributes {
    #[serde(default)]
    auto_increment: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Index {
    columns: Vec<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    is_unique: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ForeignKey {
    columns: Vec<String>,
    references: References,
    #[serde(default)]
    on_delete: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct References {
    table: String,
    columns: Vec<String>,
}

/// Our spec for a manifest of theirs.
pub(super) fn spec(node: &Node<'_>) -> Result<TableSpec, Refused> {
    let refused = |path: &str, message: &str, hint: &str| Refused {
        place: Some(node.at(path).place),
        path: path.to_owned(),
        message: message.to_owned(),
        hint: hint.to_owned(),
    };
    let spec_node = node.get("spec").ok_or_else(|| refused("spec", "the field `spec` is missing", "add it"))?;
    let theirs: Spec = reader::read(spec_node).map_err(|error| Refused {
        place: error.place,
        path: error.path("spec"),
        message: error.message,
        hint: format!("{} (only what SchemaHero says about MySQL is understood)", error.hint).trim_start().to_owned(),
    })?;
    let Some(Engines { mysql }) = theirs.schema else {
        return Err(refused("spec", "no schema for MySQL", "only tables with spec.schema.mysql are understood"));
    };
    let mut ours = TableSpec::new(DatabaseReference { name: theirs.database, namespace: None });
    if mysql.is_deleted {
        ours.ensure = EnsureSpec::Absent;
        ours.name = Some(theirs.name);
        return Ok(ours);
    }
    ours.columns = mysql.columns.into_iter().map(column).collect();
    if !mysql.primary_key.is_empty() {
        ours.primary_key = Some(PrimaryKeySpec {
            columns: parts(mysql.primary_key),
            algorithm: None,
            key_block_size: None,
            comment: None,
            engine_attribute: None,
            secondary_engine_attribute: None,
        });
    }
    ours.indexes = mysql.indexes.into_iter().map(|theirs_index| index(&theirs.name, theirs_index)).collect();
    for (position, key) in mysql.foreign_keys.into_iter().enumerate() {
        let path = format!("spec.schema.mysql.foreignKeys[{position}].onDelete");
        let on_delete = action(key.on_delete.as_deref()).ok_or_else(|| {
            refused(&path, "not an action of MySQL", "write CASCADE, RESTRICT, SET NULL or NO ACTION")
        })?;
        // Their rule for a foreign key without a name.
        let name = key.name.unwrap_or_else(|| format!("{}_{}_fkey", theirs.name, key.columns.join("_")));
        ours.foreign_keys.push(ForeignKeySpec {
            name,
            columns: key.columns,
            references: ReferencesSpec { schema: None, table: key.references.table, columns: key.references.columns },
            on_delete,
            on_update: ForeignKeyActionSpec::NoAction,
        });
    }
    if mysql.default_charset.is_some() || mysql.collation.is_some() {
        ours.options = Some(OptionsSpec {
            character_set: mysql.default_charset,
            collation: mysql.collation,
            ..OptionsSpec::default()
        });
    }
    ours.name = Some(theirs.name);
    Ok(ours)
}

fn column(theirs: Column) -> ColumnSpec {
    ColumnSpec {
        name: theirs.name,
        data_type: theirs.data_type,
        nullable: theirs.constraints.and_then(|constraints| constraints.not_null).map(|not_null| !not_null),
        auto_increment: theirs.attributes.and_then(|attributes| attributes.auto_increment).unwrap_or(false),
        default: theirs.default,
        character_set: theirs.charset,
        collation: theirs.collation,
        ..ColumnSpec::default()
    }
}

fn parts(columns: Vec<String>) -> Vec<KeyPartSpec> {
    columns.into_iter().map(|name| KeyPartSpec { name: Some(name), ..KeyPartSpec::default() }).collect()
}

fn index(table: &str, theirs: Index) -> IndexSpec {
    // Their rule for an index without a name.
    let name = theirs.name.unwrap_or_else(|| format!("idx_{table}_{}", theirs.columns.join("_")));
    IndexSpec {
        name,
        kind: if theirs.is_unique { IndexKindSpec::Unique } else { IndexKindSpec::Plain },
        columns: parts(theirs.columns),
        algorithm: None,
        parser: None,
        visible: None,
        comment: None,
        key_block_size: None,
        engine_attribute: None,
        secondary_engine_attribute: None,
    }
}

fn action(text: Option<&str>) -> Option<ForeignKeyActionSpec> {
    let Some(text) = text else { return Some(ForeignKeyActionSpec::NoAction) };
    match text.to_uppercase().as_str() {
        "CASCADE" => Some(ForeignKeyActionSpec::Cascade),
        "RESTRICT" => Some(ForeignKeyActionSpec::Restrict),
        "SET NULL" => Some(ForeignKeyActionSpec::SetNull),
        "NO ACTION" => Some(ForeignKeyActionSpec::NoAction),
        _ => None,
    }
}
