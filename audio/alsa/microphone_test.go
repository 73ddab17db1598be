//go:build linux && !static

package alsa

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"moonlark/audio"
	"moonlark/audio/pulse/pulsetest"
)

// TestMain writes a configuration file for ALSA before the tests, because ALSA reads its
// configuration only once. The file defines the device "silent", which records silence, the device
// "tape", which records the contents of a file, and the device "pulsed", which records from the
// sound server at $TEST_PULSE.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "alsa")
	if err != nil {
		panic(err)
	}
	config := fmt.Sprintf(`
		</usr/share/alsa/alsa.conf>
		pcm.silent { type null hint { show on description "nothing at all" } }
		pcm.tape { type file file /dev/null infile %[1]q format raw slave { pcm null } }
		pcm.pulsed { type pulse server { @func getenv vars [ TEST_PULSE ] default "unix:/nowhere" } device microphone.monitor }
	`, filepath.Join(dir, "tape"))
	tone := pulsetest.Tone(997, 0.5, 10*time.Second)
	raw := make([]byte, 0, 2*len(tone))
	for _, v := range tone {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(int16(v*32767)))
	}
	os.WriteFile(filepath.Join(dir, "tape"), raw, 0o600)
	os.WriteFile(filepath.Join(dir, "asoundrc"), []byte(config), 0o600)
	os.Setenv("ALSA_CONFIG_PATH", filepath.Join(dir, "asoundrc"))
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// needALSA skips the test if ALSA is not installed.
func needALSA(t testing.TB) {
	t.Helper()
	if _, err := loadLibrary("libasound.so.2"); err != nil {
		t.Skip(err)
	}
	if _, err := os.Stat("/usr/share/alsa/alsa.conf"); err != nil {
		t.Skip("the configuration of ALSA is not installed: apt-get install libasound2-data")
	}
}

// startServer starts the sound server from which the device "pulsed" records.
func startServer(t testing.TB) *pulsetest.Server {
	t.Helper()
	needALSA(t)
	if testing.Short() {
		t.Skip("starts a sound server")
	}
	server := pulsetest.Start(t)
	t.Setenv("TEST_PULSE", server.Address())
	return server
}

// A tape is an audio.Sink that keeps all sound and the age of each chunk. It calls enough once it
// has at least want samples.
type tape struct {
	want   int
	enough func()

	mu    sync.Mutex // guards the fields below
	sound []float32
	ages  []time.Duration
}

func (s *tape) Take(sound []float32, age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sound = append(s.sound, sound...)
	s.ages = append(s.ages, age)
	if len(s.sound) >= s.want {
		s.enough()
	}
}

// record records until it has at least d of sound, and returns the sound. The test fails if Record
// returns an error.
func record(t *testing.T, m *Microphone, d time.Duration) *tape {
	t.Helper()
	ctx, enough := context.WithTimeout(t.Context(), 30*time.Second)
	defer enough()
	s := &tape{want: audio.Samples(d), enough: enough}
	if err := m.Record(ctx, s); err != nil {
		t.Fatal(err)
	}
	if len(s.sound) < s.want {
		t.Fatalf("recorded %d samples, want %d", len(s.sound), s.want)
	}
	return s
}

func TestSoundOfADeviceArrivesInChunks(t *testing.T) {
	needALSA(t)
	var counts audio.Counts
	s := record(t, New("tape", &counts), time.Second)
	tone := pulsetest.Tone(997, 0.5, time.Second)
	for i, v := range s.sound[:len(tone)] {
		if d := v - tone[i]; d > 0.001 || d < -0.001 {
			t.Fatalf("sample %d is %v, want %v", i, v, tone[i])
		}
	}
	for _, age := range s.ages {
		if age < 0 || age > time.Second {
			t.Fatalf("the age of a chunk is %v", age)
		}
	}
}

