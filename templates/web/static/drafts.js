// What somebody typed and has not saved: kept in this tab, for them alone, until it is saved or they sign out. It stands
// in its field again when the page is there again; what has no field any more is shown on top of the page.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

const DRAFTS = "desk drafts";
const SENT = "desk sent";
const OUT = "desk signed out";
const TEXTS = "textarea, input:not([type]), input[type=text], input[type=url], input[type=email]";
const HIDDEN = ["event", "do", "finding", "note"];

const who = document.body.dataset.person;
const here = location.href.replace(/#.*/, "");
const pageKey = path => `${DRAFTS} ${who} ${path}`;
const sentKey = `${SENT} ${who}`;

function read(key) {
  try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; }
}

function write(key, value) {
  if (value?.length === 0) sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, JSON.stringify(value));
}

const valueOf = (form, name) => $(`input[type=hidden][name=${name}]`, form)?.value ?? "";
const named = form => [form.getAttribute("action"), ...HIDDEN.map(name => valueOf(form, name))].join(" ");
const forms = () => $$("form[method=post]");
const texts = form => $$(TEXTS, form).filter(field => field.name && field.autocomplete !== "off");
// The server keeps no outer blanks and no control characters: what differs in these alone is the same.
const bare = text => text.replace(/[\s\p{Cc}]+/gu, " ").trim();
const alike = (one, two) => bare(one) === bare(two);

// What a form is about, for whoever finds the text without the form.
function about(form) {
  const story = form.closest(".story");
  const part = form.closest("[aria-label], [aria-labelledby]");
  const by = part?.getAttribute("aria-labelledby");
  const shown = story ? $(".headline", story)?.textContent : by ? document.getElementById(by)?.textContent : part?.ariaLabel;
  return (shown ?? "").trim();
}

function titleOf(field) {
  const label = [...(field.closest("label")?.childNodes ?? [])].find(one => one.nodeType === Node.TEXT_NODE && one.data.trim());
  return label?.data.trim() ?? field.ariaLabel ?? field.placeholder ?? "";
}

const fieldOf = field => ({ name: field.name, title: titleOf(field), value: field.value, was: field.defaultValue });
const draftOf = (form, fields) => ({ form: named(form), about: about(form), version: valueOf(form, "version"), fields });

// What is on its way: its form, and what each of its fields said when it left.
let sent = null;
// What was typed for a form that is not on this page, or that takes nothing any more.
let homeless = [];
// Where somebody was typing when this page came, so that they go on there.
let typing = null;

function keep() {
  const drafts = forms().filter(form => form.dataset.changed && form !== sent?.form)
    .map(form => draftOf(form, texts(form).filter(one => !one.readOnly && one.value !== one.defaultValue).map(fieldOf)))
    .filter(draft => draft.fields.length);
  write(pageKey(location.pathname), [...drafts, ...homeless]);
  if (sent) {
    const fields = texts(sent.form).map(field => ({ ...fieldOf(field), sent: sent.said.get(field) }));
    write(sentKey, { ...draftOf(sent.form, fields), from: here, path: location.pathname, at: sent.at });
  }
}

// What was on its way when this page came. Done, it leaves what was typed into its form since; else all that it held.
function arrive() {
  const left = read(sentKey);
  // A page that says what was not done, and what can be done with it.
  if (!left || $("[data-not-done]")) return;
  // The answer to what was sent: led here by it (where it says what it did), or made of it at once. Not a page that one came
  // to by oneself, back, anew or by an address, for then nobody knows what became of it.
  const came = performance.getEntriesByType("navigation")[0];
  const says = new URLSearchParams(location.search).has("done") || $("[data-led]");
  const led = came?.redirectCount ? says : document.referrer === left.from;
  const answered = came?.type === "navigate" && led;
  if (answered && left.path === location.pathname) typing = left.at;
  const fields = left.fields.map(one => (answered ? { ...one, was: one.sent } : one)).filter(one => one.value !== one.was);
  if (fields.length) {
    const others = (read(pageKey(left.path)) ?? []).filter(one => one.form !== left.form);
    write(pageKey(left.path), [...others, { form: left.form, about: left.about, version: left.version, fields }]);
  }
  sessionStorage.removeItem(sentKey);
}

// What came back by itself looks saved, and is not: that is said beside its title until it is as it was, or saved.
function mark(field) {
  const label = field.closest("label");
  if (!label) return;
  let said = $(".length", label);
  if (!said) {
    said = document.createElement("span");
    said.className = "length";
    field.before(said);
  }
  said.dataset.unsaved = $("#unsaved").dataset.mark;
}

