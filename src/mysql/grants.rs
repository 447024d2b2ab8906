//! What the account may do, from `SHOW GRANTS` (active roles included), and what each missing privilege costs.

mod parse;

use super::session::Session;
use super::{MysqlError, Server};
use crate::model::{Flavour, SchemaName, UnseenDependants};
use crate::sql::{quote_identifier, quote_string};
use parse::{Grants, Place};

/// What a server is used as; a replica needs less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerRole {
    /// The primary.
    Primary,
    /// A replica: only read.
    Replica,
}

/// Something that an account can do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// Read the definitions of the schema.
    ReadDefinitions,
    /// Run DDL on the schema.
    ChangeSchema,
    /// `CREATE TEMPORARY TABLE` in the schema: the server's own normal form.
    TemporaryTables,
    /// Use the scratch schema: plans are rehearsed.
    Scratch,
    /// Choose GTIDs and keep scratch work out of the binary log.
    ChooseGtids,
    /// See other sessions.
    SeeProcesses,
    /// See replication.
    SeeReplication,
    /// Read performance_schema.
    ReadPerformanceSchema,
}

/// A privilege that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingPrivilege {
    /// What cannot be done without it.
    pub capability: Capability,
    /// Whether nothing works without it.
    pub required: bool,
    /// Its names, e.g. `ALTER, INDEX`.
    pub privileges: String,
    /// The statement that an administrator runs.
    pub grant: String,
    /// What is lost without it, one sentence.
    pub cost: String,
}

/// What an account can do, and what not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// What it can do, sorted.
    pub held: Vec<Capability>,
    /// What it cannot, sorted by capability.
    pub missing: Vec<MissingPrivilege>,
}

impl Capabilities {
    /// Whether this is held.
    pub fn can(&self, capability: Capability) -> bool {
        self.held.contains(&capability)
    }
}

/// Asks what the account may do on this server's schema.
pub async fn capabilities(server: &Server, role: ServerRole) -> Result<Capabilities, MysqlError> {
    let mut lease = server.session().await?;
    let session = lease.get()?;
    let Account { account, grants, partial_revokes } = ask(session).await?;
    Ok(judge(
        &grants,
        server.schema(),
        &account,
        role,
        &Rules { patterns: !partial_revokes, privileges: privileges(session.flavour()) },
    ))
}

/// The account, and what it holds.
struct Account {
    account: String,
    grants: Grants,
    partial_revokes: bool,
}

async fn ask(session: &mut Session) -> Result<Account, MysqlError> {
    let row = session.query_row("SELECT CURRENT_USER(), CURRENT_ROLE()", &[]).await?;
    let account = quote_account(&session.text(&row, 0)?);
    let roles = session.optional(&row, 1)?.unwrap_or_default();
    let partial_revokes = match session.query_row("SELECT @@GLOBAL.partial_revokes", &[]).await {
        Ok(row) => session.text(&row, 0)? == "1",
        // MariaDB, and MySQL before 8.0.16.
        Err(error) if error.code == Some(1193) => false,
        Err(error) => return Err(error),
    };
    let rows = if roles.is_empty() || roles == "NONE" || !roles.starts_with('`') {
        session.query("SHOW GRANTS", &[]).await?
    } else {
        // The server's own text, quoted by it.
        session.send(session.statement(format!("SHOW GRANTS FOR CURRENT_USER() USING {roles}"))?).await?
    };
    let mut lines = Vec::with_capacity(rows.len());
    for row in &rows {
        lines.push(session.lossy(row, 0)?);
    }
    Ok(Account { account, grants: Grants::parse(&lines, !partial_revokes), partial_revokes })
}

/// Which of what depends on a schema's tables the account does not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sight {
    /// What, and what to grant.
    pub(super) missing: Vec<UnseenDependants>,
}

