# Webhooks: events that are sent to other programs as they happen.
nav-console-webhooks = Webhooks
webhooks-title = Webhooks
webhooks-new = Add webhook
webhook-name = Name
webhook-events = Events
webhook-waiting = Waiting
webhook-dead = Given up
webhook-delivered = Last delivered
webhook-secret = Secret
webhook-former-until = The secret before it signs too until

## console/webhook-secret.html
webhook-added = The webhook was added.
webhook-rotated = The webhook has a new secret.
webhook-secret-once = Copy the secret now. It is not shown again.
webhook-secret-kept = I have copied it

## console/webhook.html
webhook-deliveries = Deliveries
webhook-test-taken = The receiver took the event.
webhook-test-refused = The receiver did not take the event:
webhook-failed = Last failure
webhook-test-lead = Sends the event webhook.tested now, and waits for the answer.
webhook-test-button = Send a test
webhook-dead-title = Events given up
webhook-dead-lead = These are not tried any more: the receiver wants no more, did not take them for as long as the settings let them be tried, or the trail has forgotten them.
webhook-dead-event = Event
webhook-dead-why = Last answer
webhook-dead-tries = Tries
webhook-dead-when = Happened
webhook-dead-forgotten = No longer in the audit trail
webhook-resend = Send again
webhook-resend-all = Send all again
webhook-settings = Settings
webhook-rotate-text = Requests are signed with both secrets for a while, so that the receiver can be changed in between. A secret older than both stops at once.
webhook-rotate = New secret
webhook-removal = Removal
webhook-remove-hint = Remove this webhook, with whatever is on its way to it.

## console/webhooks.html
webhooks-lead = Other programs that are told of events as they happen.
webhook-all = All
webhook-last-refused = Last event not taken
webhook-disabled = Not in use
webhook-enabled = In use
webhooks-none-title = No webhook yet
webhooks-none-text = Add one for each program that shall hear of sign-ins, devices or changes.

## parts/webhook-form.html
webhook-name-missing = Type a name for this webhook.
webhook-url = Address
webhook-url-missing = Type the address to which events are posted.
webhook-url-hint = For example https://hooks.example.org/keyward. It must be public, unless the settings allow its network.
webhook-events-hint = Kinds such as device.added, or families such as device.*, one a line. Empty: all of them.
webhook-families = All families
webhook-is-enabled = Send events to this webhook
webhook-is-enabled-hint = Switched off, events that happen are not kept for it.
