//! The logins of one run: a login program is run once for each user that it logs in, until what it gave ends.
//!
//! A run may connect more than once: to the target of a restore, and anew in every round of `--wait`. A program that asks
//! somebody, or that opens a browser, must not do so each time.

use std::cell::{Cell, RefCell};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::time::Instant;

use super::exec_plugin::{self, Credential};
use super::flags::Flags;
use super::kubeconfig::Exec;
use crate::error::Error;

/// How long a credential must be good for to be used again: longer than a run may take.
const GOOD_FOR: SignedDuration = SignedDuration::from_secs(120);

/// What login programs gave in this run.
#[derive(Default)]
pub struct Logins {
    kept: RefCell<Vec<Kept>>,
    end: Cell<Option<Instant>>,
    has_asked: Cell<bool>,
}

struct Kept {
    exec: Exec,
    cluster: Option<Value>,
    credential: Credential,
}

impl Logins {
    /// Says when a login program that asks nobody must have ended; `None` for no limit.
    pub fn must_end(&self, end: Option<Instant>) {
        self.end.set(end);
    }

    /// Returns whether a login program could ask somebody, which takes as long as a person takes.
    pub const fn has_asked(&self) -> bool {
        self.has_asked.get()
    }

    /// Returns what a login program gives, and runs it only where it has not given it yet.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) async fn credential(
        &self,
        exec: &Exec,
        cluster: Option<Value>,
        flags: &Flags,
    ) -> Result<Credential, Error> {
        let is_it = |kept: &&Kept| kept.exec == *exec && kept.cluster == cluster;
        let known = self.kept.borrow().iter().find(is_it).map(|kept| kept.credential.clone());
        let now = Timestamp::now();
        if let Some(credential) = known.filter(|known| known.expires.is_none_or(|end| end > now + GOOD_FOR)) {
            return Ok(credential);
        }
        let (credential, has_asked) = exec_plugin::run(exec, cluster.clone(), flags, self.end.get()).await?;
        self.has_asked.set(self.has_asked.get() || has_asked);
        let mut kept = self.kept.borrow_mut();
        kept.retain(|kept| !is_it(&kept));
        kept.push(Kept { exec: exec.clone(), cluster, credential: credential.clone() });
        Ok(credential)
    }
}
