// Reads captures beside the page: the program that judges them, fed piece by piece.
//
// In:  { id, call, args }, one of `calls`
// Out: { id, value } or { id, error }; while a file is read { progress: { name, part, packets, connections } }
// To stop it: terminate().

/** A piece of a file, in bytes; so many are asked for ahead, so that reading and judging go on together. */
const PIECE = 4 << 20;
const AHEAD = 4;
/** A header of gzip has so many bytes at least (RFC 1952 §2.3). */
const GZIP_HEADER = 10;
const BROKEN = "the program ran out of memory or met a fault of its own";
/** Longer text is no paste. */
const TEXT_MAX = 64 << 20;
const REPORT_MS = 100;

let module;
let analyzer;
let here;
let reported = 0;

onmessage = async ({ data: { id, call, args } }) => {
    try {
        postMessage({ id, value: await calls[call](...args) });
    } catch (error) {
        // The program has panicked, or there is no memory: its words are no reader's.
        const isBroken = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
        postMessage({ id, error: isBroken ? BROKEN : String(error?.message ?? error) });
    }
};

const calls = {
    /** The names of the runtimes whose messages can be shown. */
    async open(program) {
        module = await import(program);
        await module.default();
        analyzer = new module.Analyzer();
        return module.runtimes().split("\n");
    },

    /** Sources are { name, file } or { name, text }; the summary comes back. */
    async read(sources) {
        for (const { name, file, text } of sources) {
            analyzer.begin(name);
            if (file) await read(name, file);
            else analyzer.text(text);
        }
        while (analyzer.judge()) await report("judging", 1);
        const found = analyzer.select("worst", "", "", "");
        if (found === 0) throw new Error(`no TCP segments were found in ${sources.map(({ name }) => name).join(", ")}`);
        return analyzer.summary();
    },

    /** How many rows there are, and those of one page. */
    table({ column, text, kind, by, from, count }) {
        return { found: analyzer.select(column, text, kind, by), rows: analyzer.rows(from, count) };
    },

    rows: (from, count) => analyzer.rows(from, count),
    show(addresses, runtime) {
        analyzer.addresses(addresses);
        analyzer.runtime(runtime);
    },
    card: (at) => analyzer.card(at),

    /** The ways to end a connection, performed by the program that pages load at a click. */
    async play(at, program) {
        if (!here) {
            const loaded = await import(program);
            await loaded.default();
            here = loaded;
        }
        analyzer.ways(at).forEach((script, place) => {
            const run = here.capture(script);
            if (run) analyzer.compare(place, run);
        });
        return analyzer.played();
    },
};

async function read(name, file) {
    const sort = module.sort_of(new Uint8Array(await file.slice(0, 4).arrayBuffer()));
    if (sort === "gzip") {
        const starts = [...(await members(file)), file.size];
        for (let member = 0, first = true; member + 1 < starts.length; member += 1) {
            const packed = file.slice(starts[member], starts[member + 1]).stream();
            const reader = packed.pipeThrough(new DecompressionStream("gzip")).getReader();
            for (; ; first = false) {
                const { done, value } = await reader.read();
                if (done) break;
                if (first && module.sort_of(value.subarray(0, 4)) !== "capture") {
                    throw new Error(`${name} is packed, and what is in it is no pcap or pcapng`);
                }
                analyzer.push(value);
                await report(name, undefined);
            }
        }
        analyzer.finish();
    } else if (sort === "capture") {
        await pieces(file, 0, async (piece, at) => {
            analyzer.push(piece);
            await report(name, Math.min(1, (at + PIECE) / file.size));
        });
        analyzer.finish();
    } else if (file.size > TEXT_MAX) {
        throw new Error(`${name} is neither pcap nor pcapng, nor gzip, and too long for lines of tcpdump`);
    } else {
        analyzer.text(await file.text());
    }
}

/** Takes a file piece by piece, each with the beginning of the next one; `take` gets it and its place. */
async function pieces(file, more, take) {
    const asked = [];
    for (let at = 0, next = 0; at < file.size; at += PIECE) {
        for (; next < file.size && asked.length < AHEAD; next += PIECE) {
            const piece = file.slice(next, next + PIECE + more).arrayBuffer();
            // Who waits for it hears of its failure.
            piece.catch(() => {});
            asked.push(piece);
        }
        await take(new Uint8Array(await asked.shift()), at);
    }
}

/** Where the members of a file of gzip begin: one behind the other is one file (RFC 1952 §2.2), which the browser does not unpack. */
async function members(file) {
    const starts = [0];
    await pieces(file, GZIP_HEADER - 1, (bytes, at) => {
        for (let place = bytes.indexOf(0x1f); place >= 0 && place < PIECE; place = bytes.indexOf(0x1f, place + 1)) {
            const [, second, method, flags, , , , , extra, system] = bytes.subarray(place, place + GZIP_HEADER);
            const is = second === 0x8b && method === 8 && flags < 0x20 && [0, 2, 4].includes(extra) && (system < 14 || system === 255);
            if (is && at + place > 0) starts.push(at + place);
        }
    });
    return starts;
}

async function report(name, part) {
    if (performance.now() - reported < REPORT_MS) return;
    reported = performance.now();
    postMessage({ progress: { name, part, packets: analyzer.packets(), connections: analyzer.connections() } });
}
