// What would make two runs of the machine differ, made the same: its clock, its sleep, its randomness.
// To be loaded before v86, which takes these from where they are when it is loaded.
//
// The clock counts the machine's instructions, a nanosecond each, and jumps over what it sleeps. So nothing of the
// host's speed shows, and a wait of a minute takes no time. Until `start()` the machine stands still.

const real = performance.now.bind(performance);
let emulator = null;
let isRunning = false;
/** Milliseconds that were jumped over, and the clock's beginning. */
let skipped = 0;
/** Instructions since `attach()`; the machine's own counter has 32 bits and wraps. */
let counted = 0;
let last = 0;
/** The count at the last sleep. */
let before = -1;
/** What v86 wants done, and when it may not yet be done. */
const held = [];
const jobs = [];
let watch = () => {};
const channel = new MessageChannel();
channel.port1.onmessage = () => {
    jobs.shift()();
    watch();
};

function count() {
    if (emulator !== null) {
        const counter = emulator.get_instruction_counter();
        counted += (counter - last) >>> 0;
        last = counter;
    }
    return counted;
}

function soon(job) {
    if (isRunning) {
        jobs.push(job);
        channel.port2.postMessage(0);
    } else {
        held.push(job);
    }
}

/** Never so short that it would be lost in rounding, nor nothing where nothing has happened since the last one. */
function sleep(delay) {
    if (isRunning) {
        count();
        if (delay > 0 || counted === before) {
            skipped += Math.max(delay, 0.001);
        }
        before = counted;
    }
}

export const clock = {
    /** The host's own clock, in milliseconds. */
    real,
    /** The machine's clock, in milliseconds. */
    now: () => skipped + count() / 1e6,
    /** How many instructions it has executed. */
    count,
    /** Counts this machine's instructions; its clock shows `now`. */
    attach(machine, now) {
        skipped = now;
        last = machine.get_instruction_counter();
        counted = 0;
        emulator = machine;
    },
    /** Lets it run; `watching` is called between two of its steps. */
    start(watching = () => {}) {
        watch = watching;
        isRunning = true;
        held.splice(0).forEach(soon);
    },
    /** Lets it stand still. */
    stop() {
        isRunning = false;
    },
};

performance.now = clock.now;
const midnight = Date.UTC(2026, 0, 1);
Date.now = () => midnight + Math.floor(clock.now());
const scheduler = {
    postTask(job, { delay = 0 } = {}) {
        sleep(delay);
        soon(job);
        return Promise.resolve();
    },
};
Object.defineProperty(globalThis, "scheduler", { value: scheduler, configurable: true });
// The address of v86's network card, which nothing here uses, and which its memory holds all the same.
Math.random = () => 0.5;
// The processor's RDRAND. Knuth's numbers; nobody's secret depends on them.
let seed = 1;
crypto.getRandomValues = (numbers) => {
    for (let at = 0; at < numbers.length; at += 1) {
        seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
        numbers[at] = seed;
    }
    return numbers;
};
