//! Who uses what a plan takes away: computed from the names in the texts of triggers, views, routines and events.
//!
//! No such text is parsed, so that a use is certain only where the name stands with its table: `NEW.a` in a trigger of the
//! table, `t.a`, `x.a` where `t x` stands too. A bare `a` in a text that names the table may be it.

use crate::diff::{Change, ChangeSet, LiveSchema, TableChange, TableDifference};
use crate::model::{ColumnName, Dependant, DependantKind, Dependants, Mention, MentionPlace, Table, TableName};

/// Something that those who name it lose, or find changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    /// Its table, by the name that it has in the plan.
    pub(crate) table: TableName,
    /// The column by its live name; `None`: the table itself.
    pub(crate) column: Option<ColumnName>,
    /// What becomes of it.
    pub(crate) fate: Fate,
    /// Whether something else has the name afterwards.
    pub(crate) name_is_taken: bool,
    live_table: TableName,
}

/// What becomes of a table or column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is dropped.
    Dropped,
    /// It gets this name.
    Renamed(String),
    /// Its values get another type.
    Retyped,
}

/// One who uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Use<'a> {
    /// Who.
    pub(crate) dependant: &'a Dependant,
    /// Whether the name means nothing else.
    pub(crate) certain: bool,
    /// How.
    pub(crate) way: Way<'a>,
}

/// How it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way<'a> {
    /// By its name.
    Named,
    /// By an INSERT that gives a value to every column.
    FilledWhole,
    /// Through a view that uses it.
    Through(&'a str),
    /// It is a trigger of the table, and goes with it.
    GoesWithTable,
}

/// All that a change set takes away.
pub(crate) fn losses(changes: &ChangeSet) -> Vec<Loss> {
    let mut losses = Vec::new();
    let is_created = |name: &TableName| {
        changes.changes.iter().any(|change| match change {
            Change::CreateTable { table, .. } => table.name == *name,
            Change::RenameTable { to, .. } => to == name,
            Change::DropTable { .. } | Change::AlterTable(_) => false,
        })
    };
    let live_name = |name: &TableName| {
        let from = changes.changes.iter().find_map(|change| match change {
            Change::RenameTable { from, to } if to == name => Some(from),
            Change::RenameTable { .. }
            | Change::CreateTable { .. }
            | Change::DropTable { .. }
            | Change::AlterTable(_) => None,
        });
        from.unwrap_or(name).clone()
    };
    for change in &changes.changes {
        match change {
            Change::DropTable { live } => {
                losses.push(whole(&live.name, &live.name, Fate::Dropped, is_created(&live.name)))
            }
            Change::RenameTable { from, to } => {
                losses.push(whole(to, from, Fate::Renamed(to.to_string()), is_created(from)));
            }
            Change::AlterTable(difference) => {
                losses.extend(of_columns(difference, &live_name(&difference.desired.name)));
            }
            Change::CreateTable { .. } => {}
        }
    }
    losses
}

fn whole(table: &TableName, live_table: &TableName, fate: Fate, name_is_taken: bool) -> Loss {
    Loss { table: table.clone(), column: None, fate, name_is_taken, live_table: live_table.clone() }
}

fn of_columns(difference: &TableDifference, live_table: &TableName) -> Vec<Loss> {
    let desired: &Table = &difference.desired;
    let renamed_from = |name: &ColumnName| {
        difference.changes.iter().find_map(|change| {
            if let TableChange::RenameColumn { from, to } = change { to.same(name).then(|| from.clone()) } else { None }
        })
    };
    let loss = |column: &ColumnName, fate: Fate| {
        let name_is_taken = fate != Fate::Retyped && desired.column(column).is_some();
        let (table, live_table) = (desired.name.clone(), live_table.clone());
        Loss { table, column: Some(column.clone()), fate, name_is_taken, live_table }
    };
    let of_change = |change: &TableChange| {
        if let TableChange::DropColumn { column } = change {
            Some(loss(&column.name, Fate::Dropped))
        } else if let TableChange::RenameColumn { from, to } = change {
            // Another case of the letters is the same name.
            (!from.same(to)).then(|| loss(from, Fate::Renamed(to.to_string())))
        } else if let TableChange::ModifyColumn { live, desired, .. } = change {
            let name = renamed_from(&desired.name).unwrap_or_else(|| desired.name.clone());
            (live.data_type != desired.data_type).then(|| loss(&name, Fate::Retyped))
        } else {
            None
        }
    };
    difference.changes.iter().filter_map(of_change).collect()
}

