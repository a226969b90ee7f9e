// announce("Copied."): tells a screen reader once, politely.
export function announce(text) {
  const live = document.getElementById("live");
  if (!live) return;
  live.textContent = "";
  // A new text node in a later frame is spoken even when it says the same as before.
  requestAnimationFrame(() => (live.textContent = text));
}
