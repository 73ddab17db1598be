// Texts of strangers, as a page shows them.

// safe returns a text in which characters that nobody sees, or that turn the direction of the text
// around, are written as \u{...}. A text that is longer than max is cut.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
export function safe(text, max = 2000) {
  text = String(text ?? "");
  if (text.length > max) text = text.slice(0, max) + "…";
  return text.replace(HIDDEN, (c) => "\\u{" + c.codePointAt(0).toString(16) + "}");
}
