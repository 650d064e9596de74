// What every WebAuthn ceremony of a page does: asks the server for options, hands the browser's
// answer back, and tells which of the page's sentences an error deserves.

// A refusal in the server's own words, with its code.
export class Refusal extends Error {
  constructor(sentence, code) {
    super(sentence);
    this.code = code;
  }
}

export async function post(address, body) {
  let response;
  try {
    response = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new DOMException("", "NetworkError");
  }
  const answer = await response.json().catch(() => ({}));
  // A proof that is too old: to a fresh one, and from there back here.
  if (answer.next && !response.ok) return leave(answer.next);
  if (!response.ok) throw new Refusal(answer.detail ?? "", answer.code ?? "");
  return answer;
}

// Goes to another page; nothing here goes on.
export function leave(next) {
  location.assign(new URL(next, location.origin));
  return new Promise(() => {});
}

// Names of sentences, by the name of the error. Browsers tell little on purpose: closing the
// question, having no such key and waiting too long are all NotAllowedError.
const sentences = {
  AbortError: "cancelled",
  ConstraintError: "no-verification",
  InvalidStateError: "already-registered",
  NetworkError: "offline",
  NotReadableError: "not-readable",
  NotSupportedError: "not-supported",
  OperationError: "busy",
  SecurityError: "wrong-site",
  TimeoutError: "timed-out",
  UnknownError: "not-readable",
};

// `kind` is "registration" or "authentication"; `asked` is what the browser was asked for and
// `waited` for how long, in milliseconds.
export function sentenceFor(error, kind, asked, waited) {
  if (error.name !== "NotAllowedError") return sentences[error.name] ?? "failed";
  if (waited >= (asked?.timeout ?? Infinity)) return "timed-out";
  // Too quick for a person: the browser did not ask at all.
  const isQuick = waited < 100;
  if (isQuick && !document.hasFocus()) return "not-allowed";
  const verification = asked?.authenticatorSelection?.userVerification ?? asked?.userVerification;
  if (verification === "required") return `${kind}-cancelled-verification`;
  if (isQuick && kind === "registration") return "registration-unasked";
  return `${kind}-cancelled`;
}

// What this browser can do, by its own word (WebAuthn Level 3 §5.1.7): keep passkeys itself, and
// reach a phone. One that tells nothing is taken to be able.
export async function abilities() {
  const passkeys = window.PublicKeyCredential;
  const asked = async (question) => {
    try {
      return await passkeys?.[question]?.();
    } catch {
      return undefined;
    }
  };
  const told = (await asked("getClientCapabilities")) ?? {};
  const here =
    told.userVerifyingPlatformAuthenticator ??
    (await asked("isUserVerifyingPlatformAuthenticatorAvailable")) ??
    true;
  const phone = told.hybridTransport ?? here;
  return { keeps: here || (told.passkeyPlatformAuthenticator === true && !phone), phone };
}

// The hints without what this browser cannot do; what is left keeps its order.
export function suited(options, { keeps, phone }) {
  const can = { "client-device": keeps, hybrid: phone };
  const hints = options.hints?.filter((hint) => can[hint] ?? true);
  return hints?.length ? { ...options, hints } : options;
}

// The JSON forms of WebAuthn Level 3 §5.1.8 to §5.1.10, by hand where the browser lacks them.

export function creation(options) {
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

export function assertion(options) {
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

export function toJSON(credential) {
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
  // Nothing and an empty buffer are one: an authenticator without a handle sends either.
  if (!buffer?.byteLength) return undefined;
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
