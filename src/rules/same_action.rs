//! TW024: A foreign key changes from RESTRICT to NO ACTION or back, which is the same.

use crate::diff::TableChange;
use crate::model::{ForeignKey, ReferentialAction};

use super::{Finding, Level, Review, Rule, each_difference};

pub(super) const RULE: Rule = Rule {
    code: "TW024",
    level: Level::Note,
    why: "InnoDB checks at once in either case; the server keeps the word and shows it, so that the key is dropped and added again: a copy of the table, and a time in which nothing keeps orphans out",
    instead: "say in the manifest what is live",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_difference(review, |difference, change| {
        let TableChange::ChangeForeignKey { live, desired } = change else { return None };
        let innodb = difference.desired.options.engine.as_deref() == Some("InnoDB");
        (innodb && in_one_word(live) == in_one_word(desired)).then(|| {
            let name = live.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
            let problem =
                format!("foreign key{name} changes between RESTRICT and NO ACTION alone, which are the same to InnoDB");
            RULE.finding(difference.desired.name.to_string(), problem)
        })
    })
}

fn in_one_word(key: &ForeignKey) -> ForeignKey {
    let one = |action: ReferentialAction| match action {
        ReferentialAction::NoAction | ReferentialAction::Restrict => ReferentialAction::NoAction,
        ReferentialAction::Cascade | ReferentialAction::SetNull | ReferentialAction::SetDefault => action,
    };
    ForeignKey { on_delete: one(key.on_delete), on_update: one(key.on_update), ..key.clone() }
}
