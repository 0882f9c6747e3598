// The files of a run: <take-files script="…" rules="bare" name="…"> has a button for each (`data-form` is the ending of its
// name), and a line for what cannot be taken.

/** As long a browser may read a file that was handed over. */
const KEPT_MS = 60_000;

/**
 * Hands the reader the file of the button that was pressed, or says why there is none. `loaded` is the program that makes
 * it, where the page has that in itself.
 */
export async function take(button, loaded) {
    const run = button.closest("take-files");
    const said = run.querySelector("[role=status]");
    const ending = button.dataset.form;
    said.textContent = "";
    try {
        const program = await (loaded ?? (await import("./loaded.js")).loaded());
        const bytes = program.file(run.getAttribute("script"), run.getAttribute("rules") ?? undefined, ending);
        const address = URL.createObjectURL(new Blob([bytes], { type: program.media_type(ending) }));
        Object.assign(document.createElement("a"), { href: address, download: run.getAttribute("name") + ending }).click();
        setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
    } catch (error) {
        said.textContent = error.message;
    }
}
