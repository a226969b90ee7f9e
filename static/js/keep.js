// hx-ext="keep" hx-swap="keep": morphs what is inside the target, so that focus, typed text, selection, open <details>
// and scroll stay. (Idiomorph's own extension evaluates its options, which the CSP forbids.)
const options = {
  morphStyle: "innerHTML",
  ignoreActiveValue: true,
  callbacks: {
    // What a person opened or chose since is theirs, not the server's.
    beforeAttributeUpdated: (name, node) => !(name === "open" && node.matches("details, dialog")),
  },
};

htmx.defineExtension("keep", {
  isInlineSwap: (style) => style === "keep",
  // The nodes must be returned: with `true` htmx leaves new elements without their hx-… attributes.
  handleSwap: (style, target, fragment) =>
    style === "keep" ? Idiomorph.morph(target, [...fragment.childNodes], options) : undefined,
});