/// Asks which triggers, views, routines and events of the schema the account sees: the server leaves the others out of its
/// lists without an error.
pub(super) async fn sight(session: &mut Session, schema: &SchemaName) -> Result<Sight, MysqlError> {
    let Account { account, grants, partial_revokes } = ask(session).await?;
    let here = Place::Schema(schema.as_str());
    let on_schema = format!("{}.*", quote_identifier(&escaped(schema.as_str(), !partial_revokes)));
    let mut missing = Vec::new();
    let mut need = |what: &str, seen: bool, privilege: &str, on: &str| {
        if !seen {
            let remedy = format!("run GRANT {privilege} ON {on} TO {account}; or look for them by hand");
            missing.push(UnseenDependants { what: what.to_owned(), remedy });
        }
    };
    need("triggers", grants.lacks(&["TRIGGER"], here).is_empty(), "TRIGGER", &on_schema);
    need("views", grants.lacks(&DEFINITIONS, here).is_empty(), "SELECT, SHOW VIEW", &on_schema);
    match session.flavour() {
        // Manual, "The INFORMATION_SCHEMA ROUTINES Table".
        Flavour::Mysql => {
            let seen = grants.has_any(&["SHOW_ROUTINE", "SELECT"]);
            need("routines", seen, "SHOW_ROUTINE", "*.*");
        }
        Flavour::Mariadb => {
            // A privilege on this one table suffices.
            let seen = session.query("SELECT db FROM mysql.proc LIMIT 0", &[]).await.is_ok();
            need("routines", seen, "SELECT", "`mysql`.`proc`");
        }
    }
    need("events", grants.lacks(&["EVENT"], here).is_empty(), "EVENT", &on_schema);
    Ok(Sight { missing })
}

const DEFINITIONS: [&str; 2] = ["SELECT", "SHOW VIEW"];
const CHANGES: [&str; 7] = ["CREATE", "ALTER", "DROP", "INDEX", "REFERENCES", "INSERT", "TRIGGER"];
const SCRATCH: [&str; 9] =
    ["SELECT", "CREATE", "ALTER", "DROP", "INDEX", "REFERENCES", "INSERT", "SHOW VIEW", "TRIGGER"];

/// What privileges are called.
struct Privileges {
    /// Any of these keeps scratch work out of the binary log; the first is the least.
    unlogged: &'static [&'static str],
    /// Any of these shows the state of replication; the first is the least.
    replication: &'static [&'static str],
}

fn privileges(flavour: Flavour) -> &'static Privileges {
    match flavour {
        Flavour::Mysql => &Privileges {
            unlogged: &["SESSION_VARIABLES_ADMIN", "SYSTEM_VARIABLES_ADMIN", "SUPER"],
            replication: &["REPLICATION CLIENT", "SUPER"],
        },
        // REPLICATION CLIENT is another name of BINLOG MONITOR there, which does not suffice.
        Flavour::Mariadb => &Privileges {
            unlogged: &["BINLOG ADMIN", "SUPER"],
            replication: &["SLAVE MONITOR", "REPLICA MONITOR", "SUPER"],
        },
    }
}

/// The least privilege under which a session keeps out of the binary log.
pub(super) fn unlogged_privilege(flavour: Flavour) -> &'static str {
    privileges(flavour).unlogged.first().copied().unwrap_or_default()
}

/// How grants are read.
struct Rules {
    /// Whether `%` and `_` in names of schemas are wildcards.
    patterns: bool,
    privileges: &'static Privileges,
}

fn judge(grants: &Grants, schema: &SchemaName, account: &str, role: ServerRole, rules: &Rules) -> Capabilities {
    let Rules { patterns, privileges } = *rules;
    let mut out = Capabilities { held: Vec::new(), missing: Vec::new() };
    let on_schema = format!("{}.*", quote_identifier(&escaped(schema.as_str(), patterns)));
    let here = Place::Schema(schema.as_str());
    let mut need = |capability, missing: Vec<&str>, on: &str, required, cost: &str| {
        if missing.is_empty() {
            out.held.push(capability);
            return;
        }
        let privileges = missing.join(", ");
        let grant = format!("GRANT {privileges} ON {on} TO {account}");
        out.missing.push(MissingPrivilege { capability, required, privileges, grant, cost: cost.to_owned() });
    };
    need(
        Capability::ReadDefinitions,
        grants.lacks(&DEFINITIONS, here),
        &on_schema,
        true,
        "the definitions of the tables cannot be read: nothing works",
    );
    if role == ServerRole::Primary {
        need(
            Capability::ChangeSchema,
            grants.lacks(&CHANGES, here),
            &on_schema,
            true,
            "plans that need it fail when they are applied",
        );
        need(
            Capability::TemporaryTables,
            grants.lacks(&["CREATE TEMPORARY TABLES"], here),
            &on_schema,
            false,
            "the server cannot be asked for its own form of a definition without the scratch schema",
        );
        let scratch = if patterns { r"_tablewright\_%" } else { super::scratch::FIXED_NAME };
        need(
            Capability::Scratch,
            grants.lacks(&SCRATCH, Place::Schema(super::scratch::FIXED_NAME)),
            &format!("{}.*", quote_identifier(scratch)),
            false,
            "plans are not rehearsed before they are shown",
        );
        let missing = least(grants, privileges.unlogged);
        need(
            Capability::ChooseGtids,
            missing,
            "*.*",
            false,
            "statements run under the server's own GTIDs, so that a lost connection is decided by comparing \
             definitions; and plans are not rehearsed, because scratch work would be replicated",
        );
    }
    need(
        Capability::SeeProcesses,
        grants.lacks(&["PROCESS"], Place::Global),
        "*.*",
        false,
        "blocking transactions, hidden foreign keys and INSTANT row versions are not seen",
    );
    let missing = least(grants, privileges.replication);
    let cost = match role {
        ServerRole::Primary => {
            "whether this server is a replica itself is not seen: a standby is told by read_only alone"
        }
        ServerRole::Replica => "the state of replication is not seen: a missing change cannot be explained",
    };
    need(Capability::SeeReplication, missing, "*.*", false, cost);
    need(
        Capability::ReadPerformanceSchema,
        grants.lacks(&["SELECT"], Place::Schema("performance_schema")),
        "performance_schema.*",
        false,
        "sessions that hold metadata locks, and progress of statements, are not named",
    );
    out
}

