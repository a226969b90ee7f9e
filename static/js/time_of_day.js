// <time data-time-of-day>: 22:31:09 in the viewer's zone, which the server knows only when the profile names it.
const clock = new Intl.DateTimeFormat("sv-SE", {
  timeStyle: "medium",
  timeZone: document.documentElement.dataset.timeZone || undefined,
});

function tell() {
  for (const time of document.querySelectorAll("time[data-time-of-day]")) {
    const text = clock.format(new Date(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }
}

addEventListener("htmx:afterSwap", tell);
tell();