/// All losses of a change set, with those who may use what goes.
pub(crate) struct Users<'a> {
    dependants: &'a Dependants,
    /// Everything that goes.
    pub(crate) losses: Vec<Loss>,
    /// Per dependant, whether it is a trigger of a table that is dropped.
    going: Vec<bool>,
}

impl<'a> Users<'a> {
    /// Looks at nothing yet.
    pub(crate) fn new(changes: &ChangeSet, dependants: &'a Dependants) -> Self {
        let losses = losses(changes);
        let dropped: Vec<&TableName> = losses
            .iter()
            .filter(|loss| loss.column.is_none() && loss.fate == Fate::Dropped)
            .map(|loss| &loss.live_table)
            .collect();
        let names = Names { dependants };
        let goes = |dependant| dropped.iter().any(|table| names.fired_by(dependant, table));
        let going = dependants.seen.iter().map(goes).collect();
        Self { dependants, losses, going }
    }

    /// Who uses this, in the order of the list; views that use a view that does so included, and who uses those.
    pub(crate) fn of(&self, loss: &Loss) -> Vec<Use<'a>> {
        let names = Names { dependants: self.dependants };
        let seen = || self.dependants.seen.iter().zip(&self.going);
        let mut found: Vec<Use<'a>> = Vec::new();
        for (dependant, going) in seen() {
            if *going {
                let of_this = loss.column.is_none() && names.fired_by(dependant, &loss.live_table);
                found.extend(of_this.then_some(Use { dependant, certain: true, way: Way::GoesWithTable }));
            } else if let Some((certain, way)) = names.use_by(dependant, loss) {
                found.push(Use { dependant, certain, way });
            }
        }
        if loss.fate == Fate::Retyped {
            return found;
        }
        // A view that cannot be read takes those with it that read it, whatever they read of it.
        let mut next = 0;
        while let Some(view) = found.get(next).copied() {
            next += 1;
            if view.dependant.kind != DependantKind::View || view.dependant.schema.is_some() {
                continue;
            }
            let table = TableName::new(view.dependant.name.as_str());
            for (dependant, going) in seen() {
                let known = *going || found.iter().any(|found| found.dependant == dependant);
                if let Some(certain) = (!known).then(|| names.table(dependant, &table)).flatten() {
                    let certain = certain && view.certain;
                    found.push(Use { dependant, certain, way: Way::Through(&view.dependant.name) });
                }
            }
        }
        found
    }
}

/// A statement that stops others from working.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Breakage {
    /// The table, by the name that it has in the plan.
    pub(crate) table: TableName,
    /// The column by its live name; `None`: the table itself.
    pub(crate) column: Option<ColumnName>,
    /// Whether rows can no longer be written, because a trigger fails.
    pub(crate) writes: bool,
}

/// What a plan breaks for those who use it.
pub(crate) fn breakages(changes: &ChangeSet, live: &LiveSchema) -> Vec<Breakage> {
    if live.dependants.seen.is_empty() {
        return Vec::new();
    }
    let users = Users::new(changes, &live.dependants);
    let broken = |loss: &Loss| {
        let uses = users.of(loss);
        let mut broken = uses.iter().filter(|found| loss.fate != Fate::Retyped && found.way != Way::GoesWithTable);
        let first = broken.next()?;
        let is_trigger = |found: &Use<'_>| matches!(found.dependant.kind, DependantKind::Trigger { .. });
        let writes = is_trigger(first) || broken.any(is_trigger);
        Some(Breakage { table: loss.table.clone(), column: loss.column.clone(), writes })
    };
    users.losses.iter().filter_map(broken).collect()
}

