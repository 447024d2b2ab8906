//! Random edits of a table that has rows.

use proptest::{prelude::*, sample::select};

use super::{
    cut::{Shift, shift},
    table::{
        Check, Column, DEFAULTS, FORMATS, Generated, IDS, Index, Key, Table, characters, check, column, data_type,
        generated, index, key, parent_type,
    },
    types::{CHARACTERS, TYPES, Type},
};

/// One edit; numbers choose among what is there, and an edit of what is not there does nothing.
#[derive(Clone, Debug)]
pub enum Edit {
    /// To a type that stands near its own.
    Near(usize, usize),
    Retype(usize, Type),
    Characters(usize, Option<usize>),
    Null(usize, bool),
    Default(usize, bool),
    Add(usize, Column),
    Drop(usize),
    Move(usize, usize),
    AddGenerated(Generated),
    DropGenerated(usize),
    ChangeGenerated(usize, Generated),
    AddIndex(Index),
    DropIndex(usize),
    AddCheck(Check),
    DropCheck(usize),
    Key(Key),
    Id(&'static str),
    TableCharacters(usize),
    Format(&'static str),
    /// Of partitions; elsewhere of a foreign key.
    Shift(Shift),
    ParentType(Type),
    ParentCharacters(usize),
    ForeignKey(bool),
}

pub fn edit() -> impl Strategy<Value = Edit> {
    let at = || 0usize..6;
    let computed = select(&["(UUID())", "(UUID_SHORT())", "(RAND())", "(`tok` + 1)", "CURRENT_TIMESTAMP"][..]);
    let added = (column(6..9), prop::option::weighted(0.15, computed)).prop_map(|(column, computed)| {
        let fits = computed.is_some() && column.data_type.text == "varchar(64)";
        let moment = computed == Some("CURRENT_TIMESTAMP") && matches!(column.data_type.text, "datetime" | "timestamp");
        let number = computed == Some("(`tok` + 1)") && column.data_type.text == "bigint";
        Column { computed: computed.filter(|_| fits || moment || number), ..column }
    });
    prop_oneof![
        8 => (at(), 0usize..6).prop_map(|(at, step)| Edit::Near(at, step)),
        4 => (at(), data_type()).prop_map(|(at, data_type)| Edit::Retype(at, data_type)),
        4 => (at(), characters()).prop_map(|(at, characters)| Edit::Characters(at, characters)),
        2 => (at(), any::<bool>()).prop_map(|(at, null)| Edit::Null(at, null)),
        1 => (at(), any::<bool>()).prop_map(|(at, default)| Edit::Default(at, default)),
        2 => (at(), added).prop_map(|(at, column)| Edit::Add(at, column)),
        1 => at().prop_map(Edit::Drop),
        1 => (at(), at()).prop_map(|(from, to)| Edit::Move(from, to)),
        2 => generated().prop_map(Edit::AddGenerated),
        1 => (0usize..2).prop_map(Edit::DropGenerated),
        1 => (0usize..2, generated()).prop_map(|(at, generated)| Edit::ChangeGenerated(at, generated)),
        3 => index().prop_map(Edit::AddIndex),
        1 => (0usize..3).prop_map(Edit::DropIndex),
        2 => check().prop_map(Edit::AddCheck),
        1 => (0usize..2).prop_map(Edit::DropCheck),
        2 => key().prop_map(Edit::Key),
        2 => select(IDS).prop_map(Edit::Id),
        2 => (0..DEFAULTS.len()).prop_map(Edit::TableCharacters),
        1 => select(FORMATS).prop_map(Edit::Format),
        5 => shift().prop_map(Edit::Shift),
        2 => parent_type().prop_map(Edit::ParentType),
        1 => (0..CHARACTERS.len()).prop_map(Edit::ParentCharacters),
        1 => any::<bool>().prop_map(Edit::ForeignKey),
    ]
}

impl Edit {
    pub fn apply(&self, table: &mut Table) {
        let count = table.columns.len();
        match self {
            Self::Near(at, step) => {
                let column = &mut table.columns[at % count];
                let place = TYPES.iter().position(|data_type| *data_type == column.data_type).unwrap_or_default();
                // Three before it to three behind it, and not itself.
                let step = if *step < 3 { step + TYPES.len() - 3 } else { step - 2 };
                column.data_type = TYPES[(place + step) % TYPES.len()];
            }
            Self::Retype(at, data_type) => table.columns[at % count].data_type = *data_type,
            Self::Characters(at, characters) => table.columns[at % count].characters = *characters,
            Self::Null(at, null) => table.columns[at % count].null = *null,
            Self::Default(at, default) => table.columns[at % count].default = *default,
            Self::Add(at, column) => {
                if table.columns.iter().all(|other| other.number != column.number) {
                    table.columns.insert(at % (count + 1), column.clone());
                }
            }
            Self::Drop(at) if count > 1 => drop(table.columns.remove(at % count)),
            Self::Drop(_) => {}
            Self::Move(from, to) => {
                let column = table.columns.remove(from % count);
                table.columns.insert(to % count, column);
            }
            Self::AddGenerated(generated) => table.generated.push(generated.over(table)),
            Self::DropGenerated(at) => remove(&mut table.generated, *at),
            Self::ChangeGenerated(at, generated) => {
                let desired = generated.over(table);
                if let Some(live) = table.generated.get_mut(*at) {
                    *live = Generated { number: live.number, ..desired };
                }
            }
            Self::AddIndex(index) => table.indexes.push(index.over(table)),
            Self::DropIndex(at) => remove(&mut table.indexes, *at),
            Self::AddCheck(check) => table.checks.push(check.over(table)),
            Self::DropCheck(at) => remove(&mut table.checks, *at),
            Self::Key(key) => table.key = *key,
            Self::Id(id) => table.key = table.key.of_type(id),
            Self::TableCharacters(characters) => table.characters = *characters,
            Self::Format(format) => table.format = format,
            Self::Shift(shift) => table.cut = table.cut.shifted(shift),
            Self::ParentType(data_type) => table.foreign_key.data_type = *data_type,
            Self::ParentCharacters(characters) => table.foreign_key.characters = *characters,
            Self::ForeignKey(there) => table.foreign_key.there = *there,
        }
    }
}

fn remove<T>(list: &mut Vec<T>, at: usize) {
    if at < list.len() {
        list.remove(at);
    }
}
