//! Against a server on this machine that behaves as told, one connection after the other.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver};
use std::time::Instant;

use tempfile::TempDir;

use super::*;
use crate::published::Content;

const SIZE: usize = 100_000;

/// What the server does with one connection whose request it has read. Closed when it returns.
type Reply = Box<dyn FnOnce(&mut TcpStream) + Send>;

/// Sends `head` and `body`, whether or not they go together.
fn reply(head: &str, body: &[u8]) -> Reply {
    let bytes = [format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").as_bytes(), body].concat();
    Box::new(move |stream| stream.write_all(&bytes).unwrap())
}

/// The whole file, as any server sends it.
fn whole(body: &[u8]) -> Reply {
    reply(&format!("200 OK\r\nContent-Length: {}", body.len()), body)
}

/// The file from byte `start` on.
fn rest(body: &[u8], start: usize) -> Reply {
    let (last, total) = (body.len() - 1, body.len());
    let length = total - start;
    let head = format!(
        "206 Partial Content\r\nContent-Length: {length}\r\n\
             Content-Range: bytes {start}-{last}/{total}"
    );
    reply(&head, &body[start..])
}

/// A server that answers its connections with `replies`, in order. Gives its URL and the requests
/// as they arrive.
fn serve(replies: Vec<Reply>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/file", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for (reply, stream) in replies.into_iter().zip(listener.incoming()) {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(&stream).lines().map(Result::unwrap);
            let request: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            sender.send(request.join("\n").to_lowercase()).unwrap();
            reply(&mut stream);
        }
    });
    (url, requests)
}

/// A file of `SIZE` bytes, a folder to download it into, and limits that suit a test.
struct Case {
    folder: TempDir,
    body: Vec<u8>,
    file: PublishedFile,
    limits: Limits,
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let body: Vec<u8> = (0..SIZE).map(|i| (i * i / 7) as u8).collect();
        let path = folder.path().join("published");
        fs::write(&path, &body).unwrap();
        let sha256 = artifact::read_bytes(&path).unwrap().1.sha256.leak();
        let limits = Limits {
            connect: Duration::from_secs(5),
            silence: Duration::from_secs(5),
            attempt: Duration::from_secs(20),
            attempts: 3,
            pause: Duration::from_millis(1),
        };
        Self {
            folder,
            body,
            file: PublishedFile {
                name: "file",
                packed: Content { bytes: SIZE as u64, sha256 },
                unpacked: None,
            },
            limits,
        }
    }

    fn part(&self) -> PathBuf {
        self.folder.path().join("file.part")
    }

    /// Puts `count` wrong bytes where an interrupted run leaves what it got.
    fn with_damaged_part(self, count: usize) -> Self {
        fs::write(self.part(), vec![7; count]).unwrap();
        self
    }

    fn download(&self, url: &str) -> Result<Vec<u8>, String> {
        download(url, &self.file, &self.part(), &self.limits)
    }

    /// The file arrives, with one request per entry: the byte it asks to go on from, 0 where it
    /// asks for all.
    fn succeeds(&self, replies: Vec<Reply>, starts: &[usize]) {
        let (url, requests) = serve(replies);
        assert!(self.download(&url).unwrap() == self.body);
        assert_eq!(
            requests.try_iter().map(|request| start_asked_for(&request)).collect::<Vec<_>>(),
            starts
        );
    }

    /// The file does not arrive, for a reason that contains `told`, after `count` requests.
    fn fails(&self, replies: Vec<Reply>, told: &str, count: usize) {
        let (url, requests) = serve(replies);
        let error = self.download(&url).unwrap_err();
        assert!(error.contains(told), "{error}");
        assert_eq!(requests.try_iter().count(), count);
    }
}

fn start_asked_for(request: &str) -> usize {
    let range = request.lines().find_map(|line| line.strip_prefix("range: bytes="));
    range.map_or(0, |range| range.trim_end_matches('-').parse().unwrap())
}

#[test]
fn a_file_arrives_in_one_piece() {
    let case = Case::new();
    case.succeeds(vec![whole(&case.body)], &[0]);
}

#[test]
fn a_file_arrives_without_a_length_header() {
    let case = Case::new();
    case.succeeds(vec![reply("200 OK", &case.body)], &[0]);
}

#[test]
fn an_interrupted_run_is_resumed() {
    let case = Case::new();
    fs::write(case.part(), &case.body[..40_000]).unwrap();
    case.succeeds(vec![rest(&case.body, 40_000)], &[40_000]);
}

#[test]
fn a_connection_that_is_cut_off_is_resumed() {
    let case = Case::new();
    let cut_off = reply(&format!("200 OK\r\nContent-Length: {SIZE}"), &case.body[..30_000]);
    case.succeeds(vec![cut_off, rest(&case.body, 30_000)], &[0, 30_000]);
}

#[test]
fn a_server_that_ignores_the_range_starts_over() {
    let case = Case::new().with_damaged_part(40_000);
    case.succeeds(vec![whole(&case.body)], &[40_000]);
}

#[test]
fn a_server_that_cannot_resume_is_asked_for_all() {
    let other_file = "206 Partial Content\r\nContent-Range: bytes 40000-49999/50000";
    let other_start = "206 Partial Content\r\nContent-Range: bytes 0-99999/100000";
    for head in ["416 Range Not Satisfiable", other_file, other_start, "206 Partial Content"] {
        let case = Case::new().with_damaged_part(40_000);
        case.succeeds(vec![reply(head, &[]), whole(&case.body)], &[40_000, 0]);
    }
}

