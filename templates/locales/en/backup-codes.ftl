# Backup codes.
kind-backup-codes = Backup codes
backup-codes-title = Backup codes
copy = Copy
copied = Copied.
print = Print
method-backup-codes = Backup code
account-look-at-backup-codes = Look at your backup codes

## account/backup-codes.html
backup-codes-lead = Each code signs you in once when your device is not at hand. Keep them where you keep papers that matter, not on the device that they stand in for.
backup-codes-not-allowed = Your organisation does not let codes on paper stand in for a device. Add a second device in their place.
backup-codes-alone = Codes stand in for a device. Add one first.
backup-codes-left = { $count ->
    [0] No code is left.
    [one] 1 code is left.
   *[other] { $count } codes are left.
}
backup-codes-replace = New codes replace these: what is left of them stops working.
backup-codes-make = { $count ->
    [one] Make 1 new code
   *[other] Make { $count } new codes
}

## account/devices.html
backup-codes-offer = Make backup codes
account-backup-codes = Backup codes

## account/new-backup-codes.html
backup-codes-new-title = Keep these codes
backup-codes-new-lead = They are shown this once. Print them, or save them where only you get at them.
backup-codes-file = keyward-backup-codes.txt
backup-codes-for = For { $name }, each good for one sign-in:
download = Download
backup-codes-kept = I have kept them

## sign-in/backup-code.html
sign-in-backup-codes-title = Enter a backup code
sign-in-backup-codes-lead = Type one of the codes that you kept. Each works once.
backup-code-missing = Type one of your backup codes.
