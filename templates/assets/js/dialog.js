// Pages with a card open in a dialog over the page that they belong to. Without this script, or
// where anything goes wrong, they are pages of their own.

import { hold, release } from "./forms.js";

let opener = null;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.matches("[data-webauthn]")) return;
  const dialog = form.closest("dialog");
  if (!dialog && !form.matches("[data-dialog]")) return;
  event.preventDefault();
  if (!hold(form, event.submitter)) return;
  if (!dialog) opener = event.submitter;
  send(form, event.submitter, dialog).finally(() => release(form));
});

document.addEventListener("click", (event) => {
  const closer = event.target.closest("dialog [data-close]");
  if (!closer) return;
  event.preventDefault();
  closer.closest("dialog").close();
});

// An address that was left by replacing the page comes back as itself.
window.addEventListener("popstate", () => location.reload());

async function send(form, submitter, dialog) {
  const fields = new URLSearchParams(new FormData(form, submitter));
  // A field that is called `method` hides the form's own.
  const posts = form.getAttribute("method") === "post";
  const query = posts || !fields.size ? "" : `?${fields}`;
  const address = form.action + query;
  let response;
  let page;
  try {
    response = await fetch(address, posts ? { method: "POST", body: fields } : {});
    page = new DOMParser().parseFromString(await response.text(), "text/html");
  } catch {
    // Unreachable: the browser says so better than we could.
    return posts ? HTMLFormElement.prototype.submit.call(form) : location.assign(address);
  }
  if (dialog && !dialog.open && !posts) return;
  const card = page.querySelector("main [data-card]");
  const isAnswer = !response.ok || path(response.url) === path(dialog?.dataset.address ?? address);
  if (card && isAnswer) return show(card, page, response.url, dialog);
  const isSaidOnce = posts || page.getElementById("notice");
  return isSaidOnce ? replace(page, response.url) : location.assign(response.url);
}

function path(address) {
  return new URL(address, location.href).pathname;
}

// Shows a card, in the dialog that is open already or in a new one. The dialog is the first
// element of the page, so that its ids and labels win over the ones beneath it.
function show(card, page, address, open) {
  const dialog = open ?? frame();
  dialog.dataset.address = open?.dataset.address ?? address;
  dialog.querySelector("[data-dialog-body]").replaceChildren(document.adoptNode(card));
  dialog.setAttribute("aria-labelledby", card.getAttribute("aria-labelledby"));
  load(page);
  if (!dialog.open) return dialog.showModal();
  const first = card.querySelector("[aria-invalid], [autofocus]") ?? card.querySelector("h1");
  focus(first);
}

function frame() {
  const template = document.getElementById("dialog-frame");
  const dialog = template.content.firstElementChild.cloneNode(true);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (opener?.isConnected) opener.focus();
  });
  document.body.prepend(dialog);
  return dialog;
}

// Puts the page that an answer led to in place of this one. Loading it again would lose what it
// says just once.
function replace(page, address) {
  load(page);
  document.title = page.title;
  document.body.className = page.body.className;
  document.body.replaceChildren(...page.body.children);
  if (address !== location.href) history.pushState(null, "", address);
  document.dispatchEvent(new Event("replaced"));
  focus(document.getElementById("notice") ?? document.querySelector("h1"));
}

// Scripts of a fetched page that this one lacks.
function load(page) {
  for (const script of page.querySelectorAll("script[type=module][src]")) {
    const address = script.getAttribute("src");
    if (document.querySelector(`script[src="${CSS.escape(address)}"]`)) continue;
    const copy = document.createElement("script");
    copy.type = "module";
    copy.src = address;
    document.head.append(copy);
  }
}

function focus(element) {
  if (!element.matches("a, button, input, select, textarea")) element.tabIndex = -1;
  element.focus();
}
