// Sets the groups of a secret that is shown once apart, and copies it. Without this script it can be
// marked and copied by hand.

document.addEventListener("replaced", prepare);
prepare();

function prepare() {
  document.querySelectorAll("[data-secret]:not([data-ready])").forEach(prepareOne);
  document.querySelectorAll("[data-print]:not([data-ready])").forEach((button) => {
    button.dataset.ready = "";
    button.addEventListener("click", () => print());
  });
}

function prepareOne(box) {
  box.dataset.ready = "";
  const button = box.querySelector("[data-copy-secret]");
  const secret = box.querySelector("code");
  const status = box.querySelector("[role=status]");
  if ("inFours" in secret.dataset) group(secret);
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(secret.textContent);
      status.textContent = box.dataset.copied;
    } catch {
      getSelection().selectAllChildren(secret);
    }
  });
}

// Fours, or what dashes have grouped already. The text stays what it was.
function group(secret) {
  const text = secret.textContent;
  if (/[-:]/.test(text)) return;
  const parts = text.match(/.{1,4}/gsu) ?? [];
  secret.replaceChildren(
    ...parts.map((part) => Object.assign(document.createElement("span"), { textContent: part })),
  );
}
