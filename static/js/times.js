// <time data-ago>: kept true while the page is open. It and <time data-at>, which is exact, are told in the viewer's zone
// when the profile names none.
import { say } from "./words.js";

const EVERY = 5000; // ms
const MINUTE = 60,
  HOUR = 3600,
  DAY = 86400;
const zone = document.documentElement.dataset.timeZone || undefined;
const days = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeZone: zone }); // 2026-11-12
const moments = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone: zone });
const zoneName = new Intl.DateTimeFormat("en", { timeZoneName: "short", timeZone: zone });

const dayNumber = (moment) => Date.parse(days.format(moment)) / (DAY * 1000);

// The same rule as `relative` in consoleapp/times.py.
export function relative(moment, now = new Date()) {
  const seconds = Math.max(0, Math.floor((now - moment) / 1000));
  if (seconds < 5) return say("just_now");
  if (seconds < MINUTE) return say("seconds_ago", { n: seconds });
  if (seconds < HOUR) return say("minutes_ago", { n: Math.floor(seconds / MINUTE) });
  const ago = dayNumber(now) - dayNumber(moment);
  if ((seconds < DAY && ago === 0) || seconds < 12 * HOUR) return say("hours_ago", { n: Math.floor(seconds / HOUR) });
  if (ago <= 1) return say("yesterday");
  return ago <= 7 ? say("days_ago", { n: ago }) : days.format(moment);
}

function absolute(moment) {
  const name = zoneName.formatToParts(moment).find((part) => part.type === "timeZoneName").value;
  return `${moments.format(moment)} ${name}`;
}

export function refresh(root) {
  for (const element of root.querySelectorAll("time[data-ago]")) {
    const moment = new Date(element.dateTime);
    const text = relative(moment);
    if (element.textContent !== text) element.textContent = text;
    element.title = absolute(moment);
  }
  for (const element of root.querySelectorAll("time[data-at]")) element.textContent = absolute(new Date(element.dateTime));
}

htmx.onLoad(refresh);
setInterval(() => document.hidden || refresh(document), EVERY);
document.addEventListener("visibilitychange", () => document.hidden || refresh(document));
