// [data-copy]: copies the attribute's text, shows a tick for two seconds, tells so.
// [data-copy-from="#id"]: copies the text of that element; [data-copy-address]: the page's own address;
// [data-copy-url="/r/…"]: that address, whole.
import { announce } from "./announce.js";
import { say } from "./words.js";

const TICK = 2000; // ms

function textOf(button) {
  if ("copyAddress" in button.dataset) return location.href;
  if (button.dataset.copyUrl) return new URL(button.dataset.copyUrl, location.href).href;
  if (button.dataset.copyFrom) return document.querySelector(button.dataset.copyFrom)?.textContent ?? "";
  return button.dataset.copy;
}

// Pages served by plain http to another host have no navigator.clipboard.
export async function put(text, near) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "vh";
  near.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

export function showTick(button) {
  const use = button.querySelector("use");
  if (!use || button.dataset.ticked) return;
  const before = use.getAttribute("href");
  button.dataset.ticked = "1";
  use.setAttribute("href", before.replace(/#.*/, "#check"));
  setTimeout(() => {
    use.setAttribute("href", before);
    delete button.dataset.ticked;
  }, TICK);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from], [data-copy-address], [data-copy-url]");
  if (!button) return;
  event.preventDefault();
  await put(textOf(button), button.parentElement);
  showTick(button);
  announce(button.dataset.copied ?? say("copied"));
  button.focus({ preventScroll: true });
});
