//! Whom a login believes: nobody who is not signed by the authority that is named, and nobody else's name.

use std::path::Path;

use crate::support::{
    binary::{Outcome, argument, command, outcome},
    certificates::Authority,
    pair::{Pair, Role, own},
};

/// What came of a login with these parameters of the URL.
struct Login<'a> {
    pair: &'a Pair,
    schema: &'a str,
    manifest: &'a Path,
}

impl Login<'_> {
    fn with(&self, user: (&str, &str), parameters: &str) -> Outcome {
        self.knowing(user, parameters, None)
    }

    /// On a system that knows these authorities.
    fn knowing(&self, user: (&str, &str), parameters: &str, system: Option<&Path>) -> Outcome {
        let (name, password) = user;
        let url = format!("{}?{parameters}", self.pair.url_as(Role::Primary, name, password, self.schema));
        let mut command = command();
        command.args(["plan", "-f", argument(self.manifest), "--url", &url]).env_remove("SSL_CERT_DIR");
        match system {
            Some(file) => command.env("SSL_CERT_FILE", file),
            None => command.env_remove("SSL_CERT_FILE"),
        };
        outcome(&mut command)
    }

    fn succeeds(&self, parameters: &str) {
        self.with(ACCOUNT, parameters).expect(0);
    }

    fn fails(&self, parameters: &str, words: &[&str]) {
        says(&self.with(ACCOUNT, parameters).expect(1), words);
    }
}

fn says(outcome: &Outcome, words: &[&str]) {
    for word in words {
        assert!(outcome.stderr.contains(word), "`{word}` is not said: {}", outcome.all());
    }
}

const ACCOUNT: (&str, &str) = ("tablewright", "primary-Secr3t");

#[test]
fn a_server_is_believed_as_far_as_is_asked() {
    let Some(pair) = own("a_server_is_believed") else { return };
    let schema = pair.schema("tls");
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("t.sql");
    std::fs::write(&manifest, "CREATE TABLE t (id int)").expect("writable");
    let login = Login { pair: &pair, schema: &schema, manifest: &manifest };
    let (known, stranger) = (Authority::new(folder.path(), "known"), Authority::new(folder.path(), "stranger"));
    let trusting = |mode: &str, ca: &Path| format!("tls={mode}&tls-ca={}", ca.display());

    // As the server comes: its own authority, and a certificate that names nobody.
    let ca = pair.get("TABLEWRIGHT_TEST_MYSQL_CA").to_owned();
    let ca = Path::new(&ca);
    login.succeeds("tls=required");
    login.succeeds(&trusting("verify-ca", ca));
    login.fails(&trusting("verify-identity", ca), &["certificate", "names this host"]);
    login.fails(&trusting("verify-ca", &stranger.certificate()), &["certificate", "check the CA"]);
    // The authority that is named is the only one that counts, whatever the system knows.
    let stranger_alone = trusting("verify-ca", &stranger.certificate());
    says(&login.knowing(ACCOUNT, &stranger_alone, Some(ca)).expect(1), &["certificate", "check the CA"]);
    // Where none is named, the system's count.
    login.knowing(ACCOUNT, "tls=verify-ca", Some(ca)).expect(0);
    let foreign_system = login.knowing(ACCOUNT, "tls=verify-ca", Some(&stranger.certificate())).expect(1);
    says(&foreign_system, &["certificate", "check the CA"]);
    let nothing = folder.path().join("nothing.pem");
    std::fs::write(&nothing, "").expect("writable");
    says(&login.knowing(ACCOUNT, "tls=verify-ca", Some(&nothing)).expect(1), &["this system knows none", "tls-ca"]);

    // With a certificate for this host.
    let own = known.issue("mysql");
    let reload = |settings: &str| pair.sql(Role::Primary, "", &format!("{settings}; ALTER INSTANCE RELOAD TLS"));
    reload(&format!(
        "SET GLOBAL ssl_ca = '{}'; SET GLOBAL ssl_cert = '{}'; SET GLOBAL ssl_key = '{}'",
        known.certificate().display(),
        own.certificate.display(),
        own.key.display()
    ));
    login.succeeds(&trusting("verify-identity", &known.certificate()));
    login.succeeds(&trusting("verify-ca", &known.certificate()));
    login.knowing(ACCOUNT, "tls=verify-identity", Some(&known.certificate())).expect(0);
    let stranger_alone = trusting("verify-identity", &stranger.certificate());
    says(&login.knowing(ACCOUNT, &stranger_alone, Some(&known.certificate())).expect(1), &["certificate"]);
    login.fails(&trusting("verify-identity", &stranger.certificate()), &["certificate"]);
    login.fails(&trusting("verify-ca", ca), &["certificate"]);

    // An account that asks for a certificate gets in with one of its authority.
    pair.sql(Role::Primary, "", "CREATE USER certified IDENTIFIED BY 'x' REQUIRE X509; GRANT ALL ON *.* TO certified");
    let (client, foreign) = (known.issue("client"), stranger.issue("foreign"));
    let certified = |certificate: &crate::support::certificates::Certificate| {
        let parameters =
            format!("tls-cert={}&tls-key={}", certificate.certificate.display(), certificate.key.display());
        login.with(("certified", "x"), &format!("{}&{parameters}", trusting("verify-identity", &known.certificate())))
    };
    certified(&client).expect(0);
    certified(&foreign).expect(1);
    let without = login.with(("certified", "x"), "tls=required").expect(1);
    assert!(without.stderr.contains("1045"), "{}", without.all());

    // Files that are none.
    let missing = folder.path().join("missing.pem");
    login.fails(&trusting("verify-ca", &missing), &["missing.pem", "No such file"]);
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").expect("writable");
    login.fails(&trusting("verify-ca", &empty), &["check the certificate files"]);

    // Without TLS, the password of an account with caching_sha2_password is never sent: the server has it cached, or the
    // login is refused.
    login.succeeds("tls=disabled");
    pair.sql(Role::Primary, "", "FLUSH PRIVILEGES");
    login.fails("tls=disabled", &["without TLS", "caching_sha2_password", "tls=required"]);

    // A server without TLS is said to be one, and reached where nobody asks for it.
    login.succeeds("tls=required");
    pair.sql(Role::Primary, "", "SET GLOBAL ssl_cert = '/nowhere'; ALTER INSTANCE RELOAD TLS NO ROLLBACK ON ERROR");
    login.fails("tls=required", &["does not support TLS", "tls=disabled"]);
    login.succeeds("tls=disabled");
}
