// The field of the page "Which message did you get?": it hands the text to the program and shows the answer under it.
// Without JavaScript, or if anything here fails, the page is a list.
(() => {
  "use strict";

  const finder = document.querySelector(".finder");
  const field = document.getElementById("finder-text");
  const card = document.getElementById("finder-card");
  const said = document.getElementById("finder-said");
  if (!finder || !field || !card || !said) return;

  const ADDRESS_MAX = 6000; // as capture.js has it; longer texts do not stand in the address: a part may say something else
  const root = new URL(".", document.currentScript.src);
  const program = load("program");
  const player = load("player");
  let last = ""; // the text that the card answers
  let turn = 0; // which answer is the newest

  // A program that is fetched once, when it is first asked for.
  function load(name) {
    let loading;
    return () => {
      loading ??= import(new URL(finder.dataset[name], root).href).then(async (module) => {
        await module.default();
        return module;
      });
      loading.catch(() => (loading = undefined));
      return loading;
    };
  }

  async function answer() {
    const text = field.value;
    if (text === last) return;
    const mine = (turn += 1);
    let html;
    try {
      html = (await program()).card(text);
    } catch (error) {
      console.error("The field stays a field; the list is below.", error);
      said.textContent = "The finder could not be loaded. The list is below.";
      return;
    }
    if (mine !== turn) return;
    last = text;
    card.innerHTML = html;
    card.hidden = html === "";
    const causes = card.querySelectorAll(".ev-causes > li");
    const heading = card.querySelector(".ev-ending")?.textContent ?? card.querySelector(".ev-by")?.textContent ?? "";
    said.textContent = causes.length ? `${heading}. ${causes.length === 1 ? "One cause" : `${causes.length} causes`}.` : heading;
    keep(text);
    const first = card.querySelector("[data-run]");
    if (first && causes.length) show(first);
  }

  function keep(text) {
    const here = new URL(location.href);
    if (text.trim() === "" || text.length > ADDRESS_MAX) here.searchParams.delete("q");
    else here.searchParams.set("q", text);
    history.replaceState(history.state, "", here);
  }

  // A text from the front page that is too long for an address (capture.js).
  function handed() {
    try {
      const text = sessionStorage.getItem("pasted");
      sessionStorage.removeItem("pasted");
      return text;
    } catch {
      return null; // the browser keeps nothing
    }
  }

  // mdBook copies the book's scenarios as they are.
  async function scriptOf(id) {
    const answer = await fetch(new URL(`scenarios/${id}.tcp`, root));
    if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
    return answer.text();
  }

  // A run, live. Another answer often has the same one: it is drawn once, and is then as its reader has left it.
  const drawn = new Map();
  function draw(id) {
    if (!drawn.has(id)) {
      const drawing = Promise.all([player(), scriptOf(id)]).then(async ([{ mount }, script]) => {
        const place = document.createElement("div");
        place.className = "scenario";
        mount(place, id, script, "", id);
        await new Promise((resolve) => setTimeout(resolve));
        return place;
      });
      drawing.catch(() => drawn.delete(id));
      drawn.set(id, drawing);
    }
    return drawn.get(id);
  }

  // The run of a cause, at the end of the card.
  async function show(button) {
    const place = card.querySelector(".ev-run");
    const id = button.dataset.run;
    for (const other of card.querySelectorAll("[data-run]")) other.setAttribute("aria-pressed", String(other === button));
    try {
      const picture = await draw(id);
      if (place.isConnected && button.getAttribute("aria-pressed") === "true") place.replaceChildren(picture);
    } catch (error) {
      console.error(`${id}: its run cannot be shown here.`, error);
    }
  }

  // "Yes" makes a cause the one, "No" rules it out; pressed again, either is taken back.
  function judge(button) {
    const item = button.closest("li");
    const pressed = button.getAttribute("aria-pressed") === "true";
    for (const other of item.querySelectorAll("[data-say]")) other.setAttribute("aria-pressed", String(other === button && !pressed));
    item.classList.toggle("ev-is", !pressed && button.dataset.say === "yes");
    item.classList.toggle("ev-out", !pressed && button.dataset.say === "no");
    const items = [...card.querySelectorAll(".ev-causes > li")];
    const left = items.find((one) => one.classList.contains("ev-is")) ?? items.find((one) => !one.classList.contains("ev-out"));
    said.textContent = left
      ? `${left.classList.contains("ev-is") ? "It speaks for" : "Next"}: ${left.querySelector(".ev-title").textContent}`
      : "All of these are ruled out: a capture on both ends tells more.";
    const run = left?.querySelector("[data-run]");
    if (run && run.getAttribute("aria-pressed") !== "true") show(run);
  }

  card.addEventListener("click", (event) => {
    const button = event.target.closest?.("button");
    if (!button || !card.contains(button)) return;
    if (button.dataset.say) judge(button);
    else if (button.dataset.run) show(button);
    else if (button.dataset.fill) {
      field.value = button.dataset.fill.replaceAll("…", " … ");
      answer();
    }
  });

  finder.hidden = false;
  field.addEventListener("input", answer);
  const asked = handed() ?? new URL(location.href).searchParams.get("q");
  if (asked) {
    field.value = asked;
    // What is below the answer is not seen before it is there: nothing that anybody reads moves then (messages.css).
    finder.classList.add("ev-awaited");
    answer().finally(async () => {
      // The browser has laid it out.
      for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
      finder.classList.remove("ev-awaited");
    });
  }
})();
