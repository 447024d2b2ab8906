//! What a statement does, for people, in one line. Names and types only: never a default's value or a comment's text.

use crate::diff::{PartitionChange, TableChange};
use crate::model::{CharacterSpec, Column, Index, IndexKind, IndexName, KeyPart, KeyTarget, Position, unseen};
use crate::sql;

/// One line for some differences.
pub(super) fn summary(changes: &[TableChange]) -> String {
    let parts: Vec<String> = changes.iter().map(part).collect();
    shown(&parts.join("; "))
}

/// Names may hold anything: what is not seen is shown by its code, for those too who read the plan as it is stored.
pub(super) fn shown(line: &str) -> String {
    unseen::with_codes(line)
}

fn part(change: &TableChange) -> String {
    match change {
        TableChange::AddColumn { written, column, position } => {
            let place = match position {
                None => String::new(),
                Some(Position::First) => " first".to_owned(),
                Some(Position::After(after)) => format!(" after `{after}`"),
            };
            format!("add column `{}` {}{place}", column.name, type_of(written))
        }
        TableChange::DropColumn { column } => format!("drop column `{}`", column.name),
        TableChange::RenameColumn { from, to } => format!("rename column `{from}` to `{to}`"),
        TableChange::ModifyColumn { live, desired, .. } => modified(live, desired),
        TableChange::MoveColumn { written, position } => match position {
            Position::First => format!("move column `{}` first", written.name),
            Position::After(after) => format!("move column `{}` after `{after}`", written.name),
        },
        TableChange::ReplaceColumn { desired, .. } => format!("drop column `{}` and add it anew", desired.name),
        TableChange::AddPrimaryKey(key) => format!("add primary key ({})", parts(&key.parts)),
        TableChange::DropPrimaryKey(_) => "drop the primary key".to_owned(),
        TableChange::ChangePrimaryKey { desired, .. } => {
            format!("change the primary key to ({})", parts(&desired.parts))
        }
        TableChange::AddIndex(index) => format!("add {}", index_of(index)),
        TableChange::DropIndex(index) => format!("drop index {}", name_of(index.name.as_ref())),
        TableChange::RenameIndex { from, to } => format!("rename index `{from}` to {}", name_of(to.name.as_ref())),
        TableChange::ChangeIndex { desired, .. } => format!("build anew {}", index_of(desired)),
        TableChange::SetIndexVisibility { index, visible: true } => format!("show index `{index}` to the optimizer"),
        TableChange::SetIndexVisibility { index, visible: false } => format!("hide index `{index}` from the optimizer"),
        TableChange::AddForeignKey(key) => format!("add foreign key to `{}`", key.referenced_table),
        TableChange::DropForeignKey(key) => {
            format!(
                "drop foreign key {}",
                name_of(key.name.as_ref().map(|name| IndexName::new(name.as_str())).as_ref())
            )
        }
        TableChange::ChangeForeignKey { desired, .. } => {
            format!("add the changed foreign key to `{}`", desired.referenced_table)
        }
        TableChange::AddCheck(check) => match &check.name {
            Some(name) => format!("add check `{name}`"),
            None => "add a check".to_owned(),
        },
        TableChange::DropCheck(check) => match &check.name {
            Some(name) => format!("drop check `{name}`"),
            None => "drop a check".to_owned(),
        },
        TableChange::ChangeCheck { desired, .. } => match &desired.name {
            Some(name) => format!("change check `{name}`"),
            None => "change a check".to_owned(),
        },
        TableChange::SetCheckEnforced { check } => {
            let name = check.name.as_ref().map(ToString::to_string).unwrap_or_default();
            if check.enforced { format!("enforce check `{name}`") } else { format!("no longer enforce check `{name}`") }
        }
        TableChange::Options(_) => "change table options".to_owned(),
        TableChange::Partitions(partitions) => partition(partitions),
    }
}

