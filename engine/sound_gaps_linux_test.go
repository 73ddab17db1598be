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
	"moonlark/engine/bus"
	"moonlark/engine/script"
	"moonlark/engine/script/vm"
	"moonlark/engine/testkit"
)

// busyFunctions are two endless Lua functions: one computes and one allocates. Both end when the Go
// function stopped returns true.
const busyFunctions = `
	local function compute() local n = 0 while not stopped() do for i = 1, 1000 do n = n + i end end end
	local function allocate() local t = {} while not stopped() do for i = 1, 1000 do t[i] = { i, tostring(i) } end end end
`

// busySource returns the source of busy script number i. call is Lua code with %s for the name of
// one of busyFunctions, which the scripts use in turn.
func busySource(i int, call string) string {
	return busyFunctions + fmt.Sprintf(call, []string{"compute", "allocate"}[i%2])
}

func TestSoundHasNoGapsBesideBusyScripts(t *testing.T) {
	server := pulsetest.Start(t)
	for _, row := range []struct {
		name   string
		busy   int // the number of busy scripts
		reload bool
	}{{"8 busy scripts", 8, false}, {"a script is saved ten times a second", 0, true}} {
		t.Run(row.name, func(t *testing.T) {
			s, makeBusy := startBusyTest(t, server, row.busy, Options{Watch: row.reload})
			a := s.awaitReady()
			makeBusy()
			if row.reload {
				defer saveRepeatedly(s)()
			}
			gaps := 0
			for range 3 { // other programs may keep the machine busy
				if gaps = countGaps(t, s, a, 4*time.Second); gaps == 0 {
					break
				}
				t.Logf("%d gaps, %d underruns so far: trying again", gaps, s.voice.Counts().Underruns)
			}
			if gaps > 0 {
				t.Errorf("the tone has %d gaps", gaps)
			}
			if n := len(s.published(bus.Reloaded)); row.reload && n < 5 {
				t.Errorf("there were %d reloads, want at least 5", n)
			}
		})
	}
}

// startBusyTest is startSoundTest with n scripts that are busy after makeBusy has been called.
func startBusyTest(t testing.TB, server *pulsetest.Server, n int, opts Options) (s *soundTest, makeBusy func()) {
	t.Helper()
	var started, stopped atomic.Bool
	opts.Slots = vm.NewSlots(0)
	opts.Limits = script.Limits{BurstWarning: time.Hour, Burst: time.Hour}
	opts.Globals = map[string]any{"started": started.Load, "stopped": stopped.Load}
	files := []string{"a.lua", `on("ping", function() end)`}
	for i := range n {
		files = append(files, fmt.Sprintf("script%d.lua", i), busySource(i, "spawn(function() while not started() do sleep(0.05) end %s() end)"))
	}
	s = startSoundTest(t, server, format48k, opts, files...)
	t.Cleanup(func() { stopped.Store(true) })
	return s, func() { started.Store(true) }
}

// saveRepeatedly saves a script ten times a second until stop is called.
func saveRepeatedly(s *soundTest) (stop func()) {
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

// countGaps plays a tone of this length and returns the number of its gaps. A part that was not heard
// at the beginning or at the end is one gap.
func countGaps(t testing.TB, s *soundTest, a *soundAgent, length time.Duration) int {
	t.Helper()
	heard := s.server.Record(pulsetest.Heard)
	defer heard.Stop()
	a.say(int(s.lastID.Add(1)), tone(length))
	time.Sleep(length)
	var sound []float32
	for end := time.Now().Add(testkit.Timeout); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		all := heard.Samples(0)
		n, first, last := pulsetest.Audible(all)
		if n > 0 && len(all)-last > audio.Rate/4 {
			sound = all[first : last+1]
			break
		}
	}
	if got := audio.Duration(len(sound)); got < length-200*time.Millisecond { // on a busy machine some of the beginning is lost
		t.Logf("%v of a tone of %v was heard", got, length)
		return 1
	}
	const edge = audio.Rate / 50 // the beginning and the end would count as gaps
	return pulsetest.Gaps(sound[min(len(sound), edge):max(min(len(sound), edge), len(sound)-edge)], 1000)
}

// BenchmarkStutter counts the gaps in a tone while Lua scripts are busy, and while a script is
// saved ten times a second. It compares the scripts of the engine, which share run slots ("slots"),
// with Lua states of gopher-lua that run on goroutines of their own beside an idle engine
// ("plain"). Run it with -benchtime 30x: it then plays 30 s.
func BenchmarkStutter(b *testing.B) {
	server := pulsetest.Start(b)
	for _, busy := range []int{0, 2, 8, 32} {
		b.Run(fmt.Sprintf("%d-burning/slots", busy), func(b *testing.B) {
			s, makeBusy := startBusyTest(b, server, busy, Options{})
			a := s.awaitReady()
			makeBusy()
			benchStutter(b, s, a)
		})
		b.Run(fmt.Sprintf("%d-burning/plain", busy), func(b *testing.B) {
			s, _ := startBusyTest(b, server, 0, Options{})
			a := s.awaitReady()
			defer runPlainStates(b, busy)()
			benchStutter(b, s, a)
		})
	}
	b.Run("reloading", func(b *testing.B) {
		s, _ := startBusyTest(b, server, 0, Options{Watch: true})
		a := s.awaitReady()
		defer saveRepeatedly(s)()
		benchStutter(b, s, a)
	})
}

func benchStutter(b *testing.B, s *soundTest, a *soundAgent) {
	if b.N == 1 {
		return // package testing runs one iteration to estimate the time; it is one second here
	}
	gaps := countGaps(b, s, a, time.Duration(b.N)*time.Second)
	c := s.voice.Counts()
	b.ReportMetric(float64(gaps), "gaps")
	b.ReportMetric(float64(c.Underruns), "underruns")
	b.ReportMetric(float64(c.Late), "late")
	b.ReportMetric(0, "ns/op")
}

// runPlainStates runs n busy Lua states of gopher-lua until stop is called.
func runPlainStates(t testing.TB, n int) (stop func()) {
	var stopped atomic.Bool
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			vm := lua.NewState()
			defer vm.Close()
			vm.SetGlobal("stopped", vm.NewFunction(func(vm *lua.LState) int { vm.Push(lua.LBool(stopped.Load())); return 1 }))
			if err := vm.DoString(busySource(i, "%s()")); err != nil {
				t.Error(err)
			}
		})
	}
	return func() { stopped.Store(true); wg.Wait() }
}
