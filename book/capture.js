// Captures in the page: takes files and pasted lines, lets a worker judge them, shows the table and the cards.
// On a page whose place for captures is closed (the front page, the messages) it opens when a file is dropped or lines
// of tcpdump are pasted there. Nothing is sent anywhere.

const ROWS = 50;
const COLUMNS = [
  ["worst", "state"], ["", "client"], ["", "server"], ["ending", "ending"], ["by", "by"], ["cause", "first cause"],
  ["", "sure"], ["packets", "segments"], ["bytes", "bytes"], ["began", "began, UTC"], ["lasted", "lasted"],
];
const KINDS = ["reset", "refused", "no-answer", "handshake-only", "vanished", "stalled", "half-closed", "orderly", "open", "cannot-tell"];
const WHO = ["client", "server", "between", "both", "unknown"];
const TYPING_MS = 200;
// As messages.js has it: letters of a text that stand in an address.
const ADDRESS_MAX = 6000;
const LINES = /: Flags \[[SFRPUEW.]+\]|\sTCP\s+\d+\s.*(→|->).*\[(SYN|ACK|FIN|RST|PSH)/;

const options = (words) => `<option value="">any</option>${words.map((word) => `<option>${word}</option>`).join("")}`;
const MARKUP = `
<div class="cap-drop"><label>Choose a capture, or drop it here: pcap, pcapng, packed with gzip or not, or lines of tcpdump.
Two files are taken as the two ends of the same connections. <input type="file" multiple></label></div>
<details class="cap-paste"><summary>Paste lines of tcpdump or tshark</summary>
<label>Lines, with their times <textarea rows="6" autocomplete="off" autocapitalize="off" spellcheck="false"></textarea></label>
<button type="button" data-do="paste">Who ended it?</button></details>
<p class="cap-said" role="status"></p>
<p class="cap-work" hidden><progress aria-label="Reading"></progress> <button type="button" data-do="stop">Stop</button></p>
<div class="cap-found" hidden>
<div class="cap-summary"></div>
<form class="cap-filter"><label>Find <input type="search" name="text" placeholder=":443 unread-data" autocomplete="off" spellcheck="false"></label>
<label>Ending <select name="kind">${options(KINDS)}</select></label>
<label>By <select name="by">${options(WHO)}</select></label>
<label>Messages of <select name="runtime"><option value="">no runtime</option></select></label>
<label><input type="checkbox" name="hidden"> Hide addresses</label></form>
<div class="cap-wide" tabindex="0" role="region" aria-label="Connections"><table><caption class="cap-only-heard">Connections</caption><thead><tr></tr></thead><tbody></tbody></table></div>
<p class="cap-pages"><button type="button" data-do="earlier">Earlier</button> <span></span> <button type="button" data-do="later">Later</button></p>
<section class="cap-card" aria-label="Verdict" hidden></section>
</div>`;

/** The place for captures of a page, and what it shows. */
class Captures {
  constructor(place, root) {
    this.place = place;
    this.address = (name) => new URL(place.dataset[name], root).href;
    this.workerAddress = new URL("capture-worker.js", root);
    this.worker = null;
    this.asked = new Map();
    this.asks = 0;
    this.sources = [];
    this.view = { column: "worst", from: 0, found: 0, card: null };
  }

  /** Puts the controls into the place, once. */
  open() {
    if (this.place.firstElementChild) return;
    this.place.innerHTML = MARKUP;
    this.place.hidden = false;
    const find = (selector) => this.place.querySelector(selector);
    this.said = find(".cap-said");
    this.work = find(".cap-work");
    this.found = find(".cap-found");
    this.card = find(".cap-card");
    this.filter = find(".cap-filter");
    find("input[type=file]").addEventListener("change", ({ target }) => this.take([...target.files]));
    this.place.addEventListener("click", (event) => this.press(event));
    let typing;
    this.filter.addEventListener("input", ({ target }) => {
      clearTimeout(typing);
      typing = setTimeout(() => this.refresh(target), target.type === "search" ? TYPING_MS : 0);
    });
    this.filter.addEventListener("submit", (event) => event.preventDefault());
  }

  take(files) {
    if (files.length) this.read(files.map((file) => ({ name: file.name, file })));
  }

  takeText(text) {
    this.read([{ name: "pasted lines", text }]);
  }

  /** A new worker for new sources: what the old one knew is gone. */
  async read(sources) {
    this.open();
    this.stop();
    this.found.hidden = true;
    this.card.hidden = true;
    this.work.hidden = false;
    this.work.querySelector("progress").removeAttribute("value");
    this.say("Reading …");
    this.view = { column: "worst", from: 0, found: 0, card: null };
    const worker = new Worker(this.workerAddress, { type: "module" });
    this.worker = worker;
    worker.onmessage = ({ data }) => this.hear(data);
    worker.onerror = (event) => this.fail(new Error(event.message || "the program for captures could not be loaded"));
    try {
      const runtimes = await this.ask("open", this.address("program"));
      const summary = await this.ask("read", sources);
      this.work.hidden = true;
      const chosen = this.filter.elements.runtime;
      if (chosen.options.length === 1) chosen.append(...runtimes.map((name) => new Option(name)));
      await this.ask("show", this.addresses(), chosen.value);
      this.found.querySelector(".cap-summary").innerHTML = summary;
      await this.refresh();
      this.found.hidden = false;
      const { found } = this.view;
      const one = found === 1;
      this.say(one ? "One connection." : `${found} connections.${found ? " The state of one leads to its verdict." : ""}`);
      const { text, kind, by } = this.filter.elements;
      const isSought = text.value || kind.value || by.value;
      // Of one there is nothing to find.
      this.filter.classList.toggle("cap-one", one && !isSought);
      if (one) await this.show(0);
    } catch (error) {
      if (this.worker === worker) this.fail(error);
    }
  }

  stop() {
    this.worker?.terminate();
    this.worker = null;
    this.asked.clear();
  }

  fail(error) {
    console.error("The capture could not be read.", error);
    this.stop();
    this.work.hidden = true;
    this.say(`Not read: ${error.message}.`);
  }

  say(text) {
    this.said.textContent = text;
  }

  ask(call, ...args) {
    const id = (this.asks += 1);
    this.worker.postMessage({ id, call, args });
    return new Promise((resolve, reject) => this.asked.set(id, { resolve, reject }));
  }

  hear({ id, value, error, progress }) {
    if (progress) {
      const { name, part, packets, connections } = progress;
      if (part !== undefined) this.work.querySelector("progress").value = part;
      this.said.textContent = `${name}: ${packets.toLocaleString("en")} packets, ${connections.toLocaleString("en")} connections`;
      return;
    }
    const { resolve, reject } = this.asked.get(id) ?? {};
    this.asked.delete(id);
    if (error === undefined) resolve?.(value);
    else reject?.(new Error(error));
  }

  addresses() {
    return this.filter.elements.hidden.checked ? "hidden" : "shown";
  }

  /** The table anew; `changed` is the control that asks for it. */
  async refresh(changed) {
    if (!this.worker) return;
    const { text, kind, by, runtime } = this.filter.elements;
    if (changed === this.filter.elements.hidden || changed === runtime) {
      await this.ask("show", this.addresses(), runtime.value);
      if (this.view.card !== null) {
        this.card.querySelector(".cap-verdict").innerHTML = await this.ask("card", this.view.card);
        this.centre();
      }
    } else {
      this.view.from = 0;
    }
    const { column, from } = this.view;
    const asked = { column, text: text.value, kind: kind.value, by: by.value, from, count: ROWS };
    const { found, rows } = await this.ask("table", asked);
    this.view.found = found;
    this.draw(rows);
    if (changed === text || changed === kind || changed === by) this.say(`${found} found.`);
  }

  draw(rows) {
    const several = this.found.querySelectorAll(".cap-files li").length > 1;
    const columns = several ? [COLUMNS[0], ["", "file"], ...COLUMNS.slice(1)] : COLUMNS;
    const head = columns.map(([column, name]) => {
      const sorted = column && column === this.view.column ? ' aria-sort="other"' : "";
      return `<th scope="col"${sorted}>${column ? `<button type="button" data-sort="${column}">${name}</button>` : name}</th>`;
    });
    const table = this.found.querySelector("table");
    table.setAttribute("aria-rowcount", this.view.found + 1);
    // The one who sorts keeps the focus.
    const focused = document.activeElement?.dataset?.sort;
    table.tHead.rows[0].innerHTML = head.join("");
    table.tBodies[0].innerHTML = rows;
    if (focused) table.querySelector(`[data-sort="${focused}"]`)?.focus();
    const { from, found } = this.view;
    const last = Math.min(from + ROWS, found);
    const pages = this.found.querySelector(".cap-pages");
    pages.hidden = found <= ROWS;
    pages.querySelector("span").textContent = `${found ? from + 1 : 0}–${last} of ${found}`;
    pages.querySelector("[data-do=earlier]").disabled = from === 0;
    pages.querySelector("[data-do=later]").disabled = last >= found;
  }

  async turn(by) {
    this.view.from = Math.max(0, this.view.from + by * ROWS);
    this.draw(await this.ask("rows", this.view.from, ROWS));
  }

  async show(at) {
    const card = await this.ask("card", at);
    this.view.card = at;
    this.card.innerHTML = `<div class="cap-verdict">${card}</div><h3>Played</h3>
<div class="cap-played"><p>Each way to end a connection can be performed with this one's lengths and times, to see which of them sends the same.
<button type="button" data-do="play">Play them, and make it a script</button></p></div>
<p class="cap-take"><button type="button" data-do="copy">Copy the verdict as text</button> <button type="button" data-do="back">Back to the table</button></p>`;
    this.card.hidden = false;
    this.centre();
  }

  /** Where the picture is wider than its place, the wire is in view first. */
  centre() {
    const picture = this.card.querySelector(".cap-picture");
    if (picture) picture.scrollLeft = (picture.scrollWidth - picture.clientWidth) / 2;
  }

  async press(event) {
    const button = event.target.closest("button");
    if (!button || !this.place.contains(button)) return;
    try {
      if (button.dataset.at) {
        await this.show(Number(button.dataset.at));
        this.card.querySelector("h2").focus();
      } else if (button.dataset.sort) {
        this.view.column = button.dataset.sort;
        await this.refresh();
        this.say(`Sorted by ${button.textContent}.`);
      } else {
        await this[`do_${button.dataset.do}`]?.(button);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  do_stop() {
    this.stop();
    this.work.hidden = true;
    this.say("Stopped.");
  }

  do_paste() {
    this.takeText(this.place.querySelector(".cap-paste textarea").value);
  }

  do_earlier() {
    return this.turn(-1);
  }

  do_later() {
    return this.turn(1);
  }

  do_back() {
    (this.found.querySelector(`[data-at="${this.view.card}"]`) ?? this.found.querySelector("tbody button"))?.focus();
  }

  async do_play(button) {
    const place = button.closest(".cap-played");
    // The button goes; whoever pressed it stays where it was.
    place.tabIndex = -1;
    place.focus({ preventScroll: true });
    button.disabled = true;
    this.say("Playing …");
    place.innerHTML = await this.ask("play", this.view.card, this.address("here"));
    this.say("Played.");
  }

  async do_copy(button) {
    const text = markdown(this.card.querySelector(".cap-verdict"));
    try {
      await navigator.clipboard.writeText(text);
      this.say("Copied.");
    } catch {
      // No permission, or no secure page: the reader copies by hand.
      const field = Object.assign(document.createElement("textarea"), { value: text, rows: 12, readOnly: true });
      field.setAttribute("aria-label", "The verdict as text");
      button.after(field);
      field.select();
    }
  }
}

/** A card as text for an issue. */
function markdown(shown) {
  const card = shown.cloneNode(true);
  for (const code of card.querySelectorAll("p code, li code")) code.textContent = `\`${code.textContent}\``;
  const line = { H2: "## ", H3: "\n### ", LI: "- ", P: "", PRE: "" };
  let text = "";
  for (const part of card.querySelectorAll("h2, h3, p, li, tr, pre")) {
    if (part.matches("li p")) continue;
    if (part.tagName === "TR") text += `${[...part.cells].map((cell) => cell.textContent).join(" | ")}\n`;
    else if (part.tagName === "PRE") text += `\n\`\`\`text\n${part.textContent}\`\`\`\n`;
    else if (part.matches(".cap-causes > li")) text += `- ${part.querySelector("p").textContent}\n`;
    else text += `${part.matches("li li") ? "  " : ""}${line[part.tagName]}${part.textContent.trim()}\n`;
  }
  return text;
}

function begin() {
  const place = document.querySelector(".captures[data-program]");
  if (!place || location.pathname.endsWith("/print.html")) return;
  const captures = new Captures(place, new URL(".", import.meta.url));
  const closed = document.querySelector(".front-find, .finder");
  if (!closed) captures.open();
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    captures.take([...event.dataTransfer.files]);
  });
  const isFront = (target) => target.id === "front-line";
  closed?.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!LINES.test(text)) return;
    if (isFront(event.target)) event.preventDefault();
    captures.takeText(text);
  });
  // The front page's field takes several lines, and looks as if it had one.
  closed?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !isFront(event.target)) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
  // What is too long for an address goes another way (messages.js).
  closed?.addEventListener("submit", (event) => {
    const text = event.target.elements.q?.value ?? "";
    if (text.length <= ADDRESS_MAX) return;
    try {
      sessionStorage.setItem("pasted", text);
      event.preventDefault();
      location.href = event.target.action;
    } catch {
      // The browser keeps nothing: it goes by the address, as far as that takes it.
    }
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-packets]");
    if (button) captures.takeText(document.getElementById("finder-text").value);
  });
}

begin();
