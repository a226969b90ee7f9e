// Dialogs for confirmations. Three ways in, all native <dialog>:
//   <button data-opens="#id">            opens the dialog that is on the page
//   <a href="…" data-dialog>             fetches the address into #dialog (without script: a page of its own)
//   import { open, confirm }             from other modules
// The fragment of a data-dialog link is <header><h2 id="dialog-title">…</h2></header><div class="in">…</div><footer>…</footer>,
// inside one <form> if it posts. [data-close] closes; focus goes to [autofocus] (the safe button) and back to the opener.
import { load } from "./load.js";

const openers = new WeakMap();

export function open(dialog, opener = document.activeElement) {
  openers.set(dialog, opener);
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector("[autofocus]") ?? dialog.querySelector("h1, h2"))?.focus();
}

// Shows a <form method=dialog> dialog; resolves with the value of the button that closed it, "" after Esc.
export function confirm(dialog) {
  dialog.returnValue = "";
  open(dialog);
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}

async function fetchInto(dialog, link) {
  const content = dialog.querySelector("#dialog-content");
  if (await load(link.href, content)) open(dialog, link);
}

document.addEventListener("click", (event) => {
  const opening = event.target.closest?.("[data-opens]");
  if (opening) open(document.querySelector(opening.dataset.opens), opening);

  const fetching = event.target.closest?.("a[data-dialog]");
  if (fetching && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    fetchInto(document.getElementById("dialog"), fetching);
  }

  const closing = event.target.closest?.("dialog [data-close]");
  if (closing) {
    event.preventDefault();
    const dialog = closing.closest("dialog");
    // The drawer asks first when something was typed (drawer.js).
    if (dialog.dispatchEvent(new Event("cancel", { cancelable: true }))) dialog.close();
  }
});

document.addEventListener(
  "close",
  (event) => {
    if (event.target instanceof HTMLDialogElement) openers.get(event.target)?.focus?.();
  },
  true, // close does not bubble
);
