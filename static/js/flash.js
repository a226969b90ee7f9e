// Flash messages: kept until dismissed or the next page. flash(node) puts one on top, in the dialog that is open or the page;
// what stands there already is not said twice. tell("Copied.") makes one of a sentence and brings it into view.
import { announce } from "./announce.js";

const MOST = 3;
const wordsOf = (note) => note.textContent.trim().replace(/\s+/g, " ");

export function flash(note) {
  const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
  const place = dialog?.querySelector("[data-flash]") ?? document.getElementById("flash");
  for (const old of [...place.children]) if (wordsOf(old) === wordsOf(note)) old.remove();
  place.prepend(note);
  [...place.children].slice(MOST).forEach((old) => old.remove());
}

// `family` is "ok" or "bad"; what is bad is an alert, which screen readers speak by themselves.
export function tell(text, family) {
  const note = document.getElementById(`told-${family}`).content.firstElementChild.cloneNode(true);
  note.querySelector("[data-text]").textContent = text;
  flash(note);
  note.scrollIntoView({ block: "nearest" });
  if (family === "ok") announce(text);
  return note;
}

document.addEventListener("click", (event) => {
  event.target.closest?.("[data-dismiss]")?.closest(".note")?.remove();
});
