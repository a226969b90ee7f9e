// The keyboard map. Single keys never act while somebody types, and can be switched off (html[data-single-keys=off]).
//   data-key="r"   pressed by that key: in the focused row first, else the first one visible in dialog or page
//   data-go="c"    opened by `g` then that key
//   data-search    the box that `/` focuses, where it is not the first search box of the page
import { open } from "./dialogs.js";

const root = document.documentElement;
const SEQUENCE = 1200; // ms that may pass after `g`
let pressedG = -Infinity;

const isTyping = (element) =>
  element.closest("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");
const isVisible = (element) => element.getClientRects().length > 0;
const scope = () => [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.querySelector("main");
const rows = () =>
  [...scope().querySelectorAll("tbody tr, [data-row]")].filter((row) => isVisible(row) && row.querySelector("a[href]"));
const currentRow = () => document.activeElement?.closest("tbody tr, [data-row]");

function move(step) {
  const all = rows();
  const at = all.indexOf(currentRow());
  const row = all[Math.max(0, Math.min(all.length - 1, at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step))];
  document.querySelectorAll("tr[aria-current=true][data-by-key]").forEach((old) => {
    old.removeAttribute("aria-current");
    old.removeAttribute("data-by-key");
  });
  if (!row) return false;
  if (!row.hasAttribute("aria-current")) {
    row.setAttribute("aria-current", "true");
    row.setAttribute("data-by-key", "");
  }
  row.querySelector("a[href]").focus();
  return true;
}

function press(element) {
  if (!element) return false;
  element.click();
  return true;
}

function search() {
  const box = [...scope().querySelectorAll("[data-search], input[type=search]")].find(isVisible);
  box?.focus();
  box?.select?.();
  return Boolean(box);
}

function pressNamed(key) {
  const selector = `[data-key="${CSS.escape(key)}"]`;
  const inRow = currentRow()?.querySelector(selector);
  return press(inRow ?? [...scope().querySelectorAll(selector)].find(isVisible));
}

const SINGLE = {
  "/": search,
  j: () => move(1),
  k: () => move(-1),
  o: () => press(currentRow()?.querySelector("a[href]")),
  x: () => press(currentRow()?.querySelector("input[type=checkbox]:not(:disabled)")),
  "?": () => {
    const list = document.getElementById("shortcuts");
    if (list) open(list);
    return Boolean(list);
  },
};

function onSingleKey(event) {
  const isSecond = event.timeStamp - pressedG < SEQUENCE;
  pressedG = -Infinity;
  if (isSecond) return press(document.querySelector(`[data-go="${CSS.escape(event.key)}"]`));
  if (event.key === "g") {
    pressedG = event.timeStamp;
    return true;
  }
  return (SINGLE[event.key] ?? (() => pressNamed(event.key)))();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const button = [...scope().querySelectorAll(".btn.primary")].find(isVisible);
    if (button?.getAttribute("aria-disabled") !== "true" && press(button)) event.preventDefault();
    return;
  }
  if (event.key === "Escape" && isTyping(event.target) && event.target.type === "search") {
    if (event.target.value) event.preventDefault(); // first the text, then what is around it
    event.target.value = "";
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (root.dataset.singleKeys === "off" || event.key.length !== 1) return;
  if (onSingleKey(event)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-shortcuts]")) SINGLE["?"]();
});
