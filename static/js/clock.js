// <time data-clock>: the time of day in the browser's own zone.
for (const time of document.querySelectorAll("time[data-clock]"))
  time.textContent = new Date(time.dateTime).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
