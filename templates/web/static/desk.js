// What the desk does better with script: countdown, lengths, keys, dragging, progress, a preview that follows changes.
// Every form works without it. Nothing here writes markup: texts only, so no story can become code.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

function countdowns() {
  const all = $$("[data-deadline]");
  const tick = () => {
    for (const one of all) {
      const left = Math.max(0, Math.floor((new Date(one.dataset.deadline) - Date.now()) / 1000));
      const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
      const two = number => String(number).padStart(2, "0");
      one.textContent = hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
      one.classList.toggle("soon", left < 300);
    }
  };
  if (all.length) { tick(); setInterval(tick, 1000); }
}

function lengths() {
  for (const shown of $$("[data-length]")) {
    const field = document.getElementById(shown.dataset.of);
    const most = Number(shown.dataset.length);
    const tell = () => {
      const long = [...field.value].length;
      shown.textContent = `${long} / ${most}`;
      shown.classList.toggle("over-it", long > most);
    };
    field?.addEventListener("input", tell);
  }
  for (const name of ["subject", "other"]) {
    const field = document.getElementById(name);
    field?.addEventListener("input", () => {
      for (const line of $$("[data-inbox]").filter(one => (one.dataset.from ?? "subject") === name)) {
        const width = Number(line.dataset.inbox);
        const letters = [...field.value];
        line.textContent = letters.length <= width ? field.value : `${letters.slice(0, width - 1).join("")}…`;
      }
    });
  }
}

// Nothing typed is lost by leaving a page.
function unsaved() {
  let changed = false;
  addEventListener("input", event => { if (event.target.closest("form[method=post]")) changed = true; });
  addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", event => { if (changed) event.preventDefault(); });
}

const stories = () => $$(".story");
const current = () => document.activeElement?.closest?.(".story") ?? $(".story:target");

function go(step) {
  const all = stories();
  const place = all.indexOf(current());
  const next = all[Math.min(all.length - 1, Math.max(0, place + step))];
  next?.focus();
}

function press(selector, root = document) { $(selector, root)?.click(); }

function keys() {
  const sheet = $("#keys");
  $("#help")?.addEventListener("click", event => { event.preventDefault(); sheet.showModal(); });
  addEventListener("keydown", event => {
    if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || sheet?.open) return;
    const story = current();
    if (event.altKey) {
      const move = { ArrowUp: "up", ArrowDown: "down" }[event.key];
      if (move && story) { event.preventDefault(); press(`button[value=${move}]`, story); }
      return;
    }
    if (event.key === "?") sheet?.showModal();
    else if (event.key === "j") go(1);
    else if (event.key === "k") go(-1);
    else if (event.key === "u") press("[data-do=undo]");
    else if (event.key === "p" && story) press("button[value=pin], button[value=unpin]", story);
    else if (event.key === "x" && story) {
      const more = $("details.out", story);
      if (more) { more.open = true; event.preventDefault(); $("[data-do=reason]", more)?.focus(); }
    } else if (/^[1-6]$/.test(event.key)) press(`.tabs [data-key="${event.key}"]`);
  });
  // After a change the story is where it was left: the keyboard goes on from there.
  // And whoever comes from the checks stands in the field that they are about.
  if (/^#(event-|[hb]-|subject$|other$|preheader$|note$)/.test(location.hash)) document.getElementById(location.hash.slice(1))?.focus();
}

function dragging() {
  const mover = $("#mover");
  let dragged = null;
  if (!mover) return;
  for (const row of $$(".story[draggable]")) {
    row.addEventListener("dragstart", event => {
      dragged = row;
      row.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", row.dataset.event);
    });
    row.addEventListener("dragend", () => { dragged = null; $$(".dragged, .over-here").forEach(one => one.classList.remove("dragged", "over-here")); });
  }
  for (const row of $$(".rows[data-section] .story")) {
    row.addEventListener("dragover", event => { if (dragged && dragged !== row) { event.preventDefault(); row.classList.add("over-here"); } });
    row.addEventListener("dragleave", () => row.classList.remove("over-here"));
    row.addEventListener("drop", event => {
      event.preventDefault();
      if (!dragged || dragged === row) return;
      const list = row.closest("[data-section]");
      const same = dragged.closest("[data-section]") === list;
      let place = Number(row.dataset.place);
      if (same && Number(dragged.dataset.place) < place) place -= 1;
      mover.elements.event.value = dragged.dataset.event;
      mover.elements.section.value = list.dataset.section;
      mover.elements.place.value = String(place);
      mover.requestSubmit();
    });
  }
}

// Progress: a stream where there is one, else asking every two seconds.
function progress() {
  const box = $("[data-progress]");
  const page = $("[data-state-url]");
  if (!box || !page) return;
  const samples = [];
  const field = name => $(`[data-state=${name}]`, box);
  const show = state => {
    $$("[data-state=status_words]").forEach(one => { one.textContent = state.status_words; });
    const bar = field("bar");
    bar.max = state.whole; bar.value = state.done;
    field("done").textContent = state.done.toLocaleString(document.documentElement.lang);
    field("whole").textContent = state.whole.toLocaleString(document.documentElement.lang);
    for (const [name, count] of state.places) {
      const place = $(`.account .${CSS.escape(name)} dd`, box);
      if (place) place.textContent = count;
    }
    samples.push([Date.now(), state.done]);
    if (samples.length > 10) samples.shift();
    const [[first, from], [last, to]] = [samples[0], samples.at(-1)];
    const rate = last > first ? (to - from) / ((last - first) / 1000) : 0;
    field("rate").textContent = rate > 0 ? `${Math.round(rate).toLocaleString(document.documentElement.lang)} / s` : "";
    const left = rate > 0 ? (state.whole - state.done) / rate : 0;
    field("eta").textContent = left > 1 ? `${Math.floor(left / 60)}:${String(Math.round(left % 60)).padStart(2, "0")}` : "";
    const was = box.dataset.mailing;
    box.dataset.mailing = `${state.mailing} ${state.running} ${state.mailing === "stopped" && state.in_flight}`;
    // Other buttons fit now: the page is made anew.
    if (was && was !== box.dataset.mailing) location.reload();
  };
  const ask = () => setInterval(async () => { const answer = await fetch(page.dataset.stateUrl); if (answer.ok) show(await answer.json()); }, 2000);
  if (!("EventSource" in window)) { ask(); return; }
  const source = new EventSource(box.dataset.progress);
  source.onmessage = event => show(JSON.parse(event.data));
  source.onerror = () => { if (source.readyState === EventSource.CLOSED) ask(); };
  addEventListener("pagehide", () => source.close());
}

// The preview is drawn anew when somebody, here or elsewhere, has changed the edition.
function following() {
  const frame = $("iframe[data-refresh]");
  const page = $("[data-state-url]");
  if (!frame || !page) return;
  let version = Number(page.dataset.version);
  setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(page.dataset.stateUrl).catch(() => null);
    if (!answer?.ok) return;
    const state = await answer.json();
    if (state.version !== version) { version = state.version; frame.src = frame.getAttribute("src"); }
  }, 1000);
}

countdowns(); lengths(); unsaved(); keys(); dragging(); progress(); following();
