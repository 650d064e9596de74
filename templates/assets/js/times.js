// Exact times in place of relative ones, in the reader's own time zone: for everything on the page
// at once, by a button that keyboards and fingers reach, and kept for the next page.

const KEY = "keyward-exact-times";
const language = document.documentElement.lang;
const short = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const full = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });
const relative = new WeakMap();
const button = document.querySelector("[data-exact-times]");

function kept() {
  try {
    return localStorage.getItem(KEY) === "yes";
  } catch {
    return false;
  }
}

function keep(exact) {
  try {
    localStorage.setItem(KEY, exact ? "yes" : "no");
  } catch {
    // A browser that keeps nothing shows relative times on the next page.
  }
}

let exact = kept();

function tell(time) {
  const moment = new Date(time.dateTime);
  if (!relative.has(time)) relative.set(time, time.textContent);
  const text = exact ? short.format(moment) : relative.get(time);
  if (time.textContent !== text) time.textContent = text;
  time.title = exact ? `${relative.get(time)} · ${full.format(moment)}` : full.format(moment);
}

function tellAll(within) {
  for (const time of within.querySelectorAll("time[datetime]")) tell(time);
  button?.setAttribute("aria-pressed", String(exact));
}

button?.addEventListener("click", () => {
  exact = !exact;
  keep(exact);
  tellAll(document);
});

// What a dialog or a script brings along later.
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) {
      if (node instanceof Element) tellAll(node);
    }
  }
}).observe(document.body, { childList: true, subtree: true });

tellAll(document);