fn type_of(column: &Column) -> String {
    sql::print_data_type(&column.data_type)
}

/// The type without the character set and collation, where those are not what changes.
fn type_alone(column: &Column) -> String {
    let mut data_type = column.data_type.clone();
    if let Some(characters) = data_type.characters_mut() {
        *characters = CharacterSpec::default();
    }
    sql::print_data_type(&data_type)
}

fn modified(live: &Column, desired: &Column) -> String {
    let mut said: Vec<String> = Vec::new();
    let (from, to) = if live.data_type.characters() == desired.data_type.characters() {
        (type_alone(live), type_alone(desired))
    } else {
        (type_of(live), type_of(desired))
    };
    if live.data_type != desired.data_type {
        said.push(format!("{from} to {to}"));
    }
    if live.nullable != desired.nullable {
        said.push(if desired.nullable == Some(true) { "NULL" } else { "NOT NULL" }.to_owned());
    }
    if live.generated != desired.generated {
        said.push("its expression".to_owned());
    }
    if live.default != desired.default {
        said.push("default".to_owned());
    }
    if live.on_update != desired.on_update {
        said.push("ON UPDATE".to_owned());
    }
    if live.auto_increment != desired.auto_increment {
        said.push("AUTO_INCREMENT".to_owned());
    }
    if live.visible != desired.visible {
        said.push(if desired.visible { "visible" } else { "invisible" }.to_owned());
    }
    if live.check != desired.check {
        said.push("its check".to_owned());
    }
    if live.comment != desired.comment {
        said.push("comment".to_owned());
    }
    if live == desired {
        said.push("said once more under the table's character set".to_owned());
    } else if said.is_empty() {
        said.push("its attributes".to_owned());
    }
    format!("change column `{}`: {}", desired.name, said.join(", "))
}

fn parts(parts: &[KeyPart]) -> String {
    let one = |part: &KeyPart| {
        let direction = if part.descending { " DESC" } else { "" };
        match &part.target {
            KeyTarget::Column { name, length: None } => format!("`{name}`{direction}"),
            KeyTarget::Column { name, length: Some(length) } => format!("`{name}`({length}){direction}"),
            KeyTarget::Expression(_) => format!("(expression){direction}"),
        }
    };
    parts.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn name_of(name: Option<&IndexName>) -> String {
    name.map(|name| format!("`{name}`")).unwrap_or_default()
}

fn index_of(index: &Index) -> String {
    let kind = match index.kind {
        IndexKind::Plain => "index",
        IndexKind::Unique => "unique index",
        IndexKind::Fulltext => "fulltext index",
        IndexKind::Spatial => "spatial index",
    };
    match &index.name {
        Some(name) => format!("{kind} `{name}` ({})", parts(&index.parts)),
        None => format!("{kind} ({})", parts(&index.parts)),
    }
}

fn partition(change: &PartitionChange) -> String {
    let names = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join(", ");
    match change {
        PartitionChange::PartitionBy { live: None, .. } => "partition the table".to_owned(),
        PartitionChange::PartitionBy { live: Some(_), .. } => "partition the table anew".to_owned(),
        PartitionChange::Remove { .. } => "remove partitioning".to_owned(),
        PartitionChange::Add(partitions) => {
            format!("add partition {}", names(&mut partitions.iter().map(|partition| format!("`{}`", partition.name))))
        }
        PartitionChange::AddCount(count) => format!("add {count} partitions"),
        PartitionChange::Drop(dropped) => {
            format!("drop partition {}", names(&mut dropped.iter().map(|name| format!("`{name}`"))))
        }
        PartitionChange::Reorganize { from, into, lost: _ } => format!(
            "reorganize partition {} into {}",
            names(&mut from.iter().map(|name| format!("`{name}`"))),
            names(&mut into.iter().map(|partition| format!("`{}`", partition.name)))
        ),
        PartitionChange::Coalesce(count) => format!("merge {count} partitions into the others"),
    }
}
