//! A DNS question to one pod, over TCP through a port-forward.
//!
//! CoreDNS serves TCP beside UDP, so a port-forward reaches every replica by itself: no new pod, no
//! program in the image. Knowledge: RFC 1035 section 4.2.2 (two bytes of length before a message).

use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RData, RecordType};
use http_body_util::Limited;
use k8s_openapi::api::core::v1::Pod;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::api::Api;
use super::refusal::{Refusal, innermost, is_cut};
use crate::facts::Text;
use crate::facts::objects::Answer;

const DNS_PORT: u16 = 53;
/// The id of the question; one connection carries one question, so it need not be random.
const QUESTION: u16 = 0x414b;
/// How many names and addresses of an answer are kept.
const MOST_RECORDS: usize = 32;

/// How much is read of an answer that refuses the port-forward: the client itself would read all of it.
const LARGEST_REFUSAL: usize = 64 << 10;
/// How often a question is put, and the time before it is put again.
const TRIES: usize = 3;
const WAIT: Duration = Duration::from_millis(200);

/// How long the answers to the further names are waited for, all together: a name that nobody answers for must not cost
/// the others theirs.
const OTHERS: Duration = Duration::from_secs(3);

/// What a pod answered.
#[derive(Debug)]
pub struct Answers {
    /// To the name that was asked for.
    pub first: Answer,
    /// To the further names, in their order; nothing where no answer came.
    pub others: Vec<Option<Answer>>,
}

/// Asks the pod for the IPv4 addresses of a name, and over the same connection for those of others.
///
/// # Errors
/// Forbidden where the user may not forward ports, else what went wrong with the first name.
pub async fn ask_for_addresses(
    api: &Api,
    namespace: &str,
    pod: &str,
    name: &str,
    others: &[String],
) -> Result<Answers, Refusal> {
    let question = encode_question(name).map_err(Refusal::Failed)?;
    // One that is no name goes without an answer.
    let more: Vec<(u16, Vec<u8>)> =
        (QUESTION + 1..).zip(others).filter_map(|(id, name)| Some((id, encode(id, name).ok()?))).collect();
    let call = api.trace().begin_other(format!("PORT-FORWARD {namespace}/{pod}:{DNS_PORT}, question for {name}"));
    let answer = api
        .within(async {
            let pods: kube::Api<Pod> = kube::Api::namespaced(bounded(api.client.clone()), namespace);
            let mut told = Refusal::Failed("no try".to_owned());
            for _ in 0..TRIES {
                match ask_once(&pods, pod, &question, &more).await {
                    Err(Trouble { refusal, may_pass: true }) => told = refusal,
                    outcome => return outcome.map_err(|trouble| trouble.refusal),
                }
                tokio::time::sleep(WAIT).await;
            }
            Err(told)
        })
        .await;
    let told = match &answer {
        Ok((first, _)) => first.rcode.clone(),
        Err(refusal) => refusal.words(),
    };
    api.trace().told(call, &told);
    answer.map(|(first, told)| {
        let of = |id: u16| told.iter().find(|(known, _)| *known == id).map(|(_, answer)| answer.clone());
        Answers { first, others: (QUESTION + 1..).zip(others).map(|(id, _)| of(id)).collect() }
    })
}

/// Why one try brought nothing, and whether another may do better: it was cut off, or the server is busy.
struct Trouble {
    refusal: Refusal,
    may_pass: bool,
}

async fn ask_once(
    pods: &kube::Api<Pod>,
    pod: &str,
    question: &[u8],
    more: &[(u16, Vec<u8>)],
) -> Result<(Answer, Vec<(u16, Answer)>), Trouble> {
    let failed = |why: String| Trouble { refusal: Refusal::Failed(why), may_pass: false };
    let refused = |error: kube::Error| {
        let is_busy = matches!(&error, kube::Error::Api(status) if matches!(status.code, 429 | 503 | 504));
        Trouble { may_pass: is_busy || is_cut(&error), refusal: Refusal::of_error(&error) }
    };
    let mut forward = pods.portforward(pod, &[DNS_PORT]).await.map_err(refused)?;
    let mut stream = forward.take_stream(DNS_PORT).ok_or_else(|| failed("no stream".to_owned()))?;
    let talk = async {
        stream.write_all(question).await?;
        read_message(&mut stream).await
    };
    let bytes = talk.await.map_err(|error| {
        let why = format!("port 53 of the pod did not answer: {}", innermost(&error));
        Trouble { may_pass: is_cut(&error), refusal: Refusal::Failed(why) }
    })?;
    let first = decode_answer(&bytes).map_err(failed)?;
    let mut others: Vec<(u16, Answer)> = Vec::new();
    if !more.is_empty() {
        // Whatever ends it, what has come by then counts.
        let _ = tokio::time::timeout(OTHERS, ask_more(&mut stream, more, &mut others)).await;
    }
    drop(stream);
    forward.abort();
    Ok((first, others))
}

