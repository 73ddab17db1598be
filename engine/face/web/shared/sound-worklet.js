// The two ends of the sound in a page, on the browser's thread for sound. process() is called for each 128 samples;
// it allocates nothing and waits for nobody.
const RING = 2;     // seconds of sound that are kept; when there is more, the oldest is dropped and counted
const FADE = 0.005; // seconds: how long sound takes to end at a flush, and to begin after a pause

// A Ring keeps the newest samples.
class Ring {
  constructor() {
    this.samples = new Float32Array(Math.round(sampleRate * RING));
    this.first = 0; // index of the oldest sample
    this.count = 0;
    this.dropped = 0; // how often samples were dropped
    this.full = false; // the last sample has replaced an older one
  }

  add(sample) {
    if (this.count === this.samples.length) {
      this.first = (this.first + 1) % this.samples.length;
      this.count--;
      if (!this.full) this.dropped++;
      this.full = true;
    } else {
      this.full = false;
    }
    this.samples[(this.first + this.count++) % this.samples.length] = sample;
  }

  take() {
    const sample = this.samples[this.first];
    this.first = (this.first + 1) % this.samples.length;
    this.count--;
    return sample;
  }
}

// The speaker plays what the page passes to its port: an ArrayBuffer with 16-bit samples. { flush: number } discards what
// was not played; the answer is { flushed: number, lost: samples }. { begin: true } also begins to count anew; the answer
// is { begun: true }. Ten times a second the speaker says how much it has played.
class Speaker extends AudioWorkletProcessor {
  constructor() {
    super();
    this.ring = new Ring();
    this.fade = Math.round(sampleRate * FADE);
    this.risen = 0; // how many samples of the rise after a pause have been added, at most fade
    this.plays = false; // the last call has played a whole block, so that an empty ring is an underrun
    this.until = 0; // samples until the next report
    this.report = { played: 0, underruns: 0, dropped: 0 };
    this.port.onmessage = (e) => {
      if (e.data.begin) this.begin();
      else if (e.data.flush) this.port.postMessage({ flushed: e.data.flush, lost: this.flush(true) });
      else this.push(new Int16Array(e.data));
    };
  }

  begin() {
    this.flush(false);
    this.report.played = this.report.underruns = this.ring.dropped = 0;
    this.port.postMessage({ begun: true });
  }

  push(samples) {
    for (const s of samples) {
      let gain = 1 / 32768;
      if (this.risen < this.fade) gain *= this.risen++ / this.fade;
      this.ring.add(s * gain);
    }
  }

  // flush discards what was not played, with the exception of a short fade, and returns the number of samples.
  flush(fades) {
    const { ring } = this, tail = fades ? Math.min(this.fade, ring.count) : 0, lost = ring.count - tail;
    for (let i = 0; i < tail; i++) ring.samples[(ring.first + i) % ring.samples.length] *= 1 - (i + 1) / tail;
    ring.count = tail;
    this.risen = 0;
    this.plays = false;
    return lost;
  }

  process(inputs, outputs) {
    const out = outputs[0][0], { ring, report } = this, n = Math.min(out.length, ring.count);
    for (let i = 0; i < n; i++) out[i] = ring.take();
    report.played += n;
    if (n < out.length) {
      if (this.plays) { report.underruns++; this.risen = 0; }
      this.plays = false;
    } else if (this.risen >= this.fade) {
      this.plays = true;
    }
    this.until -= out.length;
    if (this.until <= 0) {
      this.until += sampleRate / 10;
      report.dropped = ring.dropped;
      this.port.postMessage(report);
    }
    return true;
  }
}

// The microphone passes pieces of 20 ms to the page: { sound: ArrayBuffer with 16-bit samples, dropped: number }. The page
// gives each ArrayBuffer back. While it is slow, the ring keeps the sound.
class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.ring = new Ring();
    this.free = []; // the buffers that the page does not have
    for (let i = 0; i < 8; i++) this.free.push(new Int16Array(Math.round(sampleRate / 50)));
    this.message = { sound: null, dropped: 0 };
    this.transfer = [null];
    this.port.onmessage = (e) => this.free.push(new Int16Array(e.data));
  }

  process(inputs) {
    const input = inputs[0][0], { ring, message } = this;
    if (input) for (let i = 0; i < input.length; i++) ring.add(input[i]);
    while (this.free.length > 0 && ring.count >= this.free[this.free.length - 1].length) {
      const piece = this.free.pop();
      for (let i = 0; i < piece.length; i++) piece[i] = Math.max(-1, Math.min(1, ring.take())) * 32767;
      message.sound = this.transfer[0] = piece.buffer;
      message.dropped = ring.dropped;
      this.port.postMessage(message, this.transfer);
    }
    return true;
  }
}

registerProcessor("moonlark-speaker", Speaker);
registerProcessor("moonlark-microphone", Microphone);
