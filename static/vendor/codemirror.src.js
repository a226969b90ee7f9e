// What static/js/editor.js takes of CodeMirror 6; script/vendor makes codemirror.js of it.
export { defaultKeymap, history, historyKeymap, indentLess, indentMore, invertedEffects } from "@codemirror/commands";
export { StreamLanguage, bracketMatching, indentUnit, syntaxHighlighting } from "@codemirror/language";
export { powerShell } from "@codemirror/legacy-modes/mode/powershell";
export { shell } from "@codemirror/legacy-modes/mode/shell";
export { search, searchKeymap } from "@codemirror/search";
export { Compartment, EditorSelection, EditorState, RangeSet, StateEffect, StateField, Text } from "@codemirror/state";
export {
  Decoration,
  EditorView,
  GutterMarker,
  MatchDecorator,
  ViewPlugin,
  gutter,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
export { classHighlighter } from "@lezer/highlight";
