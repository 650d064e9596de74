# The inventory: keys as things of hardware, whose they are, and what becomes of them.
nav-console-keys = Keys
keys-title = Keys
keys-new = Add key
keys-import = Import keys
key = Key
key-state = State
key-state-stock = In stock
key-state-reserved = In stock, reserved
key-state-shipped = Shipped
key-state-issued = Handed over
key-state-active = In use
key-state-lost = Lost
key-state-retired = Retired
key-owner = Owner
key-since = Since
key-model = Model
key-firmware = Firmware
key-note = Note
key-move-assign = Assign { $key }?
    .button = Assign
key-move-assign-text = It stays in stock, and is kept for this person.
key-move-ship = Ship { $key }?
    .button = Ship
key-move-ship-text = It is on its way from now on.
key-move-hand-over = Hand { $key } over?
    .button = Hand over
key-move-hand-over-text = Its owner has it from now on.
key-move-activate = Is { $key } in use?
    .button = Set in use
key-move-activate-text = Its owner uses it from now on.
key-move-take-back = Take { $key } back?
    .button = Take back
key-move-take-back-text = It is in stock and nobody’s from now on.
key-move-lost = Is { $key } lost?
    .button = Report lost
loss-devices = { $count ->
    [0] No device that works is known to be on it.
    [one] One device on it signs nobody in any more.
   *[other] { $count } devices on it sign nobody in any more.
}
loss-sessions = { $count ->
    [0] No session that it opened is open.
    [one] One session that it opened ends.
   *[other] { $count } sessions that it opened end.
}
loss-browsers = { $count ->
    [one] One browser is no longer trusted.
   *[other] { $count } browsers are no longer trusted.
}
loss-grants = { $count ->
    [one] The tokens of one application end.
   *[other] The tokens of { $count } applications end.
}
loss-spare = Spare key
loss-spare-hint = The serial number of a key in stock. It is kept for its owner.
key-move-give-back = Give { $key } back?
    .button = Give back
key-move-give-back-text = Its owner has it again, and what is on it works again. Sessions and trusted browsers do not come back.
key-move-found = Was { $key } found?
    .button = Found
key-move-found-text = It is in stock and nobody’s from now on. The devices on it are removed from whoever had it.
key-move-retire = Retire { $key }?
    .button = Retire
key-move-retire-text = It is out of use for good. If it was lost, the devices on it are removed. This cannot be undone.
cases-title = Lost keys
case-closed = Closed
case-given-back = Given back
case-found = Found
case-replaced = Replaced
case-written-off = Written off
found-reports-title = Found keys
found-place = Where it can be collected
found-contact = How to reach the finder
found-known = Known here
found-unknown = Not known here
found-closed = Dealt with
row-columns = The row has more cells than the heading.
row-serial_number = There is no serial number, or it has spaces or more than 64 characters.
row-public_id = A public id is not 1 to 16 modhex letters, or stands there twice.
row-text = A text is too long, or has characters that cannot be seen.
row-state = There is no such state.
row-owner = There is no user of this name, or a key in this state has an owner, or none.
row-moved = The key is here already in another state or with another owner. A list changes neither.
row-slot = The OTP slot of this public id is on another key.
row-repeated = An earlier row is about the same key.
key-move-owner = Its owner is { $name }.
key-move-note-hint = Optional. It stands in the key’s history.
proposals-title = Keys to take in
proposal-by-certificate = Proved by its certificate
proposal-by-file = From the file of its secret
proposal-by-public-id = From its public id, not proved
proposal-by-none = Not known
activate-title = Activate your key
activation-code = Activation code
enrol-key-as-passkey = It signs in without a password. The key asks for its PIN or fingerprint.
enrol-key-as-security-key = It is asked for after the password.

## account/devices.html
own-keys = Your keys
own-key-lost = I lost it
own-waiting = Waiting for you
own-waiting-text = Your organisation registered these for you. They do nothing until you activate them with the code that you were sent.
own-waiting-activate = Activate

## account/lost-key.html
own-loss = Is { $key } lost?
    .button = Report lost
own-loss-here = You are signed out here too, for it opened this session.
own-loss-bare = You have no other device then. Your administrator gives you a temporary pass.
own-loss-told = Your administrators are told.
own-loss-note = What happened?
own-loss-note-hint = Optional. Your administrators read it.

## activate/code.html
activate-lead = You were sent a key, and a code apart from it. Have both at hand, and type the code.
activate-missing = Type the activation code.

## activate/key.html
activate-key-lead = Now use the key itself: plug it in or hold it to your phone. You are not signed in by it yet.
activate-key-use = Use the key
activate-another-code = Type another code

## console/activation-code.html
activation-code-for = Activation code for { $name }
activation-code-once = It is shown this once. Send it apart from the key. Whoever has both can sign in as its owner.
activation-code-where = Where it is typed
activation-code-expires = Good until
activation-code-kept = I have it
sheet-title = Your new key for { $organisation }
sheet-lead = For { $name }. The key comes to you by another way, and works when you have activated it.
sheet-open = When you have the key, open this address in a browser:
sheet-type = Type this code:
sheet-use = Plug the key in, or hold it to your phone, and touch it when you are asked to.
sheet-until = The code is good until { $date }.
sheet-lost = If the key does not come, or this sheet was opened by somebody else, tell your help desk and do not activate it.

