// A script with the very line ends it came with. The editor counts lines by "\n"; what it holds is told apart here:
//   ends "\n" or "\r\n"   every line ends so, and the editor's text has "\n" for it
//   ends "mixed"          the editor's text is the script as it is, each "\r" a character that is seen
export const LF = "\n";
export const CRLF = "\r\n";
export const MIXED = "mixed";

export function endsOf(script, otherwise = LF) {
  const found = new Set(script.match(/\r\n|\r|\n/g));
  if (found.size === 0) return otherwise;
  return found.size > 1 || found.has("\r") ? MIXED : [...found][0];
}

export const toLines = (script, ends) => (ends === CRLF ? script.replaceAll(CRLF, LF) : script);
export const toScript = (text, ends) => (ends === CRLF ? text.replaceAll(LF, CRLF) : text);

// The same as a hidden field of the form carries it: Base64 of its bytes.
export function pack(script) {
  const bytes = new TextEncoder().encode(script);
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

export function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes); // the mark is a part of the script
}
