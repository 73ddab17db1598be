// The two buttons that are always there: larger text, and silence.
import { html } from "../web/html.js";
import { settings, lost, voice, enlarge, touched, post } from "./store.js";
import { say } from "./texts.js";

export function Tools() {
  const s = settings.value;
  const larger = (e) => { e.stopPropagation(); if (touched(true)) enlarge(); };
  const stop = (e) => { e.stopPropagation(); if (touched(true)) post("stop"); };
  return html`<button class="key" aria-label=${say(s, "larger")} onClick=${larger}>A+</button>
    <button class="key" disabled=${lost.value || voice.value.phase !== "speaking"} onClick=${stop}>${say(s, "stop")}</button>`;
}
