// The program that is loaded at a click (crates/here), fetched once.

let program = null;

export function loaded() {
    program ??= import("./program.js").then(async (module) => {
        await module.default();
        return module;
    });
    program.catch(() => (program = null));
    return program;
}
