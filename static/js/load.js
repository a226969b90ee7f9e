// Fetches an address as a fragment into an element. Resolves with whether there is something to show: the fragment, or the
// note that trouble.js puts in its place when there was no answer. `onSlow` is called when bars stand in for it (busy.js).
import { bars, SLOW } from "./busy.js";

export async function load(address, target, onSlow = () => {}) {
  const slow = setTimeout(() => {
    target.replaceChildren(bars());
    onSlow();
  }, SLOW);
  const standIn = () => target.querySelector("[data-bars]")?.remove();
  await htmx.ajax("GET", address, { target, swap: "innerHTML" }).catch(standIn);
  clearTimeout(slow);
  return target.childElementCount > 0;
}
