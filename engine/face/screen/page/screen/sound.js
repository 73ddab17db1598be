// The agent's sound, if the server uses this page for it, and what the page says about it.
import { html, signal, effect } from "../web/html.js";
import { openSound } from "../web/sound.js";
import { doc, settings, pageID } from "./store.js";
import { say } from "./texts.js";

const state = signal({ name: "", problem: "" });
let sound = null, used = "";

// The server says what it uses the page for in each document.
effect(() => {
  const use = doc.value?.sound, next = use ? JSON.stringify(use) : "";
  if (!doc.value || next === used) return;
  used = next;
  sound?.close();
  sound = use ? openSound({ use, page: pageID, onState: (now) => { state.value = now; } }) : null;
  if (!use) state.value = { name: "", problem: "" };
});

// Sound says what keeps the page from playing or recording.
export function Sound() {
  const s = settings.value, { name, problem } = state.value;
  if (name === "insecure") {
    return html`<aside class="sound" role="status"><p>${say(s, "insecure")}</p><p>${say(s, "insecure_how", { origin: location.origin })}</p></aside>`;
  }
  if (name === "tap") return html`<aside class="sound" role="status"><p>${say(s, "tap")}</p></aside>`;
  if (name === "taken") {
    return html`<aside class="sound" role="status"><p>${say(s, "taken")}</p><button class="key" onClick=${(e) => { e.stopPropagation(); sound?.takeBack(); }}>${say(s, "use_here")}</button></aside>`;
  }
  if (problem) return html`<aside class="sound" role="status"><p>${say(s, "mic_" + problem)}</p></aside>`;
  return null;
}
