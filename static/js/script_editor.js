// The editor of a script, around CodeMirror. It holds the script with its very line ends (line_ends.js), marks what stands in
// braces, shows what can't be seen, and signs the lines that something was found in.
//   const editor = createEditor(options); editor.script; editor.take(script); editor.mark([{line, column, level, text}]) …
import {
  Compartment,
  Decoration,
  EditorSelection,
  EditorState,
  EditorView,
  GutterMarker,
  MatchDecorator,
  RangeSet,
  StateEffect,
  StateField,
  StreamLanguage,
  Text,
  ViewPlugin,
  bracketMatching,
  classHighlighter,
  defaultKeymap,
  gutter,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  history,
  historyKeymap,
  indentLess,
  indentMore,
  indentUnit,
  invertedEffects,
  keymap,
  lineNumbers,
  powerShell,
  search,
  searchKeymap,
  shell,
  syntaxHighlighting,
} from "../vendor/codemirror.js";
import { bat } from "./bat.js";
import { LF, MIXED, endsOf, toLines, toScript } from "./line_ends.js";
import { BRACES_OF_LINE, isBuiltIn, nameIn } from "./placeholders.js";

const MODES = { RunShellScript: shell, RunPowerShellScript: powerShell, RunBatScript: bat };
const LEAVING = 60000; // ms after Esc in which Tab leaves
// What commands/highlighting.py shows as well: it draws nothing, or turns the text around.
const INVISIBLE =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

// Line ends, undone together with the change that came with them

const setEnds = StateEffect.define();
const ends = StateField.define({
  create: () => LF,
  update: (value, { effects }) => effects.find((effect) => effect.is(setEnds))?.value ?? value,
});
const undoesEnds = invertedEffects.of(({ effects, startState }) =>
  effects.filter((effect) => effect.is(setEnds)).map(() => setEnds.of(startState.field(ends))),
);

// What can't be seen

function shown(code) {
  const element = document.createElement("span");
  element.className = "odd";
  element.dataset.code = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return element;
}

// {{name}}

const parameter = Decoration.mark({ class: "cm-parameter" });
const builtIn = Decoration.mark({ class: "cm-built-in" });

function decorationOf([, inner]) {
  if (isBuiltIn(inner)) return builtIn;
  return nameIn(inner) ? parameter : null;
}

const inBraces = new MatchDecorator({ regexp: BRACES_OF_LINE, decoration: decorationOf });
const parameterMarks = ViewPlugin.define(
  (view) => ({
    decorations: inBraces.createDeco(view),
    update(update) {
      this.decorations = inBraces.updateDeco(update, this.decorations);
    },
  }),
  { decorations: (plugin) => plugin.decorations },
);

// Signs at lines

class Sign extends GutterMarker {
  constructor(level, text, icons) {
    super();
    Object.assign(this, { level, text, icons });
  }

  eq(other) {
    return other.level === this.level && other.text === this.text;
  }

  toDOM() {
    const element = document.createElement("span");
    element.className = `sign ${this.level}`;
    element.title = this.text;
    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    drawing.setAttribute("class", "i i-s");
    drawing.setAttribute("aria-hidden", "true");
    use.setAttribute("href", `${this.icons}#${this.level === "info" ? "info" : this.level}`);
    drawing.append(use);
    element.append(drawing);
    return element;
  }
}

const setFindings = StateEffect.define();
const LEVELS = ["info", "warn", "bad"];