/// Asks for further names over a connection that has answered already, and keeps each answer as it comes.
async fn ask_more(
    stream: &mut (impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin),
    more: &[(u16, Vec<u8>)],
    told: &mut Vec<(u16, Answer)>,
) -> std::io::Result<()> {
    let questions: Vec<u8> = more.iter().flat_map(|(_, question)| question.iter().copied()).collect();
    stream.write_all(&questions).await?;
    while told.len() < more.len() {
        match decode(&read_message(stream).await?) {
            Ok((id, answer)) if more.iter().any(|(asked, _)| *asked == id) => told.push((id, answer)),
            // What answers none of them says that the rest of the stream is not to be trusted either.
            _ => break,
        }
    }
    Ok(())
}

/// Reads one message with its length in front.
async fn read_message(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> std::io::Result<Vec<u8>> {
    let length = stream.read_u16().await?;
    let mut bytes = vec![0; usize::from(length)];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// Makes a client that reads no more than a refusal's worth of an answer.
///
/// What a port-forward is answered with, where it is no agreement, the client reads to its end, however far that is.
fn bounded(client: kube::Client) -> kube::Client {
    let namespace = client.default_namespace().to_owned();
    let service = tower::service_fn(move |request: http::Request<kube::client::Body>| {
        let client = client.clone();
        async move {
            let response = client.send(request).await?;
            Ok::<_, kube::Error>(response.map(|body| Limited::new(body, LARGEST_REFUSAL)))
        }
    });
    kube::Client::new(service, namespace)
}

/// Makes the question, with its length in front.
///
/// # Errors
/// A text where the name is no name.
pub fn encode_question(name: &str) -> Result<Vec<u8>, String> {
    encode(QUESTION, name)
}

fn encode(id: u16, name: &str) -> Result<Vec<u8>, String> {
    let name = Name::from_ascii(format!("{}.", name.trim_end_matches('.'))).map_err(|error| error.to_string())?;
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, RecordType::A));
    let bytes = message.to_vec().map_err(|error| error.to_string())?;
    let length = u16::try_from(bytes.len()).map_err(|error| error.to_string())?;
    Ok([&length.to_be_bytes(), bytes.as_slice()].concat())
}

/// Reads the answer, without its length.
///
/// # Errors
/// A text where it is no answer to the question.
pub fn decode_answer(bytes: &[u8]) -> Result<Answer, String> {
    match decode(bytes)? {
        (QUESTION, answer) => Ok(answer),
        _ => Err(ANOTHER.to_owned()),
    }
}

/// Why an answer is of no use.
const ANOTHER: &str = "the answer is to another question";

/// Reads an answer and the id of its question.
fn decode(bytes: &[u8]) -> Result<(u16, Answer), String> {
    let message = Message::from_vec(bytes).map_err(|error| format!("the answer is no DNS message: {error}"))?;
    if message.metadata.message_type != MessageType::Response {
        return Err(ANOTHER.to_owned());
    }
    let mut answer = Answer { rcode: rcode_word(message.metadata.response_code), ..Answer::default() };
    for record in message.answers.iter().take(MOST_RECORDS) {
        match &record.data {
            RData::A(address) => answer.addresses.push(address.0),
            RData::CNAME(alias) => {
                let alias = alias.0.to_ascii();
                answer.aliases.push(Text::new(alias.trim_end_matches('.')));
            }
            _ => {}
        }
    }
    // Replicas shuffle: the same answer must read the same.
    answer.addresses.sort();
    Ok((message.metadata.id, answer))
}

fn rcode_word(code: hickory_proto::op::ResponseCode) -> String {
    use hickory_proto::op::ResponseCode as Code;
    match code {
        Code::NoError => "NOERROR".to_owned(),
        Code::NXDomain => "NXDOMAIN".to_owned(),
        Code::ServFail => "SERVFAIL".to_owned(),
        Code::Refused => "REFUSED".to_owned(),
        other => format!("RCODE {}", u16::from(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_an_address_and_reads_nothing_into_noise() {
        let question = encode_question("centralus.dp.kubernetesconfiguration.azure.com").unwrap();
        assert_eq!(usize::from(u16::from_be_bytes([question[0], question[1]])), question.len() - 2);
        // A question is no answer; neither is what is no message.
        assert!(decode_answer(&question[2..]).is_err());
        for noise in [&[][..], &[0; 3], &[0xff; 64]] {
            assert!(decode_answer(noise).is_err());
        }
        assert!(encode_question(&"a".repeat(300)).is_err());
    }
}
