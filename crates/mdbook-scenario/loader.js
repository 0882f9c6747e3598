// Puts the live picture in the place of each finished one that comes near the view.
//
// A classic script (book.toml, additional-js). The finished picture stands in the page already and stays if anything
// here fails: no JavaScript, no WebAssembly, a program that panics. Only pages with a picture load the program.
(() => {
  "use strict";

  const FROM_FILE = "This picture can be played with when the book comes from a server: run cargo xtask serve and open http://127.0.0.1:3000. Or run cargo xtask offline: the whole book in one file, which needs no server";
  const NOT_LIVE = "This picture stands still: "
    + (window.WebAssembly ? "what makes it live could not be loaded. Load the page again." : "this browser has no WebAssembly.");
  // How far below or above the view loading begins.
  const NEAR = "400px";

  // This script lies two folders below the book's root, wherever the page lies.
  const here = document.currentScript.src;
  const root = here ? new URL("../../", here) : new URL(".", location.href);
  // The book in one file has its programs in itself (`cargo xtask offline`), as text: with the module's address, the glue.
  const inside = new Map([...document.querySelectorAll("script[data-glue]")].map((text) => [text.dataset.program, text]));
  const isOneFile = inside.size > 0;
  const decoded = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  // The promise of each program that was asked for, by its address.
  const programs = new Map();

  async function load(address) {
    const text = inside.get(address);
    // Both are asked for at once: the glue would ask for its program only when it has come itself.
    const code = text ? decoded(text.textContent) : fetch(new URL(address.replace(/\.js$/, "_bg.wasm"), root));
    const glue = import(text ? `data:text/javascript;base64,${text.dataset.glue}` : new URL(address, root).href);
    const [module, module_or_path] = await Promise.all([glue, code]);
    await module.default({ module_or_path });
    return module;
  }

  function program(address) {
    if (!programs.has(address)) programs.set(address, load(address));
    const started = programs.get(address);
    // The server may answer the next time.
    started.catch(() => programs.delete(address));
    return started;
  }

  // A picture draws itself in a turn of its own, out of the page; then it is put in.
  async function drawn(draw) {
    const place = document.createElement("div");
    draw(place);
    await new Promise((resolve) => setTimeout(resolve));
    if (!place.firstElementChild) throw new Error("nothing was drawn");
    return place;
  }

  // Once each: the view and a link may ask for the same one.
  const enlivened = new Map();
  function enliven(embed) {
    if (!enlivened.has(embed)) enlivened.set(embed, putLive(embed));
    return enlivened.get(embed);
  }

  async function putLive(embed) {
    const { scenario, script, begin, anchor, foldEnd, line } = embed.dataset;
    const end = foldEnd === undefined ? undefined : Number(foldEnd);
    try {
      const { mount, vary } = await program(embed.dataset.program);
      const draw = line ? (place) => vary(place, embed) : (place) => mount(place, scenario, script, begin, anchor, end);
      const place = await drawn(draw);
      // What stands below stays where it is, whether or not the live picture is as high.
      embed.style.minHeight = `${embed.getBoundingClientRect().height}px`;
      embed.replaceChildren(place);
      embed.dataset.live = "yes";
    } catch (error) {
      note(embed, NOT_LIVE);
      console.error(`${scenario}: the picture stays as it is.`, error);
    }
  }

  // Until the playground is there nothing is seen where it comes, and there is room for it, so that no reader is at a
  // place that moves (player.css).
  async function open(embed) {
    embed.classList.add("sc-awaited");
    try {
      const { playground } = await program(embed.dataset.program);
      embed.prepend(await drawn((place) => playground(place, embed.dataset.catalogue, embed.dataset.language)));
      // The browser has laid it out, and has not scrolled to where the words below it went.
      for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
      embed.dataset.live = "yes";
    } catch (error) {
      note(embed, NOT_LIVE);
      console.error("The playground cannot be used.", error);
    }
    embed.classList.remove("sc-awaited");
  }

  // Where the controls would be.
  function note(embed, text) {
    embed.dataset.live = "failed";
    const line = document.createElement("p");
    line.className = "scenario-note";
    line.textContent = text;
    embed.append(line);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-playground]");
    if (!link) return;
    event.preventDefault();
    location.href = isOneFile ? link.hash : new URL(`playground.html${link.hash}`, root).href;
    if (isOneFile) playgrounds[0]?.scrollIntoView();
  });

  // Ctrl+Z takes back what the button beside the picture does: a word, or what a click has put in; with Shift, or Ctrl+Y,
  // it comes again. The browser knows of letters alone, and of nothing before a click.
  document.addEventListener("keydown", (event) => {
    const { target, ctrlKey, metaKey, shiftKey } = event;
    const key = event.key.toLowerCase();
    const place = target.closest?.(".sc-live, .pg");
    if (!place || target.matches("select, input:not([type=range])") || event.altKey) return;
    if (key === "z" ? !(ctrlKey || metaKey) : key !== "y" || !ctrlKey || shiftKey) return;
    event.preventDefault();
    const before = target.value;
    place.querySelector(key === "y" || shiftKey ? ".sc-redo" : ".sc-undo")?.click();
    if (!target.matches("textarea")) return;
    // The caret is where the change was, and not at the end.
    let frames = 20;
    const settle = () => {
      const now = target.value;
      if (now === before) return void (frames-- && requestAnimationFrame(settle));
      let same = 0;
      while (same < now.length && now.at(-1 - same) === before.at(-1 - same)) same++;
      target.setSelectionRange(now.length - same, now.length - same);
    };
    settle();
  });

  // A finger that begins on a slider may mean the page, and the browser has moved the slider already then: nothing hears
  // of it before the finger has gone sideways or is lifted. If the page was scrolled, the slider goes back.
  let finger;
  for (const kind of ["touchstart", "touchmove", "touchend", "touchcancel", "pointercancel", "input"]) addEventListener(kind, (event) => {
    const { target, touches } = event;
    if (kind === "touchstart") finger = target.type === "range" && { from: touches[0].clientX, value: target.value };
    else if (!finger) return;
    else if (kind === "input") finger.slides || event.stopPropagation();
    else if (kind === "pointercancel") finger.scrolls = true;
    else if (kind === "touchmove") finger.slides ||= !finger.scrolls && Math.abs(touches[0].clientX - finger.from) > 9;
    else {
      const { scrolls, value } = finger;
      finger = undefined;
      if (scrolls || kind === "touchcancel") target.value = value;
      else target.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }, true);

  // A finger on the end of an arrow means the page.
  addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" && event.target.closest?.(".sc-grip")) event.stopPropagation();
  }, true);

  // Who presents needs keys alone; a picture in a pane that is not shown can take them only now. The current
  // row is shown then, and afterwards the page goes to the row at which that ended: it was left at the button below.
  document.addEventListener("fullscreenchange", ({ target }) => {
    if (document.fullscreenElement) target.focus({ preventScroll: true });
    target.querySelector(".sc-now")?.scrollIntoView({ block: "center" });
  });

  // mdBook's bar stays where a jump upwards has left it, over the text, until it hears of a scroll once more.
  document.addEventListener("scrollend", () => document.dispatchEvent(new Event("scroll")));

  // mdBook's search keeps every form of a page from being sent.
  for (const form of document.querySelectorAll("form[action]")) {
    form.addEventListener("submit", (event) => event.stopPropagation());
  }

  // "On Linux 7.2, here": what that handle opens is fetched when one is first pressed, and hears later presses itself.
  let panel;
  document.addEventListener("click", async (event) => {
    const handle = event.target.closest?.("linux-here button[aria-expanded]");
    if (!handle || panel) return;
    panel = import(new URL("linux/panel.js", root).href);
    try {
      (await panel).open(handle);
    } catch (error) {
      panel = undefined;
      console.error("There is no Linux here.", error);
      handle.title = "It cannot be loaded now.";
      handle.setAttribute("aria-label", `${handle.textContent}: it cannot be loaded now`);
    }
  });

  // A file of a run is made by what is fetched when the first one is wanted.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("take-files button");
    if (!button) return;
    try {
      const files = document.getElementById("scenario-files")?.textContent;
      const { take } = await import(files ? `data:text/javascript;base64,${files}` : new URL("linux/files.js", root).href);
      await take(button, isOneFile ? program([...inside.keys()].find((address) => address.startsWith("here/"))) : undefined);
    } catch {
      button.closest("take-files").querySelector("[role=status]").textContent = "It cannot be made now: what makes it cannot be loaded.";
    }
  });

  // In a window of another width everything has another height.
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    putBack();
    embeds.forEach((embed) => (embed.style.minHeight = ""));
    markWide();
  });

  // Past the list of chapters with one key.
  const text = document.querySelector("main");
  if (text) {
    text.id ||= "the-text";
    text.tabIndex = -1;
    const skip = document.createElement("a");
    skip.className = "sc-skip";
    skip.href = `#${text.id}`;
    skip.textContent = "To the text";
    document.body.prepend(skip);
  }

  // Not every browser lets the keyboard scroll a listing or a table that is wider than the page.
  function markWide() {
    for (const wide of document.querySelectorAll("main pre > code, main .table-wrapper")) {
      if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
    }
  }
  markWide();

  const embeds = document.querySelectorAll(".scenario[data-program]");
  const playgrounds = document.querySelectorAll(".tcp-playground[data-program]");
  if (location.protocol === "file:" && !isOneFile) {
    // Browsers load no modules from files.
    for (const embed of [...embeds, ...playgrounds]) note(embed, FROM_FILE);
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
  // While its reader is at a sentence too far away to be seen with the row that it speaks of, that row's picture lies
  // above the text. Its place on the page is kept.
  let aloft;
  const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  // mdBook's bar lies over the page's top, or comes back when one goes upwards.
  const bar = document.getElementById("mdbook-menu-bar")?.offsetHeight ?? 0;
  // Where a row is on the page; one that is folded is where its fold is.
  const placeOf = (row) => (row.closest("details:not([open])") ?? row).getBoundingClientRect();

  // Whether a sentence can still be read when the page has been scrolled to its row. Another row may have more words, and
  // what stands below the picture moves down then.
  const MORE_WORDS = 150;
  function isNear(link, row, embed) {
    const [place, sentence] = [placeOf(row), link.getBoundingClientRect()];
    const bottom = innerHeight - (embed.querySelector(".sc-desk")?.offsetHeight ?? 0);
    const by = place.top < bar ? place.top - bar : Math.max(place.bottom - bottom, 0);
    return sentence.top - by >= bar + (by > 0 ? MORE_WORDS : 0) && sentence.bottom - by <= innerHeight - MORE_WORDS;
  }

  function lift(embed, link) {
    const picture = embed.firstElementChild;
    // An older browser goes to the row.
    if (!picture.showPopover) return;
    const { top, left, width, height } = embed.getBoundingClientRect();
    const back = document.createElement("button");
    back.type = "button";
    back.className = "sc-back";
    back.textContent = "×";
    back.ariaLabel = back.title = "Put the picture back";
    back.addEventListener("click", putBack);
    aloft = { embed, picture, back, link, kept: embed.style.minHeight };
    embed.style.minHeight = `${height}px`;
    picture.className = top > link.getBoundingClientRect().top ? "sc-aloft sc-aloft-below" : "sc-aloft";
    picture.style.left = `${left - 9}px`;
    picture.style.width = `${width}px`;
    picture.popover = "manual";
    picture.append(back);
    picture.showPopover();
  }

  // The sentence is not under the picture. The page moves no further than that.
  function keepInView(link) {
    const [place, { top, bottom }] = [aloft.picture.getBoundingClientRect(), link.getBoundingClientRect()];
    const by = place.top > 0 ? Math.max(bottom - place.top + 24, 0) : Math.min(top - place.bottom - 24, 0);
    if (by !== 0) scrollBy({ top: by, behavior: isCalm() ? "instant" : "smooth" });
  }

  function putBack() {
    if (!aloft) return;
    const { embed, picture, back, link, kept } = aloft;
    aloft = undefined;
    const before = link.getBoundingClientRect().top;
    if (document.activeElement === back) link.focus({ preventScroll: true });
    back.remove();
    picture.removeAttribute("popover");
    picture.className = picture.style.left = picture.style.width = "";
    embed.style.minHeight = kept;
    // It may be higher than it was, or less high: the sentence stays where its reader sees it.
    scrollBy({ top: link.getBoundingClientRect().top - before, behavior: "instant" });
  }
  document.addEventListener("keydown", ({ key }) => key === "Escape" && putBack());
  // Whoever goes on, or to the picture, has left the sentence.
  addEventListener("scroll", () => {
    const sentence = aloft?.link.getBoundingClientRect();
    if (sentence && (sentence.bottom < 0 || sentence.top > innerHeight)) putBack();
  }, { passive: true });

  // A link from a sentence to a row of a picture (its address is the row's name) makes it the current step. The live
  // picture brings it into view, no further than needed.
  async function go(hash, link) {
    const name = decodeURIComponent(hash.slice(1));
    const embed = document.getElementById(name)?.closest(".scenario[data-program]");
    if (!embed) return;
    if (!embed.dataset.live) {
      observer.unobserve(embed);
      await enliven(embed);
    }
    const row = document.getElementById(name);
    if (embed.dataset.live !== "yes") {
      row?.scrollIntoView({ block: "nearest" });
      return;
    }
    if (aloft?.embed !== embed) putBack();
    if (row && link && !aloft && !isNear(link, row, embed)) lift(embed, link);
    row?.click();
    if (!link || !aloft) return;
    aloft.link = link;
    keepInView(link);
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a.sc-step");
    // Another chapter's picture is found by its address when that chapter opens.
    if (!link || link.pathname !== location.pathname || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    if (location.hash !== link.hash) history.pushState(null, "", link.hash);
    go(link.hash, link);
  });
  addEventListener("hashchange", () => go(location.hash));
  if (location.hash) go(location.hash);
  // On paper every row is seen, and the table. Afterwards the page is as it was.
  let opened = [];
  addEventListener("beforeprint", () => {
    putBack();
    opened = [...document.querySelectorAll(":is(.sc-fold, .sc-table):not([open])")];
    opened.forEach((fold) => (fold.open = true));
  });
  addEventListener("afterprint", () => opened.splice(0).forEach((fold) => (fold.open = false)));
  // A link to a step leads to its picture, wherever on the page that lies.
  const named = location.hash.split(/[#&]/).map((part) => part.replace(/^id=/, ""));
  const linked = [...embeds].find((embed) => named.includes(embed.dataset.scenario));
  if (linked) {
    observer.unobserve(linked);
    enliven(linked).then(() => (linked.querySelector(".sc-now") ?? linked).scrollIntoView({ block: "center" }));
  }
  // mdBook turns pages with the arrow keys. Where a page has pictures they step through these (the program hears them
  // at the same place), or do nothing: nobody leaves a run in the middle of it.
  addEventListener("keydown", (event) => {
    if (embeds.length + playgrounds.length > 0 && /^Arrow(Left|Right)$/.test(event.key)) event.stopPropagation();
  }, true);
  // On paper it would be controls that nobody can press.
  if (!location.pathname.endsWith("/print.html")) playgrounds.forEach(open);
})();