function findingsAt(doc, findings, icons) {
  const lines = new Map();
  for (const finding of findings) if (finding.line <= doc.lines) lines.set(finding.line, [...(lines.get(finding.line) ?? []), finding]);
  const decorations = [];
  const signs = [];
  for (const [number, found] of lines) {
    const line = doc.line(number);
    const level = LEVELS[Math.max(...found.map((one) => LEVELS.indexOf(one.level)))];
    if (level !== "info") decorations.push(Decoration.line({ class: `cm-found ${level}` }).range(line.from));
    signs.push(new Sign(level, found.map((one) => one.text).join("\n"), icons).range(line.from));
    for (const { column } of found) {
      const from = line.from + column - 1;
      const length = column ? (/^[$\w{}"'.-]+/.exec(line.text.slice(column - 1))?.[0].length ?? 1) : 0;
      if (length && from + length <= line.to) decorations.push(Decoration.mark({ class: "cm-spot" }).range(from, from + length));
    }
  }
  return { decorations: Decoration.set(decorations, true), signs: RangeSet.of(signs, true) };
}

const findings = StateField.define({
  create: () => ({ decorations: Decoration.none, signs: RangeSet.empty }),
  update(value, transaction) {
    for (const effect of transaction.effects)
      if (effect.is(setFindings)) return findingsAt(transaction.newDoc, effect.value.findings, effect.value.icons);
    if (!transaction.docChanged) return value;
    return { decorations: value.decorations.map(transaction.changes), signs: value.signs.map(transaction.changes) };
  },
  provide: (field) => EditorView.decorations.from(field, ({ decorations }) => decorations),
});
const signs = gutter({ class: "cm-signs", markers: (view) => view.state.field(findings).signs });

// Tab indents; Esc, then Tab leaves.

function indent(view) {
  const { state } = view;
  if (state.selection.ranges.some((range) => !range.empty)) return indentMore(view);
  const unit = /^\t/m.test(state.doc.sliceString(0)) ? "\t" : state.facet(indentUnit);
  view.dispatch(state.update(state.replaceSelection(unit), { scrollIntoView: true, userEvent: "input" }));
  return true;
}

function letTabLeave(view) {
  setTimeout(() => view.setTabFocusMode(LEAVING)); // after the editor's own two seconds
  return false;
}

const keys = keymap.of([
  { key: "Tab", run: indent, shift: indentLess },
  { key: "Escape", run: letTabLeave },
  ...searchKeymap,
  ...historyKeymap,
  ...defaultKeymap,
]);

export function createEditor({ parent, script, type, attributes, phrases, nonce, icons, onChange, onCursor }) {
  const language = new Compartment();
  const braces = new Compartment();
  const modeOf = (name) => StreamLanguage.define(MODES[name] ?? shell);
  const linesOf = (text, kind) => Text.of(toLines(text, kind).split("\n"));

  const first = endsOf(script);
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: linesOf(script, first),
      extensions: [
        EditorView.cspNonce.of(nonce),
        EditorState.phrases.of(phrases),
        EditorView.contentAttributes.of(attributes),
        ends.init(() => first),
        undoesEnds,
        findings,
        signs,
        lineNumbers(),
        highlightActiveLineGutter(),
        highlightActiveLine(),
        highlightSpecialChars({ specialChars: INVISIBLE, render: shown }),
        history(),
        bracketMatching(),
        search({ top: true }),
        indentUnit.of("  "),
        syntaxHighlighting(classHighlighter),
        language.of(modeOf(type)),
        braces.of(parameterMarks),
        keys,
        EditorView.updateListener.of((update) => {
          if (update.docChanged || update.state.field(ends) !== update.startState.field(ends)) onChange();
          if (update.docChanged || update.selectionSet) onCursor();
        }),
      ],
    }),
  });

  const scriptOf = () => toScript(view.state.doc.sliceString(0, undefined, "\n"), view.state.field(ends));

  return {
    view,
    get script() {
      return scriptOf();
    },
    get ends() {
      return view.state.field(ends);
    },
    get cursor() {
      const { head } = view.state.selection.main;
      const line = view.state.doc.lineAt(head);
      return { line: line.number, column: head - line.from + 1 };
    },
    // `otherwise`: the line ends of a script that has none.
    take(text, otherwise = LF) {
      const kind = endsOf(text, otherwise);
      const doc = linesOf(text, kind);
      const at = Math.min(view.state.selection.main.head, doc.length);
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: doc },
        selection: EditorSelection.cursor(at),
        effects: setEnds.of(kind),
      });
    },
    end(kind) {
      if (kind === MIXED) return;
      this.take(toScript(scriptOf().replace(/\r\n|\r/g, "\n"), kind), kind);
    },
    speak(name) {
      view.dispatch({ effects: language.reconfigure(modeOf(name)) });
    },
    usesParameters(isOn) {
      view.dispatch({ effects: braces.reconfigure(isOn ? parameterMarks : []) });
    },
    mark(found) {
      view.dispatch({ effects: setFindings.of({ findings: found, icons }) });
    },
    goTo(number, column = 1) {
      const line = view.state.doc.line(Math.min(Math.max(number, 1), view.state.doc.lines));
      const at = Math.min(line.from + column - 1, line.to);
      view.dispatch({ selection: EditorSelection.cursor(at), effects: EditorView.scrollIntoView(at, { y: "center" }) });
      view.focus();
    },
  };
}
