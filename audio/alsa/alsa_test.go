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

// TestMain gives ALSA, which reads its settings once, devices that are always
// there: one that is silent and one that hears a file for ever.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "alsa")
	if err != nil {
		panic(err)
	}
	settings := fmt.Sprintf(`
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
	os.WriteFile(filepath.Join(dir, "asoundrc"), []byte(settings), 0o600)
	os.Setenv("ALSA_CONFIG_PATH", filepath.Join(dir, "asoundrc"))
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// needALSA skips the test where ALSA is not installed.
func needALSA(t testing.TB) {
	t.Helper()
	if _, err := load("libasound.so.2"); err != nil {
		t.Skip(err)
	}
	if _, err := os.Stat("/usr/share/alsa/alsa.conf"); err != nil {
		t.Skip("ALSA's settings are not installed: apt-get install libasound2-data")
	}
}

// A tape is a sink that keeps what it is given, and calls enough once it has
// want samples.
type tape struct {
	mu     sync.Mutex // guards what follows
	sound  []float32
	ages   []time.Duration
	want   int
	enough func()
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

// record gives what is heard until there is so much of it.
func record(t *testing.T, m *Microphone, d time.Duration) *tape {
	t.Helper()
	ctx, enough := context.WithTimeout(t.Context(), 30*time.Second)
	defer enough()
	s := &tape{want: audio.Samples(d), enough: enough}
	if err := m.Record(ctx, s); err != nil {
		t.Fatal(err)
	}
	if len(s.sound) < s.want {
		t.Fatalf("heard %d samples, want %d", len(s.sound), s.want)
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
			t.Fatalf("sound is said to be %v old", age)
		}
	}
}

func TestSoundOfASoundServerArrivesWhole(t *testing.T) {
	needALSA(t)
	server := pulsetest.Start(t)
	t.Setenv("TEST_PULSE", server.Address())
	server.PlayToMicrophone(pulsetest.Tone(997, 0.5, 20*time.Second))

	var counts audio.Counts
	s := record(t, New("pulsed", &counts), 4*time.Second)
	n, first, last := pulsetest.Audible(s.sound)
	t.Logf("%d samples from %d to %d, %d overruns, in %d chunks; %v old at last",
		n, first, last, counts.Overruns.Load(), len(s.ages), s.ages[len(s.ages)-1])
	if n == 0 || last < len(s.sound)-audio.Rate/2 {
		t.Fatal("the tone did not arrive")
	}
	if whole := last - first + 1; n < whole/2 { // what plays it is late at times, on a busy machine
		t.Errorf("%d of %d samples of the tone arrived", n, whole)
	}
}

func TestRecordEndsAtOnceAndCanBeCalledAgain(t *testing.T) {
	needALSA(t)
	server := pulsetest.Start(t)
	t.Setenv("TEST_PULSE", server.Address())
	m := New("pulsed", &audio.Counts{})
	for range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- m.Record(ctx, &tape{want: 1, enough: cancel}) }()
		<-ctx.Done()
		asked := time.Now()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if d := time.Since(asked); d > 2*time.Second {
			t.Errorf("it took %v to end", d)
		}
	}
}

func TestServerThatGoesEndsRecord(t *testing.T) {
	needALSA(t)
	server := pulsetest.Start(t)
	t.Setenv("TEST_PULSE", server.Address())
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err := New("pulsed", &audio.Counts{}).Record(ctx, &tape{want: 1, enough: server.Kill})
	if err == nil || !strings.HasPrefix(err.Error(), "alsa pulsed: ") {
		t.Errorf("got %v, want an error that names the device", err)
	}
}

func TestSourceThatFallsSilentEndsRecord(t *testing.T) {
	needALSA(t)
	server := pulsetest.Start(t)
	t.Setenv("TEST_PULSE", server.Address())
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var once sync.Once
	err := New("pulsed", &audio.Counts{}).Record(ctx, &tape{want: 1, enough: func() {
		once.Do(func() { server.SuspendSink("microphone", true) })
	}})
	if err == nil || err.Error() != "alsa pulsed: no sound for 2s" {
		t.Errorf("got %v, want that there is no sound", err)
	}
}

func TestLostSoundIsCountedAndGoneOnAfter(t *testing.T) {
	needALSA(t)
	c, err := open("silent")
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
	if n := c.lib.read.Long(c.readArgs...); n != chunk {
		t.Errorf("read %d samples afterwards, want %d", n, chunk)
	}
	if n := counts.Overruns.Load(); n != 1 {
		t.Errorf("%d overruns counted, want 1", n)
	}
	if err := m.recover(c, -int(unix.ENODEV)); err == nil || err.Error() != "No such device" {
		t.Errorf("got %v, want that there is no such device", err)
	}
}

func TestMissingDeviceIsNamed(t *testing.T) {
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

func TestLibraryThatIsMissingIsNamedWithItsPackage(t *testing.T) {
	_, err := load("libasound.so.99")
	want := "libasound.so.99 is not installed: apt-get install libasound2"
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
		if d == (Device{Name: "silent", Description: "nothing at all", Captures: true, Plays: true}) {
			return
		}
	}
	t.Errorf("silent is not among %+v", devices)
}

func TestReadingDoesNotAllocate(t *testing.T) {
	needALSA(t)
	c, err := open("silent")
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	c.lib.start.Int(c.pcm)
	m, sink := New("silent", nil), deaf{}
	n := testing.AllocsPerRun(500, func() {
		if waited, err := m.hear(c, sink); waited != 0 || err != nil {
			t.Fatal("nothing to hear", err)
		}
	})
	if n >= 1 {
		t.Errorf("%v allocations a chunk", n)
	}
}

// deaf is a sink that takes nothing.
type deaf struct{}

func (deaf) Take([]float32, time.Duration) {}