/// The first of these, where none is held.
fn least(grants: &Grants, any: &[&'static str]) -> Vec<&'static str> {
    if grants.has_any(any) { Vec::new() } else { any.iter().take(1).copied().collect() }
}

/// `user@host` as CURRENT_USER() prints it, quoted.
pub(super) fn quote_account(account: &str) -> String {
    let (user, host) = account.rsplit_once('@').unwrap_or((account, "%"));
    format!("{}@{}", quote_string(user), quote_string(host))
}

/// A schema's name in a GRANT, where `_` and `%` are wildcards unless partial_revokes is on.
pub(super) fn escaped(name: &str, patterns: bool) -> String {
    if patterns { name.replace('_', r"\_").replace('%', r"\%") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[&str]) -> Grants {
        let lines: Vec<String> = text.iter().map(|line| (*line).to_owned()).collect();
        Grants::parse(&lines, true)
    }

    fn judged(text: &[&str], role: ServerRole) -> Capabilities {
        judge(
            &lines(text),
            &SchemaName::new("my_blog"),
            "'u'@'%'",
            role,
            &Rules { patterns: true, privileges: privileges(Flavour::Mysql) },
        )
    }

    #[test]
    fn the_least_account_lacks_only_the_choice_of_gtids() {
        let found = judged(
            &[
                "GRANT PROCESS, REPLICATION CLIENT ON *.* TO `u`@`%`",
                r"GRANT SELECT, INSERT, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, SHOW VIEW, TRIGGER ON `_tablewright\_%`.* TO `u`@`%`",
                r"GRANT SELECT, INSERT, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, SHOW VIEW, TRIGGER ON `my\_blog`.* TO `u`@`%`",
                "GRANT SELECT ON `performance_schema`.* TO `u`@`%`",
            ],
            ServerRole::Primary,
        );
        assert_eq!(found.missing.len(), 1, "{found:?}");
        assert_eq!(found.missing[0].grant, "GRANT SESSION_VARIABLES_ADMIN ON *.* TO 'u'@'%'");
        assert!(!found.missing[0].required);
    }

    #[test]
    fn names_what_is_missing_with_the_grant() {
        let found =
            judged(&["GRANT USAGE ON *.* TO `u`@`%`", "GRANT SELECT ON `my_blog`.* TO `u`@`%`"], ServerRole::Replica);
        assert_eq!(found.missing[0].grant, r"GRANT SHOW VIEW ON `my\_blog`.* TO 'u'@'%'");
        assert!(found.missing[0].required);
        let capabilities: Vec<Capability> = found.missing.iter().map(|missing| missing.capability).collect();
        assert_eq!(
            capabilities,
            [
                Capability::ReadDefinitions,
                Capability::SeeProcesses,
                Capability::SeeReplication,
                Capability::ReadPerformanceSchema
            ]
        );
    }

    #[test]
    fn all_privileges_globally_is_everything() {
        let found = judged(&["GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION"], ServerRole::Primary);
        assert!(found.missing.is_empty(), "{found:?}");
    }
}
