// The page's own texts, by language. screen.setup{ texts = {...} } replaces some of them; their names are in
// engine/screen. {time}, {seconds} and {text} stand for values.
export const texts = {
  en: {
    listening: "Listening", hearing: "Listening", thinking: "One moment", speaking: "Speaking", offline: "Offline",
    unreachable: "I can’t be reached just now.", stale: "What you see is from {time}.", trying: "Trying again",
    stop: "Stop", larger: "A+, larger text", back: "Close", touch: "Touch the screen to begin", keys: "What you can do",
    you: "You said: {text}", agent: "Answer: {text}", remaining: "{seconds} s", unavailable: "This is not available any more",
    note: "Message", question: "Question", welcome: "Welcome", later: "Touch to stay · {seconds} s",
  },
  de: {
    listening: "Ich höre zu", hearing: "Ich höre zu", thinking: "Einen Moment", speaking: "Ich spreche", offline: "Nicht verbunden",
    unreachable: "Ich bin gerade nicht erreichbar.", stale: "Was Sie sehen, ist von {time} Uhr.", trying: "Neuer Versuch",
    stop: "Stopp", larger: "A+, größere Schrift", back: "Schließen", touch: "Zum Beginnen den Bildschirm berühren", keys: "Was Sie tun können",
    you: "Sie haben gesagt: {text}", agent: "Antwort: {text}", remaining: "{seconds} s", unavailable: "Das ist nicht mehr verfügbar",
    note: "Nachricht", question: "Frage", welcome: "Willkommen", later: "Berühren, um zu bleiben · {seconds} s",
  },
};

// say returns the text with this name in the language of the settings.
export function say(settings, name, values = {}) {
  const language = texts[settings.lang?.split("-")[0]] ?? texts.en;
  const text = settings.texts?.[name] ?? language[name];
  return text.replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
}
