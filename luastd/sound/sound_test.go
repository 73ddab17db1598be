package sound_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/device"
	"moonlark/audio/wav"
	"moonlark/engine/permit"
	"moonlark/engine/speech"
	"moonlark/engine/testkit"
	"moonlark/luastd"
	"moonlark/luastd/luastdtest"
)

// testSounds are Sounds with a real player on a speaker without a device. The microphone and the text
// to speech are fakes, because a machine that runs tests has neither.
type testSounds struct {
	luastd.NoSounds
	player  *audio.Player
	turn    chan struct{}
	mic     []float32 // what the microphone records
	devices []device.Entry

	mu    sync.Mutex // guards the fields below
	heard []float32
}

// newSounds returns Sounds whose speaker plays until the end of the test.
func newSounds(t testing.TB) *testSounds {
	s := &testSounds{turn: make(chan struct{}, 1)}
	speaker := audio.NewNullSpeaker()
	s.player = audio.NewPlayer(speaker, new(audio.Counts))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		speaker.Play(ctx, s)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return s
}

// Fill passes the output of the player on, and records it.
func (s *testSounds) Fill(sound []float32, delay time.Duration) {
	s.player.Fill(sound, delay)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, sound...)
}
func (s *testSounds) Lost(n int) { s.player.Lost(n) }

// loud returns how long something was heard so far, and the peak.
func (s *testSounds) loud() (length time.Duration, peak float32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for i := 0; i+480 <= len(s.heard); i += 480 {
		if m := slices.Max(s.heard[i : i+480]); m > 0.001 {
			n, peak = n+480, max(peak, m)
		}
	}
	return audio.Duration(n), peak
}

