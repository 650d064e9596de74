# Codes that are delivered, and the devices that they are sent to.
kind-email = Code by email
method-email = Code by email
lockout-of-email = Codes by email
placeholder-email = For example, Mail at work
enrol-about-email = A code that comes by email each time
enrol-delivery-title = Type the code
enrol-delivery-sms = A code of { $digits } digits is on its way to { $address }.
enrol-delivery-call = { $address } is being called. Type the { $digits } digits that you hear.
enrol-delivery-other-phone = Use another number
enrol-delivery-none = The code that was sent to { $address } does not work any more. Send a new one.

send-code = Send code
send-code-by-mail = Send code
send-code-by-sms = Send code
send-code-by-call = Call me
send-new-code-by-sms = Send a new code
send-new-code-by-call = Call me again
send-code-to-sms = Send a code to { $address }
send-code-to-call = Call { $address }
send-code-to-mail = Send a code to { $address }
code-lasts-until-sms = It stops working { $until }.
code-lasts-until-call = It stops working { $until }. The digits are said three times.

sign-in-email-title = Get a code by email
sign-in-mail-lead = A code of { $digits } digits is sent to { $name }, { $address }.
sign-in-phone-title = Get a code on your phone
sign-in-sms-lead = A code of { $digits } digits is sent to { $name }, { $address }.
sign-in-call-lead = { $name }, { $address }, is called, and a code of { $digits } digits spoken.
sign-in-sent-sms = A code of { $digits } digits is on its way to { $name }, { $address }.
sign-in-sent-call = { $name }, { $address }, is being called. Type the { $digits } digits that you hear.
sign-in-sent-mail = A code of { $digits } digits is on its way to { $name }, { $address }.

kind-phone = Phone
method-phone = Code on your phone
lockout-of-phone = Codes to phones
placeholder-phone = For example, My mobile
enrol-about-phone = A code by text message or call each time. Weaker: others can get at it
device-weak-phone = Text messages and calls can be read or led elsewhere by others.
device-weak-email = Whoever reads this mailbox has the code too.
phone-by-sms = By text message
phone-by-call = By a call

sms-code = { $code } is your code for { $site }. Give it to nobody.

# The language of the call’s voice, and what it says.
call-voice = en-GB
call-code = Hello. Your code for { $site } is:
call-again = Once more:
call-bye = Give it to nobody. Goodbye.
call-over = Hello. This code does not work any more. Ask for a new one.

notice-code-sent = The code was sent.
notice-wrong-delivered-code = That is not the code that was sent last. Check the digits, or send a new one.
notice-code-expired = That code does not work any more. Send a new one.

event-code-sent = Code sent
refusal-expired_code = Code expired

problem-code-pause = A code was sent there a moment ago. Give it half a minute to arrive before you send another.
    .title = A code is on its way
problem-code-limit = As many codes were sent today as one account or address gets. Use another method, or ask your administrator.
    .title = No more codes today
problem-code-stopped = No codes are sent to phones at the moment. Use another method, or ask your administrator.
    .title = No codes to phones at the moment
problem-code-phone_limit = No more codes are sent there today. Use another method, or ask your administrator.
    .title = No more codes today
problem-code-off = Codes are not sent this way here. Use another method, or ask your administrator.
    .title = Codes are not sent this way
problem-code-no_number = That is not a phone number that codes can go to. It looks like +31 6 12345678; check it and try again.
    .title = This number does not work
problem-code-number = That number could not be reached. Check it, use another way, or ask your administrator.
    .title = This number was not reached
problem-code-busy = Too many codes are on their way at the moment. Wait a minute and try again.
    .title = Just a moment
problem-code-gateway = The code could not be sent. If nothing comes within a minute, try again or use another method; if that stays so, tell your administrator.
    .title = The code was not sent
problem-code-unsigned = Only the telephone service may ask for this, with its signature.
    .title = This is not for you
problem-receiver-taken = Your account gets codes there already. Use another address.
    .title = Already added
problem-recovery-other_device = This account’s second step is a code by email, and email alone does not replace a password: whoever reads the mailbox could do it. Ask your administrator for a way back in.
    .title = Email alone is not enough

mail-code = Type this code where you are signing in. Type it nowhere else, and give it to nobody who asks for it.
    .subject = Your code
mail-code-new = Type this code where you are adding this address to your account.
    .subject = Confirm your email address
mail-code-until = It works once, until { $until }.
mail-code-not-you = If you did not ask for it, somebody else knows your password: change it, and tell your administrator.
mail-code-new-not-you = If you did not ask for it, do nothing: without the code the address is not added.

nav-console-phones = Phones

## account/confirm-email.html
send-new-code-by-mail = Send a new code
enrol-delivery-mail = A code of { $digits } digits is on its way to { $address }.
code-lasts-until-mail = It stops working { $until }. If nothing comes, look into the folder for spam.
enrol-delivery-other-email = Use another address

## account/devices.html
device-weak-asked-last = Your stronger devices are asked for first.
device-weak-alone = Add a passkey, a security key or an authenticator app: they are asked for first then.

## console/phones.html
phones-title = Messages and calls to phones
phones-lead = What was sent within a day, and from which network it was asked for. The limits stand in the settings under phone.
phones-stopped-now = Nothing is sent to phones until you start it again.
phones-what = What
phones-times = Sent
phones-since = Counted since
phones-all = In all
phones-none = Nothing was sent within a day.
phones-start = Start again and count anew
phones-stop = Stop all messages and calls

## enrol/email.html
add-email = Add email
enrol-email-title = Add an email address
enrol-email-lead = When you sign in, a code of { $digits } digits is sent there. To begin with, send one now.
enrol-email-weak = Weaker than a key or an app: whoever reads this mailbox has the code too.

## enrol/phone.html
add-phone = Add phone
enrol-phone-title = Add a phone
enrol-phone-lead = When you sign in, a code of { $digits } digits is sent to it. To begin with, send one now.
enrol-phone-weak = Text messages and calls are the weakest way: whoever talks your provider into a new SIM card, or reads the network along, gets the code too. Use a phone where nothing else works for you.
enrol-phone-stronger = Stronger:
phone-number = Phone number
phone-missing = Type your phone number.
phone-hint = With the country’s code, as in +31 6 12345678.
phone-hint-region = From another country, with its code, as in +31 6 12345678.
phone-how = How do you want to get codes?

## sign-in/delivered-code.html
sign-in-delivered-title = Enter your code
sign-in-delivery-lead = Choose where the code of { $digits } digits is sent.
sign-in-phone-weak-others = Text messages and calls can be read or led elsewhere by others. Use another method where you can.
sign-in-phone-weak = Text messages and calls can be read or led elsewhere by others. Add a stronger way when you are in.
