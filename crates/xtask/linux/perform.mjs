// node perform.mjs WORKER SCRIPT ID OUT: performs a script in the page's own worker, and writes its trace to OUT.
// Prints `CODE SECONDS INSTRUCTIONS READY_MS TOTAL_MS`, or why it cannot.

import fs from "node:fs";
import { pathToFileURL } from "node:url";

import { node } from "./host.mjs";

const [worker, script, id, out] = node.argv.slice(2);
const real = performance.now.bind(performance);
const began = real();
let ready = 0;
globalThis.onmessage = null;
globalThis.close = () => node.exit(3);
globalThis.postMessage = (message) => {
    if (message.kind === "result") {
        fs.writeFileSync(out, message.trace);
        const times = `${Math.round(ready - began)} ${Math.round(real() - began)}`;
        fs.writeSync(1, `${message.code} ${message.seconds.toFixed(3)} ${message.instructions} ${times}\n`);
        fs.writeSync(2, message.notes);
        node.exit(0);
    } else if (message.kind === "error") {
        fs.writeSync(2, `${message.message}\n`);
        node.exit(3);
    } else if (message.kind === "loading") {
        ready = real();
    }
};
await import(pathToFileURL(worker));
globalThis.onmessage({ data: { kind: "perform", id, script: fs.readFileSync(script, "utf8"), reasons: true } });
