// Today, and every page of an edition, hear that it stands otherwise by now: somebody else, or the clock, has done
// something. The pill says so at once. Today is made anew where nobody is in the middle of anything; on the other pages a
// line offers it, for no button may change under somebody's hand. What is pressed on a page that is over is refused anyhow.

const EVERY = 3000;
const $ = (selector, root = document) => root.querySelector(selector);

const busy = () => {
  const at = document.activeElement;
  return Boolean((at && at !== document.body && at.id !== "main") || $("form[data-changed], dialog[open]"));
};

// The page without what was announced on it once.
function anew() {
  const address = new URL(location.href);
  address.hash = "";
  for (const name of ["done", "tested"]) address.searchParams.delete(name);
  return address.href;
}

const told = $("[data-otherwise]");

function offer() {
  if (!told) return;
  $("a", told).href = anew();
  $("p", told).hidden = false;
}

// Somebody has pressed something, and is on their way: this page made anew would take the press back.
let leaving = false;
addEventListener("beforeunload", () => { leaving = true; });
addEventListener("pageshow", () => { leaving = false; });

// Made anew it is read on where one was; another address would begin at its top.
let coming = false;
function again() {
  if (leaving) return;
  history.replaceState(null, "", anew());
  coming = true;
  location.reload();
}

// Whoever presses before it is there presses on this one, and keeps it: the new one would take a press away between down
// and up. What it would have shown is offered once the press is done, for nothing may move under it.
addEventListener("pointerdown", () => {
  if (!coming) return;
  window.stop();
  [coming, leaving] = [false, false];
  const later = () => setTimeout(offer, 300);
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, later, { once: true });
}, true);

function follow(page) {
  let mark = page.dataset.mark;
  const show = state => {
    if (state.mark === mark) return;
    mark = state.mark;
    const pill = $(".pill[data-state=status_words]", page);
    if (pill) { pill.textContent = state.status_words; pill.className = `pill ${state.pill}`; }
    if (told?.dataset.otherwise === "anew" && !busy()) again();
    else offer();
  };
  // Never a second question before the first is answered: a server that is slow is not asked more.
  let [asking, next] = [false, 0];
  const ask = async () => {
    if (asking) return;
    clearTimeout(next);
    asking = true;
    const answer = document.hidden ? null : await fetch(page.dataset.stateUrl).catch(() => null);
    const state = answer?.ok && !answer.redirected ? await answer.json().catch(() => null) : null;
    // Led to the door: the session is over. What is typed here stays until something is pressed; whoever has signed in
    // elsewhere and comes back here is followed again.
    if (!answer?.redirected) next = setTimeout(ask, EVERY);
    asking = false;
    if (state) show(state);
  };
  next = setTimeout(ask, EVERY);
  document.addEventListener("visibilitychange", ask);
}

// Where a mailing goes out, its own stream tells.
if (!$("[data-progress]")) document.querySelectorAll("[data-state-url][data-mark]").forEach(follow);
addEventListener("otherwise", offer);
addEventListener("anew", again);
