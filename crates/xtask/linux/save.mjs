// node save.mjs V86 WASM KERNEL BIOS VGABIOS MEMORY_MB OUT: boots the kernel, waits until its first process is ready,
// and writes the machine's state to OUT, and to standard output its clock in milliseconds.

import fs from "node:fs";
import { pathToFileURL } from "node:url";

import { node } from "./host.mjs";

const [v86, wasm, kernel, bios, vgaBios, memory, out] = node.argv.slice(2);
const { clock } = await import("../../../book/linux/clock.js");
const { V86 } = await import(pathToFileURL(v86));
const file = (name) => ({ buffer: new Uint8Array(fs.readFileSync(name)).buffer });
const TIME_MAX_MS = 300_000;

const emulator = new V86({
    wasm_fn: async (imports) => (await WebAssembly.instantiate(fs.readFileSync(wasm), imports)).instance.exports,
    memory_size: Number(memory) << 20,
    vga_memory_size: 1 << 18,
    bios: file(bios),
    vga_bios: file(vgaBios),
    bzimage: file(kernel),
    cmdline: "console=ttyS0 tsc=reliable random.trust_cpu=on quiet",
    uart1: true,
    acpi: false,
    fastboot: true,
    disable_jit: true,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
    autostart: true,
});
let console_ = "";
emulator.add_listener("serial0-output-byte", (byte) => (console_ += String.fromCharCode(byte)));
const ready = new Promise((resolve) => {
    let said = "";
    emulator.add_listener("serial1-output-byte", (byte) => {
        said += String.fromCharCode(byte);
        if (said.endsWith("\x02ready\n")) {
            resolve();
        }
    });
});
await new Promise((resolve) => emulator.add_listener("emulator-ready", resolve));
clock.attach(emulator, 0);
const began = clock.real();
let settled = null;
const done = new Promise((resolve, reject) => {
    clock.start(() => {
        if (settled !== null && clock.now() >= settled) {
            clock.stop();
            resolve();
        } else if (clock.real() - began > TIME_MAX_MS) {
            clock.stop();
            reject(new Error(`not ready after ${TIME_MAX_MS} ms:\n${console_.slice(-2000)}`));
        }
    });
});
// A second more, by its own clock: then it is asleep, and waits for a script.
ready.then(() => (settled = clock.now() + 1000));
await done;
// The BIOS is needed no more.
for (let at = 0xc0000; at < 0x100000; at += 4096) {
    emulator.write_memory(new Uint8Array(4096), at);
}
fs.writeFileSync(out, new Uint8Array(await emulator.save_state()));
fs.writeSync(1, `${clock.now()}\n`);
node.exit(0);
