// Keeps a part of the page up to date: <div data-live="/recover/rec_…/events">. Each event is the part anew, as HTML made
// by the same template. The event "end" is the last. Without this script a link on the page does the same.
for (const part of document.querySelectorAll("[data-live]")) {
  const news = document.querySelector("[data-news]");
  const knots = () => [...part.querySelectorAll(".thread > li")].map((knot) => knot.dataset.k + knot.textContent);

  // What only counts down is no news: the page counts by itself.
  const still = (html) => html.replace(/(<span data-left="[^"]*">)[^<]*/g, "$1");
  let last = "";

  // Only what differs is put in place of the old: the heading that a screen reader stands on, or a button with the focus,
  // stays where it is.
  const merge = (old, fresh) => {
    for (const name of ["state", "say"]) old.dataset[name] = fresh.dataset[name];
    const now = [...fresh.children];
    now.forEach((element, i) => {
      const before = old.children[i];
      if (!before) old.append(element);
      else if (still(before.outerHTML) !== still(element.outerHTML)) before.replaceWith(element);
    });
    while (old.children.length > now.length) old.lastElementChild.remove();
  };

  const renew = (html) => {
    if (still(html) === last) return;
    last = still(html);
    const before = knots();
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const root = part.firstElementChild;
    const said = root.dataset.say;
    merge(root, new DOMParser().parseFromString(html, "text/html").body.firstElementChild);
    part.dispatchEvent(new Event("keyback:fresh", { bubbles: true }));
    part.querySelectorAll(".thread > li").forEach((knot) => {
      if (!before.includes(knot.dataset.k + knot.textContent)) knot.classList.add("arriving");
    });
    if (focused && !focused.isConnected) (document.getElementById(focused.id) ?? part.querySelector("h1")).focus();
    if (news && root.dataset.say !== said) news.textContent = root.dataset.say;
  };

  const events = new EventSource(part.dataset.live);
  events.addEventListener("message", (event) => renew(event.data));
  events.addEventListener("end", (event) => {
    if (event.data) renew(event.data);
    events.close();
  });
  // A page put aside by the Back button must not hold a connection.
  addEventListener("pagehide", () => events.close());
}
