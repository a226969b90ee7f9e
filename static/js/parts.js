// hx-ext="parts" hx-swap="parts": every element of the answer takes the place of the one with its id, morphed, so that
// focus, typed text and scroll stay. What has no counterpart on the page is dropped.
//   [data-theirs]   attributes (a list) of this element that are the person's own: they stay as they are
const isTheirs = (name, node) =>
  (name === "open" && node.matches("details, dialog")) || (node.dataset?.theirs ?? "").split(" ").includes(name);

const callbacks = { beforeAttributeUpdated: (name, node) => !isTheirs(name, node) };

function put(part) {
  const place = part.id && document.getElementById(part.id);
  // What is typed at this moment stays; a button that has the focus may change its words.
  const ignoreActiveValue = document.activeElement?.matches("input, select, textarea");
  return place ? [...Idiomorph.morph(place, part, { morphStyle: "outerHTML", ignoreActiveValue, callbacks })] : [];
}

htmx.defineExtension("parts", {
  isInlineSwap: (style) => style === "parts",
  // The nodes must be returned: htmx binds the hx-… attributes of what it is given.
  handleSwap: (style, target, fragment) => (style === "parts" ? [...fragment.children].flatMap(put) : undefined),
});
