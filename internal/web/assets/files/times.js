// Turns the times on a page to the reader's own clock. The server tells them in the operator's zone.
{
  const lang = document.documentElement.lang;
  const styles = {
    clock: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    seconds: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
    weekday: { weekday: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    day: { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  };
  const turn = (time) => {
    const style = styles[time.dataset.as];
    const at = new Date(time.dateTime);
    // Where the clocks agree, our own wording stays.
    const clock = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    if (!style || isNaN(at) || time.textContent.includes(clock)) return;
    try {
      time.textContent = at.toLocaleString(lang, style);
    } catch {
      // An old browser, or a language it does not know: the server's words are right as well.
    }
  };
  const turnAll = (within) => within.querySelectorAll("time[data-as]").forEach(turn);
  document.addEventListener("keyback:fresh", (event) => turnAll(event.target));
  turnAll(document);
}