## console/enrol-key.html
enrol-key-title = Register a key for { $name }
enrol-key-lead = Have the key in hand. What you register opens nothing until its owner activates it with a code and the key.
enrol-key-register = Register
enrolments-waiting = Waiting for its owner
enrolments-waiting-lead = A new code takes the place of the one before it.
enrolment-what = What
enrolment-registered = Registered
activation-code-none = None that works
activation-code-until = Good until { $when }
activation-code-new = New code
enrolment-withdraw = Withdraw
enrolments-none = Nothing waits for its owner on this key.

## console/found-reports.html
found-reports-lead = What finders wrote on the page for found keys, kept for 90 days. These are strangers’ words, and nothing of them is proved: check them before you go anywhere, open an address or pay for anything.
found-open = Open
found-reports-none = There are no such reports.

## console/key-cases.html
cases-lead = Keys that were reported lost, until they are given back, replaced or written off.
case-reported = Reported
case-replacement = In its place
case-open = Open
cases-none = There are no such cases.

## console/key-import.html
keys-import-lead = Paste a list, as a spreadsheet copies it or as a file has it: a heading line, then a row a key. Nothing is written before you have seen what it does. Longer lists (more than a few hundred keys) and lists with secrets are imported on the server, by keyward key import.
keys-import-checked = What this list does
keys-import-added = New keys
keys-import-changed = Keys of which something else is said
keys-import-unchanged = Keys that are as the list says
keys-import-bad = Rows that cannot be taken over
keys-import-line = Line
keys-import-why = Why
keys-import-list = List
keys-import-missing = Paste a list with a heading line.
keys-import-hint = The heading names the columns, in any order: serial, maker, model, firmware, form_factor, batch, order, place, note, public_id, state, owner. Only serial must be there.
keys-import-skip-bad = Leave these rows out and take the others
keys-import-take = Import
keys-import-change = Change the list
keys-import-check = Check

## console/key-loss.html
loss-slots = { $count ->
    [one] The validation server takes no one-time codes of one OTP slot any more.
   *[other] The validation server takes no one-time codes of { $count } OTP slots any more.
}
loss-bare = { $name } has no other device then.
key-move-lost-text = Its case is open until it is given back, replaced or written off. What is on it comes back with the key; sessions and trust do not.
loss-pass = Issue a temporary pass

## console/key-move.html
key-move-devices = { $count ->
    [one] One device on it is not removed and works on. Remove it from its owner’s devices if it shall not.
   *[other] { $count } devices on it are not removed and work on. Remove them from their owner’s devices if they shall not.
}
key-move-user = User name
key-move-user-missing = Name the user whose key it shall be.

## console/key-proposals.html
proposals-lead = Keys that people added before they were in the inventory, or whose secrets are held here. Nothing is guessed: where no serial number is known, the public id tells the key.
proposal-known = How its number is known
proposal-becomes = Becomes
proposal-linked = Linked with
proposals-adopt = Take in what is ticked
proposals-none = There are no such keys: whatever people have is in the inventory.

## console/key.html
key-created = Added
key-changed = Last changed
key-enrol = Register for its owner
case = Lost
case-open-since = It was reported { $when }. The case is open.
case-spare-kept = In its place is kept
loss-spare-missing = Type the serial number of a key in stock.
case-keep-spare = Keep it
found-reports-of-key = Reported found
key-links = On this key
key-links-lead = OTP slots, and devices that people prove themselves with. Each of them works whether or not the key has a record, and stops working when the key is lost.
key-link-what = What
key-link-known = How it is known
key-slot = OTP slot
key-slot-held = Its secret is held here
key-slot-not-held = Its secret is not held here
key-unlink = Not on this key
key-link-proved = Proved by a one-time code
key-link-told = Not proved: an administrator says so
key-link-anothers = Not the owner of this key
key-links-none = Nothing is known to be on this key.
key-link-field = Public id or device
key-link-missing = Touch the key, or type a public id or the id of a device.
key-link-hint = Touch the key to type a one-time code, or type a public id, or the id of a passkey or security key.
key-link = Link
key-facts = Description
key-history = History
key-history-none = Nothing is recorded of this key any more.

## console/keys.html
keys-lead = Every hardware key that you hand out: whose it is, where it is, and what is on it.
keys-search = Serial number or touch
keys-search-hint = What a serial number begins with, a public id, or what the key types when it is touched.
keys-touch = Touch a passkey or security key
keys-touch-hint = Finds the key that answers, or whose device it is. Nobody is signed in by it.
keys-found = Found for { $search }:
keys-all = Show all keys
keys-unmoved-days = Unchanged for days
keys-unused-days = Unused for days
keys-none = There is no such key. Add one, or look for another.

## console/user/keys.html
user-enrol-serial = Register a key for them
user-enrol-missing = Type or scan the serial number of the key.
user-enrol-hint = The serial number of a key that you have in hand. It is kept for them, and added where the inventory does not have it.
user-enrol = Register

## found-key.html
found-key-title = You found a key?
found-key-lead = Tell us where it can be collected. You need no account, and you learn nothing here about whose it is.
found-key-place-hint = Optional. A reception, an office, a shop.
found-key-contact-hint = Optional. An email address or a phone number.
found-key-key = The key
found-key-missing = Touch the key, or type its serial number.
found-key-hint = Type the serial number that is printed on it. Or plug it in, put the cursor here, and touch it: some keys type by themselves, and send this form.
found-key-send = Send

## parts/found-reports.html
found-reported = Reported
found-close = Dealt with it

## parts/key.html
key-serial = Serial number
key-serial-hint = As it is printed on the key.
key-maker = Maker
key-form-factor = Form factor
key-batch = Batch
key-order = Order
key-place = Place

## sign-in/password.html
i-found-a-key = I found a key
