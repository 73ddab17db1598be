// The agent's sound in this page, with --mic browser or --speaker browser: only when somebody asks for it.
import { html, signal } from "../web/html.js";
import { openSound } from "../web/sound.js";
import * as s from "./state.js";

const state = signal({ name: "", problem: "" });
let sound = null;

const NAMES = {
  asking: "Allow the microphone", connecting: "Connecting", live: "You can speak here", tap: "Click the page to hear the agent",
  taken: "Another page has the sound",
};
const PROBLEMS = {
  denied: "The browser does not allow this page to use the microphone. Allow it in the settings of the page, beside its address.",
  missing: "There is no microphone.", busy: "The microphone cannot be opened. Perhaps another program uses it.",
  ended: "The microphone has been taken away.", muted: "The microphone is switched off.",
};

function speak(use) {
  sound?.close();
  sound = openSound({ use, onState: (now) => { state.value = now; } });
}

function stop() {
  sound?.close();
  sound = null;
  state.value = { name: "", problem: "" };
}

// SpeakHere lets the user speak and listen in this page.
export function SpeakHere() {
  const use = s.snap.value?.page_sound, { name, problem } = state.value;
  if (!use || s.snap.value.replay) return null;
  const begin = use.microphone ? "Speak from here" : "Listen here";
  return html`<div class="speak-here">
    ${name === "" ? html`<button class="btn" onClick=${() => speak(use)}>${begin}</button>`
      : name === "taken" ? html`<button class="btn" onClick=${() => sound.takeBack()}>Use it here</button>`
      : html`<button class="btn" onClick=${stop}>Stop using this page</button>`}
    ${NAMES[name] && html`<p class="empty" role="status">${NAMES[name]}</p>`}
    ${name === "insecure" && html`<p class="empty bad" role="alert">This page can neither play nor record: browsers allow sound only on https, or on the machine itself.
      Open it through a tunnel, <code>ssh -L 8080:127.0.0.1:8080 HOST</code>, as <code>http://127.0.0.1:8080/inspect</code>, or through an https proxy.</p>`}
    ${problem && html`<p class="empty bad" role="alert">${PROBLEMS[problem]}</p>`}</div>`;
}