/// How names are compared.
struct Names<'a> {
    dependants: &'a Dependants,
}

impl Names<'_> {
    fn is_table(&self, text: &str, table: &TableName) -> bool {
        self.are_same(text, table.as_str())
    }

    fn is_schema(&self, text: &str) -> bool {
        self.are_same(text, &self.dependants.schema)
    }

    fn are_same(&self, one: &str, other: &str) -> bool {
        one == other || (self.dependants.lower_case_table_names != 0 && without_case(one, other))
    }

    fn fired_by(&self, dependant: &Dependant, table: &TableName) -> bool {
        if let DependantKind::Trigger { table: own, .. } = &dependant.kind {
            own.same(table, self.dependants.lower_case_table_names)
        } else {
            false
        }
    }

    /// Whether it names the table, and whether it surely does. In the text of another schema only a name with ours counts.
    fn table(&self, dependant: &Dependant, table: &TableName) -> Option<bool> {
        let of_mention = |mention: &Mention| match (mention.parts.as_slice(), mention.place) {
            (_, MentionPlace::Alias) => None,
            ([schema, name], _) if self.is_schema(schema) && self.is_table(name, table) => Some(true),
            ([schema, name, _], _) if self.is_schema(schema) && self.is_table(name, table) => Some(true),
            ([name], MentionPlace::Table | MentionPlace::FilledWhole)
                if dependant.schema.is_none() && self.is_table(name, table) =>
            {
                Some(true)
            }
            ([name] | [name, _], _) if dependant.schema.is_none() && self.is_table(name, table) => Some(false),
            _ => None,
        };
        dependant.mentions.iter().filter_map(of_mention).max()
    }

    fn use_by<'d>(&self, dependant: &'d Dependant, loss: &Loss) -> Option<(bool, Way<'d>)> {
        let table = &loss.live_table;
        let Some(column) = &loss.column else {
            // What follows its table to the new name still may name it.
            return self.table(dependant, table).map(|certain| (certain, Way::Named));
        };
        let own = self.fired_by(dependant, table);
        let named = self.table(dependant, table);
        if named.is_none() && !own {
            return None;
        }
        let is_column = |text: &str| without_case(text, column.as_str());
        let is_here = |mention: &&Mention| match mention.parts.as_slice() {
            [name] => self.is_table(name, table),
            [schema, name] => self.is_schema(schema) && self.is_table(name, table),
            _ => false,
        };
        let aliases: Vec<&str> =
            dependant.mentions.iter().filter(is_here).filter_map(|mention| mention.alias.as_deref()).collect();
        let stands_for_row = |text: &str| own && ["NEW", "OLD"].iter().any(|row| row.eq_ignore_ascii_case(text));
        let of_mention = |mention: &Mention| match mention.parts.as_slice() {
            [row, name] if stands_for_row(row) && is_column(name) => Some(true),
            [schema, name, other] if self.is_schema(schema) && self.is_table(name, table) && is_column(other) => {
                Some(true)
            }
            [qualifier, name] if named.is_some() && is_column(name) => {
                let alias = aliases.iter().any(|alias| alias.eq_ignore_ascii_case(qualifier));
                (alias || self.is_table(qualifier, table)).then_some(true)
            }
            [name] if named.is_some() && is_column(name) => match mention.place {
                MentionPlace::Plain => Some(false),
                MentionPlace::Table | MentionPlace::FilledWhole | MentionPlace::Called | MentionPlace::Alias => None,
            },
            _ => None,
        };
        if let Some(certain) = dependant.mentions.iter().filter_map(of_mention).max() {
            return Some((certain, Way::Named));
        }
        let filled = |mention: &Mention| mention.place == MentionPlace::FilledWhole && is_here(&mention);
        (loss.fate == Fate::Dropped && dependant.mentions.iter().any(filled)).then_some((true, Way::FilledWhole))
    }
}

fn without_case(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        return one.eq_ignore_ascii_case(other);
    }
    one.to_lowercase() == other.to_lowercase()
}
