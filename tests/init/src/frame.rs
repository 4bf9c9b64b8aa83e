//! What the test machine sends to its host: output, byte by byte as it was written, and how the command ended.
//!
//! A frame is one letter, the payload's length (u32, little-endian) and the payload. Frames, and not marks in
//! the output, so that no output of a test can be taken for a verdict.

use std::fmt;
use std::io::{self, Read};

/// Longest payload: what one read of a pipe gives. The reader refuses a longer one, so that a broken stream
/// cannot make it reserve memory.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// One message from the test machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The machine is up; the command starts next. Holds the release that the kernel itself names.
    Ready(String),
    /// Bytes the command wrote to its standard output.
    Stdout(Vec<u8>),
    /// Bytes the command wrote to its standard error.
    Stderr(Vec<u8>),
    /// PID 1 could not do its work: what and why. Nothing follows.
    Failed(String),
    /// The command ended: its exit code, or 128 and the number of the signal. Nothing follows.
    Exit(u8),
}

/// Why bytes are no frame.
#[derive(Debug)]
pub enum FrameError {
    /// The stream could not be read, or ended inside a frame.
    Read(io::Error),
    /// The letter is none of ours, the payload is too long, or it is no payload of this letter.
    Broken {
        /// The letter.
        letter: u8,
        /// The payload's length that was announced, in bytes.
        length: u32,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(out, "the guest's channel broke off: {error}"),
            Self::Broken { letter, length } => {
                write!(out, "the guest's channel carries no frame: letter {letter:#04x}, {length} bytes")
            }
        }
    }
}

impl Frame {
    /// The frame's bytes.
    ///
    /// # Panics
    /// With a payload longer than [`PAYLOAD_BYTES_MAX`].
    pub fn encode(&self) -> Vec<u8> {
        let exit;
        let (letter, payload) = match self {
            Self::Ready(release) => (b'r', release.as_bytes()),
            Self::Stdout(bytes) => (b'o', bytes.as_slice()),
            Self::Stderr(bytes) => (b'e', bytes.as_slice()),
            Self::Failed(reason) => (b'f', reason.as_bytes()),
            Self::Exit(code) => {
                exit = [*code];
                (b'x', exit.as_slice())
            }
        };
        assert!(payload.len() <= PAYLOAD_BYTES_MAX, "a payload is at most PAYLOAD_BYTES_MAX");
        let length = u32::try_from(payload.len()).expect("PAYLOAD_BYTES_MAX fits into the length");
        let mut bytes = vec![letter];
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(payload);
        bytes
    }

    /// Reads the next frame; none when the stream ends between two frames.
    pub fn read(stream: &mut impl Read) -> Result<Option<Self>, FrameError> {
        let mut letter = [0];
        match stream.read(&mut letter) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(FrameError::Read(error)),
        }
        let [letter] = letter;
        let mut length = [0; 4];
        stream.read_exact(&mut length).map_err(FrameError::Read)?;
        let length = u32::from_le_bytes(length);
        let broken = FrameError::Broken { letter, length };
        let Ok(bytes) = usize::try_from(length) else { return Err(broken) };
        if bytes > PAYLOAD_BYTES_MAX || !b"roefx".contains(&letter) {
            return Err(broken);
        }
        let mut payload = vec![0; bytes];
        stream.read_exact(&mut payload).map_err(FrameError::Read)?;
        let text = || String::from_utf8_lossy(&payload).into_owned();
        match (letter, payload.as_slice()) {
            (b'r', _) => Ok(Some(Self::Ready(text()))),
            (b'f', _) => Ok(Some(Self::Failed(text()))),
            (b'o', _) => Ok(Some(Self::Stdout(payload))),
            (b'e', _) => Ok(Some(Self::Stderr(payload))),
            (b'x', [code]) => Ok(Some(Self::Exit(*code))),
            _ => Err(broken),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_as_they_were_sent() {
        let sent = [
            Frame::Ready("6.1.0-56-cloud-amd64".to_owned()),
            Frame::Stdout((0..=255).collect()),
            Frame::Stderr(vec![0x0d, 0x0a]),
            Frame::Stdout(vec![b'x'; PAYLOAD_BYTES_MAX]),
            Frame::Failed("no orders".to_owned()),
            Frame::Exit(134),
        ];
        let bytes: Vec<u8> = sent.iter().flat_map(Frame::encode).collect();
        let mut stream = bytes.as_slice();
        for frame in sent {
            assert_eq!(Frame::read(&mut stream).expect("a whole frame"), Some(frame));
        }
        assert_eq!(Frame::read(&mut stream).expect("the end"), None);
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        let refused = |mut bytes: &[u8]| Frame::read(&mut bytes).expect_err("this is no frame").to_string();
        assert!(refused(b"o\x02\0\0\0a").contains("broke off"), "the payload is short");
        assert!(refused(b"o\x02").contains("broke off"), "the length is short");
        assert!(refused(b"[    0.000000] Linux").contains("letter 0x5b"), "text of the kernel");
        assert!(refused(b"o\x01\0\x01\0").contains("65537 bytes"), "one byte too long");
        assert!(refused(b"x\x02\0\0\0\0\0").contains("letter 0x78, 2 bytes"), "an exit code of two bytes");
    }
}
