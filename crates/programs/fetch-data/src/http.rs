//! Downloads a published file in bounded time; resumes and retries where that can help.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use cli::Progress;
use ureq::http::{Response, header};
use ureq::{Agent, Body, Error};

use crate::published::{Form, PublishedFile};

#[cfg(test)]
mod tests;

/// Most redirects: mirrors redirect once or twice, to where the bytes are.
const MAX_REDIRECTS: u32 = 5;
const BUFFER: usize = 1 << 16;

/// Time limits, and the number of tries.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Limit for finding the host, and again for connecting to it.
    pub connect: Duration,
    /// Limit for waiting without a byte from the server.
    pub silence: Duration,
    /// Limit for one try, however steadily bytes arrive. The next try resumes it.
    pub attempt: Duration,
    /// Number of tries.
    pub attempts: u32,
    /// Pause before the second try; doubled before each one after it.
    pub pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(20),
            attempt: Duration::from_secs(600),
            attempts: 4,
            pause: Duration::from_millis(500),
        }
    }
}

/// Why a try failed.
enum Failure {
    /// A failure that another try may not have.
    Passing(String),
    /// A failure for good: this server will not give the file.
    Final(String),
}

/// Downloads `file` from `url` into `part`, and gives its verified bytes.
///
/// The download resumes what `part` holds already. After a failure `part` keeps only what a later
/// call can use. The error is why it failed.
pub fn download(
    url: &str,
    file: &PublishedFile,
    part: &Path,
    limits: &Limits,
) -> Result<Vec<u8>, String> {
    let transfer = Transfer {
        url,
        file,
        part,
        agent: agent(url, limits),
        progress: Progress::new("bytes", file.packed.bytes),
    };
    transfer.progress.line(&format!(
        "{}: {} bytes from {url}",
        file.packed_name(),
        file.packed.bytes
    ));
    let (mut attempt, mut pause) = (1, limits.pause);
    loop {
        match transfer.attempt() {
            Ok(bytes) => return Ok(bytes),
            Err(Failure::Final(why)) => return Err(why),
            Err(Failure::Passing(why)) if attempt >= limits.attempts => {
                return Err(format!("{why}, tried {attempt} times"));
            }
            Err(Failure::Passing(why)) => {
                let seconds = pause.as_secs_f64();
                transfer
                    .progress
                    .line(&format!("{}: {why}; trying again in {seconds} s", file.packed_name()));
                std::thread::sleep(pause);
                (attempt, pause) = (attempt + 1, pause * 2);
            }
        }
    }
}

