// Fetches an address as a fragment into an element. Resolves with whether there is something to show: the fragment, or the
// note that trouble.js puts in its place when there was no answer.
export async function load(address, target) {
  await htmx.ajax("GET", address, { target, swap: "innerHTML" }).catch(() => {});
  return target.childElementCount > 0;
}
