//! One table with rows, and what is wanted of it.

use std::fmt;

use proptest::prelude::*;

use super::{
    edit::{Edit, edit},
    table::{Row, Table, World, rows, table},
    types::{TYPES, Type},
};

#[derive(Clone)]
pub struct Unit {
    pub current: Table,
    pub desired: Table,
    pub rows: Vec<Row>,
    edits: Vec<Edit>,
}

/// A column that is there before and afterwards.
#[derive(Clone, Debug)]
pub struct Kept {
    pub name: String,
    pub before: Type,
    pub after: Type,
}

/// A table of a unit: its own, or its parent.
#[derive(Clone, Debug)]
pub struct Member {
    pub name: String,
    pub kept: Vec<Kept>,
    /// Columns afterwards whose values are compared between the servers alone.
    pub others: Vec<(String, Option<Type>)>,
}

pub fn unit() -> impl Strategy<Value = Unit> {
    (table(), prop::collection::vec(edit(), 1..8), rows()).prop_map(|(current, edits, rows)| {
        let mut desired = current.clone();
        // As many as are needed to change something.
        let few = edits.len() > 3;
        let mut applied = Vec::new();
        for edit in edits {
            edit.apply(&mut desired);
            applied.push(edit);
            if few && desired.text("t") != current.text("t") {
                break;
            }
        }
        Unit { current, desired, rows, edits: applied }
    })
}

impl fmt::Debug for Unit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.edits)
    }
}

fn of(text: &str) -> Type {
    *TYPES.iter().find(|data_type| data_type.text == text).expect("a type that values are known of")
}

impl Unit {
    /// Its tables, parents first.
    pub fn members(&self, name: &str) -> Vec<Member> {
        let (current, desired) = (&self.current, &self.desired);
        let mut members = Vec::new();
        let key = |table: &Table| table.foreign_key.data_type;
        if current.world == World::Child {
            let kept = Kept { name: "k".to_owned(), before: key(current), after: key(desired) };
            members.push(Member { name: format!("{name}_parent"), kept: vec![kept], others: Vec::new() });
        }
        let mut kept = Vec::new();
        let mut others = Vec::new();
        let mut keep = |name: &str, before: Option<Type>, after: Option<Type>| match (before, after) {
            (Some(before), Some(after)) => kept.push(Kept { name: name.to_owned(), before, after }),
            (None, Some(after)) => others.push((name.to_owned(), Some(after))),
            (Some(_) | None, None) => {}
        };
        keep("id", current.key.id().map(of), desired.key.id().map(of));
        let up = |table: &Table| table.key.id().filter(|_| table.is_self_referencing()).map(of);
        keep("up", up(current), up(desired));
        if current.world == World::Partitioned {
            keep("p", Some(of("int")), Some(of("int")));
            keep("ts", Some(of("timestamp")), Some(of("timestamp")));
        }
        if current.world == World::Child {
            keep("f", Some(key(current)), Some(key(desired)));
        }
        for column in desired.columns.iter().filter(|column| desired.takes(column)) {
            let before = current.column(usize::from(column.number)).filter(|column| current.takes(column));
            keep(&column.name(), before.map(|column| column.data_type), Some(column.data_type));
        }
        others.extend(desired.generated_names().into_iter().map(|name| (name, None)));
        members.push(Member { name: name.to_owned(), kept, others });
        members
    }

    /// Its definition before, with its rows.
    pub fn live(&self, name: &str) -> String {
        let (parents, rows) = self.current.inserts(name, &self.rows);
        let rows: String = parents.iter().chain(&rows).map(|insert| format!("{insert};\n")).collect();
        format!("{}{rows}", self.current.text(name))
    }
}
