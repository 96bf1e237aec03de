//! One reading of a live cluster, and of Azure beside it, for the verbs that judge.

use std::collections::BTreeSet;
use std::pin::{Pin, pin};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::join;
use tokio::sync::oneshot;

use crate::azure::{Az, Trouble};
use crate::cluster::{Api, Flags, Logins, connect};
use crate::error::{Error, Kind};
use crate::facts::objects::Target;
use crate::facts::{Facts, Fetched, Named, Need, is_aks_host};
use crate::render::{Console, PathWalk};
use crate::sources::{Arm, Interruption, Limit, Live, Opened, Step, ask_for_disks, greet};

/// What a run wants to know.
pub(super) struct Wanted<'w> {
    /// The facts, of the cluster and of Azure.
    pub(super) needs: BTreeSet<Need>,
    /// What each stretch of the drawing waits for.
    pub(super) stretches: Vec<(&'static str, BTreeSet<Need>)>,
    /// What the user named of Azure.
    pub(super) named: &'w Named,
    /// The extension's namespace, where the user named it.
    pub(super) namespace: Option<&'w str>,
    /// The namespace that claims are read of, where the user named one.
    pub(super) claims_in: Option<&'w str>,
    /// The context of the cluster that a restore is to go to.
    pub(super) target: Option<&'w str>,
    /// Whether a cluster that does not answer may be judged by Azure alone.
    pub(super) may_be_by_azure: bool,
}

impl Wanted<'_> {
    fn of_azure(&self) -> Vec<Need> {
        self.needs.iter().copied().filter(|need| need.is_azure()).collect()
    }
}

/// Runs what waits for others, and leaves behind whatever of it does not end.
///
/// # Errors
/// Those of what runs, and where nothing can be waited for at all.
pub(super) fn run_to_end<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::internal(format!("the runtime does not start: {error}")))?;
    let outcome = runtime.block_on(work);
    // The system's look-up of a name cannot be ended: with a DNS server that is silent it goes on for half a minute.
    runtime.shutdown_background();
    outcome
}

/// How long a signal that has been sent may take to arrive.
const SIGNAL_ARRIVES: Duration = Duration::from_millis(20);

/// Ends when the user asks for it (Ctrl-C), or the system does; one that is polled once hears whatever comes from then on.
pub(super) async fn interruption() {
    tokio::select! {
        // Where the signal cannot be listened to, it ends the program as it always did.
        heard = tokio::signal::ctrl_c() => if heard.is_err() { std::future::pending::<()>().await },
        () = termination() => {}
    }
}

/// Ends when the system asks the program to end: a time limit around it, a pod that is deleted.
///
/// What it has started must end with it, and what it has read is told. A terminal that is closed is left alone: to
/// listen for that would undo `nohup`.
#[cfg(unix)]
async fn termination() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut heard) => _ = heard.recv().await,
        Err(_) => std::future::pending().await,
    }
}

/// Windows tells a program that has no window of nothing else than Ctrl-C.
#[cfg(not(unix))]
async fn termination() {
    std::future::pending().await
}