func (s *testSounds) NewTrack(o audio.TrackOptions) (*audio.Track, error) {
	return s.player.NewTrack(o), nil
}
func (s *testSounds) Play(t *audio.Track) error { return s.player.Play(t) }
func (s *testSounds) AwaitTurn(ctx context.Context) (func(), error) {
	select {
	case s.turn <- struct{}{}:
		return func() { <-s.turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
func (s *testSounds) Record(ctx context.Context, r luastd.Recording, take func([]float32)) (bool, error) {
	if s.mic == nil {
		<-ctx.Done()
		return false, context.Cause(ctx)
	}
	for part := range slices.Chunk(s.mic, 4800) {
		take(part)
	}
	return r.Silence > 0, nil
}
func (s *testSounds) Levels() (speaker, microphone float64, err error) { return -30, -96, nil }
func (s *testSounds) Devices(context.Context) (speakers, microphones []device.Entry, problems []string) {
	return s.devices, nil, nil
}
func (s *testSounds) Speak(ctx context.Context, u speech.Utterance, play func([]float32) error) error {
	if u.Text == "fail" {
		return errors.New("the server is gone")
	}
	return play(tone(time.Duration(len(u.Text)) * 20 * time.Millisecond))
}

// tone returns a tone of 500 Hz with the peak 0.5.
func tone(d time.Duration) []float32 {
	sound := make([]float32, audio.Samples(d))
	for i := range sound {
		sound[i] = 0.5 * float32(math.Sin(2*math.Pi*500*float64(i)/audio.Rate))
	}
	return sound
}

// open opens a script whose folder has the file tone.wav with 0.3 s of a tone, and text.wav, which is
// no sound.
func open(t *testing.T, sounds luastd.Sounds, permissions permit.Settings) *luastdtest.Script {
	t.Helper()
	s := luastdtest.Open(t, luastdtest.Options{Sounds: sounds, Permissions: permissions})
	write(t, filepath.Join(s.Folder, "tone.wav"), wav.Encode(tone(300*time.Millisecond), audio.Rate))
	write(t, filepath.Join(s.Folder, "text.wav"), []byte("hello"))
	return s
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestASoundOfEachSourceIsPlayedToItsEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("plays sounds in real time")
	}
	sounds := newSounds(t)
	music := t.TempDir()
	mp3, err := os.ReadFile("../../audio/decode/testdata/tone.mp3")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(music, "song.mp3"), mp3)
	s := open(t, sounds, permit.Settings{Grants: []permit.Grant{{Kind: permit.Read, Value: music}}})
	for _, row := range []struct{ source, want string }{
		{`local h = audio.play("tone.wav") return tostring(h), h:playing(), audio.playing(), h:wait(), h:playing(), audio.playing(), tostring(h)`,
			"sound tone.wav (playing), true, true, true, false, false, sound tone.wav (ended)"},
		{`return audio.play("./tone.wav"):wait()`, "true"},
		{`local h = audio.play(fs.read("./tone.wav")) return h:wait(), h:position() > 0.29`, "true, true"},
		{`fs.write("saved.wav", fs.read("./tone.wav")) return audio.play("saved.wav"):wait()`, "true"},
		{`return audio.play("` + filepath.ToSlash(music) + `/song.mp3", {volume = 0.1}):wait()`, "true"},
		{`return audio.play{say = "hello"}:wait()`, "true"},
		{`local ok = audio.beep(440, 0.05) while audio.playing() do sleep(0.01) end return ok`, "true"},
		{`return audio.tone({440, {0, 0.01}, {880, 0.05}}, {seconds = 0.02, shape = "square"}):wait()`, "true"},
		{`return audio.chime("attention"):wait()`, "true"},
	} {
		before, _ := sounds.loud()
		if got := s.Run(row.source); got != row.want {
			t.Errorf("%s: got %s, want %s", row.source, got, row.want)
		}
		if after, _ := sounds.loud(); after == before {
			t.Errorf("%s: nothing was heard", row.source)
		}
	}
}

func TestASoundOfAServerIsPlayed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/tone.wav" {
			http.NotFound(w, r)
			return
		}
		w.Write(wav.Encode(tone(300*time.Millisecond), audio.Rate))
	}))
	defer server.Close()
	sounds := newSounds(t)
	s := open(t, sounds, permit.Settings{Grants: []permit.Grant{{Kind: permit.Net, Value: "127.0.0.1"}}})
	s.Want(`return audio.play("`+server.URL+`/tone.wav"):wait()`, "true")
	if loud, _ := sounds.loud(); loud == 0 {
		t.Error("nothing was heard")
	}
	s.Want(`return select(3, audio.play("`+server.URL+`/nothing.wav"))`, "not_found")
}

