// What a page says when it cannot play or record the agent's sound, by language.
export const texts = {
  en: {
    tap: "Touch the page to hear the agent", taken: "Another page has the sound.", use_here: "Use it here",
    insecure: "This page can neither play nor record: browsers allow sound only on https, or on the machine itself.",
    insecure_how: "Open the page as http://127.0.0.1 on the machine that runs Moonlark, or through an https proxy, or start Chromium with --unsafely-treat-insecure-origin-as-secure={origin}",
    mic_denied: "The browser does not allow this page to use the microphone. Allow it in the settings of the page, beside its address.",
    mic_missing: "There is no microphone.", mic_busy: "The microphone cannot be opened. Perhaps another program uses it.",
    mic_ended: "The microphone has been taken away.", mic_muted: "The microphone is switched off.",
  },
  de: {
    tap: "Seite berühren, um den Agenten zu hören", taken: "Eine andere Seite hat den Ton.", use_here: "Hier verwenden",
    insecure: "Diese Seite kann weder abspielen noch aufnehmen: Browser erlauben Ton nur über https oder auf dem Gerät selbst.",
    insecure_how: "Öffnen Sie die Seite auf dem Gerät mit Moonlark als http://127.0.0.1, oder über einen Proxy mit https, oder starten Sie Chromium mit --unsafely-treat-insecure-origin-as-secure={origin}",
    mic_denied: "Der Browser erlaubt dieser Seite das Mikrofon nicht. Sie können es in den Einstellungen der Seite neben der Adresse erlauben.",
    mic_missing: "Es gibt kein Mikrofon.", mic_busy: "Das Mikrofon lässt sich nicht öffnen. Vielleicht benutzt es ein anderes Programm.",
    mic_ended: "Das Mikrofon wurde entfernt.", mic_muted: "Das Mikrofon ist ausgeschaltet.",
  },
};
