// Tells the browser, and so the password managers behind it, what became of passkeys (WebAuthn
// Level 3 §5.1.10), where it listens.

const passkeys = window.PublicKeyCredential;

// The server has never heard of this passkey, or has forgotten it: nobody need offer it again.
export function forgetUnknown(refusal, asked, credential) {
  if (refusal.code !== "ceremony.unknown_credential" || !credential) return;
  quietly(() =>
    passkeys.signalUnknownCredential?.({ rpId: asked.rpId, credentialId: credential.id }),
  );
}

// What the page says of the passkeys of whoever is signed in.
export function tellAccepted() {
  const element = document.querySelector("[data-passkeys]");
  if (!element || !passkeys) return;
  const { rpId, userId, name, displayName, accepted } = JSON.parse(element.dataset.passkeys);
  quietly(() =>
    passkeys.signalAllAcceptedCredentials?.({ rpId, userId, allAcceptedCredentialIds: accepted }),
  );
  quietly(() => passkeys.signalCurrentUserDetails?.({ rpId, userId, name, displayName }));
}

// A browser that will not listen is no reason to complain.
async function quietly(signal) {
  try {
    await signal();
  } catch {
    // It may lack the method, or the page may be of a related origin that it does not know.
  }
}

tellAccepted();
document.addEventListener("replaced", tellAccepted);
