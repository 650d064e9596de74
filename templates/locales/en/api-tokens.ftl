# API tokens, by which other programs call.
nav-console-tokens = API tokens
tokens-title = API tokens
tokens-new = Add API token
token-name = Token name
token-scopes = Scopes
token-networks = Allowed networks
token-ends = Ends
scope-users-read = Read users.
scope-users-write = Create, change, disable and delete users.
scope-superusers-write = Make superusers, and take that from them.
scope-groups-read = Read groups and who is in them.
scope-groups-write = Create and remove groups, and change who is in them.
scope-devices-read = Read devices and the metadata of credentials.
scope-devices-write = Remove devices, and take them off hold.
scope-sessions-read = Read open sessions.
scope-sessions-write = End sessions.
scope-invitations-read = Read invitations.
scope-invitations-write = Invite people, and take invitations back.
scope-passes-read = Read which users have a temporary pass.
scope-passes-write = Issue temporary passes, and take them back.
scope-lockouts-read = Read what failed tries are counted on.
scope-lockouts-write = Clear lockouts.
scope-policies-read = Read policies, and try what they would do.
scope-policies-write = Draft policies, switch them on and take them back.
scope-services-read = Read validation services.
scope-services-write = Add, change and remove validation services.
scope-clients-read = Read clients of the validation server.
scope-clients-write = Add, change and revoke clients of the validation server.
scope-keys-read = Read the inventory of keys, and what is on them.
scope-keys-write = Add and change keys, assign and hand them over, take them back, report them lost or found, and retire them.
scope-enrolments-read = Read what is registered on keys and waits for their owners.
scope-enrolments-write = Register keys for their owners, keep them for these in the inventory, issue activation codes, and withdraw them: whoever has the key and the code has a device of that user. Those of superusers need superusers:write too.
scope-reports-read = Read reports: numbers of people by their devices, and of keys by model and firmware.
scope-applications-read = Read applications and their rules.
scope-applications-write = Add, change and remove applications.
scope-openid-clients-read = Read clients of the OpenID provider, without their secrets.
scope-openid-clients-write = Add, change and remove clients of the OpenID provider, and give them new secrets.
scope-applications-enter = Be let into applications as its owner, where their rules take tokens.
scope-tokens-read = Read API tokens, without their secrets.
scope-tokens-write = Revoke API tokens.
scope-events-read = Read the audit trail.
scope-sessions-check = Ask whose a session or a token is.
scope-verify = Verify codes and passkeys of users, and ask whose a session or a token is.

## console/api-token-added.html
token-title = API token { $name }
token-added = The token was added.
token-secret = Token
token-once = Copy the token now. It is not shown again.
token-kept = I have copied it

## console/api-tokens.html
tokens-lead = Programs call the API with a token. It does what its scopes say, and never more than its owner may.
token-owner = Owner
token-last-used = Last used
token-anywhere = Any
token-over = Over
token-revoke = Revoke
tokens-none = There are no API tokens yet.

## console/new-api-token.html
token-own = The token is yours: what a program does with it stands in the trail under your name and the token’s.
token-name-hint = For whom it is, such as the program that uses it.
token-networks-hint = Networks such as 192.0.2.0/24, one a line. Empty: from anywhere.
token-days = Days
token-days-hint = The token ends after so many days. Empty: never.
