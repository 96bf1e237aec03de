//! The ends of containers' logs.

use futures::future::join_all;

use super::Live;
use crate::cluster::{LogRequest, Refusal};
use crate::facts::objects::{Log, Pod};
use crate::facts::{Fetched, Need, Parts, Right, Text};

/// How much of each container's log is read.
const LOG_LINES: u32 = 400;
const LOG_BYTES: usize = 128 << 10;
/// How many containers' logs are read at most: the extension has about ten.
const MOST_LOGS: usize = 48;

impl Live<'_> {
    /// Reads the logs that are wanted of the pods that `of` lists.
    pub(super) async fn logs(&self, namespace: &str, wanted: Vec<LogWish>, of: Need) -> Fetched<Vec<Log>> {
        if wanted.is_empty()
            && let Some(unread) = self.unread_by(of)
        {
            return unread;
        }
        let surplus = wanted.len().saturating_sub(MOST_LOGS);
        let answers = join_all(wanted.into_iter().take(MOST_LOGS).map(|wish| async move {
            let request = LogRequest {
                namespace,
                pod: &wish.pod,
                container: &wish.container,
                previous: wish.previous,
                lines: LOG_LINES,
                bytes: LOG_BYTES,
            };
            let outcome = self.api.log(&request).await;
            (wish, outcome)
        }))
        .await;
        let mut logs = Parts::new();
        for (wish, outcome) in answers {
            let LogWish { pod, container, previous } = wish;
            match outcome {
                Ok(lines) => {
                    let lines = lines.iter().map(|line| Text::new(line)).collect();
                    logs.add([Log { namespace: namespace.to_owned(), pod, container, previous, lines }]);
                }
                Err(Refusal::Forbidden) => logs.lack_right(Right::kube("get", "", "pods/log", Some(namespace))),
                // The log of the run before is kept for a while only.
                Err(Refusal::NotFound | Refusal::NoSuchKind) if previous => {}
                // What came in the place of a pod that went away has a log that nobody read.
                Err(Refusal::NotFound | Refusal::NoSuchKind) => {
                    logs.lack(format!("{pod} {container}: it went away, or has no log yet"));
                }
                Err(Refusal::Failed(why)) => logs.lack(format!("{pod} {container}: {why}")),
            }
        }
        if surplus > 0 {
            logs.lack(format!("{surplus} more containers were not asked"));
        }
        logs.together()
    }
}

/// A container whose log is wanted.
pub(super) struct LogWish {
    pod: String,
    container: String,
    previous: bool,
}

/// Lists the logs to read: of every container, and of the run before where it was started again.
pub(super) fn log_wishes<'p>(pods: impl IntoIterator<Item = &'p Pod>) -> Vec<LogWish> {
    let mut wishes = Vec::new();
    for pod in pods {
        for status in pod.container_statuses() {
            let wish = |previous| LogWish { pod: pod.metadata.name.clone(), container: status.name.clone(), previous };
            // A container that never ran has no log; asking would only bring a 400.
            let has_run = status.state.waiting.is_none() || status.restart_count > 0;
            if has_run {
                wishes.push(wish(false));
            }
            if status.restart_count > 0 {
                wishes.push(wish(true));
            }
        }
    }
    wishes
}
