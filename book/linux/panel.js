// What the handle "On Linux 7.2, here" below a script opens: what that costs, how far it is, a way to stop, and the
// kernel's run with what the model has otherwise.
//
// <linux-here script="…" rules="bare"> is made by the picture's program, with the handle in it. `rules` is there where
// the model's run is smoltcp's alone.

import { loaded } from "./loaded.js";
import { perform } from "./run.js";

const TEXTS = {
    is: "A real kernel, 32 bit, on an emulated PC whose clock counts instructions, in this page. It loads 3 MB, once, and a run takes some seconds. Nothing that you write leaves the page.",
    run: "Run it",
    stop: "Stop",
    loading: "Loading.",
    running: "Running.",
    progress: "Loaded",
    clock: (seconds) => ` ${seconds.toFixed(1)} s by its own clock`,
    stopped: "Stopped.",
    other: "Stopped: the script is another one now.",
    done: (said, ms) => `${said} It took ${(ms / 1000).toFixed(1)} s here.`,
    failed: (why) => `No run: ${why.trim().replace(/\.$/, "")}.`,
    noTrace: (notes) => notes.replace(/^here:(\d+):/, "line $1:"),
    older: (why) => `the Linux of this page was made before the script language had this, and does not know it: ${why}`,
};

/** The code of a result: the runner could not read the script (worker.js). */
const NO_SCRIPT = 2;

class Here extends HTMLElement {
    static observedAttributes = ["script", "rules"];
    #handle;
    #panel = null;
    /** Of the run that goes on. */
    #abort = null;
    /** The run that is drawn. */
    #drawn = null;

    connectedCallback() {
        if (this.#handle === undefined) {
            this.#handle = this.querySelector("button[aria-expanded]");
            this.#handle.addEventListener("click", () => this.toggle());
        }
    }

    disconnectedCallback() {
        this.#close();
    }

    // The reader, or a link, has another script: what is there is not its run.
    attributeChangedCallback(_, before, now) {
        if (before !== now && this.#panel !== null) {
            this.#end(this.#abort === null ? "" : TEXTS.other);
            this.#clear();
        }
    }

    toggle() {
        if (this.#panel === null) {
            this.#panel = this.#make();
        } else {
            this.#close();
        }
        this.#handle.setAttribute("aria-expanded", String(this.#panel !== null));
    }

    #close() {
        if (this.#panel !== null) {
            this.#end("");
            this.#clear();
            this.#panel.root.remove();
            this.#panel = null;
        }
    }

    #make() {
        const root = element("div");
        const [start, stop] = [TEXTS.run, TEXTS.stop].map((name) => element("button", { type: "button", textContent: name }));
        const buttons = element("p", { className: "sc-handles" });
        const status = element("p", { role: "status" });
        const progress = element("p");
        const run = element("div", { className: "sc-kernel" });
        buttons.append(start, stop);
        root.append(element("p", { textContent: TEXTS.is }), buttons, status, progress, run);
        stop.disabled = true;
        start.addEventListener("click", () => this.#run());
        stop.addEventListener("click", () => this.#end(TEXTS.stopped));
        this.append(root);
        return { root, start, stop, status, progress, run };
    }

    async #run() {
        const panel = this.#panel;
        const [script, rules] = [this.getAttribute("script"), this.getAttribute("rules")];
        const abort = new AbortController();
        this.#abort = abort;
        this.#clear();
        press(panel.stop, panel.start);
        panel.status.textContent = TEXTS.loading;
        const bar = element("progress", { max: 1, value: 0, ariaLabel: TEXTS.progress });
        panel.progress.replaceChildren(bar);
        const began = performance.now();
        try {
            const [program, result] = await Promise.all([
                loaded(),
                perform({
                    id: "here",
                    script,
                    signal: abort.signal,
                    loading: (loaded, total) => (bar.value = loaded / total),
                    running: (seconds) => {
                        panel.status.textContent = TEXTS.running;
                        panel.progress.textContent = TEXTS.clock(seconds);
                    },
                }),
            ]);
            abort.signal.throwIfAborted();
            if (result.trace === "") {
                const why = TEXTS.noTrace(result.notes);
                throw new Error(result.code === NO_SCRIPT && program.reads(script) ? TEXTS.older(why) : why);
            }
            this.#drawn = program.show(panel.run, script, rules ?? undefined, result.trace);
            this.#end(TEXTS.done(this.#drawn.said, performance.now() - began));
        } catch (error) {
            // Whoever stopped it has said so.
            if (!abort.signal.aborted) {
                this.#end(TEXTS.failed(error.message));
            }
        }
    }

    /** Nothing runs any more; `said` is what its reader is told. */
    #end(said) {
        const { start, stop, status, progress } = this.#panel;
        this.#abort?.abort(new Error(said));
        this.#abort = null;
        press(start, stop);
        status.textContent = said;
        progress.replaceChildren();
    }

    /** No run is shown any more. */
    #clear() {
        this.#drawn?.remove();
        this.#drawn = null;
    }
}

/** Of two buttons one can be pressed; it takes the focus over from the other. */
function press(button, other) {
    button.disabled = false;
    if (document.activeElement === other) {
        button.focus({ preventScroll: true });
    }
    other.disabled = true;
}

/** Opens what is behind the first handle that was pressed. */
export function open(handle) {
    handle.closest("linux-here").toggle();
}

function element(name, properties = {}) {
    return Object.assign(document.createElement(name), properties);
}

customElements.define("linux-here", Here);