func TestMistakesAreRaisedAndFailuresReturned(t *testing.T) {
	s := open(t, newSounds(t), permit.Settings{})
	for _, row := range []struct{ source, want string }{
		{`return audio.play("none.wav")`, "nil, not_found: none.wav does not exist, not_found"},
		{`return audio.play("text.wav")`, "nil, invalid: text.wav: it is not a sound file: WAV, MP3 and Ogg Vorbis are supported, invalid"},
		{`return audio.play("fLaC1234567890")`, "nil, invalid: the sound: FLAC is not supported, only WAV, MP3 and Ogg Vorbis, invalid"},
		{`return audio.play{say = "fail"}`, "nil, failed: the text: the server is gone, failed"},
		{`return audio.play("/etc/passwd")`, "a.lua:1: audio.play: test.lua may not read /etc/passwd. Start with --allow-read=/etc"},
		{`return audio.play("../x.wav")`, "a.lua:1: audio.play: test.lua may not read "},
		{`return audio.play("http://192.0.2.1/x.mp3")`, "a.lua:1: audio.play: test.lua may not connect to 192.0.2.1:80. Start with --allow-net=192.0.2.1"},
		{`return audio.play("https:///x")`, "a.lua:1: audio.play: "},
		{`return audio.play()`, "a.lua:1: bad argument #1 to play (value expected)"},
		{`return audio.play(12)`, "a.lua:1: bad argument #1 to play (a path, a URL, the bytes of a sound file or {say = text} expected)"},
		{`return audio.play("")`, "a.lua:1: bad argument #1 to play (the path is empty)"},
		{`return audio.play{say = "😀"}`, "a.lua:1: bad argument #1 to play (there is no text to speak)"},
		{`return audio.play{sy = "x"}`, "a.lua:1: bad argument #1 to play (there is no field 'sy'"},
		{`return audio.play("tone.wav", {vol = 1})`, "a.lua:1: bad argument #2 to play (there is no field 'vol'"},
		{`return audio.play("tone.wav", {volume = 2})`, "a.lua:1: bad argument #2 to play (volume must be a number from 0 to 1, not 2)"},
		{`return audio.play("tone.wav", {duck = true})`, "a.lua:1: bad argument #2 to play (duck must be a number from 0 to 1, not a boolean)"},
		{`return audio.beep(19)`, "a.lua:1: bad argument #1 to beep (20 to 20000 hertz expected)"},
		{`return audio.beep(440, 6)`, "a.lua:1: bad argument #2 to beep (more than 0 and at most 5 seconds expected)"},
		{`return audio.tone({})`, "a.lua:1: bad argument #1 to tone (1 to 256 notes expected)"},
		{`return audio.tone({{440, 20}, {440, 20}})`, "a.lua:1: bad argument #1 to tone (the notes take more than 30 seconds)"},
		{`return audio.tone("x")`, "a.lua:1: bad argument #1 to tone (a note of 20 to 20000 hertz expected, or 0 for a pause)"},
		{`return audio.chime("gong")`, `a.lua:1: bad argument #1 to chime ("gong" is not one of attention, doorbell, error, success, timer)`},
		{`return audio.record(1)`, "a.lua:1: audio.record: test.lua may not record with the microphone. Start with --allow-mic"},
		{`return audio.record(5000)`, "a.lua:1: bad argument #1 to record (the timeout must be at most 300"},
		{`return audio.devices()`, "a.lua:1: audio.devices: test.lua may not list the sound devices. Start with --allow-sys=audio"},
		{`local h = audio.play("tone.wav") return h.wait(1)`, "a.lua:1: bad argument #1 to wait (a sound expected: use a colon, as in sound:stop())"},
		{`for i = 1, 20 do audio.queue() end`, "a.lua:1: audio.queue: the script has 16 queues already"},
	} {
		if got := s.Run(row.source); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: got %s, want %s", row.source, got, row.want)
		}
	}
}

