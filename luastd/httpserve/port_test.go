package httpserve

import (
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// A waiter is a Runtime whose Await blocks the goroutine.
type waiter struct{ luastd.Runtime }

func (waiter) Await(_ *lua.LState, begin func(done func(any)) (cancel func())) any {
	result := make(chan any, 1)
	begin(func(v any) {
		select {
		case result <- v:
		default:
		}
	})
	return <-result
}

func TestTheWaitForAPortEndsWhenTheServerIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := (&module{rt: waiter{}}).newSite(settings{})
		began := time.Now()
		s.sleep(nil, 30*time.Second)
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("the wait took %v", took)
		}
		time.AfterFunc(time.Second, s.leave)
		began = time.Now()
		s.sleep(nil, 30*time.Second)
		if took := time.Since(began); took != time.Second {
			t.Errorf("after the end of the server, the wait took %v more", took-time.Second)
		}
	})
}
