// The page's own texts, by language. screen.setup{ texts = {...} } replaces some of them; their names are in
// engine/screen. {time}, {seconds} and {text} stand for values.
import { choose, fill } from "../web/texts.js";
import { texts as soundTexts } from "../web/sound-texts.js";

// texts has the texts by language and name.
export const texts = {
  en: {
    listening: "Listening", hearing: "Listening", thinking: "One moment", speaking: "Speaking", offline: "Offline",
    unreachable: "I can’t be reached just now.", stale: "What you see is from {time}.", trying: "Trying again",
    stop: "Stop", larger: "A+, larger text", back: "Close", touch: "Touch the screen to begin", keys: "What you can do",
    you: "You said: {text}", agent: "Answer: {text}", remaining: "{seconds} s", unavailable: "This is not available any more",
    welcome: "Welcome", later: "Touch to stay · {seconds} s",
    ...soundTexts.en,
  },
  de: {
    listening: "Ich höre zu", hearing: "Ich höre zu", thinking: "Einen Moment", speaking: "Ich spreche", offline: "Nicht verbunden",
    unreachable: "Ich bin gerade nicht erreichbar.", stale: "Was Sie sehen, ist von {time} Uhr.", trying: "Neuer Versuch",
    stop: "Stopp", larger: "A+, größere Schrift", back: "Schließen", touch: "Zum Beginnen den Bildschirm berühren", keys: "Was Sie tun können",
    you: "Sie haben gesagt: {text}", agent: "Antwort: {text}", remaining: "{seconds} s", unavailable: "Das ist nicht mehr verfügbar",
    welcome: "Willkommen", later: "Berühren, um zu bleiben · {seconds} s",
    ...soundTexts.de,
  },
};

// say returns the text with this name in the language of the settings.
export function say(settings, name, values = {}) {
  return fill(settings.texts?.[name] ?? texts[choose(texts, [settings.lang])][name], values);
}

const quotes = { en: ["“", "”"], de: ["„", "“"] };

// quote returns a text in quotation marks.
export function quote(settings, text) {
  const [before, after] = quotes[choose(quotes, [settings.lang])];
  return before + text + after;
}

// locale returns the language for dates and numbers: day before month, and a clock of 24 hours.
export const locale = (settings) => settings.lang === "en" ? "en-GB" : settings.lang;

// clock returns a time, in ms since 1970, as hours and minutes in the language of the settings.
export function clock(settings, time) {
  try {
    return new Intl.DateTimeFormat(locale(settings), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(time);
  } catch { return new Date(time).toTimeString().slice(0, 5); } // lang is not a language
}

// day returns the date of a time, in ms since 1970, in the language of the settings.
export function day(settings, time) {
  const options = { weekday: "long", day: "numeric", month: "long" };
  try { return new Intl.DateTimeFormat(locale(settings), options).format(time); } catch { return new Intl.DateTimeFormat("en-GB", options).format(time); }
}

// number returns a number in the language of the settings.
export function number(settings, value) {
  try { return new Intl.NumberFormat(locale(settings)).format(value); } catch { return String(value); }
}
