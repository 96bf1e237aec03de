//! Certificates as the kubeconfig gives them: which authority is trusted, who the client is, and until when.
//!
//! Knowledge: Go's `crypto/tls` and `crypto/x509`: what is no certificate in a file of several is passed over, as long
//! as one is left; RFC 5280 for where a certificate says until when it is good.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Returns the authorities that a PEM text holds, as DER; none where it holds no certificate.
pub(super) fn authorities(pem: &[u8]) -> Vec<Vec<u8>> {
    let mut store = rustls::RootCertStore::empty();
    blocks(pem)
        .filter(|block| block.tag() == "CERTIFICATE")
        .map(pem::Pem::into_contents)
        .filter(|der| store.add(der.clone().into()).is_ok())
        .collect()
}

/// Returns the certificates of one PEM text and the first key of another, as one PEM text; `None` without either.
///
/// Both are often in one file, and kube would take a second key for the first's.
pub(super) fn identity(certificate: &[u8], key: &[u8]) -> Option<(String, String)> {
    let chain: Vec<_> = blocks(certificate).filter(|block| block.tag() == "CERTIFICATE").collect();
    let key = blocks(key).find(|block| block.tag().ends_with("PRIVATE KEY"))?;
    (!chain.is_empty()).then(|| (pem::encode_many(&chain), pem::encode(&key)))
}

/// Returns until when the first certificate of a PEM text is good.
pub(super) fn expiry(pem: &[u8]) -> Option<Timestamp> {
    let block = blocks(pem).find(|block| block.tag() == "CERTIFICATE")?;
    validity(block.contents()).map(|(_, until)| until)
}

fn blocks(text: &[u8]) -> impl Iterator<Item = pem::Pem> {
    pem::parse_many(text).unwrap_or_default().into_iter()
}

/// Returns from when until when a certificate is good.
///
/// It walks: certificate, its body, past version, number, algorithm and issuer to the validity's two times.
pub(super) fn validity(der: &[u8]) -> Option<(Timestamp, Timestamp)> {
    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xa0;
    let (_, certificate, _) = element(der).filter(|(tag, ..)| *tag == SEQUENCE)?;
    let (_, mut body, _) = element(certificate).filter(|(tag, ..)| *tag == SEQUENCE)?;
    if let (VERSION, _, rest) = element(body)? {
        body = rest;
    }
    for _number_algorithm_issuer in 0..3 {
        body = element(body)?.2;
    }
    let (_, times, _) = element(body)?;
    let (tag, from, rest) = element(times)?;
    let from = time(tag, from)?;
    let (tag, until, _) = element(rest)?;
    Some((from, time(tag, until)?))
}

fn time(tag: u8, time: &[u8]) -> Option<Timestamp> {
    const UTC_TIME: u8 = 0x17;
    let text = std::str::from_utf8(time).ok()?.strip_suffix('Z')?;
    // Two digits of a year mean 1950 to 2049.
    let text = match tag {
        UTC_TIME if text.get(..2)? >= "50" => format!("19{text}"),
        UTC_TIME => format!("20{text}"),
        _ => text.to_owned(),
    };
    let time = DateTime::strptime("%Y%m%d%H%M%S", text).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

/// Splits the first element of a DER text off: its tag, its content and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f)).filter(|(bytes, _)| bytes.len() <= 4)?;
        (bytes.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with openssl; it ended on 2001-02-03 at 04:05:06.
    const OLD: &str = include_str!("certificate/expired.pem");

    #[test]
    fn a_certificates_end_is_found() {
        assert_eq!(expiry(OLD.as_bytes()).unwrap().to_string(), "2001-02-03T04:05:06Z");
        for wrong in ["", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "nonsense"] {
            assert!(expiry(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_passed_over() {
        let broken = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        assert_eq!(authorities(format!("words\n{broken}{OLD}").as_bytes()).len(), 1);
        assert!(authorities(broken.as_bytes()).is_empty());
    }

    #[test]
    fn an_identity_is_the_chain_and_one_key() {
        let key = "-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n";
        let both = format!("{key}{OLD}");
        let (chain, found) = identity(both.as_bytes(), both.as_bytes()).unwrap();
        assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 1);
        assert_eq!(found.matches("BEGIN").count(), 1);
        assert!(identity(OLD.as_bytes(), OLD.as_bytes()).is_none());
    }
}
