// hx-ext="keep" hx-swap="keep": morphs what is inside the target, so that focus, typed text, selection, open <details>
// and scroll stay. (Idiomorph's own extension evaluates its options, which the CSP forbids.)
//   [data-keep-checked]   around boxes that are ticked in the browser alone: they stay as they are
//   [data-flash]          stays as it is: what was not dismissed is still to be read
//   [data-tokens]         stays as it is: the words searched for, which picker.js shows as tokens
//   [data-editor]         stays as it is: what is typed in an editor that a script has put there

// What a person opened, placed or chose since is theirs, not the server's.
const isTheirs = (name, node) =>
  (name === "open" && node.matches("details, dialog")) ||
  (name === "style" && node.matches("[popover]")) ||
  (name === "aria-expanded" && node.matches("[popovertarget]")) ||
  (name === "checked" && node.closest("[data-keep-checked]") !== null);

// What is typed at this moment stays; a button that has the focus may change its words.
const isTyping = () => document.activeElement?.matches("input, select, textarea");

const options = {
  morphStyle: "innerHTML",
  callbacks: {
    beforeAttributeUpdated: (name, node) => !isTheirs(name, node),
    beforeNodeMorphed: (node) => !(node instanceof Element && node.matches("[data-flash], [data-tokens], [data-editor]")),
  },
};

htmx.defineExtension("keep", {
  isInlineSwap: (style) => style === "keep",
  // The nodes must be returned: with `true` htmx leaves new elements without their hx-… attributes.
  handleSwap: (style, target, fragment) =>
    style === "keep"
      ? Idiomorph.morph(target, [...fragment.childNodes], { ...options, ignoreActiveValue: isTyping() })
      : undefined,
});
