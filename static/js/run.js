// What a run's page does between two answers of the server: clocks go on, a screen reader is told, the tab's icon shows how
// far it is, chosen rows are counted.
//   data-elapsed="18"                      seconds at the time of the answer; goes on as 0:19, 0:20
//   data-countdown="12" data-pattern="…{s}…"   counts down to 1
//   data-milestone, data-say (run-progress)    the sentence is spoken when the milestone changes
//   form[data-tidy]                        empty fields stay out of the address
import { announce } from "./announce.js";
import { open } from "./dialogs.js";
import "./folds.js";
import "./time_of_day.js";

const seenAt = new WeakMap(); // element -> { text: the server's value, since: when it was first seen }

function secondsSince(element, value) {
  const seen = seenAt.get(element);
  if (seen?.text === value) return Math.floor((performance.now() - seen.since) / 1000);
  seenAt.set(element, { text: value, since: performance.now() });
  return 0;
}

function stopwatch(seconds) {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  for (const element of document.querySelectorAll("[data-elapsed]")) {
    const { elapsed } = element.dataset;
    say(element, stopwatch(Number(elapsed) + secondsSince(element, elapsed)));
  }
  for (const element of document.querySelectorAll("[data-countdown]")) {
    const { countdown, pattern } = element.dataset;
    const left = Math.max(1, Number(countdown) - secondsSince(element, countdown + pattern));
    say(element, pattern.replace("{s}", left));
  }
}

// The tab's icon: a ring that fills, in the colour of the run's state; a square at its end when something failed.
const COLOURS = { success: "#1e8e4e", failed: "#d13a2e", partialfailed: "#c27803", unknown: "#c27803" };
let drawn = "";

function drawIcon({ state, finished, total }) {
  const share = total > 0 ? finished / total : 0;
  const colour = COLOURS[state] ?? (share < 1 ? "#2f7be5" : "#8893a5");
  const shape = ["failed", "partialfailed"].includes(state)
    ? `<rect x="2" y="2" width="12" height="12" rx="2" fill="${colour}"/>`
    : `<circle cx="8" cy="8" r="6" fill="none" stroke="#c5ccd8" stroke-width="3"/>` +
      `<circle cx="8" cy="8" r="6" fill="none" stroke="${colour}" stroke-width="3" pathLength="100"` +
      ` stroke-dasharray="${Math.round(share * 100)} 100" transform="rotate(-90 8 8)"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${shape}</svg>`;
  if (svg === drawn) return;
  drawn = svg;
  document.querySelector("link[rel=icon]")?.setAttribute("href", `data:image/svg+xml,${encodeURIComponent(svg)}`);
}

let milestone = null;

function follow() {
  const progress = document.getElementById("run-progress");
  if (!progress) return;
  drawIcon(progress.dataset);
  if (milestone !== null && milestone !== progress.dataset.milestone) announce(progress.dataset.say);
  milestone = progress.dataset.milestone;
}

// Chosen rows

const boxes = () => [...document.querySelectorAll("#selection [name=ids]")];

function showSelection() {
  const chosen = boxes().filter((box) => box.checked);
  for (const count of document.querySelectorAll("[data-selected-count]"))
    say(count, count.dataset.pattern.replace("{n}", chosen.length));
  for (const button of document.querySelectorAll("[data-copy-selected]"))
    button.dataset.copy = chosen.map((box) => box.value).join("\n");
  for (const all of document.querySelectorAll("[data-select-page]")) {
    all.checked = chosen.length > 0 && chosen.length === boxes().length;
    all.indeterminate = chosen.length > 0 && !all.checked;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-page]"))
    boxes().forEach((box) => (box.checked = event.target.checked));
  if (event.target.closest("#selection")) showSelection();
});

// Asking before chosen rows are stopped: the answer to the form's button is shown in the dialog.
document.addEventListener("htmx:afterSwap", (event) => {
  const dialog = document.getElementById("dialog");
  if (event.detail.elt.closest("#dialog-content") && event.detail.requestConfig.elt.matches("[data-asks]"))
    open(dialog, event.detail.requestConfig.elt);
});

// Where the output stands below the table, a row that was pressed leads to it.
document.addEventListener("htmx:afterSwap", (event) => {
  const aside = document.getElementById("aside");
  if (!aside || !event.detail.requestConfig?.elt.matches("a[id^=open-]")) return;
  if (getComputedStyle(aside).position !== "sticky") aside.scrollIntoView({ block: "start" });
});

// Empty fields stay out of the address, whether htmx asks or the browser goes there.
addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.elt.matches("[data-tidy]")) return;
  for (const [name, value] of [...event.detail.formData.entries()]) if (!value) event.detail.formData.delete(name);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-tidy]")) return;
  const empty = [...event.target.elements].filter((field) => field.name && !field.value && !field.disabled);
  empty.forEach((field) => (field.disabled = true));
  setTimeout(() => empty.forEach((field) => (field.disabled = false)));
});

// Nothing new is an answer, too.
addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.xhr?.status !== 204 || !event.detail.elt.matches("[data-poll]")) return;
  for (const time of document.querySelectorAll("[data-updated] time")) time.dateTime = new Date().toISOString();
});

function refresh() {
  tick();
  follow();
  showSelection();
}

setInterval(() => document.hidden || tick(), 1000);
addEventListener("htmx:afterSwap", refresh);
refresh();
