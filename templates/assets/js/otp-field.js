// Fields for one-time codes take what phones, keys and people put into them.

const fields = "input[data-otp]";

// Digits of any script as 0 to 9: they stand in runs of ten, from zero.
function ascii(digit) {
  let start = digit.codePointAt(0);
  const code = start;
  while (/\p{Nd}/u.test(String.fromCodePoint(start - 1))) start -= 1;
  return String((code - start) % 10);
}

const clean = {
  digits: (text) => text.replace(/[\s\p{Pd}.]/gu, "").replace(/\p{Nd}/gu, ascii),
  // Touched twice, the key typed twice, and only the last code is still good.
  yubikey: (text) => text.replace(/\s/g, "").replace(/^(?:.{44})+(?=.{44}$)/, ""),
};

document.addEventListener("input", ({ target: field }) => {
  if (!field.matches?.(fields)) return;
  const text = clean[field.dataset.otp](field.value);
  if (text !== field.value) field.value = text;
});

// A key that is touched while nothing has the focus types into the field all the same.
document.addEventListener("keydown", (event) => {
  if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.activeElement !== document.body) return;
  document.querySelector(`${fields}[autofocus]`)?.focus();
});
