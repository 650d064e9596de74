# Trusted browsers.
browser-name = Browser name

nav-browsers = Trusted browsers
nav-console-browsers = Trusted browsers
browsers-title = Trusted browsers
browser-created = Trusted since
browser-last-used = Last used
browser-expires = Ends
browser-end = Stop trusting
browser-last-address = Last address

## account/overview.html
account-manage-browsers = Trusted browsers

## account/trusted-browsers.html
own-browsers-lead = In these browsers your password is enough to sign in. Changes of your account ask for a device all the same.
own-browsers-none = No browser is trusted. Each sign-in asks for one of your devices.

## console/trusted-browsers.html
browsers-none = No browser is trusted.

## parts/second-factor.html
remember-browser = Remember this browser
remember-browser-hint = { $days ->
    [one] For a day, your password is enough here. Only on a computer or phone of your own.
   *[other] For { $days } days, your password is enough here. Only on a computer or phone of your own.
}
