// A question of the script, over everything else, and notes.
import { html, useEffect, useRef } from "../web/html.js";
import { doc, settings, now, touched, send, lost, refused } from "./store.js";
import { Tools } from "./tools.js";
import { say } from "./texts.js";

export function Ask() {
  const ask = doc.value.ask, s = settings.value;
  const first = useRef(null);
  useEffect(() => { first.current?.focus(); }, [ask.choices[0].key]);
  const left = ask.left && Math.max(0, Math.ceil(ask.left - (now.value - doc.value.got) / 1000));
  const choose = (key) => (e) => { e.stopPropagation(); if (touched(true)) send("choose", key); };
  const dismiss = (e) => { e.stopPropagation(); if (touched(true)) send("dismiss", ask.choices[0].key); };
  const keys = (e) => { if (e.key === "Escape") dismiss(e); };
  return html`<div class="over"><section class="dialog" role="dialog" aria-modal="true" aria-labelledby="ask-title" onKeyDown=${keys}>
    <h2 id="ask-title">${ask.title}</h2>
    ${ask.text && html`<p>${ask.text}</p>`}
    <div class="keys">
      ${ask.choices.map((c, i) => html`<button key=${c.key} ref=${i === 0 ? first : null} class=${c.primary ? "key first" : "key"} disabled=${lost.value} onClick=${choose(c.key)}>${c.text}</button>`)}
      <span class="gap"></span>
      ${left !== undefined && html`<span class="remaining num" role="timer">${say(s, "remaining", { seconds: left })}</span>`}
      <button class="key plain" onClick=${dismiss}>${say(s, "back")}</button>
      <${Tools} />
    </div>
  </section></div>`;
}

export function Note() {
  const text = refused.value ? say(settings.value, refused.value) : doc.value.note?.text;
  return html`<div class="note" role="status">${text && html`<p>${text}</p>`}</div>`;
}
