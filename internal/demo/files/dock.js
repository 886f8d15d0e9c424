// Keeps the dock's newest mail up to date. Without it the dock shows what was newest when the page came.
const part = document.querySelector("[data-kb-newest]");
if (part) {
  const events = new EventSource(part.dataset.kbNewest);
  let last = part.innerHTML.trim();
  events.addEventListener("message", (event) => {
    if (event.data.trim() === last) return;
    last = event.data.trim();
    const focused = part.contains(document.activeElement);
    part.innerHTML = event.data;
    if (focused) part.querySelector("a")?.focus();
  });
  addEventListener("pagehide", () => events.close());
}
