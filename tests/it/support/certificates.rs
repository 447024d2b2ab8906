//! Certificate authorities of a test's own, and certificates of them, made by openssl.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::binary::argument;

/// An authority.
#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
    name: String,
}

/// A certificate and its key, in PEM files.
#[derive(Debug)]
pub struct Certificate {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

const CONFIGURATION: &str = "
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[leaf]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
";

impl Authority {
    /// A new one, whose files lie in this folder.
    pub fn new(folder: &Path, name: &str) -> Self {
        std::fs::write(folder.join("openssl.cnf"), CONFIGURATION).expect("writable");
        let authority = Self { folder: folder.to_owned(), name: name.to_owned() };
        authority.key_and(name, &["-x509", "-days", "30", "-extensions", "authority"]);
        authority
    }

    /// Its certificate, to be trusted.
    pub fn certificate(&self) -> PathBuf {
        self.file(&self.name, "pem")
    }

    /// A certificate for whoever this is on this machine, as a server or as a client.
    pub fn issue(&self, name: &str) -> Certificate {
        self.key_and(name, &[]);
        let (request, certificate) = (self.file(name, "pem"), self.file(name, "issued.pem"));
        let (issuer, key) = (self.certificate(), self.file(&self.name, "key.pem"));
        let configuration = self.folder.join("openssl.cnf");
        let mut openssl = Command::new("openssl");
        openssl.args(["x509", "-req", "-days", "30", "-extensions", "leaf", "-extfile", argument(&configuration)]);
        openssl.args(["-in", argument(&request), "-out", argument(&certificate)]);
        openssl.args(["-CA", argument(&issuer), "-CAkey", argument(&key), "-CAcreateserial"]);
        run(&mut openssl);
        Certificate { certificate, key: self.file(name, "key.pem") }
    }

    fn file(&self, name: &str, end: &str) -> PathBuf {
        self.folder.join(format!("{name}.{end}"))
    }

    /// A key, and a request or a certificate for it.
    fn key_and(&self, name: &str, further: &[&str]) {
        let (configuration, key, out) =
            (self.folder.join("openssl.cnf"), self.file(name, "key.pem"), self.file(name, "pem"));
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-new", "-config", argument(&configuration), "-subj", &format!("/CN={name}"), "-nodes"]);
        openssl.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
        openssl.args(["-keyout", argument(&key), "-out", argument(&out)]).args(further);
        run(&mut openssl);
    }
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().expect("openssl runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
