// The agent's sound in this page, with --mic browser or --speaker browser: only when somebody asks for it.
import { html, signal, effect } from "../web/html.js";
import { openSound } from "../web/sound.js";
import * as s from "./state.js";
import { say } from "./texts.js";

const state = signal({ name: "", problem: "" });
let sound = null;

function speak(use) {
  sound?.close();
  sound = openSound({ use, onState: (now) => { state.value = now; } });
}

function stop() {
  sound?.close();
  sound = null;
  state.value = { name: "", problem: "" };
}

// The server may be started again without --mic browser and --speaker browser.
effect(() => { if (sound && s.snap.value && !s.snap.value.page_sound) stop(); });

// SpeakHere lets the user speak and listen in this page.
export function SpeakHere() {
  const use = s.snap.value?.page_sound, { name, problem } = state.value;
  if (!use || s.snap.value.replay) return null;
  const status = { asking: "soundAsking", connecting: "soundConnecting", live: use.microphone ? "soundLive" : "soundPlays", tap: "tap", taken: "taken" }[name];
  return html`<div class="speak-here">
    ${name === "" ? html`<button class="btn" onClick=${() => speak(use)}>${say(use.microphone ? "speakHere" : "listenHere")}</button>`
      : name === "taken" ? html`<button class="btn" onClick=${() => sound.takeBack()}>${say("use_here")}</button>`
      : html`<button class="btn" onClick=${stop}>${say("stopHere")}</button>`}
    ${status && !problem && html`<p class="empty" role="status">${say(status)}</p>`}
    ${name === "insecure" && html`<p class="empty bad" role="alert">${say("insecure")} ${say("insecure_how", { origin: location.origin })}</p>`}
    ${problem && html`<p class="empty bad" role="alert">${say("mic_" + problem)}</p>`}</div>`;
}
