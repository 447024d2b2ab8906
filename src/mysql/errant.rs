//! Transactions that a replica has and its primary lacks: what each server has executed, by who wrote it. Pure but for one
//! query.
//!
//! MySQL names the server that wrote each transaction, so that the difference of two sets is exact. MariaDB counts within a
//! domain, whoever writes; `gtid_binlog_state` has the last number of each server in each domain.
//! <https://mariadb.com/kb/en/gtid/#gtid_binlog_state>

use std::collections::BTreeMap;

use super::identity::read_gtids;
use super::queries::GtidForm;
use super::session::Session;
use super::{GtidSet, MysqlError, Server};

/// What a server has executed, by who wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// By server; on MariaDB by domain and server, up to the last number.
    written: GtidSet,
    /// MariaDB: the last number of each domain that the server had as a replica, or was restored with.
    followed: BTreeMap<String, u64>,
    /// How its own transactions are named: `server_uuid`, or on MariaDB the number of the server.
    own: String,
}

impl History {
    /// Of a server whose transactions name who wrote them.
    pub(super) fn named(written: GtidSet, own: String) -> Self {
        Self { written, followed: BTreeMap::new(), own }
    }

    /// The transactions that this server, a replica, has and the primary lacks, as text; `None` where there are none.
    /// `primary` must be read after the replica. Of a replica with `several_sources` only what it wrote itself counts: the
    /// rest may come from another source.
    pub fn beyond(&self, primary: &Self, several_sources: bool) -> Option<String> {
        let beyond = self.written.subtract(&primary.written).of_sources(|source, last| {
            let (domain, server) = source.split_once(MARIADB_SEPARATOR).unwrap_or(("", source));
            let had = primary.followed.get(domain).is_some_and(|had| last <= *had);
            !had && (!several_sources || server == self.own)
        });
        (!beyond.is_empty()).then(|| beyond.to_string().replace(MARIADB_SEPARATOR, "-"))
    }
}

/// Between domain and server, where both stand in for a UUID.
const MARIADB_SEPARATOR: char = '/';

/// What a server has executed.
pub async fn history(server: &Server) -> Result<History, MysqlError> {
    read_history(server.session().await?.get()?).await
}

/// The same on a session.
pub(super) async fn read_history(session: &mut Session) -> Result<History, MysqlError> {
    let row = session.query_row(session.queries().history, &[]).await?;
    let (written, own) = (session.text(&row, 0)?, session.text(&row, 2)?.to_lowercase());
    match session.queries().gtids {
        GtidForm::Set => Ok(History::named(read_gtids(session, &written)?, own)),
        GtidForm::Positions => {
            let wrong = |text: &str| MysqlError::unexpected(session.address(), format!("the positions `{text}`"));
            let followed = session.text(&row, 1)?;
            mariadb(&written, &followed, own).ok_or_else(|| wrong(&written))
        }
    }
}

/// From MariaDB's lists of `domain-server-number`.
fn mariadb(written: &str, followed: &str, own: String) -> Option<History> {
    let last = |(domain, server, number): (String, String, u64)| {
        let source = format!("{domain}{MARIADB_SEPARATOR}{server}");
        (source, number)
    };
    let written = GtidSet::up_to(positions(written)?.into_iter().map(last));
    let followed = positions(followed)?.into_iter().map(|(domain, _, number)| (domain, number)).collect();
    Some(History { written, followed, own })
}

fn positions(text: &str) -> Option<Vec<(String, String, u64)>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let mut fields = part.split('-');
            let (domain, server) = (fields.next()?.to_owned(), fields.next()?.to_owned());
            let number = fields.next()?.parse().ok()?;
            fields.next().is_none().then_some((domain, server, number))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIMARY: &str = "11111111-1111-1111-1111-111111111111";
    const REPLICA: &str = "22222222-2222-2222-2222-222222222222";
    const OTHER: &str = "33333333-3333-3333-3333-333333333333";

    fn mysql(text: &str, own: &str) -> History {
        let text = text.replace("PRIMARY", PRIMARY).replace("REPLICA", REPLICA).replace("OTHER", OTHER);
        History::named(GtidSet::parse(&text).unwrap(), own.to_owned())
    }

    #[test]
    fn what_the_primary_lacks_is_errant() {
        let primary = mysql("PRIMARY:1-9,REPLICA:1-2", PRIMARY);
        assert_eq!(mysql("PRIMARY:1-9", REPLICA).beyond(&primary, false), None);
        // The replica was the primary once.
        assert_eq!(mysql("PRIMARY:1-9,REPLICA:1-2", REPLICA).beyond(&primary, false), None);
        let errant = mysql("PRIMARY:1-9,REPLICA:1-3", REPLICA).beyond(&primary, false);
        assert_eq!(errant, Some(format!("{REPLICA}:3")));
        // Another source is no fault of it.
        let several = mysql("PRIMARY:1-9,OTHER:1-3", REPLICA);
        assert_eq!(several.beyond(&primary, true), None);
        assert_eq!(several.beyond(&primary, false), Some(format!("{OTHER}:1-3")));
    }

    #[test]
    fn mariadb_is_judged_by_domain_and_server() {
        let of = |written: &str, followed: &str, own: &str| mariadb(written, followed, own.to_owned()).unwrap();
        let primary = of("0-1-9", "", "1");
        assert_eq!(of("0-1-9", "0-1-9", "2").beyond(&primary, false), None);
        assert_eq!(of("0-1-9,0-2-10", "0-1-9", "2").beyond(&primary, false), Some("0-2:1-10".to_owned()));
        // The primary was restored from a backup with this position, or was a replica of what wrote it.
        let restored = of("0-1-9", "0-2-10", "1");
        assert_eq!(of("0-1-9,0-2-10", "0-1-9", "2").beyond(&restored, false), None);
        assert_eq!(mariadb("0-1", "", String::new()), None);
    }
}
