package script

import (
	"fmt"
	"net"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

const burn = `
	local function spin() local n = 0 while not stopped() do for i = 1, 1000 do n = n + i end end end
	local function churn() local t = {} while not stopped() do for i = 1, 1000 do t[i] = { i, tostring(i) } end end end
`

// How late goroutines of the program wake while Lua states burn and allocate:
// one that sleeps 10 ms at a time, as whoever feeds the sound does, and one that
// reads a socket. With run slots, and with plain gopher-lua states on goroutines
// of their own. Run it under taskset -c 0 for one processor.
func BenchmarkLateness(b *testing.B) {
	twoProcessors(b)
	for _, burners := range []int{0, 1, 8, 32} {
		for _, how := range []struct {
			name  string
			start func(testing.TB, int) (stop func())
		}{{"slots", burnOnSlots}, {"plain", burnPlainly}} {
			b.Run(fmt.Sprintf("ticker/%d-burning/%s", burners, how.name), func(b *testing.B) { benchLateness(b, burners, how.start, tickLate) })
			b.Run(fmt.Sprintf("socket/%d-burning/%s", burners, how.name), func(b *testing.B) { benchLateness(b, burners, how.start, socketLate) })
		}
	}
}

// twoProcessors is what the command does on a machine with one processor. With
// one P, what comes from the network is seen by nobody but the runtime's own
// monitor, every 10 ms, as long as any Lua runs.
func twoProcessors(b *testing.B) {
	if before := runtime.GOMAXPROCS(0); before < 2 {
		runtime.GOMAXPROCS(2)
		b.Cleanup(func() { runtime.GOMAXPROCS(before) })
	}
}

func benchLateness(b *testing.B, burners int, start func(testing.TB, int) func(), measure func(testing.TB, time.Duration) []time.Duration) {
	stop := start(b, burners)
	defer stop()
	var late []time.Duration
	for b.Loop() {
		late = append(late, measure(b, 200*time.Millisecond)...)
	}
	report(b, late)
}

// report gives the middle, the 99th percentile and the worst, in ms.
func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000 }
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(at(1), "max-ms")
}

func tickLate(_ testing.TB, span time.Duration) []time.Duration {
	var late []time.Duration
	for end := time.Now().Add(span); time.Now().Before(end); {
		due := time.Now().Add(10 * time.Millisecond)
		time.Sleep(10 * time.Millisecond)
		late = append(late, time.Since(due))
	}
	return late
}

func socketLate(tb testing.TB, span time.Duration) []time.Duration {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer listener.Close()
	sent := make(chan time.Time, 1)
	go func() { // as the network does: data comes when it comes
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			return
		}
		defer conn.Close()
		for end := time.Now().Add(span); time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
			sent <- time.Now()
			conn.Write([]byte{1})
		}
	}()
	conn, err := listener.Accept()
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close()
	var late []time.Duration
	for buf := make([]byte, 1); ; {
		if _, err := conn.Read(buf); err != nil {
			return late
		}
		late = append(late, time.Since(<-sent))
	}
}

func burnOnSlots(tb testing.TB, n int) func() {
	slots := NewSlots(0)
	var stopped atomic.Bool
	var all []*bench
	for i := range n {
		b := newBench(tb, Options{
			Slots: slots, Limits: Limits{BurstWarning: time.Hour, Burst: time.Hour},
			Globals: map[string]any{"stopped": func() bool { return stopped.Load() }},
		})
		b.write("a.lua", burn+[]string{"spawn(spin)", "spawn(churn)"}[i%2])
		if _, err := b.Load(b.path("a.lua")); err != nil {
			tb.Fatal(err)
		}
		all = append(all, b)
	}
	return func() {
		stopped.Store(true)
		for _, b := range all {
			b.Close()
		}
	}
}

func burnPlainly(tb testing.TB, n int) func() {
	var stopped atomic.Bool
	done := make(chan struct{}, n)
	for i := range n {
		go func() {
			L := lua.NewState()
			defer L.Close()
			L.SetGlobal("stopped", L.NewFunction(func(L *lua.LState) int { L.Push(lua.LBool(stopped.Load())); return 1 }))
			if err := L.DoString(burn + []string{"spin()", "churn()"}[i%2]); err != nil {
				tb.Error(err)
			}
			done <- struct{}{}
		}()
	}
	return func() {
		stopped.Store(true)
		for range n {
			<-done
		}
	}
}

// A call of a light script, beside others that burn.
func BenchmarkLightCallBesideBurners(b *testing.B) {
	twoProcessors(b)
	for _, burners := range []int{0, 32} {
		b.Run(fmt.Sprintf("%d-burning", burners), func(b *testing.B) {
			slots := NewSlots(0)
			light := newBench(b, Options{Slots: slots})
			light.write("a.lua", `register_tool("light", function() return "ok" end)`)
			if _, err := light.Load(light.path("a.lua")); err != nil {
				b.Fatal(err)
			}
			for range burners {
				heavy := newBench(b, Options{Slots: slots, Limits: Limits{BurstWarning: time.Hour, Burst: time.Hour}})
				heavy.write("a.lua", "spawn(function() while true do end end)")
				if _, err := heavy.Load(heavy.path("a.lua")); err != nil {
					b.Fatal(err)
				}
				defer heavy.Close()
			}
			var took []time.Duration
			for b.Loop() {
				time.Sleep(2 * time.Millisecond) // it is idle between calls
				began := time.Now()
				light.call("light", "{}")
				took = append(took, time.Since(began))
			}
			report(b, took)
		})
	}
}
