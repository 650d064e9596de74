// Sends the one form of a page that does nothing but lead on. Without scripts there is its button.

document.querySelector("form[data-send]")?.submit();
