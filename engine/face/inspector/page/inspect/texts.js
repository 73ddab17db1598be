// The texts of the page, in each language. What the server says, such as an error, is English.
import { choose, fill, parts } from "../web/texts.js";
import { texts as soundTexts } from "../web/sound-texts.js";

export const texts = {
  en: {
    dir: "ltr",
    title: "Moonlark · inspector",
    unreachable: "Moonlark cannot be reached",
    // the bar
    phase_waiting: "Waiting", phase_connecting: "Connecting", phase_listening: "Listening", phase_hearing: "Hearing",
    phase_thinking: "Thinking", phase_speaking: "Speaking", phase_ended: "Ended",
    link_connecting: "connecting", link_live: "live", link_lost: "no connection",
    who_replay: "Recording", who_local: "Embedded agent", who_agent: "ElevenLabs agent", who_url: "Agent", who_none: "No conversation yet",
    theme: "Theme", updated: "Moonlark has been updated: load the page again", recording: "Recording",
    start: "Start conversation", end: "End conversation",
    views: "Parts of the page", view_main: "Talk", view_right: "Details", view_left: "Tools",
    // the login
    needsToken: "This agent needs a token", tokenIs: "It is the value of {variable} or {flag}.", token: "Token", open: "Open",
    // the left column
    left: "Scripts, tools and devices",
    scripts: "Scripts", reload: "reload", scriptsOfReplay: "This is a recording.", noScripts: "No script has been loaded yet.",
    tools_n: ["{n} tool", "{n} tools"], failed: "failed", runs: "runs", notReloaded: "not reloaded; the copy of {time} continues to run",
    silentScript: "does not respond", rests: "waits: {reason}", loadedAt: "loaded at {time}", reloadedAt: "reloaded at {time}, {times}×",
    tools: "Tools", medianCalls: "median · calls", running: "running", calls: ["call", "calls"], calls_n: ["{n} call", "{n} calls"],
    toolsOfReplay: "A recording has no scripts.", noTools: "No script has a tool yet: {register_tool} makes one.",
    filter: "Filter  /", filterTools: "Filter tools", noToolFound: "No tool has this name.",
    sound: "Sound", off: "off", on: "on", soundOfReplay: "A recording has no sound.", byText: "This conversation is by text.",
    microphone: "Microphone", speaker: "Speaker", level: "{device} level",
    notListening: "not listening", level_db: "{db} dB", level_voice: "{db} dB · voice", speaking: "speaking", quiet: "quiet",
    gapsLate: "Gaps, late", runsOfBuffer: "Underruns, overruns",
    // the conversation
    conversation: "Conversation", turns: "Turns", you: "You", agent: "Agent",
    zero: "stopped speaking", key_you: "you", key_heard: "hearing, voice", key_wait: "deciding", key_tool: "tool", key_agent: "agent",
    spokeFor: "spoke for {s} s", understoodAfter: "understood after {s} s", answeredAfter: "answered after {s} s", toolTook: "{tool} {time}, of {s} s",
    interrupted: "interrupted", typed: "typed", showCall: "{tool}, show the call", overBefore: "the conversation was over", returned: "returned",
    stage_understand: "understand", stage_decide: "decide", stage_answer: "answer", stage_voice: "voice",
    turn: "Turn {no}", beforeTurns: "Before the first turn", toFirstWord: "to the first word", soFar: "so far",
    earlier: "Earlier turns are not shown.", nothingSaid: "Nothing has been said yet.", startAbove: "Start a conversation above.", sayBelow: "Say something below.",
    unseen: ["{n} new ↓", "{n} new ↓"],
    lastMinute: "Last minute", soundOfMinute: "Sound of the last minute", minuteIs: "the user's voice above, the agent's speech below",
    talk: "Talk to the agent", hear: "Let the agent hear the microphone", message: "Message", send: "Send", what: "What it is",
    as_user: "as the user", as_context: "context", as_event: "event",
    hint_user: "Say something", hint_context: "Something that the agent should know", hint_event: 'button, or button {"pin": 4}',
    wantEventJSON: 'what follows the name of the event must be JSON, such as {"pin": 4}',
    note_connecting: "connecting to {agent}", note_embedded: "the embedded agent", note_agent: "the agent",
    note_connected: "a conversation has begun · {id}", note_disconnected: "the conversation has ended", note_because: "the conversation has ended: {reason}",
    note_lost: "no connection", note_loaded: "{script} loaded · {tools} · {time}", note_reloaded: "{script} reloaded · {tools} · {time}",
    note_saved: "{script} was saved, and", note_failed: "not reloaded", note_error: "error",
    note_dropped: ["{n} event is missing here", "{n} events are missing here"],
    // the right column
    details: "Details", tab_call: "Call", tab_state: "State", tab_events: "Events", tab_log: "Log", tab_pins: "Pins",
    errors: " errors", lastLog: "Last lines of the log", noLog: "Nothing has been logged.",
    copied: "Copied", copyFailed: "Copying failed", copyLua: "Copy as Lua", copyCurl: "Copy as curl", copyJSON: "Copy JSON",
    time: "Time", waiting: "waiting", noResult: "no result", inTurn: " in turn {no}", args: "Arguments", none: "none", agentGot: "What the agent got",
    runAgain: "Run again", tryIt: "Try it", tryTool: "Try {tool}", withArgs: "with the arguments above", run: "Run", ok: "ok",
    chooseTool: "Choose a tool on the left to try it, or a call in the conversation to see all of it.", timeout: "timeout {s} s",
    noSuchTool: "No script has this tool now.", more: "and {n} more",
    stateOfReplay: "A recording has no state of scripts.", script: "Script", readAgain: "Read again",
    stateEmpty: "The table {state} is empty. What a script puts there survives a reload.", tooLarge: "Too large to show: {names}",
    filterEvents: "Filter events", filterHint: "Filter (without one, agent_part is hidden)", noEvent: "No event.",
    noPins: "No script uses a pin.", press: "Press", release: "Release", input: "input", output: "output", sum: "sum", column_time: "time",
    // the form of a tool
    noParameters: "It has no parameters.", argumentsLabel: "arguments", anyArguments: "any arguments, as JSON", choose: "choose", leaveOut: "leave out", required: "required", optional: "optional",
    wantNumber: "want a number", wantWhole: "want a whole number", wantJSON: "want JSON: {error}",
    // the tables of tabs.go, and their columns
    tab_llm: "LLM", about_llm: "No language model has been asked yet: only the embedded agent asks one.",
    tab_link: "Connection", about_link: "There has been no connection yet.",
    tab_devices: "Devices", about_devices: "No speaker, microphone or wake word is in use.",
    column_model: "model", column_round: "round", column_calls: "calls", column_input: "input", column_output: "output",
    column_first_token: "first token", column_total: "total", column_attempts: "attempts", column_what: "what", column_status: "status",
    column_conversation: "conversation", column_code: "code", column_text: "text", column_reason: "reason", column_device: "device",
    column_score: "score", column_gaps: "gaps", column_late: "late",
    browser: "browser", speakHere: "Speak from here", listenHere: "Listen here", stopHere: "Stop using this page",
    soundAsking: "Allow the microphone", soundConnecting: "Connecting", soundLive: "You can speak here",
    ...soundTexts.en,
  },
  de: {
    dir: "ltr",
    title: "Moonlark · Inspektor",
    unreachable: "Moonlark ist nicht erreichbar",
    phase_waiting: "Wartet", phase_connecting: "Verbindet", phase_listening: "Hört zu", phase_hearing: "Hört Sprache",
    phase_thinking: "Denkt nach", phase_speaking: "Spricht", phase_ended: "Beendet",
    link_connecting: "verbindet", link_live: "live", link_lost: "keine Verbindung",
    who_replay: "Aufzeichnung", who_local: "Eingebauter Agent", who_agent: "ElevenLabs-Agent", who_url: "Agent", who_none: "Noch kein Gespräch",
    theme: "Farben", updated: "Moonlark wurde aktualisiert: Seite neu laden", recording: "Aufnahme",
    start: "Gespräch beginnen", end: "Gespräch beenden",
    views: "Teile der Seite", view_main: "Gespräch", view_right: "Details", view_left: "Tools",
    needsToken: "Dieser Agent verlangt ein Token", tokenIs: "Es ist der Wert von {variable} oder {flag}.", token: "Token", open: "Öffnen",
    left: "Skripte, Tools und Geräte",
    scripts: "Skripte", reload: "neu laden", scriptsOfReplay: "Dies ist eine Aufzeichnung.", noScripts: "Noch ist kein Skript geladen.",
    tools_n: ["{n} Tool", "{n} Tools"], failed: "fehlgeschlagen", runs: "läuft", notReloaded: "nicht neu geladen; die Fassung von {time} läuft weiter",
    silentScript: "antwortet nicht", rests: "wartet: {reason}", loadedAt: "geladen um {time}", reloadedAt: "neu geladen um {time}, {times}×",
    tools: "Tools", medianCalls: "Median · Aufrufe", running: "läuft", calls: ["Aufruf", "Aufrufe"], calls_n: ["{n} Aufruf", "{n} Aufrufe"],
    toolsOfReplay: "Eine Aufzeichnung hat keine Skripte.", noTools: "Noch hat kein Skript ein Tool: {register_tool} legt eines an.",
    filter: "Filter  /", filterTools: "Tools filtern", noToolFound: "Kein Tool hat diesen Namen.",
    sound: "Ton", off: "aus", on: "an", soundOfReplay: "Eine Aufzeichnung hat keinen Ton.", byText: "Dieses Gespräch wird geschrieben.",
    microphone: "Mikrofon", speaker: "Lautsprecher", level: "Pegel: {device}",
    notListening: "hört nicht zu", level_db: "{db} dB", level_voice: "{db} dB · Stimme", speaking: "spricht", quiet: "still",
    gapsLate: "Lücken, verspätet", runsOfBuffer: "Puffer leer, voll",
    conversation: "Gespräch", turns: "Wortwechsel", you: "Sie", agent: "Agent",
    zero: "ausgeredet", key_you: "Sie", key_heard: "Hören, Stimme", key_wait: "Überlegen", key_tool: "Tool", key_agent: "Agent",
    spokeFor: "sprach {s} s lang", understoodAfter: "verstanden nach {s} s", answeredAfter: "beantwortet nach {s} s", toolTook: "{tool} {time}, von {s} s",
    interrupted: "unterbrochen", typed: "getippt", showCall: "{tool}, Aufruf zeigen", overBefore: "das Gespräch war vorbei", returned: "Ergebnis",
    stage_understand: "verstehen", stage_decide: "überlegen", stage_answer: "antworten", stage_voice: "Stimme",
    turn: "Wortwechsel {no}", beforeTurns: "Vor dem ersten Wortwechsel", toFirstWord: "bis zum ersten Wort", soFar: "bis jetzt",
    earlier: "Frühere Wortwechsel werden nicht gezeigt.", nothingSaid: "Noch wurde nichts gesagt.", startAbove: "Beginnen Sie oben ein Gespräch.", sayBelow: "Sagen Sie unten etwas.",
    unseen: ["{n} neue ↓", "{n} neue ↓"],
    lastMinute: "Letzte Minute", soundOfMinute: "Ton der letzten Minute", minuteIs: "oben die Stimme des Menschen, unten die des Agenten",
    talk: "Mit dem Agenten sprechen", hear: "Den Agenten das Mikrofon hören lassen", message: "Nachricht", send: "Senden", what: "Was es ist",
    as_user: "als Nutzer", as_context: "Kontext", as_event: "Ereignis",
    hint_user: "Sagen Sie etwas", hint_context: "Etwas, das der Agent wissen soll", hint_event: 'button, oder button {"pin": 4}',
    wantEventJSON: 'nach dem Namen des Ereignisses muss JSON folgen, zum Beispiel {"pin": 4}',
    note_connecting: "Verbindung zu: {agent}", note_embedded: "eingebauter Agent", note_agent: "Agent",
    note_connected: "ein Gespräch hat begonnen · {id}", note_disconnected: "das Gespräch ist beendet", note_because: "das Gespräch ist beendet: {reason}",
    note_lost: "keine Verbindung", note_loaded: "{script} geladen · {tools} · {time}", note_reloaded: "{script} neu geladen · {tools} · {time}",
    note_saved: "{script} wurde gespeichert und", note_failed: "nicht neu geladen", note_error: "Fehler",
    note_dropped: ["{n} Ereignis fehlt hier", "{n} Ereignisse fehlen hier"],
    details: "Details", tab_call: "Aufruf", tab_state: "Zustand", tab_events: "Ereignisse", tab_log: "Protokoll", tab_pins: "Pins",
    errors: " Fehler", lastLog: "Letzte Zeilen des Protokolls", noLog: "Das Protokoll ist leer.",
    copied: "Kopiert", copyFailed: "Nicht kopiert", copyLua: "Als Lua kopieren", copyCurl: "Als curl kopieren", copyJSON: "JSON kopieren",
    time: "Zeit", waiting: "warten", noResult: "kein Ergebnis", inTurn: " in Wortwechsel {no}", args: "Argumente", none: "keine", agentGot: "Was der Agent bekam",
    runAgain: "Noch einmal", tryIt: "Ausprobieren", tryTool: "{tool} ausprobieren", withArgs: "mit den Argumenten von oben", run: "Ausführen", ok: "ok",
    chooseTool: "Wählen Sie links ein Tool, um es auszuprobieren, oder einen Aufruf im Gespräch, um ihn ganz zu sehen.", timeout: "Frist {s} s",
    noSuchTool: "Kein Skript hat jetzt dieses Tool.", more: "und {n} weitere",
    stateOfReplay: "Eine Aufzeichnung hat keinen Zustand der Skripte.", script: "Skript", readAgain: "Neu lesen",
    stateEmpty: "Die Tabelle {state} ist leer. Was ein Skript dort ablegt, bleibt beim Neuladen erhalten.", tooLarge: "Zu groß zum Zeigen: {names}",
    filterEvents: "Ereignisse filtern", filterHint: "Filter (ohne ihn fehlt agent_part)", noEvent: "Kein Ereignis.",
    noPins: "Kein Skript benutzt einen Pin.", press: "Drücken", release: "Loslassen", input: "Eingang", output: "Ausgang", sum: "Summe", column_time: "Zeit",
    noParameters: "Es hat keine Parameter.", argumentsLabel: "Argumente", anyArguments: "beliebige Argumente, als JSON", choose: "wählen", leaveOut: "weglassen", required: "nötig", optional: "optional",
    wantNumber: "hier muss eine Zahl stehen", wantWhole: "hier muss eine ganze Zahl stehen", wantJSON: "hier muss JSON stehen: {error}",
    tab_llm: "LLM", about_llm: "Noch wurde kein Sprachmodell gefragt: nur der eingebaute Agent fragt eines.",
    tab_link: "Verbindung", about_link: "Es gab noch keine Verbindung.",
    tab_devices: "Geräte", about_devices: "Kein Lautsprecher, Mikrofon oder Aktivierungswort ist in Gebrauch.",
    column_model: "Modell", column_round: "Runde", column_calls: "Aufrufe", column_input: "Eingabe", column_output: "Ausgabe",
    column_first_token: "erstes Token", column_total: "gesamt", column_attempts: "Versuche", column_what: "was", column_status: "Status",
    column_conversation: "Gespräch", column_code: "Code", column_text: "Text", column_reason: "Grund", column_device: "Gerät",
    column_score: "Wert", column_gaps: "Lücken", column_late: "verspätet",
    browser: "Browser", speakHere: "Von hier sprechen", listenHere: "Hier zuhören", stopHere: "Diese Seite nicht mehr benutzen",
    soundAsking: "Erlauben Sie das Mikrofon", soundConnecting: "Verbindung wird aufgebaut", soundLive: "Sie können hier sprechen",
    ...soundTexts.de,
  },
};

// lang is the language of the page: that of ?lang=de in the address, else the first of the browser's.
export const lang = choose(texts, [new URLSearchParams(location.search).get("lang"), ...navigator.languages]);

// say returns the text with this name. A text with a number n depends on it.
export const say = (name, values) => fill(texts[lang][name], values);

// sayWith is like say, for values that are elements. It returns a list of texts and elements.
export const sayWith = (name, values) => parts(texts[lang][name], values);

// fixed returns a number with this number of digits after the decimal point or comma.
const formats = new Map();
export function fixed(number, digits) {
  if (!formats.has(digits)) formats.set(digits, new Intl.NumberFormat(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false }));
  return formats.get(digits).format(number);
}
