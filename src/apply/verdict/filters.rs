//! Whether replication filters keep changes of tables from a replica: on the primary, which then does not log them, or on the
//! replica, which leaves them out. Pure.
//!
//! A statement that changes a table runs in its schema, which is what filters by database look at. Those by table follow in
//! an order in which the first that matches decides.
//! <https://dev.mysql.com/doc/refman/9.0/en/replication-rules.html>

use crate::model::TableName;
use crate::mysql::{Channel, Filter, SourceLog};

/// What a replica is judged by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subject {
    /// The schema.
    pub(crate) schema: String,
    /// Its tables that count; empty: one of which no filter knows the name.
    pub(crate) tables: Vec<TableName>,
    /// What the primary logs.
    pub(crate) log: SourceLog,
}

/// A filter that leaves something out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// The filter, and where it is.
    pub(crate) filter: String,
    /// The tables that it leaves out; empty: the whole schema.
    pub(crate) tables: Vec<String>,
}

/// The filter that keeps the subject, or some of its tables, out; `None` where there is none.
pub(crate) fn keeps_out(channels: &[Channel], subject: &Subject) -> Option<LeftOut> {
    if let Some(filter) = unlogged(subject) {
        return Some(LeftOut { filter, tables: Vec::new() });
    }
    // What comes from this primary is filtered by its own channel, where there are several.
    let log = &subject.log;
    let is_own = |channel: &&Channel| match &channel.source_uuid {
        Some(uuid) => uuid.0 == log.server_uuid,
        None => channel.source_id.as_ref().is_some_and(|id| *id == log.server_id),
    };
    let own: Vec<&Channel> = channels.iter().filter(is_own).collect();
    let channels = if own.is_empty() { channels.iter().collect() } else { own };
    let mut first = None;
    for channel in channels {
        let left_out = by_channel(channel, subject)?;
        first.get_or_insert(left_out);
    }
    first
}

/// The filter by which the primary does not log the schema's statements.
fn unlogged(subject: &Subject) -> Option<String> {
    let log = &subject.log;
    let names_it = |schemas: &[String]| schemas.iter().any(|other| subject.same(other, &subject.schema));
    if !log.logged.is_empty() {
        let shown = format!("binlog_do_db={} on the primary", log.logged.join(","));
        return (!names_it(&log.logged)).then_some(shown);
    }
    names_it(&log.unlogged).then(|| format!("binlog_ignore_db={} on the primary", log.unlogged.join(",")))
}

impl Subject {
    fn same(&self, one: &str, other: &str) -> bool {
        let one = one.trim_matches('`');
        if self.log.ignores_case { one.to_lowercase() == other.to_lowercase() } else { one == other }
    }
}

/// The rules of one filter.
fn rules(filter: &Filter) -> Vec<&str> {
    filter.rule.split(',').map(str::trim).filter(|rule| !rule.is_empty()).collect()
}

fn by_channel(channel: &Channel, subject: &Subject) -> Option<LeftOut> {
    let named = |name: &str| channel.filters.iter().find(|filter| filter.name.eq_ignore_ascii_case(name));
    let shown = |filter: &Filter| format!("{}={}", filter.name, filter.rule);
    let whole = |filter: &Filter| Some(LeftOut { filter: shown(filter), tables: Vec::new() });
    let log = &subject.log;
    if let Some(filter) = named("Replicate_Ignore_Server_Ids")
        && rules(filter).contains(&log.server_id.as_str())
    {
        return whole(filter);
    }
    if let Some(domain) = log.domain.as_deref() {
        if let Some(filter) = named("Replicate_Do_Domain_Ids")
            && !rules(filter).contains(&domain)
        {
            return whole(filter);
        }
        if let Some(filter) = named("Replicate_Ignore_Domain_Ids")
            && rules(filter).contains(&domain)
        {
            return whole(filter);
        }
    }
    // Another name is another schema, whatever the rules after it say.
    if let Some(filter) = named("Replicate_Rewrite_DB")
        && let Some(to) = rewritten(&filter.rule, subject)
        && !subject.same(&to, &subject.schema)
    {
        return whole(filter);
    }
    let names_it = |filter: &Filter| rules(filter).iter().any(|rule| subject.same(rule, &subject.schema));
    match (named("Replicate_Do_DB"), named("Replicate_Ignore_DB")) {
        (Some(only), _) if !names_it(only) => return whole(only),
        (Some(_), _) | (None, None) => {}
        (None, Some(ignored)) if names_it(ignored) => return whole(ignored),
        (None, Some(_)) => {}
    }
    let unknown = [TableName::from("\u{1}")];
    let tables = if subject.tables.is_empty() { &unknown[..] } else { &subject.tables };
    let left_out: Vec<(&TableName, &Filter)> =
        tables.iter().filter_map(|table| Some((table, by_table(channel, table, subject)?))).collect();
    let (_, filter) = left_out.first()?;
    let all = left_out.len() == tables.len();
    let names = left_out.iter().map(|(table, _)| table.to_string()).collect();
    Some(LeftOut { filter: shown(filter), tables: if all { Vec::new() } else { names } })
}