/// Reads the cluster, with the road drawn on a terminal while it is read.
///
/// `left` is what the caller has left, where that may be less than the run's own limit.
///
/// # Errors
/// What kept it from being read: the kubeconfig, a login, or no answer.
pub(super) async fn live(
    wanted: &Wanted<'_>,
    flags: &Flags,
    logins: &Logins,
    left: Option<Duration>,
    interruption: Pin<&mut impl Future<Output = ()>>,
) -> Result<(Facts, Option<Interruption>), Error> {
    // Both halves hear it.
    let mut interruption = interruption.shared();
    // It is listened to from here on: a login may take as long as a person takes. The target is connected to before
    // anything is read, so that a name that is none costs no reading.
    let whole = [flags.run_limit(), left].into_iter().flatten().min();
    let begun = whole.map(Limit::begin);
    logins.must_end(begun.map(|limit| limit.end));
    let connecting = async {
        let (api, context) = connect(flags, logins).await?;
        let target = match wanted.target {
            None => None,
            Some(context) => match connect(&flags.towards(context), logins).await {
                Ok((api, _)) => Some(Ok(api)),
                Err(error) if error.kind == Kind::Usage => return Err(error),
                // A login that fails there is no reason to leave the source unjudged.
                Err(error) => Some(Err(format!("context {context}: {}", error.message))),
            },
        };
        Ok((api, context, target))
    };
    let connected = tokio::select! {
        biased;
        () = &mut interruption => None,
        connected = connecting => Some(connected),
    };
    let early = || (interrupted(flags.context.clone(), &wanted.needs), Some(Interruption::User));
    let (api, context, target) = match connected {
        None => return Ok(early()),
        Some(Ok(connected)) => connected,
        // Ctrl-C reaches the login program too, which then fails: that is no error of the login.
        Some(Err(error)) => {
            let is_interrupted = tokio::time::timeout(SIGNAL_ARRIVES, &mut interruption).await.is_ok();
            if is_interrupted {
                return Ok(early());
            }
            // A name that is none is a slip, and no silent cluster.
            if error.kind == Kind::Usage {
                return Err(error);
            }
            let seed = alone(flags.context.clone(), None, wanted, &error.message);
            return azure_alone(seed, flags, wanted, begun, interruption).await.ok_or(error);
        }
    };
    let api = api.traced(flags.verbosity, |text| Console.remark(text));
    // The time that somebody took to sign in is not the run's.
    let limit = if logins.has_asked() { whole.map(Limit::begin) } else { begun };
    // A drawing would run through the lines of a trace.
    let walk = PathWalk::begin(if flags.verbosity == 0 { wanted.stretches.clone() } else { Vec::new() });
    let opening = within(limit, greet(&api));
    let opening = tokio::select! {
        biased;
        () = &mut interruption => None,
        version = opening => Some(version),
    };
    let version = match opening {
        None => {
            walk.end();
            return Ok((interrupted(context, &wanted.needs), Some(Interruption::User)));
        }
        Some(Err(why)) => {
            walk.end();
            let error = api.unreachable(&why, flags);
            let seed = alone(context, Some(api.host()), wanted, &error.message);
            return azure_alone(seed, flags, wanted, limit, interruption).await.ok_or(error);
        }
        Some(Ok(version)) => version,
    };
    let observe = |step| {
        if let Step::Answered(need) = step {
            walk.answered(need);
        }
    };
    let host = Some(api.host().to_owned());
    let opened = Opened { context, version, clocks: api.clocks(), host, named: wanted.named.clone() };
    let mut needs = wanted.needs.clone();
    let wants_target = needs.remove(&Need::Target);
    let of_azure = wanted.of_azure();
    let (tell, discovered) = oneshot::channel();
    let reading = Live::new(&api, opened, wanted.namespace, needs, &observe).claims_in(wanted.claims_in).telling(tell);
    // Azure is asked beside the cluster, as soon as the nodes say which one it is.
    let beside = async {
        if of_azure.is_empty() {
            return Facts::default();
        }
        let seed = discovered.await.unwrap_or_default();
        read_azure(seed, flags, &of_azure, &observe, ending(limit, interruption.clone())).await
    };
    let ((mut facts, mut ended), azure) = join(reading.read(limit, interruption.clone()), beside).await;
    facts.take_azure(azure);
    if ended.is_none() && limit.is_some_and(|limit| tokio::time::Instant::now() >= limit.end) {
        ended = Some(Interruption::Limit);
    }
    if interruption.peek().is_some() {
        ended = Some(Interruption::User);
    }
    if let (Some(target), Some(context), true) = (target, wanted.target, wants_target) {
        facts.target = match target {
            _ if ended == Some(Interruption::User) => Fetched::Failed(Fetched::<()>::INTERRUPTED.to_owned()),
            Err(why) => Fetched::Failed(why),
            Ok(api) => {
                let api = api.traced(flags.verbosity, |text| Console.remark(text));
                let (read, stopped) = read_target(&api, context, limit, pin!(interruption.clone())).await;
                ended = stopped.or(ended);
                read
            }
        };
    }
    if ended.is_none() && of_azure.contains(&Need::GoneDisks) {
        // Which disks the index lacks is known once both halves are there.
        let end = ending(limit, interruption.clone());
        let own = finder(flags);
        let find = |subscription: Option<&str>| own(subscription);
        facts.gone_disks = ask_for_disks(&facts, &find, end).await;
    }
    walk.end();
    Ok((facts, ended))
}

/// Reads what is needed of Azure, with the user's own az.
async fn read_azure(
    seed: Facts,
    flags: &Flags,
    needs: &[Need],
    observe: &dyn Fn(Step),
    end: impl Future<Output = String>,
) -> Facts {
    let own = finder(flags);
    let find = |subscription: Option<&str>| own(subscription);
    Arm::new(seed, needs.iter().copied(), &find, observe).read(end).await
}

/// Returns what finds the user's az.
fn finder(flags: &Flags) -> impl Fn(Option<&str>) -> Result<Az<'static>, Trouble> + use<> {
    let (limit, is_traced) = (flags.request_limit(), flags.verbosity >= TRACES_AZ);
    move |subscription| Az::find(subscription, limit).map(|az| az.traced(is_traced.then_some(&TRACE)))
}

/// Tells of each az.
static TRACE: fn(String) = |text| Console.remark(&text);

