// Fields complain in the page's own words, and a form is sent once.

const words = [
  ["valueMissing", "missing"],
  ["tooShort", "short"],
  ["typeMismatch", "wrong"],
  ["patternMismatch", "wrong"],
];

document.addEventListener(
  "invalid",
  ({ target: field }) => {
    const [, name] = words.find(([reason]) => field.validity[reason]) ?? [];
    if (field.dataset[name]) field.setCustomValidity(field.dataset[name]);
  },
  true,
);

document.addEventListener("input", ({ target }) => target.setCustomValidity?.(""), true);

const underWay = new Set();

// Marks a form as sent; false where it was sent already. The button shows it only where the
// answer takes longer than a blink.
export function hold(form, button) {
  if (underWay.has(form)) return false;
  underWay.add(form);
  setTimeout(() => underWay.has(form) && button?.setAttribute("aria-busy", "true"), 300);
  return true;
}

export function release(form) {
  underWay.delete(form);
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

// On the window, so that whoever sends a form by itself comes first.
window.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (!hold(event.target, event.submitter)) event.preventDefault();
});

// The page may come back from the history as it was left.
window.addEventListener("pageshow", () => [...underWay].forEach(release));
