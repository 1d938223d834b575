//! Asks a running bot: for `glyffuse health`, which a container's health check calls.
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// How long a bot may take to answer: longer than it waits for its database.
const PATIENCE: Duration = Duration::from_secs(4);
/// Most bytes of an answer that are read.
const LONGEST: u64 = 4 << 20;

/// What a bot answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// Asks the bot that listens on `address` for a path. An address that stands for all of the machine's
/// is asked over loopback.
///
/// # Errors
/// When nobody answers in time, or what answers is no HTTP server.
pub fn ask(address: SocketAddr, path: &str) -> io::Result<Answer> {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let mut stream = TcpStream::connect_timeout(&(ip, address.port()).into(), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes())?;
    let mut text = String::new();
    stream.take(LONGEST).read_to_string(&mut text)?;
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "what answers is no HTTP server");
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(wrong)?;
    let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5));
    let status = status.and_then(|digits| digits.parse().ok()).ok_or_else(wrong)?;
    Ok(Answer { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn answered(bytes: &'static [u8]) -> io::Result<Answer> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("somebody asks");
            let mut asked = String::new();
            while !asked.ends_with("\r\n\r\n") {
                let mut bytes = [0; 64];
                let read = stream.read(&mut bytes).expect("a request");
                asked.push_str(std::str::from_utf8(&bytes[..read]).expect("ASCII"));
            }
            assert!(asked.starts_with("GET /readyz HTTP/1.0\r\n"), "{asked}");
            stream.write_all(bytes).expect("still there");
        });
        let answer = ask((Ipv4Addr::UNSPECIFIED, port).into(), "/readyz");
        server.join().expect("no panic");
        answer
    }

    #[test]
    fn status_and_body_are_read_over_loopback() {
        let answer = answered(b"HTTP/1.0 503 Service Unavailable\r\na: b\r\n\r\nnot yet\n");
        let expected = Answer { status: 503, body: "not yet\n".to_owned() };
        assert_eq!(answer.expect("an answer"), expected);
    }

    #[test]
    fn what_is_no_http_is_said() {
        for bytes in [&b""[..], b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 \xe2\x82\xac\r\n\r\n"] {
            assert_eq!(answered(bytes).expect_err("none").kind(), io::ErrorKind::InvalidData);
        }
    }
}
