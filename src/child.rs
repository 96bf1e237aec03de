//! A program that is started, with everything that it starts itself.
//!
//! It leads a process group of its own, which ends as a whole when it is dropped: a wrapper's child would hold on
//! otherwise. Windows ends the program alone.

/// A group of processes that ends when it is dropped.
pub(crate) struct Group {
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no such groups"))]
    leader: Option<u32>,
}

impl Group {
    /// Takes charge of the group that this process leads; `None` for no group.
    pub(crate) const fn of(leader: Option<u32>) -> Self {
        Self { leader }
    }

    /// Lets the group live on.
    pub(crate) const fn let_go(&mut self) {
        self.leader = None;
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader.and_then(|id| i32::try_from(id).ok()) {
            // That there is none left is as it should be.
            let _ = nix::sys::signal::killpg(nix::unistd::Pid::from_raw(leader), nix::sys::signal::Signal::SIGKILL);
        }
    }
}
