//! Makes the lab's certificate authority and what it signs: the API server, simulated kubelets, webhooks, users.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};

/// A certificate and its key, as PEM.
pub(crate) struct Signed {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// The authority of one lab.
pub(crate) struct Authority {
    pub(crate) certificate: String,
    issuer: Issuer<'static, KeyPair>,
    folder: PathBuf,
}

impl Authority {
    /// Makes a new authority and the files `ca.crt`, `server.crt`, `server.key`, `sa.key` and `sa.pub` in the folder.
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let key = KeyPair::generate()?;
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, "aksbackup-lab");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        let certificate = parameters.self_signed(&key)?.pem();
        let authority = Self { certificate, issuer: Issuer::new(parameters, key), folder: folder.to_owned() };
        let server = authority.server()?;
        fs::write(authority.file("ca.crt"), &authority.certificate)?;
        fs::write(authority.file("server.crt"), server.certificate)?;
        fs::write(authority.file("server.key"), server.key)?;
        let accounts = KeyPair::generate()?;
        fs::write(authority.file("sa.key"), accounts.serialize_pem())?;
        fs::write(authority.file("sa.pub"), accounts.public_key_pem())?;
        Ok(authority)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn server(&self) -> Result<Signed> {
        let mut parameters = CertificateParams::new(vec!["localhost".to_owned(), "kubernetes.default.svc".to_owned()])?;
        for address in [Ipv4Addr::LOCALHOST, Ipv4Addr::new(10, 0, 0, 1)] {
            parameters.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(address)));
        }
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(parameters)
    }

    /// Signs a user: the common name is the user's name, the organisations are the groups.
    pub(crate) fn user(&self, name: &str, groups: &[&str]) -> Result<Signed> {
        self.client(name, groups, false)
    }

    /// Signs a user like [`Self::user`], as one whose time may be over.
    pub(crate) fn client(&self, name: &str, groups: &[&str], expired: bool) -> Result<Signed> {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, name);
        for group in groups {
            parameters.distinguished_name.push(DnType::OrganizationName, *group);
        }
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        limit(&mut parameters, expired);
        self.sign(parameters)
    }

    /// Signs a user who has a key already.
    pub(crate) fn client_for(&self, name: &str, key: &str) -> Result<String> {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        Ok(parameters.signed_by(&KeyPair::from_pem(key)?, &self.issuer)?.pem())
    }

    /// Signs a server of a test's own.
    pub(crate) fn server_for(&self, names: &[&str], expired: bool) -> Result<Signed> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut parameters = CertificateParams::new(names)?;
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Newer Pythons want a certificate to say whose it is.
        parameters.use_authority_key_identifier_extension = true;
        limit(&mut parameters, expired);
        self.sign(parameters)
    }

    fn sign(&self, parameters: CertificateParams) -> Result<Signed> {
        let key = KeyPair::generate()?;
        Ok(Signed { certificate: parameters.signed_by(&key, &self.issuer)?.pem(), key: key.serialize_pem() })
    }
}

/// Ends a certificate's time, for tests of what is over.
fn limit(parameters: &mut CertificateParams, expired: bool) {
    if expired {
        parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);
    }
}
