// The texts of the page of diagnostics, by language. {name} stands for a value.
import { choose, fill } from "../web/texts.js";

export const texts = {
  en: {
    title: "Diagnostics", back: "Back to the screen", again: "Measure again", copy: "Copy report", copied: "Copied", report: "Report",
    program: "Program", browser: "Browser", stream: "Connection", age: "{state}, last message {age} s ago, for {since} s",
    stream_live: "live", stream_connecting: "connecting", stream_lost: "lost",
    unreachable: "not reachable", login: "no access: open /screen#token=TOKEN first",
    secure: "Secure context", yes: "yes", no: "no",
    insecure: "Without it there is no microphone and no wake lock. Open the page as http://127.0.0.1, through https, or start Chromium with --unsafely-treat-insecure-origin-as-secure={origin}",
    microphone: "Microphone", granted: "allowed", denied: "refused", prompt: "the browser asks", unavailable: "not available", refused: "refused",
    allow: "A kiosk allows it with the policy AudioCaptureAllowedUrls",
    listen: "Try the microphone", device: "{label}, {rate} Hz", latency: "{ms} ms", echo: "Echo cancellation", on: "on", off: "off", tried: "try the microphone first",
    level: "Level of the microphone", db: "{db} dBFS", inputLatency: "Latency of the microphone", unknown: "the browser does not say",
    sound: "Sound without a touch", running: "plays", suspended: "only after a touch", autoplay: "A kiosk allows it with --autoplay-policy=no-user-gesture-required",
    rate: "Sample rate of the speaker", hz: "{rate} Hz", outputLatency: "Latency of the speaker",
    wakeLock: "Wake lock", graphics: "Graphics", gpu: "GPU: {name}", software: "software: {name}", frame: "Time of a frame", frames: "{median} ms, at most {longest} ms", measuring: "…",
    size: "Size", pixels: "{width} × {height} pixels, {ratio} device pixels each", touch: "Touch", fingers: "{n} fingers", none: "no touch screen",
    ruler: "Ruler", rulerHelp: "This line is 50 mm long on a display of 96 dpi. Measure it, and set what you have measured.", measured: "Measured", mm: "{mm} mm", less: "Shorter", more: "Longer",
    physical: "Size of the screen", physicalValue: "{width} × {height} mm", buttons: "Height of a button", buttonsOk: "{mm} mm with scale {scale}, at least 15 mm",
    buttonsSmall: "{mm} mm with scale {scale}: less than 15 mm", advice: "screen.setup { theme = { scale = {scale} } } makes it 15 mm", tooSmall: "No scale makes it 15 mm on this display",
  },
  de: {
    title: "Diagnose", back: "Zurück zum Bildschirm", again: "Neu messen", copy: "Bericht kopieren", copied: "Kopiert", report: "Bericht",
    program: "Programm", browser: "Browser", stream: "Verbindung", age: "{state}, letzte Nachricht vor {age} s, seit {since} s",
    stream_live: "steht", stream_connecting: "wird aufgebaut", stream_lost: "verloren",
    unreachable: "nicht erreichbar", login: "kein Zugang: zuerst /screen#token=TOKEN öffnen",
    secure: "Sicherer Kontext", yes: "ja", no: "nein",
    insecure: "Ohne ihn gibt es weder Mikrofon noch Wake Lock. Die Seite als http://127.0.0.1 oder mit https öffnen, oder Chromium mit --unsafely-treat-insecure-origin-as-secure={origin} starten",
    microphone: "Mikrofon", granted: "erlaubt", denied: "verweigert", prompt: "der Browser fragt", unavailable: "nicht verfügbar", refused: "verweigert",
    allow: "Ein Kiosk erlaubt es mit der Richtlinie AudioCaptureAllowedUrls",
    listen: "Mikrofon ausprobieren", device: "{label}, {rate} Hz", latency: "{ms} ms", echo: "Echounterdrückung", on: "an", off: "aus", tried: "zuerst das Mikrofon ausprobieren",
    level: "Pegel des Mikrofons", db: "{db} dBFS", inputLatency: "Latenz des Mikrofons", unknown: "der Browser sagt es nicht",
    sound: "Ton ohne Berührung", running: "wird abgespielt", suspended: "nur nach einer Berührung", autoplay: "Ein Kiosk erlaubt ihn mit --autoplay-policy=no-user-gesture-required",
    rate: "Abtastrate des Lautsprechers", hz: "{rate} Hz", outputLatency: "Latenz des Lautsprechers",
    wakeLock: "Wake Lock", graphics: "Grafik", gpu: "GPU: {name}", software: "Software: {name}", frame: "Dauer eines Bildes", frames: "{median} ms, höchstens {longest} ms", measuring: "…",
    size: "Größe", pixels: "{width} × {height} Pixel, je {ratio} Gerätepixel", touch: "Berührung", fingers: "{n} Finger", none: "kein Touchscreen",
    ruler: "Lineal", rulerHelp: "Diese Linie ist auf einem Bildschirm mit 96 dpi 50 mm lang. Bitte messen und den gemessenen Wert einstellen.", measured: "Gemessen", mm: "{mm} mm", less: "Kürzer", more: "Länger",
    physical: "Größe des Bildschirms", physicalValue: "{width} × {height} mm", buttons: "Höhe einer Taste", buttonsOk: "{mm} mm mit Faktor {scale}, mindestens 15 mm",
    buttonsSmall: "{mm} mm mit Faktor {scale}: weniger als 15 mm", advice: "screen.setup { theme = { scale = {scale} } } macht sie 15 mm hoch", tooSmall: "Kein Faktor macht sie auf diesem Bildschirm 15 mm hoch",
  },
};

// translate returns a function that returns the text with a name, in a language such as "de".
export function translate(lang) {
  const table = texts[choose(texts, [lang])];
  return (name, values) => fill(table[name], values);
}
