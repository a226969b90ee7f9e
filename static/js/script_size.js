// How large a script is, as the server says it (commands/looking_over.py).

// Bytes, as the cloud counts them.
export const sizeAfterBase64 = (script) => Math.ceil(new TextEncoder().encode(script).length / 3) * 4;

// Rounded as Python does: 0.25 becomes 0.2.
export function kilobytes(bytes) {
  const tenths = (bytes * 10) / 1024;
  const floor = Math.floor(tenths);
  const isUp = tenths - floor > 0.5 || (tenths - floor === 0.5 && floor % 2 === 1);
  return ((floor + (isUp ? 1 : 0)) / 10).toFixed(1);
}
