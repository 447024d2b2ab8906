//! Whose a schema is when several Databases name it on one server. No client required.
//!
//! One Database per schema: the first by creation and uid, so that every controller, and every restart, comes to the same
//! answer. Two of them would undo each other's changes, each rightly by its own Tables.

use std::sync::Arc;

use kube::ResourceExt;

use super::condition::reason_of;
use super::store::ObjectKey;
use crate::api::{ConditionType, Database, Reason};

/// The first Database before this one that names its schema on its server.
///
/// A Database counts by the server that let it in. Before that it has nothing but an address, which anybody can write
/// down: that counts in its own namespace alone, whose owners are the same, and not where the login was refused or the
/// Secret is missing. So nobody holds up another namespace's Database by naming what it has no credentials for.
pub(crate) fn elder(
    database: &Database,
    server_uuid: &str,
    lower_case_table_names: u8,
    all: &[Arc<Database>],
) -> Option<ObjectKey> {
    let schema = |database: &Database| {
        let name = database.spec.schema.clone().unwrap_or_else(|| database.name_any());
        if lower_case_table_names == 0 { name } else { name.to_lowercase() }
    };
    let age = |database: &Database| (database.creation_timestamp().map(|time| time.0), database.uid());
    let (own, born) = (schema(database), age(database));
    let same_server = |other: &Database| match other.status.as_ref().and_then(|status| status.primary.as_ref()) {
        Some(seen) => seen.server_uuid.eq_ignore_ascii_case(server_uuid),
        None => {
            let (one, two) = (&other.spec.primary, &database.spec.primary);
            let same_address = one.host.eq_ignore_ascii_case(&two.host) && one.port == two.port;
            same_address && other.namespace() == database.namespace() && !turned_away(other)
        }
    };
    all.iter()
        .filter(|other| age(other) < born && schema(other) == own && same_server(other))
        .min_by_key(|other| age(other))
        .map(|other| ObjectKey::of(other.as_ref()))
}

/// Whether its server would not have it, or it has nothing to come in with.
fn turned_away(database: &Database) -> bool {
    let conditions = database.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
    let reason = reason_of(conditions, ConditionType::Ready);
    [Reason::AuthenticationFailed, Reason::SecretNotFound, Reason::SecretForbidden]
        .iter()
        .any(|turned_away| reason == Some(turned_away.as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn database(name: &str, created: &str, uid: &str, host: &str, seen: Option<&str>) -> Arc<Database> {
        let status = seen.map(|uuid| {
            json!({ "primary": { "version": "8.4.0", "flavour": "MySQL", "serverUuid": uuid, "writable": true } })
        });
        let spec = json!({
            "schema": "Shop",
            "primary": { "host": host, "credentials": { "secretName": "s" } },
        });
        let object = json!({
            "apiVersion": "x/v1", "kind": "Database", "spec": spec, "status": status,
            "metadata": { "name": name, "namespace": "ns", "uid": uid, "creationTimestamp": created },
        });
        Arc::new(serde_json::from_value(object).unwrap())
    }

    #[test]
    fn the_first_by_creation_and_uid_has_the_schema_of_a_server_whatever_its_address() {
        let first = database("z", "2026-01-01T00:00:00Z", "b", "one", Some("U-1"));
        let alias = database("a", "2026-01-01T00:00:00Z", "c", "two", Some("u-1"));
        let other = database("b", "2026-01-02T00:00:00Z", "a", "three", Some("u-2"));
        let all = [alias.clone(), other.clone(), first.clone()];
        assert_eq!(elder(&first, "u-1", 0, &all), None);
        assert_eq!(elder(&alias, "u-1", 0, &all), Some(ObjectKey::new("ns", "z")));
        assert_eq!(elder(&other, "u-2", 0, &all), None);
        // What a server answers now counts, not what it was.
        assert_eq!(elder(&other, "u-1", 0, &all), Some(ObjectKey::new("ns", "z")));
    }

    fn changed(database: &Arc<Database>, change: impl Fn(&mut Database)) -> Arc<Database> {
        let mut database = database.as_ref().clone();
        change(&mut database);
        Arc::new(database)
    }

    #[test]
    fn an_address_counts_for_nothing_in_another_namespace() {
        let elsewhere = |seen| {
            let first = database("a", "2026-01-01T00:00:00Z", "a", "one", seen);
            changed(&first, |first| first.metadata.namespace = Some("other".to_owned()))
        };
        let second = database("b", "2026-01-02T00:00:00Z", "b", "one", Some("u-1"));
        assert_eq!(elder(&second, "u-1", 0, &[elsewhere(None), second.clone()]), None);
        assert_eq!(elder(&second, "u-1", 0, &[elsewhere(Some("u-2")), second.clone()]), None);
        // Once the server has let it in, the schema is its own.
        let seen = [elsewhere(Some("u-1")), second.clone()];
        assert_eq!(elder(&second, "u-1", 0, &seen), Some(ObjectKey::new("other", "a")));
    }

    #[test]
    fn who_was_turned_away_counts_for_nothing_and_who_was_let_in_before_stays() {
        let second = database("b", "2026-01-02T00:00:00Z", "b", "one", Some("u-1"));
        let said = |seen: Option<&str>, reason: &str| {
            let first = database("a", "2026-01-01T00:00:00Z", "a", "one", seen);
            let ready = json!([{
                "type": "Ready", "status": "False", "reason": reason, "message": "",
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            }]);
            changed(&first, |first| {
                first.status.get_or_insert_default().conditions = serde_json::from_value(ready.clone()).unwrap();
            })
        };
        for reason in ["AuthenticationFailed", "SecretNotFound", "SecretForbidden"] {
            assert_eq!(elder(&second, "u-1", 0, &[said(None, reason)]), None, "{reason}");
            let before = said(Some("u-1"), reason);
            assert_eq!(elder(&second, "u-1", 0, &[before]), Some(ObjectKey::new("ns", "a")), "{reason}");
        }
        let away = said(None, "PrimaryUnreachable");
        assert_eq!(elder(&second, "u-1", 0, &[away]), Some(ObjectKey::new("ns", "a")));
    }

    #[test]
    fn who_has_not_seen_its_server_counts_by_its_address_in_its_own_namespace() {
        let first = database("a", "2026-01-01T00:00:00Z", "a", "One", None);
        let second = database("b", "2026-01-02T00:00:00Z", "b", "one", Some("u-1"));
        let third = database("c", "2026-01-02T00:00:00Z", "b", "two", Some("u-2"));
        let all = [first, second.clone(), third.clone()];
        assert_eq!(elder(&second, "u-1", 0, &all), Some(ObjectKey::new("ns", "a")));
        assert_eq!(elder(&third, "u-2", 0, &all), None);
    }
}