/// The name under which a schema arrives: MySQL shows `(from,to),(from,to)`, MariaDB `from->to,from->to`.
fn rewritten(rule: &str, subject: &Subject) -> Option<String> {
    let pairs: Vec<(&str, &str)> = if rule.contains("->") {
        rule.split(',').filter_map(|pair| pair.split_once("->")).collect()
    } else {
        let pairs = rule.trim_matches(['(', ')']).split("),(");
        pairs.filter_map(|pair| pair.split_once(',')).collect()
    };
    let found = pairs.into_iter().find(|(from, _)| subject.same(from.trim(), &subject.schema));
    found.map(|(_, to)| to.trim().trim_matches('`').to_owned())
}

/// The filter that leaves this table out. The first that matches decides, and where tables are named to be taken, others are
/// not.
fn by_table<'a>(channel: &'a Channel, table: &TableName, subject: &Subject) -> Option<&'a Filter> {
    let fold = |text: &str| if subject.log.ignores_case { text.to_lowercase() } else { text.to_owned() };
    let full = fold(&format!("{}.{}", subject.schema, table.as_str()));
    let named = |name: &str| channel.filters.iter().find(|filter| filter.name.eq_ignore_ascii_case(name));
    let exact = |filter: &Filter| rules(filter).iter().any(|rule| fold(&rule.replace('`', "")) == full);
    let wild = |filter: &Filter| rules(filter).iter().any(|rule| is_like(&full, &fold(&rule.replace('`', ""))));
    let taken = named("Replicate_Do_Table");
    if taken.is_some_and(exact) {
        return None;
    }
    if let Some(filter) = named("Replicate_Ignore_Table").filter(|filter| exact(filter)) {
        return Some(filter);
    }
    let taken_wild = named("Replicate_Wild_Do_Table");
    if taken_wild.is_some_and(wild) {
        return None;
    }
    if let Some(filter) = named("Replicate_Wild_Ignore_Table").filter(|filter| wild(filter)) {
        return Some(filter);
    }
    taken.or(taken_wild)
}

