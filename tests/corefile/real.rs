//! The real CoreDNS on a configuration: does it start, and what does it answer?

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::str::FromStr as _;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RData, RecordType};

/// A process that neither starts nor ends within this is one that hangs: some releases do, on some mistakes.
const START: Duration = Duration::from_secs(6);
/// More than this in memory is a process that runs away (in KiB of address space).
const MEMORY: u32 = 6_000_000;

/// Where the system can, a CoreDNS ends with the test that started it, also when that is killed.
const WITH_US: &str = "if command -v setpriv >/dev/null; then exec setpriv --pdeathsig KILL \"$0\" -conf \"$1\"; fi;";

/// A configuration with its own folder and ports in it.
#[derive(Debug, Clone)]
pub struct Written {
    pub corefile: String,
    pub custom: BTreeMap<String, String>,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub code: String,
    /// Owner, type and data of each record.
    pub records: Vec<(String, RecordType, String)>,
}

/// A CoreDNS that runs; it is killed when this is dropped.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Finds ports below the range from which the system takes its own.
pub fn free_ports(count: usize, seed: u16) -> Vec<u16> {
    let mut found = Vec::new();
    let mut port = 20_000 + seed % 8_000;
    while found.len() < count {
        port = if port >= 32_000 { 20_000 } else { port + 1 };
        if TcpListener::bind(("0.0.0.0", port)).is_ok() && UdpSocket::bind(("0.0.0.0", port)).is_ok() {
            found.push(port);
        }
    }
    found
}

/// Writes the files the way the kubelet does: a hidden folder, a link to it, and links to the keys.
pub fn write(folder: &Path, files: &Written) {
    fs::write(folder.join("Corefile"), &files.corefile).unwrap();
    fs::write(folder.join("cluster.local.zone"), ZONE).unwrap();
    let custom = folder.join("custom");
    let hidden = custom.join("..2026_01_01");
    fs::create_dir_all(&hidden).unwrap();
    symlink("..2026_01_01", custom.join("..data")).unwrap();
    for (key, text) in &files.custom {
        fs::write(hidden.join(key), text).unwrap();
        symlink(format!("..data/{key}"), custom.join(key)).unwrap();
    }
}

/// The cluster's own names, where a zone file stands in for the cluster.
const ZONE: &str = "\
@ 60 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 1 7200 1800 86400 5
@ 60 IN NS ns.dns.cluster.local.
kubernetes.default.svc 5 IN A 10.0.0.1
";

/// Starts CoreDNS; its complaint if it does not start.
pub fn start(program: &Path, folder: &Path) -> Result<Running, String> {
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -v {MEMORY}; {WITH_US} exec \"$0\" -conf \"$1\"")])
        .arg(program)
        .arg(folder.join("Corefile"))
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (said, hear) = mpsc::channel();
    let stdout = child.stdout.take().unwrap();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // The version is printed once every server listens.
            if line.starts_with("CoreDNS-") {
                let _heard = said.send(());
            }
        }
    });
    let mut stderr = child.stderr.take().unwrap();
    let complaint = thread::spawn(move || {
        let mut text = String::new();
        drop(stderr.read_to_string(&mut text));
        text
    });
    let heard = hear.recv_timeout(START);
    let mut running = Running(child);
    match heard {
        Ok(()) => Ok(running),
        Err(mpsc::RecvTimeoutError::Timeout) => Err("it neither starts nor ends".to_owned()),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            drop(running.0.wait());
            Err(complaint.join().unwrap())
        }
    }
}

/// Asks a question; nothing if nobody answers.
pub fn ask(port: u16, name: &str, kind: &str) -> Option<Answer> {
    let kind = RecordType::from_str(kind).unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
    socket.connect(("127.0.0.1", port)).unwrap();
    let mut message = Message::new(0x414b, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    socket.send(&message.to_vec().unwrap()).ok()?;
    let mut bytes = [0; 4096];
    let length = socket.recv(&mut bytes).ok()?;
    let message = Message::from_vec(&bytes[..length]).unwrap();
    let records = message.answers.iter().map(|record| {
        let data = match &record.data {
            RData::A(address) => address.0.to_string(),
            RData::AAAA(address) => address.0.to_string(),
            RData::PTR(name) => name.0.to_ascii(),
            other => other.to_string(),
        };
        (record.name.to_ascii().to_lowercase(), record.record_type(), data)
    });
    let code = format!("{:?}", message.metadata.response_code).to_uppercase();
    Some(Answer { code, records: records.collect() })
}
