//! Reads names, resolvers and addresses.

use super::super::captured::Captured;
use super::super::scene::Scene;

/// More text than this between `dial` or `lookup` and the error means that they do not belong together.
const CLAUSE: usize = 240;

/// Reads a failed lookup, for words that can only be one.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn lookup(scene: &Scene) -> Option<Captured> {
    Some(asked(scene).unwrap_or_else(|| Captured::Lookup { host: host(scene), resolver: None }))
}

/// Reads a failed lookup, for words that a failed connection shares.
pub(in super::super) fn lookup_only(scene: &Scene) -> Option<Captured> {
    asked(scene)
}

/// Reads a failed connection, and refuses a failed lookup.
pub(in super::super) fn connection(scene: &Scene) -> Option<Captured> {
    if asked(scene).is_some() {
        return None;
    }
    let dialled = ["dial tcp ", "dial udp ", "->"].iter().filter_map(|marker| scene.past_before(marker)).max();
    let address = dialled
        .filter(|&at| scene.hit().start - at <= CLAUSE)
        .and_then(|at| scene.word_at(at))
        .filter(|word| is_address(word));
    Some(Captured::Endpoint { host: host(scene), address })
}

/// Reads the endpoint that answered.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
pub(in super::super) fn endpoint(scene: &Scene) -> Option<Captured> {
    Some(Captured::Endpoint { host: host(scene), address: None })
}

fn asked(scene: &Scene) -> Option<Captured> {
    let looked = scene.past_before("lookup ").filter(|&at| scene.hit().start - at <= CLAUSE)?;
    let dialled = scene.past_before("dial tcp ").unwrap_or_default();
    if dialled > looked {
        return None;
    }
    let host = scene.word_at(looked)?;
    let resolver = scene
        .rest(looked + host.len())
        .strip_prefix(" on ")
        .and_then(|_| scene.word_at(looked + host.len() + " on ".len()));
    Some(Captured::Lookup { host: Some(host), resolver })
}

/// The host of the URL nearest before the hit, else of another naming of a host.
fn host(scene: &Scene) -> Option<String> {
    let url = ["https://", "http://"].iter().filter_map(|scheme| scene.past_before(scheme)).max();
    let named = || {
        ["host='", "resolve host: ", "can't find ", "resolve '", "connect to host "]
            .iter()
            .find_map(|marker| scene.past_before(marker))
    };
    let behind = || scene.past("https://");
    let at = url.or_else(named).or_else(behind)?;
    let text = scene.rest(at);
    let end = text
        .find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '.' || letter == '-'))
        .unwrap_or(text.len());
    let host = scene.spelled(at..at + end)?;
    let host = host.trim_end_matches('.');
    (!host.is_empty()).then(|| host.to_owned())
}

fn is_address(word: &str) -> bool {
    word.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}
