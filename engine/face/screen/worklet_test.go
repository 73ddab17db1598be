package screen_test

import (
	"testing"

	"moonlark/engine/testkit/browser"
)

// openWorklet begins a script in which context is an OfflineAudioContext of 4 s, and worklet is its node.
const openWorklet = `(async () => {
	const context = new OfflineAudioContext(1, 4 * 16000, 16000);
	await context.audioWorklet.addModule("/web/sound-worklet.js");
	const messages = [];
	const open = (name, options) => {
		const node = new AudioWorkletNode(context, name, options);
		node.port.onmessage = (e) => messages.push(e.data);
		return node;
	};
	const settle = () => new Promise((done) => setTimeout(done, 200));
	// until waits until a message is such as the function wants.
	const until = async (wanted) => { while (!messages.some(wanted)) await settle(); };
	const sound = (seconds, value) => new Int16Array(16000 * seconds).fill(value).buffer;
`

type played struct {
	Last, Played, Dropped, Underruns, Lost int
	Heard                                  []float64 // samples of the output
}

// What is more than 2 s ahead is dropped, the oldest first, and counted. Sound begins and ends with a fade.
func TestTheSpeakerOfThePageKeepsTwoSeconds(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour)
	tab := chromium.Open(t, k.url+"/screen", 800, 480)
	got := browser.Eval[played](tab, openWorklet+`
		const speaker = open("moonlark-speaker", { numberOfInputs: 0, outputChannelCount: [1] });
		speaker.connect(context.destination);
		speaker.port.postMessage({ begin: true });
		speaker.port.postMessage(sound(1, 4096)); // all of it is dropped, with the fade at its beginning
		speaker.port.postMessage(sound(2, 8192));
		await settle();
		const out = (await context.startRendering()).getChannelData(0);
		await until((m) => m.played >= 32000);
		const last = messages.filter((m) => m.played !== undefined).at(-1);
		return { last: messages.length, played: last.played, dropped: last.dropped, underruns: last.underruns, lost: 0, heard: [out[0], out[16000], out[31999], out[32000], out[48000]] };
	})()`)
	if got.Played != 32000 || got.Dropped != 1 || got.Underruns != 1 {
		t.Errorf("%+v, want 32000 samples played, and one loss and one end of the sound counted", got)
	}
	for i, want := range []float64{0.25, 0.25, 0.25, 0, 0} {
		if got.Heard[i] != want {
			t.Errorf("heard %v, want 0.25 for two seconds", got.Heard)
			break
		}
	}

	got = browser.Eval[played](tab, openWorklet+`
		const speaker = open("moonlark-speaker", { numberOfInputs: 0, outputChannelCount: [1] });
		speaker.connect(context.destination);
		speaker.port.postMessage({ begin: true });
		speaker.port.postMessage(sound(1, 8192));
		speaker.port.postMessage({ flush: 7 });
		speaker.port.postMessage(sound(0.5, 16384));
		await settle();
		const out = (await context.startRendering()).getChannelData(0);
		await until((m) => m.played >= 8000);
		const flushed = messages.find((m) => m.flushed === 7), last = messages.filter((m) => m.played !== undefined).at(-1);
		const step = (from, to) => { let most = 0; for (let i = from + 1; i < to; i++) most = Math.max(most, Math.abs(out[i] - out[i - 1])); return most; };
		return { last: 0, played: last.played, dropped: last.dropped, underruns: last.underruns, lost: flushed.lost, heard: [out[79], out[80], out[4000], step(0, 4000)] };
	})()`)
	// the fade is 5 ms, which are 80 samples, and is played
	if got.Lost != 16000-80 || got.Played != 80+8000 || got.Dropped != 0 {
		t.Errorf("%+v, want 15920 samples lost and 8080 played", got)
	}
	if got.Heard[0] != 0 || got.Heard[1] != 0 || got.Heard[2] != 0.5 || got.Heard[3] > 0.02 {
		t.Errorf("around the flush: %v, want no jump", got.Heard)
	}
}

func TestTheMicrophoneOfThePageWaitsForASlowPage(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour)
	tab := chromium.Open(t, k.url+"/screen", 800, 480)
	got := browser.Eval[played](tab, openWorklet+`
		const microphone = open("moonlark-microphone", { numberOfOutputs: 1, outputChannelCount: [1], channelCount: 1, channelCountMode: "explicit" });
		microphone.connect(context.destination); // an OfflineAudioContext runs only what is connected
		const source = new ConstantSourceNode(context, { offset: 0.5 });
		source.connect(microphone);
		source.start();
		await context.startRendering();
		await until((m) => m.sound);
		await settle();
		const before = messages.length, samples = messages[0].sound.byteLength / 2, value = new Int16Array(messages[0].sound)[samples - 1];
		return { last: before, played: samples, dropped: messages.at(-1).dropped, underruns: value, lost: 0, heard: [] };
	})()`)
	// The page gives no buffer back, so it gets eight pieces of 20 ms. The rest is kept, or dropped.
	if got.Last != 8 || got.Played != 320 || got.Underruns != 16383 || got.Dropped != 0 {
		t.Errorf("%+v, want 8 pieces of 320 samples of 16383", got)
	}
}
