// Passkeys and security keys: asks the server for options, the browser for a credential, and the
// server for its verdict. Every sentence comes from the page.

import { hold, release } from "./forms.js";

// A refusal in the server's own words.
class Refusal extends Error {}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-webauthn]")) return;
  event.preventDefault();
  if (hold(form, event.submitter)) run(form).finally(() => release(form));
});

async function run(form) {
  if (!window.isSecureContext) return say(form, "insecure");
  if (!window.PublicKeyCredential) return say(form, "not-supported");
  const gaveUp = new AbortController();
  form.closest("dialog")?.addEventListener("close", () => gaveUp.abort(), { once: true });
  const began = performance.now();
  let patience = Infinity;
  try {
    const options = await post(form.dataset.options, request(form));
    const publicKey = options.publicKey ?? options;
    patience = publicKey.timeout ?? patience;
    say(form, "working");
    const credential = await ceremonies[form.dataset.webauthn](publicKey, gaveUp.signal);
    const { next } = await post(form.action, toJSON(credential));
    await leave(next);
  } catch (error) {
    if (gaveUp.signal.aborted) return;
    if (error instanceof Refusal) return tell(form, error.message);
    say(form, outcome(error, performance.now() - began >= patience));
  }
}

function request(form) {
  if (form.dataset.webauthn !== "registration") return {};
  return { kind: form.dataset.kind, name: form.elements.namedItem("name")?.value ?? "" };
}

const ceremonies = {
  registration: (options, signal) =>
    navigator.credentials.create({ publicKey: creation(options), signal }),
  authentication: (options, signal) =>
    navigator.credentials.get({ publicKey: assertion(options), signal }),
};

async function post(address, body) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  // A proof that is too old: to a fresh one, and from there back here.
  if (answer.next && !response.ok) return leave(answer.next);
  if (!response.ok) throw answer.detail ? new Refusal(answer.detail) : new Error("refused");
  return answer;
}

// Goes to another page; nothing here goes on.
function leave(next) {
  location.assign(new URL(next, location.origin));
  return new Promise(() => {});
}

// Which of the page's sentences an error deserves. Browsers tell little on purpose: closing the
// question, having no such key and waiting too long are all NotAllowedError.
function outcome(error, tookTooLong) {
  switch (error.name) {
    case "NotAllowedError":
      return tookTooLong ? "timed-out" : "cancelled";
    case "AbortError":
      return "cancelled";
    case "InvalidStateError":
      return "already-registered";
    case "ConstraintError":
      return "no-verification";
    case "NotSupportedError":
      return "not-supported";
    case "SecurityError":
      return "insecure";
    case "TypeError":
      return "offline";
    default:
      return "failed";
  }
}

function say(form, name) {
  const sentence = form.querySelector(`template[data-sentence="${name}"]`);
  tell(form, sentence?.content.textContent ?? "", name === "working");
}

function tell(form, text, isGood = false) {
  const status = form.querySelector("[data-status]");
  status.dataset.tone = isGood ? "plain" : "bad";
  status.setAttribute("role", isGood ? "status" : "alert");
  status.textContent = text;
  // What the server said about an earlier try is out of date.
  if (!isGood) form.parentElement.querySelector(":scope > .notice.bad")?.remove();
}

// The JSON forms of WebAuthn Level 3 §5.1.8 to §5.1.10, by hand where the browser lacks them.

function creation(options) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) {
    return PublicKeyCredential.parseCreationOptionsFromJSON(options);
  }
  return {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: descriptors(options.excludeCredentials),
  };
}

function assertion(options) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) {
    return PublicKeyCredential.parseRequestOptionsFromJSON(options);
  }
  return {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: descriptors(options.allowCredentials),
  };
}

function descriptors(list = []) {
  return list.map((descriptor) => ({ ...descriptor, id: bytes(descriptor.id) }));
}

function toJSON(credential) {
  try {
    return credential.toJSON();
  } catch {
    // Some password managers hand out credentials of their own making, without toJSON.
  }
  const { response } = credential;
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults?.() ?? {},
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
      transports: response.attestationObject ? (response.getTransports?.() ?? []) : undefined,
      authenticatorData: response.signature ? text(response.authenticatorData) : undefined,
      signature: text(response.signature),
      userHandle: text(response.userHandle),
    },
  };
}

function bytes(base64url) {
  const base64 = base64url.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function text(buffer) {
  if (!buffer) return undefined;
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
