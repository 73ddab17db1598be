// Texts of a page in several languages. A table has the texts of each language by their names, for example
// { en: { tools: ["{n} tool", "{n} tools"] }, de: ... }. Words in braces stand for values. A text with a
// number n is a list: the text for one, and the text for any other number.

// choose returns the language of the table for the first of the wanted languages, such as "de-AT", that
// the table has, and English if it has none of them.
export function choose(table, wanted) {
  for (const tag of wanted) {
    const language = String(tag ?? "").toLowerCase().split("-")[0];
    if (Object.hasOwn(table, language)) return language;
  }
  return "en";
}

// parts returns the parts of a text, in which each word in braces is replaced by its value. A value can be an element.
export function parts(text, values = {}) {
  if (Array.isArray(text)) text = text[values.n === 1 ? 0 : 1];
  return text.split(/(\{\w+\})/).map((part) => {
    const name = /^\{\w+\}$/.test(part) ? part.slice(1, -1) : undefined;
    return name === undefined ? part : values[name] ?? part;
  });
}

// fill is like parts, for values that are texts or numbers, and returns one text.
export const fill = (text, values) => parts(text, values).join("");