func TestSoundOfASoundServerArrivesCompletely(t *testing.T) {
	server := startServer(t)
	server.PlayToMicrophone(pulsetest.Tone(997, 0.5, 20*time.Second))

	var counts audio.Counts
	s := record(t, New("pulsed", &counts), 2*time.Second)
	n, first, last := pulsetest.Audible(s.sound)
	t.Logf("%d samples from %d to %d, %d overruns, in %d chunks; the last one %v old",
		n, first, last, counts.Overruns.Load(), len(s.ages), s.ages[len(s.ages)-1])
	if n == 0 || last < len(s.sound)-audio.Rate/2 {
		t.Fatal("the tone did not arrive")
	}
	// the server's player of the tone is sometimes late on a busy machine
	if length := last - first + 1; n < length/2 {
		t.Errorf("%d of %d samples of the tone arrived", n, length)
	}
}

func TestRecordEndsAtOnceAndCanBeCalledAgain(t *testing.T) {
	startServer(t)
	m := New("pulsed", &audio.Counts{})
	for range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- m.Record(ctx, &tape{want: 1, enough: cancel}) }()
		<-ctx.Done()
		cancelled := time.Now()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if d := time.Since(cancelled); d > 2*time.Second {
			t.Errorf("Record took %v to return", d)
		}
	}
}

func TestALostServerEndsRecord(t *testing.T) {
	server := startServer(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err := New("pulsed", &audio.Counts{}).Record(ctx, &tape{want: 1, enough: server.Kill})
	if err == nil || !strings.HasPrefix(err.Error(), "alsa pulsed: ") {
		t.Errorf("got %v, want an error that names the device", err)
	}
}

func TestADeviceWithoutSoundEndsRecord(t *testing.T) {
	server := startServer(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	suspend := sync.OnceFunc(func() { server.SuspendMicrophone(true) })
	err := New("pulsed", &audio.Counts{}).Record(ctx, &tape{want: 1, enough: suspend})
	if err == nil || err.Error() != "alsa pulsed: no sound for 2s" {
		t.Errorf("got %v, want that there is no sound", err)
	}
}

func TestRecordingContinuesAfterLostSound(t *testing.T) {
	needALSA(t)
	c, err := openCapture("silent")
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	var counts audio.Counts
	m := New("silent", &counts)
	if err := m.recover(c, -int(unix.EPIPE)); err != nil {
		t.Fatal(err)
	}
	if err := m.recover(c, -int(unix.EINTR)); err != nil {
		t.Fatal(err)
	}
	if n := c.read.Long(); n != chunk {
		t.Errorf("read %d samples afterwards, want %d", n, chunk)
	}
	if n := counts.Overruns.Load(); n != 1 {
		t.Errorf("%d overruns counted, want 1", n)
	}
	if err := m.recover(c, -int(unix.ENODEV)); err == nil || err.Error() != "No such device" {
		t.Errorf("got %v, want that there is no such device", err)
	}
}

func TestAMissingDeviceIsNamed(t *testing.T) {
	needALSA(t)
	for name, want := range map[string]string{
		"nobody":             "alsa nobody: No such file or directory",
		"plughw:CARD=Nobody": "alsa plughw:CARD=Nobody: No such ",
		"pulsed":             "alsa pulsed: Connection refused",
	} {
		err := New(name, &audio.Counts{}).Record(t.Context(), &tape{})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestAMissingLibraryIsNamedWithItsPackage(t *testing.T) {
	_, err := loadLibrary("libasound.so.99")
	want := "libasound.so.99 is not installed: apt-get install libasound2t64, or libasound2 before Debian 13 and Ubuntu 24.04"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestDevicesAreListed(t *testing.T) {
	needALSA(t)
	devices, err := Devices()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range devices {
		if d == (Device{Name: "silent", Description: "nothing at all", Captures: true}) {
			return
		}
	}
	t.Errorf("silent is not among %+v", devices)
}

func TestRecordingDoesNotAllocate(t *testing.T) {
	needALSA(t)
	c, err := openCapture("silent")
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	c.lib.start.Int(c.pcm)
	m, sink := New("silent", nil), nullSink{}
	n := testing.AllocsPerRun(500, func() {
		if waited, err := m.recordChunk(c, sink); waited != 0 || err != nil {
			t.Fatalf("waited %v for sound, %v", waited, err)
		}
	})
	if n >= 1 {
		t.Errorf("%v allocations a chunk", n)
	}
}

// A nullSink is an audio.Sink that discards all sound.
type nullSink struct{}

func (nullSink) Take([]float32, time.Duration) {}
