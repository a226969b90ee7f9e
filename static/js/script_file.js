// A script from a file, read here and sent nowhere. Its bytes are decoded by an encoding that can be told, or refused.
const LARGEST = 1 << 20; // bytes
const KINDS = [
  ["ELF", [0x7f, 0x45, 0x4c, 0x46]],
  ["ZIP", [0x50, 0x4b, 0x03, 0x04]],
  ["gzip", [0x1f, 0x8b]],
  ["PDF", [0x25, 0x50, 0x44, 0x46]],
  ["PNG", [0x89, 0x50, 0x4e, 0x47]],
  ["EXE", [0x4d, 0x5a, 0x90]],
];
const MARKS = [
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

const beginsWith = (bytes, signature) => signature.every((byte, at) => bytes[at] === byte);

function decoded(bytes, encoding) {
  try {
    // The mark of UTF-8 is a part of the script; that of UTF-16 only says how it was written.
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: encoding === "utf-8" }).decode(bytes);
  } catch {
    return null;
  }
}

// {script, encoding} or {refusal}; `words`: too large, binary (with # for the kind), unknown, unreadable.
export async function readScript(file, words) {
  if (file.size > LARGEST) return { refusal: words.tooLarge };
  const bytes = new Uint8Array(await file.arrayBuffer());
  const kind = KINDS.find(([, signature]) => beginsWith(bytes, signature));
  if (kind) return { refusal: words.binary.replace("#", kind[0]) };
  const marked = MARKS.find(([, mark]) => beginsWith(bytes, mark));
  if (!marked && bytes.includes(0)) return { refusal: words.binary.replace("#", words.unknown) };
  for (const encoding of marked ? [marked[0]] : ["utf-8", "gb18030"]) {
    const script = decoded(bytes, encoding);
    if (script !== null) return { script, encoding: encoding.toUpperCase() };
  }
  return { refusal: words.unreadable };
}