function unmark(field) {
  const label = field.closest?.("label");
  if (label && field.value === field.defaultValue) delete $("[data-unsaved]", label)?.dataset.unsaved;
}

// True where a text is saved by now, or stands in its field.
function fill(form, draft, one) {
  const field = form && texts(form).find(other => other.name === one.name);
  if (!field) return false;
  if (alike(field.defaultValue, one.value)) return true;
  if (field.readOnly || field.disabled) return false;
  const version = $("input[type=hidden][name=version]", form);
  // Somebody else has changed it since: saved on the version that was seen, both texts are shown.
  if (version && !alike(field.defaultValue, one.was)) version.value = draft.version;
  field.value = one.value;
  field.closest("details")?.setAttribute("open", "");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  mark(field);
  return true;
}

function restore() {
  const drafts = read(pageKey(location.pathname)) ?? [];
  for (const draft of drafts) {
    const form = forms().find(one => named(one) === draft.form);
    const fields = draft.fields.filter(one => !fill(form, draft, one));
    if (fields.length) homeless.push({ ...draft, fields });
  }
  keep();
}

function goOn() {
  const form = typing && forms().find(one => named(one) === typing.form);
  const field = form && texts(form).find(one => one.name === typing.name);
  if (!field || document.activeElement?.matches("input, textarea, select")) return;
  field.focus();
  field.setSelectionRange?.(typing.start, typing.end);
}

// What has no field stands on top, to be copied; it goes when it is dropped, or when it has its field again.
function show() {
  const box = $("#unsaved");
  const [list, pattern] = [$("ul", box), $("li", box)];
  const rows = homeless.flatMap(draft => draft.fields.map(one => {
    const row = pattern.cloneNode(true);
    const text = $("textarea", row);
    $("[data-title]", row).textContent = [draft.about, one.title].filter(Boolean).join(" · ");
    text.value = one.value;
    text.addEventListener("focus", () => text.select());
    $("button", row).addEventListener("click", () => {
      draft.fields = draft.fields.filter(other => other !== one);
      homeless = homeless.filter(other => other.fields.length);
      keep();
      row.remove();
      box.hidden = !homeless.length;
      (homeless.length ? $("button", box) : $("#main")).focus();
    });
    return row;
  }));
  list.replaceChildren(...rows);
  box.hidden = !rows.length;
}

function forget(person) {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(`${DRAFTS} ${person} `) || key === `${SENT} ${person}`) sessionStorage.removeItem(key);
  }
}

function follow() {
  let leaving = false;
  addEventListener("input", event => {
    sessionStorage.removeItem(OUT);
    const form = event.target.closest("form[method=post]");
    if (!form) return;
    unmark(event.target);
    form.dataset.changed = "1";
    const { name, selectionStart: start, selectionEnd: end } = event.target;
    // Only what people type: what is filled in by us comes before anything is sent.
    if (sent) sent.at = { form: named(form), name, start, end };
    keep();
  });
  addEventListener("submit", event => {
    const form = event.target;
    // Pressed while another one is on its way, it is not sent, and stays among the drafts.
    if (event.defaultPrevented || form.method === "dialog") return;
    sessionStorage.removeItem(OUT);
    // Whoever signs out is asked by the browser where something stands unsaved, and may stay.
    if ((form.getAttribute("action") ?? "").endsWith("/sign-out")) { sessionStorage.setItem(OUT, who); return; }
    leaving = true;
    if ($("[data-not-done]")) { again(); return; }
    if (form.method === "post") sent = { form, said: new Map(texts(form).map(field => [field, field.value])) };
    keep();
  });
  addEventListener("beforeunload", event => { if (!leaving && $("form[data-changed]")) event.preventDefault(); });
  // The page is alive again: come back to by the browser's own way, or what was on its way was stopped by Esc.
  const alive = () => {
    leaving = false;
    if (!sent) return;
    sent = null;
    sessionStorage.removeItem(sentKey);
    keep();
  };
  addEventListener("pageshow", alive);
  addEventListener("keydown", event => { if (event.key === "Escape") alive(); }, true);
  $("[data-leave]")?.addEventListener("click", again);
}

// Sent once more from the page that says why it was not done, or left as it stands: the page after that is the answer.
function again() {
  const left = read(sentKey);
  if (left) write(sentKey, { ...left, from: here });
}

if (who) {
  sessionStorage.removeItem(OUT);
  arrive();
  follow();
  restore();
  show();
  goOn();
  // The browser goes to the place that the address names, and would stay there.
  addEventListener("load", () => setTimeout(goOn));
} else {
  // The door: whoever has just signed out leaves nothing behind.
  const gone = sessionStorage.getItem(OUT);
  if (gone) forget(gone);
  sessionStorage.removeItem(OUT);
}
