package httpserve

import (
	"fmt"
	"log/slog"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/backoff"
	"moonlark/engine/permit"
	"moonlark/luastd"
)

// start claims the front, and starts the task that takes its requests. It returns the code and the
// reason if the script is in use and the port cannot be opened. While the script loads, the port is
// opened later, and again and again if that fails.
func (s *site) start(L *lua.LState) (code, text string) {
	loading := s.m.rt.Loading()
	s.release = s.m.rt.Own(s.end)
	if err := s.claim(L, func(err error) { code, text = permit.ListenError(err, s.settings.port) }); err != nil {
		s.close()
		L.RaiseError("http.serve: %s", err.Error())
	}
	if code == "" || loading {
		s.spawn(L)
	}
	return code, text
}

// claim asks for the front. failed is called if the port cannot be opened while the script is in
// use.
func (s *site) claim(L *lua.LState, failed func(error)) error {
	loading := s.m.rt.Loading()
	host, port, config := s.settings.host, s.settings.port, s.settings.tls
	broker := s.m.rt.Permit()
	lease, err := s.m.rt.Claim(luastd.Claim{
		Kind: "http server", Name: s.settings.claimName(), Settings: s.settings.key(),
		Open: func() (luastd.Resource, error) {
			l, err := broker.Listen(host, port)
			if err != nil {
				return nil, err
			}
			return newFront(l, config), nil
		},
		Use: func(r luastd.Resource, err error) {
			switch {
			case err == nil:
				s.front = r.(*front)
			case loading:
				s.logFailure(err)
			default:
				failed(err)
			}
		},
	})
	if err != nil {
		return err
	}
	s.lease = lease
	return nil
}

// logFailure logs why the port could not be opened. The task of the site tries it again.
func (s *site) logFailure(err error) {
	code, text := permit.ListenError(err, s.settings.port)
	s.m.rt.Log(slog.LevelError, fmt.Sprintf("http.serve: %s: %s; it is tried again", code, text))
}

// spawn starts the task of the site.
func (s *site) spawn(L *lua.LState) {
	if err := s.m.rt.Spawn(L.NewFunction(s.run), nil); err != nil {
		s.close()
		L.RaiseError("http.serve: %s", err.Error())
	}
}

// tryAgain opens the port again and again until it is open, or until the server has been closed. It
// runs in the task of the site.
func (s *site) tryAgain(L *lua.LState) {
	delays := backoff.Backoff{First: time.Second, Max: 30 * time.Second}
	for s.front == nil && !s.closed {
		s.sleep(L, delays.Next())
		if s.closed {
			return
		}
		s.lease.Release()
		s.claim(L, func(error) {}) // the first error has been logged
		if s.front != nil {
			s.m.rt.Log(slog.LevelInfo, "http.serve: accepts connections at "+s.url())
		}
	}
}

// sleep waits for a while, or until the site takes no more requests because it is closed.
func (s *site) sleep(L *lua.LState, d time.Duration) {
	s.m.rt.Await(L, func(done func(any)) func() {
		timer := time.AfterFunc(d, func() { done(nil) })
		s.wakeWith(func(v any) {
			timer.Stop()
			done(v)
		})
		return func() { timer.Stop() }
	})
}
