// The agent's sound in a page: the browser plays what the agent says, and records what the user says.
//
// openSound({ use, page, onState }) opens the sound and keeps it open. It returns { close, takeBack }.
//   use      { microphone, speaker }: what the server uses the page for
//   page     a word with which the page identifies itself; may be empty
//   onState  gets { name, problem } at each change. name is one of
//              insecure    the browser allows sound only on https and on this machine
//              asking      the user is asked whether the page may use the microphone
//              tap         the browser plays nothing until somebody touches the page or presses a key
//              connecting  the server has not answered yet
//              live        the page has the sound
//              taken       another page has the sound: takeBack takes it back
//            problem says why there is no microphone although there should be one, or is empty:
//              denied, missing (there is none), busy (another program has it), ended, muted
export const CONSTRAINTS = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
const PROBLEMS = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing", OverconstrainedError: "missing" };
const QUESTION = 3_000; // how long the page waits for the microphone before it begins to play, in ms
const GESTURES = ["pointerdown", "pointerup", "keydown"]; // the events after which a browser lets a page play

// pause returns how long to wait before the next attempt, in ms.
const pause = (tries) => Math.min(10_000, 500 * 2 ** tries) * (0.75 + Math.random() / 2);

export function openSound({ use, page = "", onState }) {
  let closed = false, shown = "", name = "", problem = "";
  let context = null, speaker = null, microphone = null, source = null, stream = null;
  let socket = null, ready = false, taken = false, tries = 0, retry = 0;
  let opening = false, again = 0, greeted = "", micTries = 0, dropped = 0, droppedBefore = 0;

  function show(next = name) {
    name = next;
    if (closed || shown === name + problem) return;
    shown = name + problem;
    onState({ name, problem });
  }

  // The connection.

  const delay = () => (context.baseLatency || 0) + (context.outputLatency || 0);
  const isOpen = () => ready && socket.readyState === WebSocket.OPEN;
  const send = (message) => { if (isOpen()) socket.send(JSON.stringify(message)); };

  // described says which microphone the page has, or why it has none.
  function described() {
    if (!stream || problem) return { reason: problem || "not opened yet" };
    const track = stream.getAudioTracks()[0], s = track.getSettings();
    return { settings: { aec: !!s.echoCancellation, ns: !!s.noiseSuppression, agc: !!s.autoGainControl }, label: track.label.slice(0, 100) };
  }

  function connect() {
    if (closed || taken || socket || context?.state !== "running") return;
    clearTimeout(retry);
    show("connecting");
    const url = new URL("../sound", import.meta.url);
    url.protocol = url.protocol.replace("http", "ws");
    if (page) url.searchParams.set("page", page);
    const own = socket = new WebSocket(url);
    own.binaryType = "arraybuffer";
    own.onopen = () => { if (own === socket) speaker.port.postMessage({ begin: true }); };
    own.onmessage = ({ data }) => {
      if (own !== socket) return;
      if (typeof data !== "string") { speaker.port.postMessage(data, [data]); return; }
      const message = JSON.parse(data);
      if (message.flush) speaker.port.postMessage({ flush: message.flush });
      if (message.ready) isReady();
      if (message.taken) isTaken();
    };
    own.onclose = () => {
      if (own !== socket) return;
      disconnect();
      if (closed || taken || context.state !== "running") return;
      show("connecting");
      retry = setTimeout(connect, pause(tries++));
    };
  }

  function isReady() {
    ready = true;
    tries = 0;
    if (greeted !== JSON.stringify(described())) send({ mic: stream && !problem ? 1 : 0, ...described() });
    show("live");
  }

  function isTaken() {
    taken = true;
    stopMicrophone();
    context.suspend();
    show("taken");
  }

  function disconnect() {
    clearTimeout(retry);
    socket?.close();
    socket = null; ready = false;
  }

  function fromSpeaker({ data }) {
    if (data.begun) {
      if (socket?.readyState !== WebSocket.OPEN) return;
      droppedBefore = dropped;
      greeted = JSON.stringify(described());
      socket.send(JSON.stringify({ hello: 1, rate: context.sampleRate, latency: delay(), ...described() }));
    } else if (data.flushed) {
      send(data);
    } else {
      send({ played: data.played, delay: delay() * 1000, underruns: data.underruns, dropped: data.dropped + dropped - droppedBefore });
    }
  }

  function fromMicrophone({ data }) {
    dropped = data.dropped;
    // Sound that waits for a second already, because the network is slow, is of no use.
    if (isOpen() && stream && !problem && socket.bufferedAmount < 2 * context.sampleRate) socket.send(data.sound);
    microphone.port.postMessage(data.sound, [data.sound]);
  }

  // The microphone.

  // lose notes that there is no microphone, and tries again later.
  function lose(why) {
    problem = why;
    send({ mic: 0, reason: why });
    show();
    clearTimeout(again);
    if (!closed && why !== "denied") again = setTimeout(openMicrophone, pause(micTries++));
  }

  function stopMicrophone() {
    source?.disconnect();
    for (const track of stream?.getTracks() ?? []) { track.onended = track.onmute = track.onunmute = null; track.stop(); }
    source = stream = null;
  }

  async function openMicrophone() {
    clearTimeout(again);
    if (closed || taken || opening || !use.microphone) return;
    opening = true;
    try {
      const next = await navigator.mediaDevices.getUserMedia({ audio: CONSTRAINTS });
      stopMicrophone();
      stream = next;
    } catch (error) {
      opening = false;
      stopMicrophone();
      lose(PROBLEMS[error.name] ?? "busy");
      return;
    }
    opening = false;
    if (closed || taken) { stopMicrophone(); return; }
    const track = stream.getAudioTracks()[0];
    source = context.createMediaStreamSource(stream);
    source.connect(microphone);
    track.onended = () => lose("ended");
    track.onmute = () => lose("muted");
    track.onunmute = found;
    if (track.muted) lose("muted"); else found();
  }

  function found() {
    problem = "";
    micTries = 0;
    clearTimeout(again);
    send({ mic: 1, ...described() });
    show();
    resume(); // a browser lets a page play that may record
  }

  let changing = 0;
  function devicesChanged() { // several devices come and go at once, so wait a moment
    clearTimeout(changing);
    changing = setTimeout(() => { micTries = 0; openMicrophone(); }, 1000);
  }

  // The context.

  function resume() { if (context && context.state !== "running") context.resume().catch(() => {}); }

  function stateChanged() {
    if (closed || taken || !speaker) return;
    if (context.state === "running") { connect(); return; }
    disconnect(); // the server finds another device, or waits
    show("tap");
    setTimeout(resume, 1000); // after a phone call, for example
  }

  // The browser may keep a page that nobody sees any more, to show it again.
  const shownAgain = (e) => { if (e.persisted) stateChanged(); };
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", shownAgain);

  async function start() {
    if (!window.isSecureContext || !navigator.mediaDevices || !window.AudioWorkletNode) { show("insecure"); return; }
    context = new AudioContext({ latencyHint: "interactive" });
    for (const type of GESTURES) addEventListener(type, resume, true);
    await context.audioWorklet.addModule(new URL("./sound-worklet.js", import.meta.url));
    if (closed) return;
    speaker = new AudioWorkletNode(context, "moonlark-speaker", { numberOfInputs: 0, outputChannelCount: [1] });
    speaker.port.onmessage = fromSpeaker;
    speaker.connect(context.destination);
    microphone = new AudioWorkletNode(context, "moonlark-microphone", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    microphone.port.onmessage = fromMicrophone;
    context.onstatechange = stateChanged;
    if (use.microphone) {
      show("asking");
      navigator.mediaDevices.addEventListener("devicechange", devicesChanged);
      const permission = await navigator.permissions?.query({ name: "microphone" }).catch(() => null);
      if (permission) permission.onchange = () => { micTries = 0; openMicrophone(); };
      // The user may not answer the question, and the agent can be heard without a microphone.
      await Promise.race([openMicrophone(), new Promise((done) => setTimeout(done, QUESTION))]);
      if (closed) return;
    }
    resume();
    if (context.state === "running") connect(); else show("tap");
  }

  // begin starts, again and again if the server cannot be reached.
  function begin() {
    start().catch(() => {
      context?.close().catch(() => {});
      if (!closed) retry = setTimeout(begin, pause(tries++));
    });
  }
  begin();

  return {
    takeBack() {
      taken = false;
      show("connecting");
      openMicrophone().then(() => { if (context.state === "running") connect(); else resume(); });
    },
    close() {
      closed = true;
      disconnect();
      clearTimeout(again); clearTimeout(changing);
      for (const type of GESTURES) removeEventListener(type, resume, true);
      removeEventListener("pagehide", disconnect);
      removeEventListener("pageshow", shownAgain);
      navigator.mediaDevices?.removeEventListener("devicechange", devicesChanged);
      stopMicrophone();
      context?.close().catch(() => {});
    },
  };
}
