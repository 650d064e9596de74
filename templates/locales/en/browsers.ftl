# Trusted browsers.
remember-browser = Remember this browser
remember-browser-hint = { $days ->
    [one] For a day, your password is enough here. Only on a computer or phone of your own.
   *[other] For { $days } days, your password is enough here. Only on a computer or phone of your own.
}
browser-name = Browser name

nav-browsers = Trusted browsers
nav-console-browsers = Trusted browsers
browsers-title = Trusted browsers
own-browsers-lead = In these browsers your password is enough to sign in. Changes of your account ask for a device all the same.
own-browsers-none = No browser is trusted. Each sign-in asks for one of your devices.
browsers-none = No browser is trusted.
browser-created = Trusted since
browser-last-used = Last used
browser-expires = Ends
browser-end = Stop trusting
browser-last-address = Last address
account-manage-browsers = Trusted browsers
