// Forms whose button asks for a passkey or a security key. Every sentence comes from the page.

import {
  Refusal,
  abilities,
  assertion,
  creation,
  leave,
  post,
  sentenceFor,
  suited,
  toJSON,
} from "./ceremony.js";
import { hold, release } from "./forms.js";
import { forgetUnknown } from "./signals.js";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-webauthn]")) return;
  event.preventDefault();
  if (hold(form, event.submitter)) run(form).finally(() => release(form));
});

async function run(form) {
  if (!window.isSecureContext) return say(form, "insecure");
  if (!window.PublicKeyCredential) return say(form, "not-supported");
  const kind = form.dataset.webauthn;
  const gaveUp = new AbortController();
  form.closest("dialog")?.addEventListener("close", () => gaveUp.abort(), { once: true });
  // A browser answers one question at a time; whoever asks meanwhile waits for this to end.
  let end;
  const failed = new Promise((resolve) => (end = resolve));
  document.dispatchEvent(new CustomEvent("ceremony", { detail: failed }));
  let asked;
  let credential;
  let began;
  try {
    asked = await post(form.dataset.options, request(form));
    say(form, "working");
    began = performance.now();
    credential = await ceremonies[kind](asked, gaveUp.signal);
    const { next } = await post(destination(form), toJSON(credential));
    await leave(next);
  } catch (error) {
    end();
    if (gaveUp.signal.aborted) return;
    if (error instanceof Refusal) {
      if (form.matches("[data-passwordless]")) forgetUnknown(error, asked, credential);
      return error.message ? tell(form, error.message) : say(form, "failed");
    }
    say(form, sentenceFor(error, kind, asked, performance.now() - began));
  }
}

// Where the answer goes: to remember this browser is a wish about the sign-in, not of the key.
function destination(form) {
  const address = new URL(form.action);
  const remember = form.elements.namedItem("remember");
  if (remember?.checked) {
    address.searchParams.set("remember", remember.value);
    address.searchParams.set("browser", form.elements.namedItem("browser").value);
  }
  return address;
}

function request(form) {
  if (form.dataset.webauthn === "registration") {
    return { kind: form.dataset.kind, name: form.elements.namedItem("name")?.value ?? "" };
  }
  // With a name, keys can answer that keep no credential of their own.
  const name = document.querySelector("[data-passwordless-name]")?.value.trim();
  return form.matches("[data-passwordless]") && name ? { username: name } : {};
}

const ceremonies = {
  registration: async (options, signal) => {
    const publicKey = creation(suited(options, await abilities()));
    return navigator.credentials.create({ publicKey, signal });
  },
  authentication: (options, signal) =>
    navigator.credentials.get({ publicKey: assertion(options), signal }),
};

function say(form, name) {
  const sentence =
    form.querySelector(`template[data-sentence="${name}"]`) ??
    form.querySelector('template[data-sentence="failed"]');
  tell(form, sentence?.content.textContent ?? "", name === "working");
}

export function tell(form, text, isGood = false) {
  const status = form.querySelector("[data-status]");
  status.dataset.tone = isGood ? "plain" : "bad";
  status.setAttribute("role", isGood ? "status" : "alert");
  status.textContent = text;
  // What the server said about an earlier try is out of date.
  if (!isGood) form.closest("[data-card]")?.querySelector(".notice.bad")?.remove();
}
