// Counts down what the server wrote: <span data-left="2026-11-24T14:32:00Z">in 28 minutes</span>.
// The words change each minute, each second only in the last one. Elements with data-after appear when their time has
// come, those with data-before go. Of a sentence with data-aloud, screen readers hear at five minutes and at one, through
// [data-left-news].
{
  let words;
  try {
    words = new Intl.RelativeTimeFormat(document.documentElement.lang);
  } catch {
    words = null; // the server's words stay
  }
  // The server's clock, not the reader's, says how much is left.
  const sent = Date.parse(document.body.dataset.now);
  const began = performance.now();
  const now = () => sent + (performance.now() - began);

  const say = (seconds) =>
    seconds < 60 ? words.format(seconds, "second")
      : seconds < 5400 ? words.format(Math.round(seconds / 60), "minute")
        : words.format(Math.round(seconds / 3600), "hour");

  const tell = (seconds, sentence) => {
    const news = document.querySelector("[data-left-news]");
    if (news && sentence && (seconds === 300 || seconds === 60)) news.textContent = sentence.textContent;
  };

  const tick = () => {
    for (const left of document.querySelectorAll("[data-left]")) {
      const seconds = Math.ceil((Date.parse(left.dataset.left) - now()) / 1000);
      if (seconds <= 0 || seconds > 86400 || !words) continue;
      const text = say(seconds);
      if (left.textContent !== text) left.textContent = text;
      tell(seconds, left.closest("[data-aloud]"));
    }
    for (const later of document.querySelectorAll("[data-after]")) {
      if (later.hidden && Date.parse(later.dataset.after) <= now()) later.hidden = false;
    }
    for (const gone of document.querySelectorAll("[data-before]")) {
      if (!gone.hidden && Date.parse(gone.dataset.before) <= now()) gone.hidden = true;
    }
  };
  if (!isNaN(sent)) {
    tick();
    setInterval(tick, 1000);
  }
}