func TestWithoutSoundTheReasonNamesTheFlag(t *testing.T) {
	s := open(t, nil, permit.Settings{Grants: []permit.Grant{{Kind: permit.Mic}}})
	for source, want := range map[string]string{
		`return audio.play("tone.wav")`:            "nil, unsupported: sound is off: start Moonlark with --speaker auto, unsupported",
		`return audio.beep()`:                      "nil, unsupported: sound is off: start Moonlark with --speaker auto, unsupported",
		`return audio.play{say = "x"}`:             "nil, unsupported: there is no text to speech: start Moonlark with --tts auto or another --tts, unsupported",
		`return audio.record(1)`:                   "nil, unsupported: there is no microphone: start Moonlark with --mic auto, unsupported",
		`return audio.levels()`:                    "nil, unsupported: sound is off: start Moonlark with --speaker auto, unsupported",
		`return audio.playing()`:                   "false",
		`return pcall(audio.stop)`:                 "true",
		`return audio.announce("tone.wav"):wait()`: "nil, unsupported: sound is off: start Moonlark with --speaker auto, unsupported",
	} {
		if got := s.Run(source); got != want {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}

func TestASoundCanBeStoppedPausedAndMadeQuieter(t *testing.T) {
	if testing.Short() {
		t.Skip("plays sounds in real time")
	}
	sounds := newSounds(t)
	s := open(t, sounds, permit.Settings{})
	if got := s.Run(`h = audio.play("tone.wav", {loop = true, duck = false}) while h:position() < 0.4 do sleep(0.01) end return h:playing()`); got != "true" {
		t.Fatalf("a sound that is repeated: %s", got)
	}
	if got := s.Run(`h:pause() local p, at = h:playing() repeat at = h:position() sleep(0.2) until h:position() == at h:resume() while h:position() == at do sleep(0.01) end return p`); got != "false" {
		t.Errorf("pause and resume: %s", got)
	}
	if got := s.Run(`return h:wait(0), h:wait(0.05)`); got != "nil, nil, timeout: the sound has not ended in 0.05 s, timeout" {
		t.Errorf("wait with a timeout: %s", got)
	}
	s.Run(`h:volume(0.1)`)
	testkit.Until(t, "at the volume 0.1 the peak is 0.05", func() bool {
		sounds.mu.Lock()
		sounds.heard = nil
		sounds.mu.Unlock()
		time.Sleep(200 * time.Millisecond)
		_, peak := sounds.loud()
		return peak > 0.04 && peak < 0.06
	})
	if got := s.Run(`h:stop() return h:wait(), h:wait(), audio.playing()`); got != "false, false, false" {
		t.Errorf("stop: %s", got)
	}
	if got := s.Run(`a, b = audio.play("tone.wav", {loop = true}), audio.play("tone.wav", {loop = true}) audio.stop(0.1) return a:wait(), b:wait()`); got != "false, false" {
		t.Errorf("audio.stop: %s", got)
	}
}

func TestAQueuePlaysOneSoundAfterTheOther(t *testing.T) {
	if testing.Short() {
		t.Skip("plays sounds in real time")
	}
	s := open(t, newSounds(t), permit.Settings{})
	got := s.Run(`
		local q, order = audio.queue{gap = 0.1}, {}
		local function add(name, priority)
			local h = q:add("tone.wav", {priority = priority})
			spawn(function() h:wait() order[#order + 1] = name end)
			return h
		end
		local first = add("first")
		while not first:playing() do sleep(0.01) end
		add("low", -1) add("normal") local last = q:add("tone.wav", {priority = -2}) add("high", 5) add("normal 2")
		local length, current = q:length(), tostring(q:current()) assert(q:current() == first)
		local removed = add("removed", 50) removed:stop()
		last:wait()
		while #order < 6 do sleep(0.01) end
		return length, current, q:length(), q:current(), table.concat(order, ", ")`)
	if want := "5, sound tone.wav (playing), 0, nil, removed, first, high, normal, normal 2, low"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAQueueCanBeSkippedPausedAndCleared(t *testing.T) {
	s := open(t, newSounds(t), permit.Settings{})
	for _, row := range []struct{ source, want string }{
		{`q = audio.queue{loop = true} a, b, c = q:add("tone.wav"), q:add("tone.wav"), q:add("tone.wav")
			q:skip() a:wait(5) while not b:playing() do sleep(0.01) end return a:playing(), b:playing(), c:playing()`, "false, true, false"},
		{`q:pause() q:skip() b:wait(5) sleep(0.1) local waiting = c:playing() q:resume() while not c:playing() do sleep(0.01) end return waiting`, "false"},
		{`q:volume(0.5, 0.1) d = q:add("tone.wav") q:stop() return c:wait(5), d:wait(5), q:length()`, "false, false, 0"},
		{`return q:add("none.wav")`, "nil, not_found: none.wav does not exist, not_found"},
		{`return q:add("/etc/hosts")`, "a.lua:1: queue:add: test.lua may not read /etc/hosts. Start with --allow-read=/etc"},
		{`local h = q:add("text.wav") return h:wait()`, "nil, invalid: text.wav: it is not a sound file: WAV, MP3 and Ogg Vorbis are supported, invalid"},
		{`for i = 1, 1000 do assert(q:add("tone.wav")) end local ok, why, code = q:add("tone.wav") if ok then ok, why, code = q:add("tone.wav") end q:stop() return ok, why, code`, "nil, full: 1000 sounds wait in the queue, full"},
	} {
		if got := s.Run(row.source); got != row.want {
			t.Errorf("%s: got %s, want %s", row.source, got, row.want)
		}
	}
}

func TestAnAnnouncementWaitsForItsTurn(t *testing.T) {
	if testing.Short() {
		t.Skip("plays sounds in real time")
	}
	sounds := newSounds(t)
	s := open(t, sounds, permit.Settings{})
	sounds.turn <- struct{}{} // the agent speaks, or another script announces something
	if got := s.Run(`h = audio.announce{say = "dinner is ready"} return h:wait(0.2), h:playing()`); got != "nil, false" {
		t.Errorf("before its turn: %s", got)
	}
	<-sounds.turn
	if got := s.Run(`return h:wait()`); got != "true" {
		t.Errorf("then: %s", got)
	}
}

func TestARecordingIsAWAVFile(t *testing.T) {
	if testing.Short() {
		t.Skip("plays sounds in real time")
	}
	sounds := newSounds(t)
	sounds.mic = tone(time.Second)
	s := open(t, sounds, permit.Settings{Grants: []permit.Grant{{Kind: permit.Mic}}})
	if got := s.Run(`wav, spoke = audio.record(1, {until_silence = 0.5}) return #wav, spoke, wav:sub(1, 4)`); got != "32044, true, RIFF" {
		t.Errorf("got %s, want a second at 16,000 Hz", got)
	}
	if got := s.Run(`local wav, spoke = audio.record(1, {rate = 8000}) return #wav, spoke`); got != "16044, false" {
		t.Errorf("got %s, want a second at 8,000 Hz", got)
	}
	if got := s.Run(`return audio.play(wav):wait()`); got != "true" {
		t.Errorf("playing the recording: %s", got)
	}
	if got := s.Run(`local l = audio.levels() return l.speaker, l.microphone`); got != "0.5, 0" {
		t.Errorf("the levels are %s", got)
	}
}

func TestDevicesAreListed(t *testing.T) {
	sounds := newSounds(t)
	sounds.devices = []device.Entry{{Name: "pulse:usb", Description: "USB speaker", Default: true}}
	s := open(t, sounds, permit.Settings{Grants: []permit.Grant{{Kind: permit.Sys, Value: "audio"}}})
	if got := s.Run(`return json.encode(audio.devices())`); got != `{"speakers":[{"name":"pulse:usb","description":"USB speaker","default":true}],"microphones":[]}` {
		t.Errorf("got %s", got)
	}
}

func TestNothingPlaysWhileTheScriptLoads(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Sounds: newSounds(t), Source: `
		why = select(2, pcall(audio.beep))
		queue = audio.queue()`})
	s.Want(`return why`, "audio.beep: the script is still loading: call it in on_start(function() ... end)")
	s.Want(`return tostring(queue)`, "sound queue")
}

func TestASoundEndsWithItsGeneration(t *testing.T) {
	sounds := newSounds(t)
	s := open(t, sounds, permit.Settings{})
	s.Run(`audio.play("tone.wav", {loop = true}) audio.announce("tone.wav", {loop = true}) q = audio.queue() q:pause() q:add("tone.wav")`)
	s.Reload("")
	testkit.Until(t, "it is quiet", func() bool {
		before, _ := sounds.loud()
		time.Sleep(100 * time.Millisecond)
		after, _ := sounds.loud()
		return after == before
	})
}

func TestReloadsLeaveNothingBehind(t *testing.T) {
	sounds := newSounds(t)
	luastdtest.CheckReloads(t, luastdtest.Options{Sounds: sounds, Source: `on_start(function()
		audio.beep(440, 0.01)
		audio.announce{say = "hello"}
		spawn(function() audio.play{say = "hello"}:wait() end)
	end)`})
}
