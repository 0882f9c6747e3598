// The form on the book's page about this Linux: a script, a run, its trace as text.

import { perform } from "./run.js";

const form = document.querySelector("form.linux-here");
// On paper nobody can press it.
if (form !== null && !location.pathname.endsWith("/print.html")) {
    const [field, status, trace] = ["textarea", "output", "pre"].map((name) => form.querySelector(name));
    const [start, stop] = form.querySelectorAll("button");
    let abort = null;
    form.hidden = false;
    stop.addEventListener("click", () => abort?.abort(new Error("stopped")));
    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        if (abort !== null) {
            return;
        }
        abort = new AbortController();
        start.disabled = true;
        stop.disabled = false;
        trace.textContent = "";
        status.textContent = "loading";
        const began = performance.now();
        try {
            const result = await perform({
                id: "here",
                script: field.value,
                loading: (loaded, total) => (status.textContent = `loading, ${Math.floor((100 * loaded) / total)} %`),
                running: (seconds) => (status.textContent = `running, ${seconds.toFixed(1)} s by its own clock`),
                signal: abort.signal,
            });
            const took = ((performance.now() - began) / 1000).toFixed(1);
            const verdict = ["every outcome as written", "not as written", "not a script", "cannot run"][result.code];
            status.textContent = `${verdict}; Linux ${result.kernel}, 32 bit, on an emulated PC whose clock counts instructions; ${took} s here`;
            trace.textContent = result.trace === "" ? result.notes : text(JSON.parse(result.trace));
        } catch (error) {
            status.textContent = `no run: ${error.message}`;
        }
        abort = null;
        start.disabled = false;
        stop.disabled = true;
    });
}

/** A trace in the book's notation. */
function text({ events, failed }) {
    const lines = events.map(line).filter((line) => line !== null);
    const wrong = failed.map(({ line, expected, got }) => `line ${line}: ${expected} is written, the kernel gave ${got}`);
    return [...lines, ...wrong].join("\n");
}

function line(event) {
    const at = (event.at_us / 1e6).toFixed(3);
    const of = (name) => (name === event.host || name === undefined ? "" : `${name}.`);
    switch (event.kind) {
        case "call":
            return `${at} ${event.host}  ${of(event.socket)}${event.call} = ${event.outcome}`;
        case "segment": {
            const { from, flags, seq, len, ack, fate } = event;
            const to = from === "client" ? "server" : "client";
            const answer = ack === undefined || ack === null ? "" : ` ack ${ack}`;
            const became = fate === "delivered" ? "" : ` (${fate})`;
            return `${at} ${from} > ${to}  ${flags} ${seq}:${seq + len}(${len})${answer}${became}`;
        }
        case "state":
            return `${at} ${event.host}  ${of(event.socket)}${event.from} -> ${event.to}`;
        case "statement":
            return `${at} # ${event.text}`;
        case "counter":
            return `${at} ${event.host}  ${event.name} +${event.by}`;
        default:
            return null;
    }
}
