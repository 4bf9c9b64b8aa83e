//! What the host (`cargo xtask vm`) and PID 1 of the test machine say to each other: [`Orders`] go in with the
//! initramfs, [`Frame`]s come out of the second serial port.
//!
//! Pure: bytes in, values out. It does not know what is run, nor how the bytes travel.

mod frame;
mod orders;

pub use frame::{Frame, FrameError, PAYLOAD_BYTES_MAX};
pub use orders::{ORDERS_PATH, Orders, OrdersError};
