//! A TUN: an interface whose other end is a file. What the kernel sends is read from it, what is written arrives.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;

use nix::libc;

/// struct ifreq with its ifr_flags (linux/if.h): 40 bytes.
#[repr(C)]
struct Request {
    name: [u8; libc::IFNAMSIZ],
    flags: libc::c_short,
    rest: [u8; 22],
}

mod ioctl {
    // TUNSETIFF is _IOW('T', 202, int), yet it reads a whole struct ifreq (linux/if_tun.h).
    nix::ioctl_write_ptr_bad!(tun_set_iff, nix::request_code_write!(b'T', 202, size_of::<i32>()), super::Request);
}

/// Makes a TUN of this name in the calling thread's network namespace. Reads and writes do not block.
///
/// # Errors
/// /dev/net/tun cannot be opened, or the namespace is not ours (CAP_NET_ADMIN).
pub(crate) fn open(name: &str) -> io::Result<File> {
    let tun = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open("/dev/net/tun")?;
    let flags = libc::c_short::try_from(libc::IFF_TUN | libc::IFF_NO_PI).expect("both are below 2^15");
    let mut request = Request { name: [0; libc::IFNAMSIZ], flags, rest: [0; 22] };
    request.name[..name.len()].copy_from_slice(name.as_bytes());
    // SAFETY: the descriptor is open, and `request` has the layout and the size that TUNSETIFF reads.
    #[expect(unsafe_code, reason = "the one ioctl that makes a TUN")]
    unsafe {
        ioctl::tun_set_iff(tun.as_raw_fd(), &raw const request)?;
    }
    Ok(tun)
}
