// The stream of events of a page: an EventSource that notices when its connection is dead, and connects again.
const QUIET = 15_000;      // a beat comes every 5 s: after this time without a message, the stream is dead
const HIDDEN = 30_000;     // a page that has been hidden for this long closes its stream
const MAX_PAUSE = 10_000;  // the longest pause between two attempts to connect

// keepOpen opens a stream of events and keeps it open. It returns { close, state, age, since }.
//   address  returns the URL, at each attempt
//   events   has a function for each kind of event, by name; it gets the event of the EventSource. Each
//            of them shows that the connection works
//   onState  gets "connecting", "live" or "lost"; "lost" again after each attempt without success
// age is the time since the last message in ms, since is when the connection became "live".
export function keepOpen({ address, events, onState = () => {} }) {
  let source = null, heard = 0, since = 0, tries = 0, retry = 0, hiddenTimer = 0, closed = false, state = "";

  function setState(next) {
    if (next === state && next !== "lost") return;
    state = next;
    if (next === "live") since = performance.now();
    onState(next);
  }

  function open() {
    clearTimeout(retry); retry = 0;
    if (closed || source) return;
    heard = performance.now();
    if (state !== "lost") setState("connecting");
    source = new EventSource(address());
    for (const [name, take] of Object.entries(events)) {
      source.addEventListener(name, (e) => {
        heard = performance.now();
        tries = 0;
        setState("live");
        take(e);
      });
    }
    // After some errors the browser tries again by itself, after others never: we always try again.
    source.addEventListener("error", again);
  }

  function drop() { source?.close(); source = null; }

  function again() {
    drop();
    setState("lost");
    if (closed || retry || document.hidden) return;
    retry = setTimeout(open, Math.min(MAX_PAUSE, 500 * 2 ** tries++) * (0.75 + Math.random() / 2));
  }

  const watchdog = setInterval(() => { if (source && performance.now() - heard > QUIET) again(); }, 1000);

  function visibility() {
    clearTimeout(hiddenTimer);
    if (document.hidden) {
      hiddenTimer = setTimeout(drop, HIDDEN);
    } else if (!source) {
      tries = 0;
      open();
    }
  }
  document.addEventListener("visibilitychange", visibility);
  open();

  return {
    get state() { return state; },
    get age() { return performance.now() - heard; },
    get since() { return since; },
    close() {
      closed = true;
      clearInterval(watchdog); clearTimeout(retry); clearTimeout(hiddenTimer);
      document.removeEventListener("visibilitychange", visibility);
      drop();
    },
  };
}

// openStream keeps /events open: see keepOpen.
//   query       what to ask for, such as "since=0&levels=1" or "types=phase,agent"
//   onSnapshot  gets the state of the agent, at the beginning and whenever events were missed
//   onEvent     gets each event as an object, and its number. Events up to the snapshot's seq are
//               history: the snapshot has their effects already
//   onLevel     gets { mic, speaker, voice, at } some times a second while sound runs
//   onBeat      gets { round_trip }, in seconds, every 5 s
//   onState     gets "connecting", "live" or "lost": see keepOpen
export function openStream({ query = "", onSnapshot, onEvent, onLevel, onBeat, onState }) {
  let lastId = "";
  return keepOpen({
    address() {
      const url = new URL("../events", import.meta.url);
      url.search = query;
      if (lastId) url.searchParams.set("since", lastId);
      return url;
    },
    events: {
      snapshot(e) { onSnapshot?.(JSON.parse(e.data)); },
      level(e) { onLevel?.(JSON.parse(e.data)); },
      beat(e) { onBeat?.(JSON.parse(e.data)); },
      message(e) {
        if (e.lastEventId) lastId = e.lastEventId;
        onEvent?.(JSON.parse(e.data), Number(e.lastEventId.split(".")[1]));
      },
    },
    onState,
  });
}

// get returns the JSON object of a path beside /events, such as "gpio". It throws the errors of post.
export const get = (path) => ask(path, {});

// post sends a JSON body to a path beside /events, such as "say". It returns the answer, or throws an
// Error with the server's sentence and its status. If there is no answer, the error is unreachable. If
// the answer is no JSON object, because somebody else has answered, such as a proxy, the error has its text
// in wrongAnswer.
export const post = (path, body = {}) => ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

async function ask(path, init) {
  let answer, text;
  try {
    answer = await fetch(new URL("../" + path, import.meta.url), init);
    text = await answer.text();
  } catch {
    throw Object.assign(new Error("Moonlark cannot be reached"), { unreachable: true });
  }
  const { status } = answer;
  let result = null;
  try { result = JSON.parse(text); } catch { /* it is no JSON */ }
  if (typeof result !== "object" || !result) throw Object.assign(new Error(`The answer is wrong: status ${status}`), { status, wrongAnswer: text.slice(0, 200) });
  if (!answer.ok) throw Object.assign(new Error(result.error || "status " + status), { status });
  return result;
}
