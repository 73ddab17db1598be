// Texts of files and of the field in which they are edited. A field knows only \n as the end of a line, so
// the ends of the lines of a file, and its byte order mark, are put back when the text is saved.

// fieldText returns the text of a file as a field shows it.
export const fieldText = (file) => file.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");

const lineEnds = (text) => text.match(/\r\n|\r|\n/g) ?? [];

// kept returns how many lines at the beginning and at the end of two texts are the same.
export function kept(before, after) {
  const a = before.split("\n"), b = after.split("\n"), n = Math.min(a.length, b.length);
  let top = 0, bottom = 0;
  while (top < n && a[top] === b[top]) top++;
  while (bottom < n - top && a[a.length - 1 - bottom] === b[b.length - 1 - bottom]) bottom++;
  return { top, bottom, before: a.length, after: b.length };
}

// fileText returns the text of a file that was edited. file is the whole text before, and field is the text
// of the field. Lines that were not changed keep their ends; other lines get the end that most lines have.
export function fileText(file, field) {
  const mark = file.startsWith("\ufeff") ? "\ufeff" : "", ends = lineEnds(file);
  if (ends.every((e) => e === "\n")) return mark + field;
  const count = (end) => ends.filter((e) => e === end).length;
  const usual = ["\r\n", "\n", "\r"].reduce((best, end) => count(end) > count(best) ? end : best);
  const same = kept(fieldText(file), field), lines = field.split("\n"), shift = same.before - same.after;
  let text = mark;
  lines.forEach((line, i) => {
    text += line;
    if (i === lines.length - 1) return;
    if (i < same.top) text += ends[i] ?? usual;
    else if (i >= same.after - same.bottom) text += ends[i + shift] ?? usual;
    else text += usual;
  });
  return text;
}

// lineNow returns where the line of a text is after the text has been edited, and 0 if the line was edited.
export function lineNow(line, same) {
  if (line <= same.top) return line;
  if (line > same.before - same.bottom) return line + same.after - same.before;
  return 0;
}
