//! Namespaces: whether this process may make them, and if not, why; and the settings that a new one begins with.

use std::{fs, io};

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

/// Makes this process one that may make network namespaces: root as it is, anybody else in a user namespace.
///
/// The process must have one thread only (`unshare(2)`: EINVAL otherwise).
///
/// # Errors
/// Which step was refused, how, and what is known about the reason.
pub(crate) fn enter_user_namespace() -> Result<(), String> {
    if geteuid().is_root() && unshare(CloneFlags::CLONE_NEWNET).is_ok() {
        want_small_tables();
        return Ok(());
    }
    let (user, group) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER).map_err(|errno| format!("unshare(CLONE_NEWUSER): {errno}{}", hint(errno)))?;
    // Root inside is this user outside. An ordinary user may map a group only without setgroups(2).
    for (file, text) in
        [("setgroups", "deny".to_owned()), ("uid_map", format!("0 {user} 1")), ("gid_map", format!("0 {group} 1"))]
    {
        fs::write(format!("/proc/self/{file}"), text).map_err(|error| format!("/proc/self/{file}: {error}"))?;
    }
    unshare(CloneFlags::CLONE_NEWNET).map_err(|errno| format!("unshare(CLONE_NEWNET): {errno}{}", hint(errno)))?;
    want_small_tables();
    Ok(())
}

/// Namespaces made from this one get a table of connections of their own, and a small one: the machine's has room for
/// hundreds of thousands, and reading /proc/net/tcp walks all of it, 10 ms each time.
pub(crate) fn want_small_tables() {
    // Linux has it since 6.1; without it everything is only slower.
    let _ = fs::write("/proc/sys/net/ipv4/tcp_child_ehash_entries", "4096");
}

/// Settings that a new namespace copies from the machine (`tcp_sk_init`, `devinet_init_net`, `addrconf_init_net`), with
/// the values that Linux has of itself on a machine with enough memory (6.18). Others a namespace has from the kernel.
const DEFAULTS: [(&str, &str); 8] = [
    ("ipv4/tcp_rmem", "4096 131072 33554432"),
    ("ipv4/tcp_wmem", "4096 16384 4194304"),
    ("ipv4/conf/all/rp_filter", "0"),
    ("ipv4/conf/default/rp_filter", "0"),
    ("ipv6/conf/all/disable_ipv6", "0"),
    ("ipv6/conf/default/disable_ipv6", "0"),
    ("ipv6/conf/all/accept_dad", "0"),
    ("ipv6/conf/default/accept_dad", "0"),
];
/// The machine's choice of congestion control is copied as well. RFC 5681's own every kernel has, and every user may
/// choose it: with another a run would differ between machines behind a loss.
const CONGESTION_CONTROL: (&str, &str) = ("ipv4/tcp_congestion_control", "reno");

/// Sets the namespace that the thread is in to Linux's defaults, so that a run does not depend on the machine's.
///
/// Gives what could not be set, and why, where it has another value: /proc/sys is read-only in some containers.
pub(crate) fn set_defaults() -> Vec<String> {
    let settings = DEFAULTS.iter().chain([&CONGESTION_CONTROL]);
    settings.filter_map(|(name, value)| set(name, value).err()).collect()
}

fn set(name: &str, value: &str) -> Result<(), String> {
    let file = format!("/proc/sys/net/{name}");
    match fs::read_to_string(&file) {
        // A kernel without the setting needs none.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Ok(found) if found.split_whitespace().eq(value.split_whitespace()) => return Ok(()),
        _ => {}
    }
    fs::write(&file, value).map_err(|error| format!("{file} is not {value}: {error}"))
}

fn hint(errno: Errno) -> String {
    let setting = |file: &str| fs::read_to_string(format!("/proc/sys/{file}")).ok().map(|text| text.trim().to_owned());
    if setting("kernel/apparmor_restrict_unprivileged_userns").is_some_and(|value| value != "0") {
        return "; AppArmor keeps user namespaces from ordinary programs (kernel.apparmor_restrict_unprivileged_userns)"
            .to_owned();
    }
    if setting("kernel/unprivileged_userns_clone").as_deref() == Some("0") {
        return "; user namespaces are switched off for ordinary users (kernel.unprivileged_userns_clone)".to_owned();
    }
    match errno {
        Errno::ENOSPC => "; the limit user.max_user_namespaces is reached".to_owned(),
        Errno::EPERM => "; a container's seccomp filter often forbids it".to_owned(),
        _ => String::new(),
    }
}
