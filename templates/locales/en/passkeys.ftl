# What browsers and authenticators report about passkeys and security keys, by the names that
# ceremony.js gives it; each sentence says what to do next.
passkey-working = Follow what your browser or device asks.
passkey-cancelled = The question was closed before it was answered. Try again when you are ready.
passkey-authentication-cancelled = Nothing was confirmed: the question was closed, or there is no passkey of yours here. Try again, or use another method.
passkey-authentication-cancelled-verification = Nothing was confirmed: the question was closed, or your key has no PIN or fingerprint. Set one in your system’s security key settings, or use another method.
passkey-registration-cancelled = Nothing was added: the question was closed. Try again when you are ready.
passkey-registration-cancelled-verification = Nothing was added: the question was closed, or your device cannot check that it is you. Set a PIN, fingerprint or screen lock on it, then try again.
passkey-registration-unasked = Nothing was added: your browser did not ask you anything. It may keep no passkeys; add a security key, or try another browser.
passkey-ways-none = This browser keeps no passkeys, and reaches no phone that could. A security key that is plugged in works here, also for a passkey.
passkey-ways-phone = This browser keeps no passkeys itself. Have your phone ready: the browser shows a code for it to scan.
passkey-not-allowed = Your browser did not ask, because you were not on this page. Click into the page and try again.
passkey-timed-out = That took too long. Have your device ready and try again.
passkey-not-supported = This browser cannot use passkeys or security keys. Use another browser or another method.
passkey-insecure = Passkeys work on secure pages only. Open this site by its https address.
passkey-wrong-site = Passkeys do not belong to the address of this page. Open the sign-in by its usual address and try again.
passkey-already-registered = This device is registered already. Use it as it is, or add a different one.
passkey-no-verification = This key has no PIN or fingerprint, or is too old to have one. Set one in your system’s security key settings, or use another key.
passkey-not-readable = Your device could not be read. Unplug it or hold it closer, then try again.
passkey-busy = Another request for a passkey is still open. Close it, in this tab or another, then try again.
passkey-failed = That did not work. Try again, or use another method.
passkey-offline = Keyward could not be reached. Check your connection and try again.

## enrol/webauthn.html
passkey-ways-elsewhere = Or open this page in another browser, or on your phone.

## parts/passkey-sentences.html
passkey-no-script = Passkeys and security keys need JavaScript. Switch it on for this site, or use another method.
