// The exact time behind a relative one, in the reader's own time zone.

const exact = new Intl.DateTimeFormat(document.documentElement.lang, {
  dateStyle: "full",
  timeStyle: "long",
});

function tell({ target }) {
  const time = target.closest?.("time[datetime]:not([data-local])");
  if (!time) return;
  time.dataset.local = "";
  time.title = exact.format(new Date(time.dateTime));
}

document.addEventListener("pointerover", tell);
document.addEventListener("focusin", tell);
