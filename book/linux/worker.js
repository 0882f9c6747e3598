// A Linux kernel on a PC that v86 emulates, for one script. README.md beside this file says what it is made of.
//
// Started as `new Worker("…/linux/worker.js?use-scheduling-api", { type: "module" })`: without these words in its
// address v86 would make a worker of its own, which the book's Content-Security-Policy forbids.
//
// In, once:
//   { kind: "perform", id, script, reasons }   `id`: without spaces; `reasons`: whether resets are explained
// Out:
//   { kind: "loading", loaded, total }         bytes, as they are when unpacked
//   { kind: "running", seconds }               by the machine's clock, since the script began
//   { kind: "result", code, trace, notes, seconds, instructions }
//        `code`: 0, every outcome as written; 1, not; 2, not a script; 3, cannot run. `trace`: JSON, or "" with 2 and 3
//   { kind: "error", message }                 the machine cannot be had or does not answer
// To stop it: terminate(). Every run takes a new worker: a new machine, and so the same bytes each time.

import { clock } from "./clock.js";

/** The line by which scripts go in and answers come out (crates/guest/src/line.rs). */
const LINE = 1;
const MARK = 2;
const SCRIPT_MAX = 1 << 20;
/** Some minutes of a fast computer. */
const INSTRUCTIONS_MAX = 2 ** 33;
const REPORT_MS = 200;

onmessage = ({ data }) => {
    onmessage = null;
    perform(data).catch((error) => postMessage({ kind: "error", message: String(error?.message ?? error) }));
};

async function perform({ id, script, reasons }) {
    if (!/^[\w.-]{1,100}$/.test(id)) {
        throw new Error(`found the id ${JSON.stringify(id)}, expected letters, digits and hyphens`);
    }
    const bytes = new TextEncoder().encode(script);
    if (bytes.length > SCRIPT_MAX) {
        throw new Error(`a script of ${bytes.length} bytes is too long for the machine: ${SCRIPT_MAX} would do`);
    }
    const { machine, emulator } = await boot();
    const answer = new Promise((resolve, reject) => listen(emulator, resolve, reject));
    emulator.serial_send_bytes(LINE, new TextEncoder().encode(`${id} ${bytes.length} ${reasons ? "reasons" : "trace"}\n`));
    emulator.serial_send_bytes(LINE, bytes);
    const began = clock.now();
    let reported = clock.real();
    clock.start(() => {
        if (clock.real() - reported > REPORT_MS) {
            reported = clock.real();
            postMessage({ kind: "running", seconds: (clock.now() - began) / 1000 });
            if (clock.count() > INSTRUCTIONS_MAX) {
                clock.stop();
                postMessage({ kind: "error", message: `not done after ${INSTRUCTIONS_MAX} instructions` });
                close();
            }
        }
    });
    const said = await answer;
    clock.stop();
    const seconds = (clock.now() - began) / 1000;
    postMessage({ kind: "result", ...said, seconds, instructions: clock.count(), kernel: machine.kernel });
}

/** A machine that waits for a script, and stands still. */
async function boot() {
    const machine = await (await ask("machine.json")).json();
    const progress = { loaded: 0, total: machine.files.reduce((sum, file) => sum + file.bytes, 0) };
    const load = async ({ name, bytes, sha256 }) => {
        const buffer = await read(await ask(name), name, progress);
        if (buffer.byteLength !== bytes) {
            throw new Error(`${name} has ${buffer.byteLength} bytes, expected ${bytes}`);
        }
        // A host without TLS has no hashes.
        const hash = await globalThis.crypto?.subtle?.digest("SHA-256", buffer);
        if (hash && hex(hash) !== sha256) {
            throw new Error(`${name} came damaged: its SHA-256 is not the one that machine.json has`);
        }
        return buffer;
    };
    const [{ V86 }, ...files] = await Promise.all([import("./v86.min.js"), ...machine.files.map(load)]);
    const [processor, state] = files;
    const emulator = new V86({
        wasm_fn: async (imports) => (await WebAssembly.instantiate(processor, imports)).instance.exports,
        memory_size: machine.memory_mb << 20,
        vga_memory_size: 1 << 18,
        uart1: true,
        // It would compile what runs a moment only, and when it has done so depends on the host.
        disable_jit: true,
        disable_keyboard: true,
        disable_mouse: true,
        disable_speaker: true,
        autostart: true,
        initial_state: { buffer: state },
    });
    await new Promise((resolve) => emulator.add_listener("emulator-ready", resolve));
    clock.attach(emulator, machine.clock_ms);
    return { machine, emulator };
}

async function ask(name) {
    let response;
    try {
        response = await fetch(new URL(name, import.meta.url));
    } catch (error) {
        throw new Error(`${name} cannot be fetched: ${error.message}`);
    }
    if (!response.ok) {
        throw new Error(`${name} cannot be fetched: ${response.status} ${response.statusText}`);
    }
    return response;
}

async function read(response, name, progress) {
    const parts = [];
    const reader = response.body.getReader();
    for (;;) {
        const { done, value } = await reader.read().catch((error) => {
            throw new Error(`${name} breaks off after ${progress.loaded} bytes: ${error.message}`);
        });
        if (done) {
            return await new Blob(parts).arrayBuffer();
        }
        parts.push(value);
        progress.loaded += value.length;
        postMessage({ kind: "loading", ...progress });
    }
}

/** Waits for `ID CODE TRACE NOTES MICROSECONDS\n` behind the mark, and for TRACE and NOTES bytes. */
function listen(emulator, resolve, reject) {
    let bytes = [];
    let head = null;
    emulator.add_listener(`serial${LINE}-output-byte`, (byte) => {
        if (head === null && byte === MARK) {
            bytes = [];
        } else if (head === null && byte === 10) {
            const [, code, trace, notes] = text(bytes).split(" ").map(Number);
            head = { code, trace, notes };
            bytes = [];
        } else {
            bytes.push(byte);
        }
        if (head !== null && !(bytes.length < head.trace + head.notes)) {
            if (Number.isInteger(head.code) && bytes.length === head.trace + head.notes) {
                resolve({
                    code: head.code,
                    trace: text(bytes.slice(0, head.trace)),
                    notes: text(bytes.slice(head.trace)),
                });
            } else {
                reject(new Error("the machine's answer is none"));
            }
        }
    });
}

function hex(bytes) {
    return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function text(bytes) {
    return new TextDecoder().decode(new Uint8Array(bytes));
}
