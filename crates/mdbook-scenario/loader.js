// Puts the live widget in the place of each picture that comes near the view.
//
// A classic script (book.toml, additional-js). The picture stands in the page already and stays if anything here
// fails: no JavaScript, no WebAssembly, a widget that panics. Only pages with a scenario load the widget's program, and only
// its own page the playground's.
(() => {
  "use strict";

  const FROM_FILE = "This picture can be played with when the book comes from a server: run cargo xtask serve and open http://127.0.0.1:3000";
  const NEAR = "400px"; // how far below or above the view loading begins

  // This script lies two folders below the book's root, wherever the page lies.
  const root = new URL("../../", document.currentScript.src);
  const programs = new Map(); // address → promise of the program, started

  function program(address) {
    if (!programs.has(address)) {
      const started = import(address).then(async (module) => {
        await module.default();
        return module;
      });
      started.catch(() => programs.delete(address)); // the server may answer the next time
      programs.set(address, started);
    }
    return programs.get(address);
  }

  // The address of what an embed names.
  const addressOf = (embed, name) => new URL(embed.dataset[name], root).href;

  async function fetched(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return answer.text();
  }

  // The page has its scripts' own runs. The stack is loaded when the reader wants another, or a file of one; what
  // runtimes print, when the reader asks for one.
  function servicesOf(embed) {
    return async (wanted, script, rules, ending, name) => {
      if (wanted === "texts") return fetched(addressOf(embed, "messages"));
      const stack = await program(addressOf(embed, "stack"));
      if (wanted === "perform") return stack.perform(script, rules);
      const file = new Blob([stack.file(script, rules, ending)], { type: stack.media_type(ending) });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(file);
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the address may still be read for a moment
    };
  }

  async function enliven(embed) {
    const { scenario, script, run, begin } = embed.dataset;
    try {
      const { mount } = await program(addressOf(embed, "program"));
      const place = document.createElement("div");
      mount(place, scenario, script, run, servicesOf(embed), begin);
      await new Promise((resolve) => setTimeout(resolve)); // the widget draws itself in a turn of its own
      if (!place.firstElementChild) throw new Error(`the widget of ${scenario} drew nothing`);
      embed.replaceChildren(place);
      embed.dataset.live = "yes";
    } catch (error) {
      embed.dataset.live = "failed";
      console.error(`${scenario}: the picture stays as it is.`, error);
    }
  }

  // The list of scenarios stays, below the playground.
  async function open(embed) {
    try {
      const sheet = document.createElement("link");
      sheet.rel = "stylesheet";
      sheet.href = addressOf(embed, "style");
      document.head.append(sheet);
      const [{ playground }, catalogue] = await Promise.all([
        program(addressOf(embed, "program")),
        fetched(addressOf(embed, "catalogue")),
      ]);
      const place = document.createElement("div");
      playground(place, catalogue, servicesOf(embed));
      await new Promise((resolve) => setTimeout(resolve));
      if (!place.firstElementChild) throw new Error("the playground drew nothing");
      embed.prepend(place);
      embed.dataset.live = "yes";
    } catch (error) {
      embed.dataset.live = "failed";
      console.error("The playground stays a list.", error);
    }
  }

  function note(embed) {
    const line = document.createElement("p");
    line.className = "scenario-note";
    line.textContent = FROM_FILE;
    embed.append(line);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-playground]");
    if (!link) return;
    event.preventDefault();
    location.href = new URL(`playground.html${link.hash}`, root).href;
  });

  // Not every browser lets the keyboard scroll a listing or a table that is wider than the page.
  for (const wide of document.querySelectorAll("main pre > code, main .table-wrapper")) {
    if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
  }

  const embeds = document.querySelectorAll(".scenario[data-program]");
  const playgrounds = document.querySelectorAll(".tcp-playground[data-program]");
  if (location.protocol === "file:") {
    [...embeds, ...playgrounds].forEach(note); // browsers load no modules from files
    return;
  }
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      enliven(target);
    }
  }, { rootMargin: NEAR });
  embeds.forEach((embed) => observer.observe(embed));
  // A link to a step leads to its widget, wherever on the page that lies.
  const named = location.hash.split(/[#&]/).map((part) => part.replace(/^id=/, ""));
  [...embeds].find((embed) => named.includes(embed.dataset.scenario))?.scrollIntoView();
  // On paper it would be controls that nobody can press.
  if (!location.pathname.endsWith("/print.html")) playgrounds.forEach(open);
})();
