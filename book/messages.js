// The search field of the page "Which message did you get?". Without it the page is a list.
(() => {
  const finder = document.querySelector(".finder");
  const input = document.getElementById("finder-line");
  const found = document.getElementById("finder-found");
  if (!finder || !input || !found) return;

  const plain = (text) => text.toLowerCase().replace(/[‘’]/g, "'").replace(/\s+/g, " ").trim();
  // What a line must have, in this order: the parts between the ellipses, without those that are too short to tell.
  const parts = (text) => plain(text).split("…").map((part) => part.trim()).filter((part) => part.length > 2);

  const endings = [...document.querySelectorAll("main h2")].map((heading) => {
    const nodes = [heading];
    for (let node = heading.nextElementSibling; node && node.tagName !== "H2"; node = node.nextElementSibling) nodes.push(node);
    const rows = nodes.flatMap((node) => [...node.querySelectorAll("tbody tr")]);
    return { heading, nodes, rows: rows.map((row) => ({ row, text: row.querySelector("code")?.textContent ?? "" })) };
  }).filter((ending) => ending.rows.length > 0);

  // How well a row fits: the length of what fits, or 0.
  function fit(text, line) {
    if (line.length < 3) return 0;
    if (plain(text).includes(line)) return line.length;
    let at = 0, length = 0;
    const wanted = parts(text);
    for (const part of wanted) {
      const where = line.indexOf(part, at);
      if (where < 0) return 0;
      at = where + part.length;
      length += part.length;
    }
    return length;
  }

  function search() {
    const line = plain(input.value);
    let kinds = 0;
    const best = Math.max(0, ...endings.flatMap((ending) => ending.rows.map((entry) => fit(entry.text, line))));
    for (const ending of endings) {
      const fits = ending.rows.map((entry) => fit(entry.text, line));
      // A long line can hold a short message by chance: only the best fits count.
      const shown = best === 0 || fits.some((value) => value > 0 && value * 2 >= best);
      for (const node of ending.nodes) node.hidden = !shown;
      ending.rows.forEach((entry, index) => entry.row.classList.toggle("found", best > 0 && fits[index] * 2 >= best));
      if (best > 0 && shown) kinds += 1;
    }
    if (line.length < 3) found.textContent = "";
    else if (best === 0) found.textContent = "No line here fits. Try a shorter part of it, or its errno.";
    else found.textContent = kinds === 1 ? "One kind of ending fits." : `${kinds} kinds of ending fit.`;
  }

  finder.hidden = false;
  input.addEventListener("input", search);
})();
