package vm

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

// busyFunctions defines two Lua functions that loop until stopped() returns true: spin computes,
// and churn allocates memory.
const busyFunctions = `
	function spin() local n = 0 while not stopped() do for i = 1, 1000 do n = n + i end end end
	function churn() local t = {} while not stopped() do for i = 1, 1000 do t[i] = { i, tostring(i) } end end end
`

// BenchmarkLateness measures how late goroutines wake up while Lua states compute and allocate
// memory. One goroutine sleeps 10 ms at a time, as sound backends do. Another one reads from a
// socket. The benchmark compares executors that share run slots with plain gopher-lua states, each
// on a goroutine of its own. Run it under "taskset -c 0" to measure a machine with one processor.
func BenchmarkLateness(b *testing.B) {
	useTwoProcessors(b)
	for _, busy := range []int{0, 1, 8, 32} {
		for _, how := range []struct {
			name  string
			start func(testing.TB, int) (stop func())
		}{{"slots", startBusyExecutors}, {"plain", startBusyStates}} {
			b.Run(fmt.Sprintf("ticker/%d-busy/%s", busy, how.name), func(b *testing.B) { benchmarkLateness(b, busy, how.start, measureSleeps) })
			b.Run(fmt.Sprintf("socket/%d-busy/%s", busy, how.name), func(b *testing.B) { benchmarkLateness(b, busy, how.start, measureReads) })
		}
	}
}

// useTwoProcessors sets GOMAXPROCS to 2 if it is 1, as the moonlark command does. If GOMAXPROCS is
// 1, the Go runtime polls the network only every 10 ms while Lua code runs.
func useTwoProcessors(b *testing.B) {
	if before := runtime.GOMAXPROCS(0); before < 2 {
		runtime.GOMAXPROCS(2)
		b.Cleanup(func() { runtime.GOMAXPROCS(before) })
	}
}

func benchmarkLateness(b *testing.B, busy int, start func(testing.TB, int) func(), measure func(testing.TB, time.Duration) []time.Duration) {
	stop := start(b, busy)
	defer stop()
	var late []time.Duration
	for b.Loop() {
		late = append(late, measure(b, 200*time.Millisecond)...)
	}
	reportPercentiles(b, late)
}

// reportPercentiles reports the median, the 99th percentile and the maximum of the durations in
// milliseconds.
func reportPercentiles(b *testing.B, durations []time.Duration) {
	slices.Sort(durations)
	at := func(q float64) float64 {
		return float64(durations[int(q*float64(len(durations)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(at(1), "max-ms")
}

// measureSleeps sleeps for 10 ms again and again during the time span. It returns how late each
// sleep ended.
func measureSleeps(_ testing.TB, span time.Duration) []time.Duration {
	var late []time.Duration
	for end := time.Now().Add(span); time.Now().Before(end); {
		due := time.Now().Add(10 * time.Millisecond)
		time.Sleep(10 * time.Millisecond)
		late = append(late, time.Since(due))
	}
	return late
}

// measureReads reads from a socket during the time span. It returns how long after the write each
// read returned.
func measureReads(tb testing.TB, span time.Duration) []time.Duration {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer listener.Close()
	sent := make(chan time.Time, 1)
	go func() {
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

// startBusyExecutors starts n executors that share run slots and run busyFunctions. It returns a
// function that stops them.
func startBusyExecutors(tb testing.TB, n int) func() {
	slots := NewSlots(0)
	var stopped atomic.Bool
	var all []*fixture
	for i := range n {
		f := newFixture(tb, Options{Slots: slots, Limits: Limits{BurstWarning: time.Hour, Burst: time.Hour}},
			map[string]any{"stopped": stopped.Load}, busyFunctions)
		f.start([]string{"spin", "churn"}[i%2])
		all = append(all, f)
	}
	return func() {
		stopped.Store(true)
		for _, f := range all {
			f.Close()
		}
	}
}

// startBusyStates runs busyFunctions on n goroutines, each with a plain gopher-lua state. It
// returns a function that stops them.
func startBusyStates(tb testing.TB, n int) func() {
	var stopped atomic.Bool
	done := make(chan struct{}, n)
	for i := range n {
		go func() {
			L := lua.NewState()
			defer L.Close()
			L.SetGlobal("stopped", L.NewFunction(func(L *lua.LState) int { L.Push(lua.LBool(stopped.Load())); return 1 }))
			if err := L.DoString(busyFunctions + []string{"spin()", "churn()"}[i%2]); err != nil {
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

// BenchmarkShortTaskBesideLoops measures how long a short task takes while other executors, which
// share the run slots, run endless loops.
func BenchmarkShortTaskBesideLoops(b *testing.B) {
	useTwoProcessors(b)
	for _, loops := range []int{0, 32} {
		b.Run(fmt.Sprintf("%d-loops", loops), func(b *testing.B) {
			slots := NewSlots(0)
			f := newFixture(b, Options{Slots: slots}, nil, `function short() return "ok" end`)
			startLoops(b, slots, loops)
			var took []time.Duration
			for b.Loop() {
				time.Sleep(2 * time.Millisecond) // gives the executor time to become idle
				began := time.Now()
				f.run("short")
				took = append(took, time.Since(began))
			}
			reportPercentiles(b, took)
		})
	}
}
