# Clients of the OpenID provider, at the console.
nav-console-openid-clients = OpenID clients
openid-clients-title = OpenID clients
openid-clients-new = Add client
openid-client-name = Name
openid-client-id = Client ID
openid-client-secret = Client secret
openid-client-redirect-uris = Redirect addresses
openid-client-access = Who may sign in
openid-client-authentication = Proves itself by
openid-client-by-none = Nothing: a program in people’s hands
openid-client-by-client_secret_basic = A secret in the header
openid-client-by-client_secret_post = A secret in the body
openid-client-by-private_key_jwt = A key of its own
openid-client-by-tls_client_auth = The certificate of its connection
openid-client-grant-authorization_code = People sign in with a browser
openid-client-grant-refresh_token = It goes on while the browser is closed
openid-client-grant-device_code = People type a code that a device shows
openid-client-grant-client_credentials = It asks for itself, and for nobody
openid-client-subject-public = One that all applications see
openid-client-subject-pairwise = One for this application alone
openid-client-access-token-opaque = A random text, which Keyward is asked about
openid-client-access-token-jwt = A signed token (JWT), which counts until it ends
openid-client-former-until = The secret before it works until

## console/openid-client-secret.html
openid-client-rotated = The client has a new secret.
openid-client-added = The client was added.
openid-client-secret-once = Copy the secret now. It is not shown again.
openid-client-secret-kept = I have copied it

## console/openid-client.html
openid-client-denied = Nobody may sign in: nobody is named, or whoever was named is gone.
openid-client-no-secret = It has no secret yet, so it cannot prove itself. Give it one below.
openid-client-needs = What the application needs
openid-client-needs-text = Most applications ask for the first of these and find the rest by themselves.
openid-client-secret-of = Its secret was made
openid-client-created = Added
openid-client-settings = Settings
openid-client-rotate-text = The secret before works for a day still, so that the application can be changed in between.
openid-client-rotate = New secret
openid-client-replace-text = If somebody else may know the secret, end it at once.
openid-client-replace = New secret, end the present one
openid-client-remove = Remove client
openid-client-remove-text = Nobody signs in to it with Keyward any more, and its tokens are over.

## console/openid-clients.html
openid-clients-lead = Applications that people sign in to by OpenID Connect, and programs that ask for tokens.
openid-clients-none-title = No client yet
openid-clients-none-text = Add one for each application that speaks OpenID Connect, and give it the client ID and the secret.

## parts/openid-client-addresses.html
openid-client-issuer = Issuer
openid-client-discovery = Discovery

## parts/openid-client-form.html
openid-client-name-missing = Type what it is called.
openid-client-name-hint = People read it when they sign in.
openid-client-redirect-uris-hint = One a line, such as https://wiki.example.org/callback. They are compared letter by letter.
openid-client-access-missing = Type who may sign in, such as anyone.
openid-client-access-hint = anyone, deny, or names such as group:staff,user:anna; then session, second-factor, phishing-resistant or hardware; then how old the proof may be: within 1h.
openid-client-keys = Its public keys
openid-client-keys-hint = For a key of its own: a JWK set in JSON, or the address at which it publishes one.
openid-client-certificate = Its certificate
openid-client-certificate-hint = For the certificate of its connection: dns:payroll.example.org, or dn:CN=payroll,O=Example. It needs server.tls.client_ca.
openid-client-scopes = Scopes
openid-client-scopes-hint = With spaces between: openid, profile, email, groups, offline_access. A program that asks for itself has names of its own.
openid-client-grants = How it asks for tokens
openid-client-asks-consent = Ask people before it is told of them
openid-client-requires-pkce = Bind codes to whoever asked (PKCE)
openid-client-requires-pkce-hint = Those of programs in people’s hands always are.
openid-client-contact = Whom to ask
openid-client-contact-hint = Shown to people who may not go on.
openid-client-logo = Picture
openid-client-logo-hint = An address that begins with https://. The sign-in page shows it, and browsers fetch it from there.
openid-client-post-logout = Where people go after signing out
openid-client-back-channel = What is told that a session is over
openid-client-back-channel-hint = The address for back-channel logout, if it has one.
openid-client-subject = What it knows users by
openid-client-access-token = Its access tokens
openid-client-algorithm = ID tokens are signed by
openid-client-id-hint = Leave it empty for a new one. It stays when everything else is changed.
openid-client-secret-hint = Leave it empty for a new one, unless it has one already.
