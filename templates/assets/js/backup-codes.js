// Copies, downloads and prints backup codes. Without it they can be marked and printed all the same.

const box = document.querySelector("[data-codes]");
const text = [...box.querySelectorAll("code")].map((code) => code.textContent).join("\n") + "\n";
const status = box.querySelector("[role=status]");

box.querySelector("[data-copy]").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(text);
    status.textContent = box.dataset.copied;
  } catch {
    getSelection().selectAllChildren(box.querySelector("ol"));
  }
});

box.querySelector("[data-download]").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = box.dataset.file;
  link.click();
  URL.revokeObjectURL(link.href);
});

box.querySelector("[data-print]").addEventListener("click", () => print());

box.querySelector("[data-actions]").hidden = false;
