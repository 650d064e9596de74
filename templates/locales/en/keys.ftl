# The inventory: keys as things of hardware, whose they are, and what becomes of them.
nav-console-keys = Keys
keys-title = Keys
keys-new = Add key
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
key-move-lost-text = It stays in the inventory as lost until it is found or retired.
key-move-found = Was { $key } found?
    .button = Found
key-move-found-text = It is in stock and nobody’s from now on. Whoever had it is given it anew.
key-move-retire = Retire { $key }?
    .button = Retire
key-move-retire-text = It is out of use for good. This cannot be undone.

## console/key-move.html
key-move-owner = Its owner is { $name }.
key-move-devices = { $count ->
    [one] One device on it is not removed and works on. Remove it from its owner’s devices if it shall not.
   *[other] { $count } devices on it are not removed and work on. Remove them from their owner’s devices if they shall not.
}
key-move-user = User name
key-move-user-missing = Name the user whose key it shall be.
key-move-note-hint = Optional. It stands in the key’s history.

## console/key.html
key-created = Added
key-changed = Last changed
key-links = On this key
key-links-lead = OTP slots, and devices that people prove themselves with. Each of them works as it does without the key’s record.
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
keys-found = Found for { $search }:
keys-all = Show all keys
keys-none = There is no such key. Add one, or look for another.

## parts/key.html
key-serial = Serial number
key-serial-hint = As it is printed on the key.
key-maker = Maker
key-firmware = Firmware
key-form-factor = Form factor
key-batch = Batch
key-order = Order
key-place = Place
