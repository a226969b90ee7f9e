// What takes longer than 300 ms says so: the part of the page that waits is aria-busy and pale, an empty one shows four bars in
// the shape of rows; after 10 s a sentence is added. Polls wait in silence.
import { flash } from "./flash.js";

export const SLOW = 300; // ms
const VERY_SLOW = 10000; // ms
const waiting = new WeakMap(); // request -> what to undo

export const bars = () => document.getElementById("loading").content.firstElementChild.cloneNode(true);
const sentence = () => document.getElementById("still-waiting").content.firstElementChild.cloneNode(true);

addEventListener("htmx:beforeRequest", (event) => {
  const { elt, target, xhr } = event.detail;
  if (event.defaultPrevented || elt.matches("[data-poll]")) return;
  const note = sentence();
  const timers = [
    setTimeout(() => target.setAttribute("aria-busy", "true"), SLOW),
    setTimeout(() => flash(note), VERY_SLOW),
  ];
  waiting.set(xhr, () => {
    timers.forEach(clearTimeout);
    target.removeAttribute("aria-busy");
    note.remove();
  });
});

addEventListener("htmx:afterRequest", (event) => waiting.get(event.detail.xhr)?.());
