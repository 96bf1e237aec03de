//! The names of record types and response codes that configurations may use.

/// The types that every modelled release knows.
const TYPES: &str = "A AAAA AFSDB ANY APL ATMA AVC AXFR CAA CDNSKEY CDS CERT CNAME CSYNC DHCID DLV DNAME DNSKEY DS EID EUI48 EUI64 GID GPOS HINFO HIP HTTPS \
    IXFR KEY KX L32 L64 LOC LP MAILA MAILB MB MD MF MG MINFO MR MX NAPTR NID NIMLOC NINFO NS NSEC NSEC3 NSEC3PARAM NULL NXT OPENPGPKEY OPT PTR PX RKEY RP \
    RRSIG RT SIG SMIMEA SOA SPF SRV SSHFP SVCB TA TALINK TKEY TLSA TSIG TXT UID UINFO UNSPEC URI X25 ZONEMD NSAP-PTR";

/// The types that came at some time, or have names of their own.
const LATER: &str = "AMTRELAY IPSECKEY ISDN NXNAME RESINFO None Reserved";

/// The codes of answers.
const CODES: &str = "NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE BADSIG BADKEY BADTIME BADMODE BADNAME BADALG \
    BADTRUNC BADCOOKIE";

/// Codes that only some releases know.
const ODD_CODES: &str = "BADVERS NOTIMPL DSOTYPENI";

fn stands_in(table: &str, word: &str) -> bool {
    table.split_ascii_whitespace().any(|known| known == word)
}

fn judged(known: &str, odd: &str, word: &str) -> Option<bool> {
    if stands_in(known, word) {
        Some(true)
    } else if stands_in(odd, word) {
        None
    } else {
        Some(false)
    }
}

/// Returns whether a word is a record type, in capitals; `None` where the releases differ.
pub(super) fn is_known(word: &str) -> Option<bool> {
    judged(TYPES, LATER, word)
}

/// Returns whether a word is a response code, in capitals; `None` where the releases differ.
pub(super) fn is_code(word: &str) -> Option<bool> {
    judged(CODES, ODD_CODES, word)
}
