// data-poll on an element with hx-trigger="every 2s": asks less often when nothing moves or nobody looks, says when the
// console can't be reached, and stops when the thing is gone.
//   data-poll            5 s after five answers of "nothing new" (204), 15 s in a hidden tab
//   [data-not-live]      a note, hidden, anywhere on the page: shown while the console can't be reached; its
//                        [data-retry-in] says in how many seconds it is tried again
//   [data-updated]       the <time data-ago> in it says when an answer last came
import { refresh } from "./times.js";

const QUIET = 5; // answers of 204 in a row
const SLOW = 5000,
  HIDDEN = 15000; // ms
const RETRIES = [2, 5, 10, 30]; // s after the first, second, … failure
const polls = new WeakMap();
const asking = new WeakMap(); // request -> who asked: the last answer takes it off the page

const stateOf = (element) => {
  if (!polls.has(element)) polls.set(element, { asked: 0, quiet: 0, failures: 0, stopped: false });
  return polls.get(element);
};

function waitOf(state) {
  if (state.failures) return RETRIES[Math.min(state.failures, RETRIES.length) - 1] * 1000;
  if (document.hidden) return HIDDEN;
  return state.quiet >= QUIET ? SLOW : 0;
}

function showNotLive(state) {
  for (const note of document.querySelectorAll("[data-not-live]")) {
    note.hidden = state.failures === 0;
    const seconds = note.querySelector("[data-retry-in]");
    if (seconds) seconds.textContent = String(waitOf(state) / 1000);
  }
}

function showUpdated() {
  for (const time of document.querySelectorAll("[data-updated] time")) time.dateTime = new Date().toISOString();
  document.querySelectorAll("[data-updated]").forEach(refresh);
}

// Some slack: a beat of 2 s may come a little early.
addEventListener("htmx:beforeRequest", (event) => {
  const element = event.detail.elt;
  if (!element.matches("[data-poll]")) return;
  const state = stateOf(element);
  if (state.stopped || event.timeStamp - state.asked < waitOf(state) - 250) event.preventDefault();
  else {
    state.asked = event.timeStamp;
    asking.set(event.detail.xhr, element);
  }
});

addEventListener("htmx:afterRequest", (event) => {
  const element = asking.get(event.detail.xhr);
  if (!element) return;
  const state = stateOf(element);
  const status = event.detail.xhr.status;
  const failed = status === 0 || status >= 500 || status === 429;
  state.failures = failed ? state.failures + 1 : 0;
  state.quiet = status === 204 ? state.quiet + 1 : 0;
  state.stopped = [401, 403, 404, 410].includes(status);
  if (status >= 200 && status < 300) showUpdated();
  showNotLive(state);
});

// A new look at a tab that was hidden asks at once.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const element of document.querySelectorAll("[data-poll]")) stateOf(element).asked = 0;
});