/// Makes an agent whose every wait is bounded.
///
/// From https it follows no redirect to http, where anyone on the way could listen.
fn agent(url: &str, limits: &Limits) -> Agent {
    let config = Agent::config_builder()
        .https_only(is_https(url))
        .max_redirects(MAX_REDIRECTS)
        .http_status_as_error(false)
        .user_agent(concat!("fetch-data/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(limits.connect))
        .timeout_connect(Some(limits.connect))
        .timeout_recv_response(Some(limits.silence))
        .timeout_per_read(Some(limits.silence))
        .timeout_per_write(Some(limits.silence))
        .timeout_global(Some(limits.attempt));
    config.build().new_agent()
}

fn is_https(url: &str) -> bool {
    url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
}

/// A download of one file from one server.
struct Transfer<'a> {
    url: &'a str,
    file: &'a PublishedFile,
    part: &'a Path,
    agent: Agent,
    progress: Progress,
}

impl Transfer<'_> {
    /// Downloads what `part` lacks, and checks the whole.
    fn attempt(&self) -> Result<Vec<u8>, Failure> {
        let kept = self.part.metadata().map_or(0, |metadata| metadata.len());
        let kept = if kept > self.file.packed.bytes { 0 } else { kept };
        if kept < self.file.packed.bytes {
            self.receive(kept)?;
        }
        self.file.read(self.part, Form::Packed).map(|verified| verified.bytes).map_err(|unusable| {
            self.discard();
            match kept {
                0 => Failure::Final(unusable.to_string()),
                // The bytes kept from before may be at fault, not those of this server.
                _ => Failure::Passing(format!("{unusable} after it was resumed")),
            }
        })
    }

    /// Requests the file from byte `kept` on, and writes the body to `part`.
    fn receive(&self, kept: u64) -> Result<(), Failure> {
        let mut request = self.agent.get(self.url);
        if kept > 0 {
            request = request.header(header::RANGE, format!("bytes={kept}-"));
        }
        let response = request.call().map_err(connection_failure)?;
        let start = self.start(&response, kept)?;
        let part = if start > 0 {
            OpenOptions::new().append(true).open(self.part)
        } else {
            File::create(self.part)
        };
        let part = part.map_err(|error| self.cannot_write(&error))?;
        // One byte more than expected shows that a body is too long; no more of it is read.
        let body = response.into_body().into_reader().take(self.file.packed.bytes - start + 1);
        let received = self.copy(body, part, start)?;
        if received > self.file.packed.bytes {
            self.discard();
            return Err(Failure::Final(format!(
                "more than the {} bytes expected",
                self.file.packed.bytes
            )));
        }
        if received < self.file.packed.bytes {
            return Err(Failure::Passing(self.cut_off(received, "the connection was closed")));
        }
        Ok(())
    }

    /// Gives the byte of the file at which the body of `response` starts.
    fn start(&self, response: &Response<Body>, kept: u64) -> Result<u64, Failure> {
        let total = self.file.packed.bytes;
        match response.status().as_u16() {
            200 => match response.body().content_length() {
                Some(length) if length != total => {
                    Err(Failure::Final(format!("{length} bytes instead of {total}")))
                }
                _ => Ok(0),
            },
            206 if kept > 0 && is_rest(response, kept, total) => Ok(kept),
            // The file of the server has another length, or the server counts otherwise: start over
            // with a plain request.
            206 | 416 if kept > 0 => {
                self.discard();
                Err(Failure::Passing("the server cannot resume it".into()))
            }
            status @ (408 | 429 | 500..=599) => {
                Err(Failure::Passing(format!("HTTP status {status}")))
            }
            status => Err(Failure::Final(format!("HTTP status {status}"))),
        }
    }

    /// Appends `body` to `part`, which holds `position` bytes, and gives its new length.
    fn copy(&self, mut body: impl Read, mut part: File, mut position: u64) -> Result<u64, Failure> {
        let mut buffer = vec![0; BUFFER];
        loop {
            let count = match body.read(&mut buffer) {
                Ok(0) => return Ok(position),
                Ok(count) => count,
                Err(error) => {
                    return Err(Failure::Passing(self.cut_off(position, &error.to_string())));
                }
            };
            part.write_all(&buffer[..count]).map_err(|error| self.cannot_write(&error))?;
            position += count as u64;
            self.progress.set(position, "");
        }
    }

    /// Removes `part`, because nothing in it is of use.
    fn discard(&self) {
        // If it cannot be removed, the next try fails in the same way, and the number of tries is
        // limited.
        let _ = fs::remove_file(self.part);
    }

    fn cut_off(&self, position: u64, why: &str) -> String {
        format!("cut off after {position} of {} bytes ({why})", self.file.packed.bytes)
    }

    fn cannot_write(&self, error: &std::io::Error) -> Failure {
        Failure::Final(format!("cannot write {}: {error}", self.part.display()))
    }
}

/// Whether the body is everything from byte `kept` to the end of a file of `total` bytes.
fn is_rest(response: &Response<Body>, kept: u64, total: u64) -> bool {
    let range = response.headers().get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
    range == Some(&format!("bytes {kept}-{}/{total}", total - 1))
}

fn connection_failure(error: Error) -> Failure {
    match error {
        Error::Io(_) | Error::Timeout(_) | Error::HostNotFound | Error::ConnectionFailed => {
            Failure::Passing(error.to_string())
        }
        Error::RequireHttpsOnly(_) => Failure::Final("redirected from https to http".into()),
        _ => Failure::Final(error.to_string()),
    }
}
