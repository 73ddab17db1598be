package engine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/audio"
	"moonlark/audio/pulse/pulsetest"
	"moonlark/engine/event"
	"moonlark/engine/script"
)

const burning = `
	local function spin() local n = 0 while not stopped() do for i = 1, 1000 do n = n + i end end end
	local function churn() local t = {} while not stopped() do for i = 1, 1000 do t[i] = { i, tostring(i) } end end end
`

// burner is a script, or a state, that burns: half of them compute, the other
// half allocate.
func burner(i int, run string) string {
	return burning + fmt.Sprintf(run, []string{"spin", "churn"}[i%2])
}

func TestSoundDoesNotStutterBesideBusyScripts(t *testing.T) {
	server := pulsetest.Start(t)
	for _, test := range []struct {
		name    string
		burners int
		reload  bool
	}{{"8 scripts burn", 8, false}, {"a script is saved again and again", 0, true}} {
		t.Run(test.name, func(t *testing.T) {
			s, burn := performBurning(t, server, test.burners, Options{Watch: test.reload})
			a := s.ready()
			burn()
			if test.reload {
				defer saving(s)()
			}
			gaps := 0
			for range 3 { // others may keep this machine busier than we do
				if gaps = stutter(t, s, a, 4*time.Second); gaps == 0 {
					break
				}
				t.Logf("%d gaps, %d underruns so far: once more", gaps, s.voice.Counts().Underruns.Load())
			}
			if gaps > 0 {
				t.Errorf("the tone has %d gaps", gaps)
			}
			if n := len(s.all(event.Reloaded)); test.reload && n < 5 {
				t.Errorf("there were %d reloads", n)
			}
		})
	}
}

// performBurning is perform with so many scripts that burn from burn on.
func performBurning(t testing.TB, server *pulsetest.Server, n int, opts Options) (s *stage, burn func()) {
	t.Helper()
	var begun, stopped atomic.Bool
	opts.Slots = script.NewSlots(0)
	opts.Limits = script.Limits{BurstWarning: time.Hour, Burst: time.Hour}
	opts.Globals = map[string]any{"begun": begun.Load, "stopped": stopped.Load}
	files := []string{"a.lua", `on("ping", function() end)`}
	for i := range n {
		files = append(files, fmt.Sprintf("script%d.lua", i), burner(i, "spawn(function() while not begun() do sleep(0.05) end %s() end)"))
	}
	s = perform(t, server, full, opts, files...)
	t.Cleanup(func() { stopped.Store(true) })
	return s, func() { begun.Store(true) }
}

// saving saves a script ten times a second, until stop.
func saving(s *stage) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			s.write("a.lua", fmt.Sprintf("version = %d", i))
			time.Sleep(100 * time.Millisecond)
		}
	})
	return func() { cancel(); wg.Wait() }
}

// stutter plays a tone that long and counts its gaps.
func stutter(t testing.TB, s *stage, a *listener, length time.Duration) int {
	t.Helper()
	heard := s.server.Record(pulsetest.Heard)
	defer heard.Stop()
	a.say(int(s.id.Add(1)), tone(length))
	time.Sleep(length)
	var sound []float32
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		all := heard.Samples(0)
		n, first, last := pulsetest.Audible(all)
		if n > 0 && len(all)-last > audio.Rate/4 {
			sound = all[first : last+1]
			break
		}
	}
	if got := audio.Duration(len(sound)); got < length-200*time.Millisecond { // a busy machine loses some of the beginning
		t.Errorf("of %v of tone %v was heard", length, got)
	}
	// The ends of it are no gaps.
	const edge = audio.Rate / 50
	return pulsetest.Gaps(sound[min(len(sound), edge):max(min(len(sound), edge), len(sound)-edge)], 1000)
}

// Gaps in a steady tone, for each second of it, while Lua states burn and
// allocate: scripts of the engine, and beside an engine at rest plain gopher-lua
// states on goroutines of their own. And while a script is saved all the time.
// Run it with -benchtime 30x.
func BenchmarkStutter(b *testing.B) {
	server := pulsetest.Start(b)
	for _, burners := range []int{0, 2, 8, 32} {
		b.Run(fmt.Sprintf("%d-burning/slots", burners), func(b *testing.B) {
			s, burn := performBurning(b, server, burners, Options{})
			a := s.ready()
			burn()
			benchStutter(b, s, a)
		})
		b.Run(fmt.Sprintf("%d-burning/plain", burners), func(b *testing.B) {
			s, _ := performBurning(b, server, 0, Options{})
			a := s.ready()
			defer burnPlainly(b, burners)()
			benchStutter(b, s, a)
		})
	}
	b.Run("reloading", func(b *testing.B) {
		s, _ := performBurning(b, server, 0, Options{Watch: true})
		a := s.ready()
		defer saving(s)()
		benchStutter(b, s, a)
	})
}

func benchStutter(b *testing.B, s *stage, a *listener) {
	if b.N == 1 {
		return // it would find out how long a second takes
	}
	gaps := stutter(b, s, a, time.Duration(b.N)*time.Second)
	c := s.voice.Counts()
	b.ReportMetric(float64(gaps), "gaps")
	b.ReportMetric(float64(c.Underruns.Load()), "underruns")
	b.ReportMetric(float64(c.Late.Load()), "late")
	b.ReportMetric(0, "ns/op")
}

func burnPlainly(t testing.TB, n int) (stop func()) {
	var stopped atomic.Bool
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			vm := lua.NewState()
			defer vm.Close()
			vm.SetGlobal("stopped", vm.NewFunction(func(vm *lua.LState) int { vm.Push(lua.LBool(stopped.Load())); return 1 }))
			if err := vm.DoString(burner(i, "%s()")); err != nil {
				t.Error(err)
			}
		})
	}
	return func() { stopped.Store(true); wg.Wait() }
}
