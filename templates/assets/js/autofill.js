// Passkeys among the suggestions of the user name field (conditional mediation): a question that
// waits quietly for as long as the page is open, and is asked anew before its challenge ends.

import { Refusal, assertion, leave, post, toJSON } from "./ceremony.js";
import { tell } from "./passkey.js";
import { forgetUnknown } from "./signals.js";

const form = document.querySelector("form[data-passwordless]");
const field = document.querySelector("[data-passwordless-name]");
let waiting = null;

if (form && (await isThere())) {
  document.addEventListener("visibilitychange", () => !document.hidden && ask());
  // The page may come back from the history as it was left.
  window.addEventListener("pageshow", (event) => event.persisted && ask());
  document.addEventListener("ceremony", async ({ detail: failed }) => {
    waiting?.abort();
    await failed;
    ask();
  });
  ask();
}

async function isThere() {
  return (await window.PublicKeyCredential?.isConditionalMediationAvailable?.()) ?? false;
}

async function ask() {
  if (waiting || document.hidden) return;
  waiting = new AbortController();
  const { signal } = waiting;
  let again = false;
  let asked;
  let credential;
  try {
    asked = await post(form.dataset.options, {});
    const soon = setTimeout(() => ((again = true), waiting?.abort()), asked.timeout * 0.8);
    signal.addEventListener("abort", () => clearTimeout(soon));
    const publicKey = assertion(asked);
    credential = await navigator.credentials.get({ publicKey, signal, mediation: "conditional" });
    clearTimeout(soon);
    const { next } = await post(form.action, toJSON(credential));
    await leave(next);
  } catch (error) {
    // Nobody asked for anything yet, so only an answer that was refused is worth a sentence.
    if (error instanceof Refusal && credential) {
      tell(form, error.message);
      forgetUnknown(error, asked, credential);
      // Asked again when the person turns to it again, lest one refusal follow another.
      field.addEventListener("focus", ask, { once: true });
    }
  }
  waiting = null;
  if (again) ask();
}
