//! The first process of a machine that is a kernel and nothing else: it performs scripts with the book's own runner.
//!
//! Two machines have it as their `/init`. One is QEMU with a kernel of Debian's (`cargo xtask kernels`): the scripts
//! lie in `/scripts`, or `/programs` names tests; they are performed, and the machine is switched off. The other is the
//! emulated PC of the book's pages (`cargo xtask linux`): there is no such folder, and scripts come over the serial
//! line. Answers leave by that line on both ([`answer`]).

#[cfg(target_os = "linux")]
mod answer;
#[cfg(target_os = "linux")]
mod line;
#[cfg(target_os = "linux")]
mod machine;

#[cfg(target_os = "linux")]
use std::{collections::VecDeque, sync::Mutex, thread};

/// Scripts wait most of the time: those of the folder are performed so many at once.
#[cfg(target_os = "linux")]
const AT_ONCE: usize = 4;

#[cfg(target_os = "linux")]
fn main() {
    // The runner starts this program again, as a host and as the lab between two.
    native::enter();
    if std::process::id() != 1 {
        eprintln!("this is the first process of a machine; on a running Linux it is `cargo run --example native`");
        std::process::exit(3);
    }
    match serve() {
        Ok(()) => machine::power_off(),
        // The kernel panics when its first process ends, and shows this above it.
        Err(why) => eprintln!("guest: {why}"),
    }
}

#[cfg(target_os = "linux")]
fn serve() -> Result<(), String> {
    machine::set_up()?;
    let mut line = line::Line::open(machine::LINE)?;
    let programs = machine::programs()?;
    if !programs.is_empty() {
        native::bring_up_loopback().map_err(|why| format!("there is no loopback: {why}"))?;
        line.say("ready\n")?;
        for words in programs {
            line.answer(&answer::run_program(&words))?;
            machine::reap();
        }
        return line.drain();
    }
    let scripts = machine::scripts()?;
    if scripts.is_empty() {
        machine::clear_free_memory();
        line.say("ready\n")?;
        loop {
            let answered = match line.ask()? {
                Ok(request) => answer::perform(&request),
                Err(why) => answer::Answer::refusal(&why),
            };
            line.answer(&answered)?;
            machine::reap();
        }
    }
    line.say("ready\n")?;
    let (line, left) = (Mutex::new(line), Mutex::new(VecDeque::from(scripts)));
    thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                scope.spawn(|| -> Result<(), String> {
                    while let Some(request) = { left.lock().expect("no thread panics with it").pop_front() } {
                        let answered = answer::perform(&request);
                        line.lock().expect("no thread panics with it").answer(&answered)?;
                    }
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no thread panics"))
    })?;
    line.into_inner().expect("no thread has panicked with it").drain()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("this is the first process of a Linux machine");
    std::process::exit(3);
}
