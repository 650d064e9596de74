// Shows how strong a new password is while it is typed. Our own server judges it; nobody else is
// asked, and nothing is kept.

const PAUSE = 250;

for (const field of document.querySelectorAll("input[data-strength]")) watch(field);

function watch(field) {
  const meter = document.createElement("meter");
  const words = document.createElement("small");
  meter.max = 4;
  meter.low = 2;
  meter.high = 3;
  meter.optimum = 4;
  meter.hidden = true;
  meter.setAttribute("aria-hidden", "true");
  words.setAttribute("role", "status");
  field.closest(".field").append(meter, words);

  let timer;
  let latest = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    const turn = ++latest;
    if (!field.value) {
      meter.hidden = true;
      words.textContent = "";
      return;
    }
    timer = setTimeout(async () => {
      const judged = await judge(field);
      if (!judged || turn !== latest) return;
      meter.value = judged.score;
      meter.hidden = false;
      words.textContent = judged.text;
    }, PAUSE);
  });
}

async function judge(field) {
  const form = field.form;
  const username = form.elements.username?.value || field.dataset.strength;
  try {
    const answer = await fetch("/password/strength", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ password: field.value, username }),
    });
    return answer.ok ? await answer.json() : null;
  } catch {
    // Without an answer there is no meter; the form works all the same.
    return null;
  }
}
