// When a fragment's answer is an error. A GET shows the note in the fragment's place, with Try again; anything else, and a
// poll, puts it among the flash messages, so that what was typed and what is shown stay. 401: the whole page goes to
// sign-in and comes back to this address; the address is the browser's own, never a header's.
import { flash } from "./flash.js";
import { keepTyped } from "./forms.js";

const NOTED = [403, 404, 413, 429];
const last = new WeakMap(); // target -> what to ask again

const isNoted = (status) => NOTED.includes(status) || status >= 500;
const isPoll = (element) => element.matches("[data-poll]");

function remember(target, { path, verb }, source) {
  last.set(target, { path, verb, source });
}

function signIn() {
  keepTyped();
  const address = document.documentElement.dataset.signin;
  location.assign(`${address}?next=${encodeURIComponent(location.pathname + location.search)}`);
}

// What was sent by a button is sent again by that button: this note can only be put away. It may be far from the button, so
// the focus goes there.
function flashNote(note, sender) {
  note.querySelector("[data-retry]")?.setAttribute("hidden", "");
  note.querySelector("[data-dismiss]")?.removeAttribute("hidden");
  flash(note);
  if (!sender?.matches("form:not([hx-trigger]), button")) return; // typing is not interrupted
  note.tabIndex = -1;
  note.focus();
}

function noteOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function unreachable() {
  return document.getElementById("unreachable-note").content.firstElementChild.cloneNode(true);
}

addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig, elt, target } = event.detail;
  if (xhr.status === 401) return signIn();
  if (!isNoted(xhr.status)) return;
  event.detail.shouldSwap = false;
  const note = noteOf(xhr.responseText) ?? unreachable();
  if (isPoll(elt)) return xhr.status < 500 && xhr.status !== 429 && flashNote(note);
  if (requestConfig.verb !== "get") return flashNote(note, elt);
  remember(target, requestConfig, elt);
  target.replaceChildren(note);
  htmx.process(note);
});

for (const kind of ["htmx:sendError", "htmx:timeout"])
  addEventListener(kind, (event) => {
    const { requestConfig, elt, target } = event.detail;
    if (isPoll(elt)) return; // poll.js says so
    if (requestConfig?.verb !== "get") return flashNote(unreachable(), elt);
    remember(target, requestConfig, elt);
    target.replaceChildren(unreachable());
  });

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-retry]");
  if (!button) return;
  let target = button.parentElement;
  while (target && !last.has(target)) target = target.parentElement;
  if (!target) return;
  const { path, verb, source } = last.get(target);
  htmx.ajax(verb, path, { target, source, swap: "innerHTML" }).catch(() => {});
});