/// `LIKE`, as the filters mean it: `%`, `_`, and `\` before a character that stands for itself.
fn is_like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // The places in the text that can be reached with the pattern so far.
    let mut reached = vec![false; text.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    let mut pattern = pattern.chars();
    while let Some(next) = pattern.next() {
        let mut after = vec![false; text.len() + 1];
        if next == '%' {
            let mut any = false;
            for (now, then) in reached.iter().zip(&mut after) {
                any |= *now;
                *then = any;
            }
        } else {
            let wanted = if next == '\\' { pattern.next().unwrap_or('\\') } else { next };
            let is_any = next == '_';
            for ((now, then), character) in reached.iter().zip(after.iter_mut().skip(1)).zip(&text) {
                *then = *now && (is_any || *character == wanted);
            }
        }
        reached = after;
    }
    reached.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ServerUuid;

    fn channel(filters: &[(&str, &str)]) -> Channel {
        let filter = |(name, rule): &(&str, &str)| Filter { name: (*name).to_owned(), rule: (*rule).to_owned() };
        Channel { filters: filters.iter().map(filter).collect(), ..Channel::default() }
    }

    fn subject(tables: &[&str]) -> Subject {
        let log = SourceLog { server_uuid: "p".to_owned(), server_id: "7".to_owned(), ..SourceLog::default() };
        Subject { schema: "blog".to_owned(), tables: tables.iter().map(|name| TableName::from(*name)).collect(), log }
    }

    /// `None`: everything arrives; else the tables that do not, `*` for all.
    fn out(filters: &[(&str, &str)], tables: &[&str]) -> Option<String> {
        let left_out = keeps_out(&[channel(filters)], &subject(tables))?;
        Some(if left_out.tables.is_empty() { "*".to_owned() } else { left_out.tables.join(",") })
    }

    #[test]
    fn filters_by_schema() {
        let all = Some("*".to_owned());
        assert_eq!(out(&[], &["a"]), None);
        assert_eq!(out(&[("Replicate_Do_DB", "shop")], &["a"]), all);
        assert_eq!(out(&[("Replicate_Do_DB", "shop,blog")], &["a"]), None);
        assert_eq!(out(&[("Replicate_Ignore_DB", "blog")], &["a"]), all);
        assert_eq!(out(&[("Replicate_Ignore_DB", "blogs")], &["a"]), None);
        // Where schemas are named to be taken, those to be ignored are not looked at.
        assert_eq!(out(&[("Replicate_Do_DB", "blog"), ("Replicate_Ignore_DB", "blog")], &["a"]), None);
        // Both kinds have to let it pass.
        assert_eq!(out(&[("Replicate_Do_DB", "shop"), ("Replicate_Wild_Do_Table", "blog.%")], &["a"]), all);
    }

    #[test]
    fn filters_by_table() {
        let all = Some("*".to_owned());
        assert_eq!(out(&[("Replicate_Ignore_Table", "blog.a")], &["a"]), all);
        assert_eq!(out(&[("Replicate_Ignore_Table", "blog.a")], &["a", "b"]), Some("a".to_owned()));
        assert_eq!(out(&[("Replicate_Ignore_Table", "blog.c,shop.a")], &["a", "b"]), None);
        assert_eq!(out(&[("Replicate_Do_Table", "blog.a")], &["a", "b"]), Some("b".to_owned()));
        assert_eq!(out(&[("Replicate_Wild_Do_Table", "shop.%")], &["a"]), all);
        assert_eq!(out(&[("Replicate_Wild_Do_Table", "b%.%")], &["a"]), None);
        assert_eq!(out(&[("Replicate_Wild_Ignore_Table", "blog.%")], &[]), all);
        assert_eq!(
            out(&[("Replicate_Wild_Ignore_Table", r"blog.tmp\_%")], &["tmp_1", "tmpx"]),
            Some("tmp_1".to_owned())
        );
        assert_eq!(out(&[("Replicate_Wild_Ignore_Table", "%.a_")], &["ab", "abc"]), Some("ab".to_owned()));
        assert_eq!(out(&[("Replicate_Wild_Ignore_Table", "mysql.%")], &["a"]), None);
        // The first that matches decides.
        assert_eq!(out(&[("Replicate_Do_Table", "blog.a"), ("Replicate_Wild_Ignore_Table", "blog.%")], &["a"]), None);
    }

    #[test]
    fn filters_by_what_the_primary_is() {
        let all = Some("*".to_owned());
        assert_eq!(out(&[("Replicate_Rewrite_DB", "(blog,shop),(a,b)")], &["a"]), all);
        assert_eq!(out(&[("Replicate_Rewrite_DB", "(weblog,shop)")], &["a"]), None);
        assert_eq!(out(&[("Replicate_Rewrite_DB", "a->b,blog->shop")], &["a"]), all);
        assert_eq!(out(&[("Replicate_Ignore_Server_Ids", "9, 7")], &["a"]), all);
        assert_eq!(out(&[("Replicate_Ignore_Server_Ids", "9, 17")], &["a"]), None);
        let mut mariadb = subject(&["a"]);
        mariadb.log.domain = Some("0".to_owned());
        assert!(keeps_out(&[channel(&[("Replicate_Do_Domain_Ids", "1,2")])], &mariadb).is_some());
        assert!(keeps_out(&[channel(&[("Replicate_Do_Domain_Ids", "0")])], &mariadb).is_none());
        assert!(keeps_out(&[channel(&[("Replicate_Ignore_Domain_Ids", "0")])], &mariadb).is_some());
        let mut unlogged = subject(&["a"]);
        unlogged.log.logged = vec!["shop".to_owned()];
        assert!(keeps_out(&[channel(&[])], &unlogged).is_some_and(|found| found.filter.contains("on the primary")));
        unlogged.log.logged.push("blog".to_owned());
        assert!(keeps_out(&[channel(&[])], &unlogged).is_none());
        let mut ignored = subject(&["a"]);
        ignored.log.unlogged = vec!["blog".to_owned()];
        assert!(keeps_out(&[channel(&[])], &ignored).is_some());
    }

    #[test]
    fn the_channel_that_comes_from_the_primary_counts() {
        let of = |uuid: &str, filters: &[(&str, &str)]| Channel {
            source_uuid: Some(ServerUuid(uuid.to_owned())),
            ..channel(filters)
        };
        let elsewhere: &[(&str, &str)] = &[("Replicate_Do_DB", "shop")];
        assert!(keeps_out(&[of("p", &[]), of("q", elsewhere)], &subject(&["a"])).is_none());
        assert!(keeps_out(&[of("p", elsewhere), of("q", &[])], &subject(&["a"])).is_some());
        // By way of another server: any channel may be the one.
        assert!(keeps_out(&[of("x", elsewhere), of("q", &[])], &subject(&["a"])).is_none());
    }
}
