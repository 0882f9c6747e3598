// What a page calls to have a script performed on Linux: a fresh machine in a worker for each run (worker.js).

/**
 * Performs a script. Gives what worker.js calls a result; refuses with what is wrong, or with the reason of `signal`.
 * `loading(loaded, total)` and `running(seconds)` are told how far it is.
 */
export function perform({ id, script, reasons = true, loading = () => {}, running = () => {}, signal }) {
    return new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const worker = new Worker(new URL("worker.js?use-scheduling-api", import.meta.url), { type: "module" });
        const end = (settle, value) => {
            worker.terminate();
            settle(value);
        };
        signal?.addEventListener("abort", () => end(reject, signal.reason), { once: true });
        worker.onerror = (event) => end(reject, new Error(event.message || "this browser starts no such worker"));
        worker.onmessage = ({ data }) => {
            switch (data.kind) {
                case "loading":
                    return loading(data.loaded, data.total);
                case "running":
                    return running(data.seconds);
                case "result":
                    return end(resolve, data);
                default:
                    return end(reject, new Error(data.message));
            }
        };
        worker.postMessage({ kind: "perform", id, script, reasons });
    });
}
