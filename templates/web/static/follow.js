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

function follow(page) {
  let mark = page.dataset.mark;
  const told = $("[data-otherwise]");
  const show = state => {
    if (state.mark === mark) return;
    mark = state.mark;
    const pill = $(".pill[data-state=status_words]", page);
    if (pill) { pill.textContent = state.status_words; pill.className = `pill ${state.pill}`; }
    if (told?.dataset.otherwise === "anew" && !busy()) location.replace(anew());
    else if (told) { $("a", told).href = anew(); $("p", told).hidden = false; }
  };
  const ask = async () => {
    if (document.hidden) return;
    const answer = await fetch(page.dataset.stateUrl).catch(() => null);
    // Led to the door: the session is over. What is typed here stays until something is pressed.
    if (answer?.redirected) clearInterval(timer);
    else if (answer?.ok) show(await answer.json());
  };
  const timer = setInterval(ask, EVERY);
  document.addEventListener("visibilitychange", ask);
}

// Where a mailing goes out, its own stream tells.
if (!$("[data-progress]")) document.querySelectorAll("[data-state-url][data-mark]").forEach(follow);
