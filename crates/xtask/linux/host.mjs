// Node as the host of what runs in the book's worker: what a worker has around it, and no `process`, which v86 would
// take for a sign of Node and then sleep otherwise. To be loaded before anything of book/linux.

import fs from "node:fs";
import { fileURLToPath } from "node:url";

/** Node's own, as v86 must not find it. */
export const node = globalThis.process;
Object.defineProperty(globalThis, "process", { value: undefined, configurable: true, writable: true });
globalThis.location = { href: "file:///worker.js?use-scheduling-api" };
globalThis.fetch = async (url) => new Response(fs.readFileSync(fileURLToPath(url)));
