// The texts of the page, in each language. What the server and the devices say, such as an error, is English.
import { choose, fill, parts } from "../web/texts.js";

export const texts = {
  en: {
    dir: "ltr",
    title: "Moonlark · fleet",
    unreachable: "Moonlark cannot be reached", wrongAnswer: "The answer is wrong: status {status} {text}",
    // the bar
    link_connecting: "connecting", link_live: "live", link_lost: "no connection",
    theme: "Theme", updated: "Moonlark has been updated: load the page again",
    online: ["{online} of {n} device online", "{online} of {n} devices online"], hubTrouble: "The hub does not answer, so this is old: {why}",
    // the login
    needsToken: "This fleet needs a token", tokenIs: "It is the value of {variable} or {flag}.", token: "Token", open: "Open",
    // the list
    devices: "Devices", filter: "Filter  /", filterDevices: "Filter devices", which: "Which devices",
    only_all: "all", only_online: "online", only_offline: "offline", only_trouble: "in trouble",
    devices_n: ["{n} device", "{n} devices"], ofDevices: ["{shown} of {n} device", "{shown} of {n} devices"],
    noDevice: "No device has joined yet: moonlark fleet invite makes the command for one.", noneFound: "No device is like this.",
    offlineFor: "offline for {time}", isOnline: "online",
    seconds: ["{n} s", "{n} s"], minutes: ["{n} min", "{n} min"], hours: ["{n} h", "{n} h"], days: ["{n} d", "{n} d"],
    status_waiting: "waiting", status_connecting: "connecting", status_connected: "in a conversation", status_reconnecting: "connecting again", status_ended: "ended",
    factory: "factory scripts", becomes: "→ {bundle}: {phase}",
    twice: "runs twice: two devices have its credentials", slow: "fetches its bundle for a long time", notOK: "is not well",
    phase_fetching: "fetching", phase_waiting: "waiting", phase_trial: "on trial", phase_good: "good", phase_back: "went back", phase_refused: "refused", phase_untouched: "not begun",
    // the rollouts
    rollouts: "Rollouts", rollout: "{target}: {from} → {to}", wave: ["wave {n} of {of}", "wave {n} of {of}"], firstDevices: "the first devices",
    left: ["{n} min left", "{n} min left"], waitsForDevices: "waits for devices", pausedBy: "paused by {who}",
    goodOf: "good on {good} of {online}", failedOn: "Where it has failed",
    pause: "Pause", resume: "Resume", stopRollout: "Stop", cancel: "Cancel", reallyStop: "Stop? All devices go back to: {bundle}",
    endedRollouts: "Rollouts that have ended", endedRollout: "{target}: {bundle} {result} {time} ago",
    result_done: "done", result_failed: "failed", result_stopped: "stopped", result_replaced: "replaced", result_rolled_back: "rolled back to",
    // one device
    details: "Details", close: "Close", unknownDevice: "The hub has not heard of {name}.",
    tab_state: "State", tab_talk: "Conversation", tab_log: "Log", tab_events: "Events",
    troubles: "Troubles", reported: "Reported by its scripts", noReported: "Nothing: a script reports a value with fleet.report.",
    fact_connection: "Connection", fact_heard: "Last heard", fact_conversation: "Conversation", fact_groups: "Groups", fact_bundle: "Bundle",
    fact_wanted: "Next bundle", fact_target: "Bundle is for", fact_moonlark: "Moonlark", fact_digest: "Digest",
    commands: "Commands", verb_start: "Start conversation", verb_stop: "End conversation", verb_reload: "Reload scripts", verb_say: "Say", verb_event: "Send event",
    sayWhat: "Message to the agent, as its user", eventType: "Event, such as bell", eventData: 'Data: text or JSON',
    sending: "{verb} …", done: "done", status: "status {status}",
    // the events
    logOfAll: "Log of all devices", missing: ["{n} earlier event is not shown.", "{n} earlier events are not shown."],
    noLog: "Nothing has happened in this time.", noTalk: "Nothing is shared: run --fleet-share calls,talk on the device shares what is said and the tool calls.",
    user: "User", agent: "Agent", call: "calls", result: "result", failure: "error", warning: "warning",
    e_loaded: "{script} loaded", e_reloaded: "{script} reloaded", e_notReloaded: "{script} not reloaded: {why}",
    e_connecting: "connecting to the agent", e_connected: "a conversation has begun: {id}", e_retrying: "no connection, trying again", e_disconnected: "the conversation has ended",
    e_dropped: ["{n} event is missing", "{n} events are missing"], e_bundle: "bundle {version}: {phase}",
    e_corrected: "only said: {text}", e_interruption: "interrupted",
  },
  de: {
    dir: "ltr",
    title: "Moonlark · Flotte",
    unreachable: "Moonlark ist nicht erreichbar", wrongAnswer: "Die Antwort ist falsch: Status {status} {text}",
    link_connecting: "verbindet", link_live: "live", link_lost: "keine Verbindung",
    theme: "Farben", updated: "Moonlark wurde aktualisiert: Seite neu laden",
    online: ["{online} von {n} Gerät online", "{online} von {n} Geräten online"], hubTrouble: "Der Hub antwortet nicht, dies ist also alt: {why}",
    needsToken: "Diese Flotte braucht ein Token", tokenIs: "Es ist der Wert von {variable} oder {flag}.", token: "Token", open: "Öffnen",
    devices: "Geräte", filter: "Filter  /", filterDevices: "Geräte filtern", which: "Welche Geräte",
    only_all: "alle", only_online: "online", only_offline: "offline", only_trouble: "mit Problemen",
    devices_n: ["{n} Gerät", "{n} Geräte"], ofDevices: ["{shown} von {n} Gerät", "{shown} von {n} Geräten"],
    noDevice: "Noch ist kein Gerät beigetreten: moonlark fleet invite macht den Befehl dafür.", noneFound: "Kein Gerät ist so.",
    offlineFor: "offline seit {time}", isOnline: "online",
    seconds: ["{n} s", "{n} s"], minutes: ["{n} min", "{n} min"], hours: ["{n} h", "{n} h"], days: ["{n} Tag", "{n} Tagen"],
    status_waiting: "wartet", status_connecting: "verbindet", status_connected: "im Gespräch", status_reconnecting: "verbindet wieder", status_ended: "beendet",
    factory: "Werksskripte", becomes: "→ {bundle}: {phase}",
    twice: "läuft doppelt: zwei Geräte haben seine Zugangsdaten", slow: "holt sein Bundle seit langem", notOK: "ist nicht in Ordnung",
    phase_fetching: "holt", phase_waiting: "wartet", phase_trial: "auf Probe", phase_good: "gut", phase_back: "zurückgegangen", phase_refused: "abgelehnt", phase_untouched: "nicht begonnen",
    rollouts: "Rollouts", rollout: "{target}: {from} → {to}", wave: ["Welle {n} von {of}", "Welle {n} von {of}"], firstDevices: "die ersten Geräte",
    left: ["noch {n} min", "noch {n} min"], waitsForDevices: "wartet auf Geräte", pausedBy: "angehalten von {who}",
    goodOf: "gut auf {good} von {online}", failedOn: "Wo es gescheitert ist",
    pause: "Anhalten", resume: "Fortsetzen", stopRollout: "Beenden", cancel: "Abbrechen", reallyStop: "Beenden? Alle Geräte gehen zurück zu: {bundle}",
    endedRollouts: "Rollouts, die zu Ende sind", endedRollout: "{target}: {bundle} {result} vor {time}",
    result_done: "fertig", result_failed: "gescheitert", result_stopped: "beendet", result_replaced: "ersetzt", result_rolled_back: "wiederhergestellt",
    details: "Einzelheiten", close: "Schließen", unknownDevice: "Der Hub hat von {name} nichts gehört.",
    tab_state: "Zustand", tab_talk: "Gespräch", tab_log: "Log", tab_events: "Ereignisse",
    troubles: "Probleme", reported: "Von seinen Skripten gemeldet", noReported: "Nichts: ein Skript meldet einen Wert mit fleet.report.",
    fact_connection: "Verbindung", fact_heard: "Zuletzt gehört", fact_conversation: "Gespräch", fact_groups: "Gruppen", fact_bundle: "Bundle",
    fact_wanted: "Nächstes Bundle", fact_target: "Bundle ist für", fact_moonlark: "Moonlark", fact_digest: "Digest",
    commands: "Befehle", verb_start: "Gespräch beginnen", verb_stop: "Gespräch beenden", verb_reload: "Skripte neu laden", verb_say: "Sagen", verb_event: "Ereignis senden",
    sayWhat: "Nachricht an den Agenten, als sein Nutzer", eventType: "Ereignis, zum Beispiel bell", eventData: "Daten: Text oder JSON",
    sending: "{verb} …", done: "erledigt", status: "Status {status}",
    logOfAll: "Log aller Geräte", missing: ["{n} früheres Ereignis wird nicht gezeigt.", "{n} frühere Ereignisse werden nicht gezeigt."],
    noLog: "In dieser Zeit ist nichts geschehen.", noTalk: "Nichts wird geteilt: run --fleet-share calls,talk auf dem Gerät teilt, was gesagt wird, und die Aufrufe von Tools.",
    user: "Nutzer", agent: "Agent", call: "ruft auf", result: "Ergebnis", failure: "Fehler", warning: "Warnung",
    e_loaded: "{script} geladen", e_reloaded: "{script} neu geladen", e_notReloaded: "{script} nicht neu geladen: {why}",
    e_connecting: "Verbindung zum Agenten wird aufgebaut", e_connected: "ein Gespräch hat begonnen: {id}", e_retrying: "keine Verbindung, neuer Versuch", e_disconnected: "das Gespräch ist zu Ende",
    e_dropped: ["{n} Ereignis fehlt", "{n} Ereignisse fehlen"], e_bundle: "Bundle {version}: {phase}",
    e_corrected: "nur gesagt: {text}", e_interruption: "unterbrochen",
  },
};

// lang is the language of the page: that of ?lang=de in the address, else the first of the browser's.
export const lang = choose(texts, [new URLSearchParams(location.search).get("lang"), ...navigator.languages]);

// has reports whether there is a text with this name.
export const has = (name) => Object.hasOwn(texts[lang], name);

// say returns the text with this name. A text with a number n depends on it.
export const say = (name, values) => fill(texts[lang][name], values);

// sayWith is like say, for values that are elements. It returns a list of texts and elements.
export const sayWith = (name, values) => parts(texts[lang][name], values);

// number returns a number with at most two digits after the decimal point or comma.
const format = new Intl.NumberFormat(lang, { maximumFractionDigits: 2 });
export const number = (n) => format.format(n);
