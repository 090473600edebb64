// What the desk does better with script: countdown, lengths, keys, dragging, progress, a preview that follows changes.
// Every form works without it. Nothing here writes markup: texts only, so no story can become code.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

function countdowns() {
  const all = $$("[data-deadline]");
  if (!all.length) return;
  // The server's clock decides, so its clock is shown: this computer's may be wrong, and only says how long ago the page came.
  const came = performance.getEntriesByType("navigation")[0]?.responseStart ?? performance.now();
  const ahead = Date.now() - Math.max(0, performance.now() - came) - new Date(all[0].dataset.now);
  const tick = () => {
    for (const one of all) {
      const left = Math.max(0, Math.floor((new Date(one.dataset.deadline) - Date.now() + ahead) / 1000));
      const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
      const two = number => String(number).padStart(2, "0");
      one.textContent = hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
      one.classList.toggle("soon", left < 300);
    }
  };
  tick();
  setInterval(tick, 1000);
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

const valueOf = (form, name) => $(`input[type=hidden][name=${name}]`, form)?.value ?? "";

// The page is alive again: come back to by the browser's own way, or what was on its way was stopped by Esc.
function onAgain(told) {
  addEventListener("pageshow", told);
  addEventListener("keydown", event => { if (event.key === "Escape") told(); }, true);
}

// What one goes through by keys: the cards of the day, the stories of an edition, their texts.
const ROWS = ".story, .pair[id^=event-], .today h2 > a";
const stories = () => $$(ROWS);
const current = () => document.activeElement?.closest?.(ROWS) ?? stories().find(one => one.matches(":target"));

function go(step) {
  const all = stories();
  const place = all.indexOf(current());
  const next = all[Math.min(all.length - 1, Math.max(0, place + step))];
  next?.focus();
}

// Whoever takes something back goes on where they stood.
function undo(story) {
  const button = $("[data-do=undo]");
  if (button && story?.id.startsWith("event-")) button.form.elements.event.value = story.id.slice("event-".length);
  button?.click();
}

function press(selector, root = document) { $(selector, root)?.click(); }

// One place up or down; where there is none, that is said.
function shift(move, story) {
  const button = $(`button[value=${move}]`, story);
  const mover = $("#mover");
  if (button) button.click();
  else if (mover && story.dataset.place !== undefined) $(".lately [role=status]").textContent = mover.dataset[move === "up" ? "top" : "end"];
}

function inField(event) {
  if (event.key === "Escape") {
    const row = event.target.closest(ROWS);
    if (row) row.focus(); else event.target.blur();
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
    event.target.form?.requestSubmit();
  }
}

// What is pressed once more while a form is on its way would be done to a page that is over: whoever holds a key down, or
// clicks twice, is not told that somebody was faster, who is they themselves.
let going = false;
const LONGEST_WAY = 10_000;

function once() {
  addEventListener("submit", event => {
    // What is made on a version leads to another page; a download or a dialog's button does not.
    if (!valueOf(event.target, "version")) return;
    if (going) { event.preventDefault(); return; }
    going = true;
    // Of a load that is stopped by the browser's button nobody tells.
    setTimeout(() => { going = false; }, LONGEST_WAY);
  }, true);
  onAgain(() => { going = false; });
}

function keys() {
  const sheet = $("#keys");
  $("#help")?.addEventListener("click", event => { event.preventDefault(); sheet.showModal(); });
  addEventListener("keydown", event => {
    if (event.target.matches("input, textarea, select")) { inField(event); return; }
    if (event.ctrlKey || event.metaKey || sheet?.open) return;
    if (going || (event.repeat && !/^[jk]$/.test(event.key))) {
      if (event.altKey && event.key.startsWith("Arrow")) event.preventDefault();
      return;
    }
    const story = current();
    if (event.altKey) {
      const move = { ArrowUp: "up", ArrowDown: "down" }[event.key];
      if (move && story) { event.preventDefault(); shift(move, story); }
      return;
    }
    if (event.key === "?") sheet?.showModal();
    else if (event.key === "j") go(1);
    else if (event.key === "k") go(-1);
    else if (event.key === "u") undo(story);
    // Only gone to: what it does is done by whoever presses it.
    else if (event.key === "m") $("main :is(button.stop, button.main, .button.main, [data-main])")?.focus();
    else if (event.key === "e" && story) {
      const where = $("[data-do=rewrite]", story);
      if (where?.matches("textarea")) { event.preventDefault(); where.focus(); } else where?.click();
    }
    else if (event.key === "p" && story) press("button[value=pin], button[value=unpin]", story);
    else if (event.key === "x" && story) {
      const more = $("details.out", story);
      if (more) { more.open = true; event.preventDefault(); $("[data-do=reason]", more)?.focus(); }
    } else if (/^[0-6]$/.test(event.key)) press(`nav [data-key="${event.key}"]`);
  });
  // After a change the story is where it was left: the keyboard goes on from there.
  // And whoever comes from the checks stands in the field that they are about.
  if (/^#(event-|[hb]-|subject$|other$|preheader$|note$)/.test(location.hash)) document.getElementById(location.hash.slice(1))?.focus();
}

// A story is dragged to a place; a candidate too, which is then told there.
function dragging() {
  const [mover, adder] = [$("#mover"), $("#adder")];
  let dragged = null;
  if (!mover) return;
  for (const row of $$(".story[draggable]")) {
    row.addEventListener("dragstart", event => {
      dragged = row;
      row.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", row.dataset.event);
    });
    row.addEventListener("dragend", () => { dragged = null; $$(".dragged, .over-here, .below-here").forEach(one => one.classList.remove("dragged", "over-here", "below-here")); });
  }
  const put = (list, place) => {
    const form = dragged.dataset.place === undefined ? adder : mover;
    form.elements.event.value = dragged.dataset.event;
    form.elements.section.value = list.dataset.section;
    form.elements.place.value = place < $$(".story", list).length ? String(place) : "";
    form.requestSubmit();
  };
  for (const list of $$(".rows[data-section]")) {
    const own = () => dragged.closest("[data-section]") === list;
    const below = (row, event) => event.clientY > row.getBoundingClientRect().top + row.offsetHeight / 2;
    list.addEventListener("dragover", event => {
      if (!dragged) return;
      event.preventDefault();
      $$(".over-here, .below-here").forEach(one => one.classList.remove("over-here", "below-here"));
      const over = event.target.closest(".story");
      const row = over ?? $$(".story", list).at(-1);
      if (!row || row === dragged) return;
      const after = own() ? Number(dragged.dataset.place) < Number(row.dataset.place) : !over || below(row, event);
      row.classList.add(after ? "below-here" : "over-here");
    });
    list.addEventListener("drop", event => {
      event.preventDefault();
      const row = event.target.closest(".story");
      if (!dragged || dragged === row) return;
      // In its own section it takes the place of the one that it is dropped on; in another it goes above or below.
      if (!row) put(list, $$(".story", list).length);
      else put(list, Number(row.dataset.place) + (!own() && below(row, event) ? 1 : 0));
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
    // Every place anew: one that had nobody when the page was made may have somebody now (they add up).
    field("places").replaceChildren(...state.places.map(([name, count, title]) => {
      const [place, term, number] = ["div", "dt", "dd"].map(tag => document.createElement(tag));
      place.className = name; term.textContent = title; number.textContent = count;
      place.append(term, number);
      return place;
    }));
    samples.push([Date.now(), state.done]);
    if (samples.length > 10) samples.shift();
    const [[first, from], [last, to]] = [samples[0], samples.at(-1)];
    const rate = last > first ? (to - from) / ((last - first) / 1000) : 0;
    field("rate").textContent = rate > 0 ? `${Math.round(rate).toLocaleString(document.documentElement.lang)} / s` : "";
    const left = rate > 0 ? (state.whole - state.done) / rate : 0;
    field("eta").textContent = left > 1 ? `${Math.floor(left / 60)}:${String(Math.round(left % 60)).padStart(2, "0")}` : "";
    const was = box.dataset.mailing;
    box.dataset.mailing = `${state.mailing} ${state.running} ${state.mailing === "stopped" && state.in_flight}`;
    // Other buttons fit now: the page is made anew, or offers that to whoever is writing on it.
    if (!was || was === box.dataset.mailing) return;
    const writing = $("form[data-changed]") || document.activeElement?.matches("input, textarea");
    dispatchEvent(new Event(writing ? "otherwise" : "anew"));
  };
  const ask = () => setInterval(async () => {
    const answer = await fetch(box.dataset.poll ?? page.dataset.stateUrl);
    // Led to the door: the session is over, and the page says so.
    if (answer.redirected) location.reload();
    else if (answer.ok) show(await answer.json());
  }, 2000);
  if (!("EventSource" in window)) { ask(); return; }
  const source = new EventSource(box.dataset.progress);
  source.onmessage = event => show(JSON.parse(event.data));
  source.onerror = () => { if (source.readyState === EventSource.CLOSED) ask(); };
  addEventListener("pagehide", () => source.close());
}

// The preview is drawn anew when somebody, here or elsewhere, has changed the edition. It follows within a second: less
// than half of that until the change is heard of, the rest for drawing it.
const LISTENING = 300;

function following() {
  const frame = $("iframe[data-refresh]");
  const page = $("[data-state-url]");
  if (!frame || !page) return;
  let version = Number(page.dataset.version);
  const ask = async () => {
    const answer = document.hidden ? null : await fetch(page.dataset.stateUrl).catch(() => null);
    // Led to the door: the session is over, until whoever has signed in elsewhere comes back here.
    if (answer?.redirected) { document.addEventListener("visibilitychange", ask, { once: true }); return; }
    const state = answer?.ok ? await answer.json().catch(() => null) : null;
    if (state && state.version !== version) { version = state.version; frame.src = frame.getAttribute("src"); }
    // Never a second question before the first is answered: a server that is slow is not asked more.
    setTimeout(ask, LISTENING);
  };
  setTimeout(ask, LISTENING);
}

countdowns(); lengths(); once(); keys(); dragging(); progress(); following();