/// From this level of -v on each az is told of, as each request to the cluster is.
const TRACES_AZ: u8 = 6;

/// Waits for what ends a reading early, and returns why.
async fn ending(limit: Option<Limit>, interruption: impl Future<Output = ()>) -> String {
    let over = async {
        match limit {
            Some(limit) => tokio::time::sleep_until(limit.end).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = interruption => Fetched::<()>::INTERRUPTED.to_owned(),
        () = over => limit.map_or_else(String::new, |limit| limit.reached()),
    }
}

/// Begins the facts of a run whose cluster does not answer.
fn alone(context: Option<String>, host: Option<&str>, wanted: &Wanted<'_>, why: &str) -> Facts {
    let mut facts = Facts {
        observed_at: jiff::Timestamp::now(),
        context,
        server_host: host.map(str::to_owned),
        named: wanted.named.clone(),
        ..Facts::default()
    };
    let of_cluster = wanted.needs.iter().copied().filter(|need| !need.is_azure());
    for need in of_cluster.chain([Need::Nodes, Need::Namespace, Need::ExtensionConfigs, Need::StorageLocations]) {
        facts.give_up(need, &format!("{}{why}", Fetched::<()>::CLUSTER_SILENT));
    }
    facts
}

/// Judges by Azure alone a cluster that does not answer; `None` where Azure does not know it either.
async fn azure_alone(
    seed: Facts,
    flags: &Flags,
    wanted: &Wanted<'_>,
    limit: Option<Limit>,
    interruption: impl Future<Output = ()> + Clone,
) -> Option<(Facts, Option<Interruption>)> {
    let needs = wanted.of_azure();
    let is_known =
        wanted.may_be_by_azure && (!seed.named.is_nothing() || seed.server_host.as_deref().is_some_and(is_aks_host));
    if needs.is_empty() || !is_known {
        return None;
    }
    let end = ending(limit, interruption.clone());
    let azure = read_azure(seed.clone(), flags, &needs, &|_| {}, end).await;
    let is_interrupted =
        |need: &Need| azure.unread(*need).is_some_and(|unread| unread.why == Fetched::<()>::INTERRUPTED);
    let ended = needs.iter().any(is_interrupted).then_some(Interruption::User);
    let is_known = azure.managed_cluster.known().is_some() || azure.managed_cluster.is_absent();
    let is_judged = ended.is_some() || is_known || azure.vaults.known().is_some();
    let mut facts = seed;
    facts.take_azure(azure);
    is_judged.then_some((facts, ended))
}

/// What is read of the cluster that a restore is to go to.
const OF_TARGET: &[Need] =
    &[Need::ApiGroups, Need::Nodes, Need::Namespaces, Need::StorageClasses, Need::Webhooks, Need::WebhookEndpoints];

/// Reads the cluster that a restore is to go to; one that does not answer is a fact that could not be read.
async fn read_target(
    api: &Api,
    context: &str,
    limit: Option<Limit>,
    mut interruption: Pin<&mut impl Future<Output = ()>>,
) -> (Fetched<Target>, Option<Interruption>) {
    let greeted = tokio::select! {
        biased;
        () = &mut interruption => {
            return (Fetched::Failed(Fetched::<()>::INTERRUPTED.to_owned()), Some(Interruption::User));
        }
        greeted = within(limit, greet(api)) => greeted,
    };
    let version = match greeted {
        Ok(version) => version,
        Err(why) => return (Fetched::Failed(format!("the API server of context {context}: {why}")), None),
    };
    let opened = Opened { context: Some(context.to_owned()), version: version.clone(), ..Opened::default() };
    let reading = Live::new(api, opened, None, OF_TARGET.iter().copied(), &|_| {});
    let (facts, ended) = reading.read(limit, interruption).await;
    let target = Target {
        context: context.to_owned(),
        version,
        api_groups: facts.api_groups,
        nodes: facts.nodes,
        namespaces: facts.namespaces,
        storage_classes: facts.storage_classes,
        webhooks: facts.webhooks,
        webhook_endpoints: facts.webhook_endpoints,
    };
    (Fetched::Got(target), ended)
}

/// Waits for the first answers, but no longer than the run may take.
async fn within<T>(limit: Option<Limit>, answer: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    match limit {
        Some(limit) => match tokio::time::timeout_at(limit.end, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {} s", limit.whole.as_secs_f32())),
        },
        None => answer.await,
    }
}

/// Returns the facts of a run that was interrupted before anything was read.
fn interrupted(context: Option<String>, needs: &BTreeSet<Need>) -> Facts {
    let mut facts = Facts { context, observed_at: jiff::Timestamp::now(), ..Facts::default() };
    for need in needs {
        facts.give_up(*need, Fetched::<()>::INTERRUPTED);
    }
    facts
}
