//! Foreign keys that a plan drops for the time of a change and adds again later, and that are away while it stands where
//! it stands. Pure.

use std::collections::BTreeSet;

use crate::model::{AlterClause, AlterTable, ConstraintName, Dialect, Statement};
use crate::sql;

/// The statements that add them again, one for each key that is away: dropped by one of the statements that were
/// executed (by their place), and added by a later one that was not.
pub(super) fn away(statements: &[Statement], executed: &BTreeSet<usize>, dialect: Dialect) -> Vec<String> {
    let mut missing = Vec::new();
    for (place, alter) in alters(statements).filter(|(place, _)| executed.contains(place)) {
        for clause in &alter.clauses {
            let AlterClause::DropForeignKey(dropped) = clause else { continue };
            let later = alters(statements).find_map(|(later, other)| {
                let key = (later >= place && other.table == alter.table).then(|| added(other, dropped)).flatten()?;
                Some((later, key))
            });
            if let Some((later, key)) = later
                && !executed.contains(&later)
            {
                let alone =
                    AlterTable { table: alter.table.clone(), clauses: vec![key.clone()], algorithm: None, lock: None };
                missing.push(sql::print_statement(&Statement::AlterTable(alone), dialect));
            }
        }
    }
    missing
}

fn alters(statements: &[Statement]) -> impl Iterator<Item = (usize, &AlterTable)> {
    statements.iter().enumerate().filter_map(|(place, statement)| match statement {
        Statement::AlterTable(alter) => Some((place, alter)),
        Statement::CreateTable(_) | Statement::DropTable(_) | Statement::RenameTable { .. } => None,
    })
}

/// The clause that adds the key of this name.
fn added<'a>(alter: &'a AlterTable, name: &ConstraintName) -> Option<&'a AlterClause> {
    alter.clauses.iter().find(|clause| {
        if let AlterClause::AddForeignKey(key) = clause {
            key.name.as_ref().is_some_and(|own| own.same(name))
        } else {
            false
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements() -> Vec<Statement> {
        let texts = [
            "ALTER TABLE `c` DROP FOREIGN KEY `f`, DROP FOREIGN KEY `gone`",
            "ALTER TABLE `p` MODIFY COLUMN `id` int NOT NULL",
            "ALTER TABLE `c` ADD CONSTRAINT `f` FOREIGN KEY (`p`) REFERENCES `p` (`id`)",
        ];
        texts.iter().map(|text| sql::parse_statement(text, Dialect::NEWEST).expect("a statement")).collect()
    }

    #[test]
    fn a_key_is_away_between_its_drop_and_its_coming_back() {
        let away =
            |executed: &[usize]| super::away(&statements(), &executed.iter().copied().collect(), Dialect::NEWEST);
        let key = "ALTER TABLE `c` ADD CONSTRAINT `f` FOREIGN KEY (`p`) REFERENCES `p` (`id`)";
        assert_eq!(away(&[]), Vec::<String>::new());
        assert_eq!(away(&[0]), [key]);
        assert_eq!(away(&[0, 1]), [key]);
        assert_eq!(away(&[0, 1, 2]), Vec::<String>::new());
    }
}
