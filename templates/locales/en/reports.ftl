# Reports: numbers of people by their devices, and of keys by firmware.
nav-console-reports = Reports

## console/reports.html
reports-title = Reports
reports-users = Users
reports-with-device = With a device
reports-two-devices = Two devices
reports-phishing-resistant = Phishing-resistant
reports-hardware-only = Hardware alone
reports-lead = How far people have come with their devices, and which keys you have. People are counted once a day.
reports-people = People
reports-counted = Counted { $when }.
reports-without-device =
    { $count ->
        [one] One user has no device
       *[other] { $count } users have no device
    }
reports-whose = Who
reports-everybody = Everybody
reports-more-groups = There are more groups. The files have all of them.
reports-none = Nobody was counted yet.
reports-course = Day by day
reports-group = Group, or empty for everybody
reports-days = Days
reports-chart = Shares of users day by day; the numbers stand below.
reports-share = { $share } %
reports-numbers = Numbers of each day
reports-day = Day
reports-keys = Keys by firmware
reports-keys-lead = Advisories are those that makers have published, as we knew them on { $day }.
reports-advisories = Advisories
reports-unknown = Unknown model
reports-more-keys = There are more of them. The files have all.
reports-keys-none = There are no keys in the inventory.
