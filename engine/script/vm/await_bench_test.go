package vm

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// BenchmarkAwait measures a wait of a task for a goroutine that does nothing, a wait whose result is
// there at once, and beside them the same wait for a goroutine in plain Go.
func BenchmarkAwait(b *testing.B) {
	for name, begin := range map[string]func(done func(any)) func(){
		"goroutine": func(done func(any)) func() { go done(nil); return nil },
		"at once":   func(done func(any)) func() { done(nil); return nil },
	} {
		b.Run(name, func(b *testing.B) {
			x := New(Options{})
			x.Start()
			defer x.Close()
			if err := <-startFunc(x, &Task{}, func(L *lua.LState) int {
				for b.Loop() {
					x.Await(L, begin)
				}
				return 0
			}); err != nil {
				b.Fatal(err)
			}
		})
	}
	b.Run("plain Go", func(b *testing.B) {
		done := make(chan any, 1)
		for b.Loop() {
			go func() { done <- nil }()
			<-done
		}
	})
}
