// Helps with a password field. Nothing typed leaves the page before it is submitted: the strength told here is a rough
// guess by length and variety, and the server says the truth.
for (const show of document.querySelectorAll("[data-show]")) {
  const field = document.getElementById(show.dataset.show);
  const set = (visible) => {
    field.type = visible ? "text" : "password";
    show.setAttribute("aria-pressed", String(visible));
    show.firstElementChild.hidden = visible;
    show.lastElementChild.hidden = !visible;
  };
  show.hidden = false;
  show.addEventListener("click", () => set(field.type === "password"));
  // Browsers keep what was typed in a visible field among their suggestions, so it goes out hidden.
  field.form?.addEventListener("submit", () => set(false));
  field.addEventListener("keyback:reveal", () => set(true));
}

// A click fills in the suggestion. Mail scanners click everything, too: what nobody typed goes out only with a ticked box.
for (const fill of document.querySelectorAll("[data-fill]")) {
  const field = document.getElementById(fill.dataset.fill);
  const kept = document.querySelector("[data-kept]");
  const box = kept.querySelector("[type=checkbox]");
  fill.hidden = false;
  fill.addEventListener("click", () => {
    field.value = fill.dataset.phrase;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("keyback:reveal"));
    field.focus();
  });
  field.addEventListener("input", () => {
    const filled = field.value === fill.dataset.phrase;
    kept.hidden = !filled;
    kept.firstElementChild.value = filled ? "yes" : "";
  });
  field.form.addEventListener("submit", (event) => {
    if (kept.hidden || box.checked) return;
    event.preventDefault();
    kept.classList.add("wrong");
    kept.querySelector("[role=alert]").hidden = false;
    box.focus();
  });
}

for (const meter of document.querySelectorAll("[data-strength]")) {
  const field = document.getElementById(meter.dataset.strength);
  const least = Number(meter.dataset.least);
  const variety = (text) => new Set(text.toLowerCase()).size;
  const band = (text) => {
    const length = [...text].length;
    if (length < least) return "short";
    if (variety(text) < 6) return "weak";
    if (length < 20 && variety(text) < 10) return "fair";
    return length >= 24 && variety(text) >= 9 ? "strong" : "good";
  };
  let wait;
  field.addEventListener("input", () => {
    clearTimeout(wait);
    // After a pause, so that a screen reader is not talked over at every letter.
    wait = setTimeout(() => {
      const name = field.value ? band(field.value) : "";
      meter.dataset.band = name;
      meter.textContent = name && meter.dataset[name].replace("{n}", String([...field.value].length));
    }, 300);
  });
}
