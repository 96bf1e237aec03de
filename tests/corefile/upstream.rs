//! Servers that play the world outside: each answers every question, with an address of its own.

use std::net::{Ipv4Addr, Ipv6Addr, UdpSocket};
use std::str::FromStr as _;
use std::thread;

use hickory_proto::op::{Message, MessageType, OpCode};
use hickory_proto::rr::rdata::{A, AAAA, PTR};
use hickory_proto::rr::{Name, RData, Record, RecordType};

/// How many there are.
pub const UPSTREAMS: u8 = 3;

/// The addresses that an upstream answers with.
pub fn addresses(number: u8) -> (Ipv4Addr, Ipv6Addr) {
    (Ipv4Addr::new(203, 0, 113, number), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number.into()))
}

/// Starts the upstreams, and returns their addresses with ports. They end with the process.
pub fn start() -> Vec<String> {
    (1..=UPSTREAMS)
        .map(|number| {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            let address = socket.local_addr().unwrap().to_string();
            thread::spawn(move || serve(&socket, number));
            address
        })
        .collect()
}

fn serve(socket: &UdpSocket, number: u8) {
    let mut bytes = [0; 4096];
    while let Ok((length, client)) = socket.recv_from(&mut bytes) {
        let Some(answer) = bytes.get(..length).and_then(|bytes| answer(bytes, number)) else { continue };
        drop(socket.send_to(&answer, client));
    }
}

fn answer(bytes: &[u8], number: u8) -> Option<Vec<u8>> {
    let question = Message::from_vec(bytes).ok()?;
    let query = question.queries.first()?.clone();
    let mut message = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
    message.metadata.recursion_available = true;
    let (four, six) = addresses(number);
    let data = match query.query_type() {
        RecordType::A => Some(RData::A(A(four))),
        RecordType::AAAA => Some(RData::AAAA(AAAA(six))),
        RecordType::PTR => Some(RData::PTR(PTR(Name::from_str(&format!("up{number}.example.")).ok()?))),
        _ => None,
    };
    if let Some(data) = data {
        message.add_answer(Record::from_rdata(query.name().clone(), 60, data));
    }
    message.add_query(query);
    message.to_vec().ok()
}