#[test]
fn a_damaged_part_is_not_held_against_the_server() {
    let case = Case::new().with_damaged_part(40_000);
    case.succeeds(vec![rest(&case.body, 40_000), whole(&case.body)], &[40_000, 0]);
    let case = Case::new().with_damaged_part(SIZE);
    case.succeeds(vec![whole(&case.body)], &[0]);
    let case = Case::new().with_damaged_part(SIZE + 1);
    case.succeeds(vec![whole(&case.body)], &[0]);
}

#[test]
fn a_complete_part_needs_no_server() {
    let case = Case::new();
    fs::write(case.part(), &case.body).unwrap();
    case.succeeds(vec![], &[]);
}

#[test]
fn wrong_bytes_are_discarded() {
    let case = Case::new();
    case.fails(vec![whole(&[7; SIZE])], "wrong checksum", 1);
    assert!(!case.part().exists());
}

#[test]
fn a_file_of_another_length_is_not_read() {
    let case = Case::new();
    case.fails(vec![whole(&case.body[1..])], "99999 bytes instead of 100000", 1);
    assert!(!case.part().exists());
}

#[test]
fn an_endless_body_is_left() {
    let case = Case::new();
    let endless: Reply = Box::new(|stream| {
        let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while sent.is_ok() {
            sent = stream.write_all(&[7; 1000]);
        }
    });
    case.fails(vec![endless], "more than the 100000 bytes expected", 1);
    assert!(!case.part().exists());
}

#[test]
fn redirects_are_followed_but_not_for_ever() {
    let case = Case::new();
    let redirect = || reply("302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0", &[]);
    case.succeeds(vec![redirect(), redirect(), whole(&case.body)], &[0, 0, 0]);
    let case = Case::new();
    case.fails(
        (0..20).map(|_| redirect()).collect(),
        "too many redirects",
        1 + MAX_REDIRECTS as usize,
    );
}

#[test]
fn redirects_to_other_schemes_are_not_followed() {
    let case = Case::new();
    for scheme in ["ftp", "file"] {
        let location =
            format!("302 Found\r\nLocation: {scheme}://127.0.0.1:1/file\r\nContent-Length: 0");
        case.fails(vec![reply(&location, &[])], scheme, 1);
    }
}

#[test]
fn an_error_page_is_not_the_file() {
    let case = Case::new();
    let page = b"<html>try again later</html>";
    case.fails(
        vec![reply("200 OK\r\nContent-Type: text/html\r\nContent-Length: 28", page)],
        "28 bytes instead",
        1,
    );
    // Without its length it looks as if it were cut off, and is asked for again, three times in
    // all.
    let unsized_page = || reply("200 OK\r\nConnection: close", page);
    case.fails((0..3).map(|_| unsized_page()).collect(), "tried 3 times", 3);
}

#[test]
fn a_rest_that_is_another_file_is_found_out() {
    let case = Case::new();
    fs::write(case.part(), &case.body[..10]).unwrap();
    let other = vec![7; SIZE];
    case.succeeds(vec![rest(&other, 10), whole(&case.body)], &[10, 0]);
}

#[test]
fn https_is_never_left_for_http() {
    let limits = Limits::default();
    for url in ["https://example.org/file", "HTTPS://example.org/file"] {
        assert!(agent(url, &limits).config().https_only(), "{url}");
    }
    assert!(!agent("http://example.org/file", &limits).config().https_only());
}

#[test]
fn a_missing_file_is_asked_for_once() {
    let case = Case::new().with_damaged_part(10);
    case.fails(vec![reply("404 Not Found", b"no"), whole(&case.body)], "HTTP status 404", 1);
    assert!(case.part().exists(), "another mirror can go on from it");
}

#[test]
fn a_busy_server_is_asked_again_but_not_for_ever() {
    let case = Case::new();
    let busy = || reply("503 Service Unavailable", &[]);
    case.succeeds(vec![busy(), busy(), whole(&case.body)], &[0, 0, 0]);
    let case = Case::new();
    case.fails((0..10).map(|_| busy()).collect(), "HTTP status 503, tried 3 times", 3);
}

#[test]
fn nobody_listening_is_told() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = Case::new().download(&format!("http://{unused}/file")).unwrap_err();
    assert!(error.contains("refused"), "{error}");
}

#[test]
fn a_silent_server_is_given_up() {
    let mut case = Case::new();
    case.limits = Limits { silence: Duration::from_millis(300), attempts: 2, ..case.limits };
    // The read returns when the client hangs up.
    let silent = || -> Reply { Box::new(|stream| drop(stream.read(&mut [0]))) };
    let start = Instant::now();
    case.fails(vec![silent(), silent()], "timeout", 2);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn a_server_that_trickles_is_left_when_the_time_is_up() {
    let mut case = Case::new();
    case.limits = Limits { attempt: Duration::from_millis(300), attempts: 2, ..case.limits };
    let trickle = || -> Reply {
        Box::new(|stream| {
            let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            while sent.is_ok() {
                sent = stream.write_all(&[7]);
                std::thread::sleep(Duration::from_millis(10));
            }
        })
    };
    let start = Instant::now();
    case.fails(vec![trickle(), trickle()], "timeout", 2);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}
