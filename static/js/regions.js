// The region selector: loads its list when first opened, filters it by name (both languages), ID and pinyin initials
// (each row's data-words), ↑ ↓ Enter Esc. Without script the button is a link to the same list as a page.
import { load } from "./load.js";

const button = document.querySelector("[data-regions]");
const popover = document.getElementById("regions");

async function show() {
  const appear = () => popover.matches(":popover-open") || popover.showPopover();
  if (!popover.querySelector(".opts") && !(await load(button.href, popover, appear))) return;
  appear();
  popover.querySelector("input[type=search]")?.focus();
}

const rows = () => [...popover.querySelectorAll(".opts a")].filter((row) => !row.closest("[hidden]"));

function filter(text) {
  const words = text.trim().toLowerCase().split(/\s+/);
  for (const item of popover.querySelectorAll(".opts li")) {
    const known = item.querySelector("a").dataset.words ?? item.textContent.toLowerCase();
    item.hidden = !words.every((word) => known.includes(word));
  }
  for (const list of popover.querySelectorAll(".opts")) {
    const isEmpty = !list.querySelector("li:not([hidden])");
    list.hidden = isEmpty;
    if (list.previousElementSibling?.matches("h3")) list.previousElementSibling.hidden = isEmpty;
  }
  popover.querySelector("[data-nothing]")?.toggleAttribute("hidden", rows().length > 0);
}

button?.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (popover.matches(":popover-open")) popover.hidePopover();
  else show();
});
// A link that is a button answers to the space bar, too.
button?.addEventListener("keydown", (event) => {
  if (event.key !== " ") return;
  event.preventDefault();
  button.click();
});
// A page about an unknown region shows the known ones at once.
if (button && "opensNow" in button.dataset) addEventListener("DOMContentLoaded", show);

popover?.addEventListener("input", (event) => filter(event.target.value));
popover?.addEventListener("keydown", (event) => {
  const found = rows();
  const at = found.indexOf(document.activeElement);
  if (event.key === "ArrowDown") found.at((at + 1) % found.length)?.focus();
  else if (event.key === "ArrowUp" && at > 0) found[at - 1].focus();
  else if (event.key === "ArrowUp") popover.querySelector("input[type=search]")?.focus();
  else if (event.key === "Enter" && at < 0 && found.length) found[0].click();
  else return;
  event.preventDefault();
});
