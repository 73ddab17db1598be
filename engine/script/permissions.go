package script

import (
	"log/slog"
	"path/filepath"
	"sync"

	"moonlark/engine/permit"
)

// A sharedBroker has the permissions of one script, and counts the generations that use them. Any
// goroutine may use it.
type sharedBroker struct {
	*permit.Broker

	mu      sync.Mutex // guards the fields below
	users   int
	retired bool // the last user closes the Broker
}

// join adds a user. The user calls leave at the end, which may be called more than once.
func (b *sharedBroker) join() (leave func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users++
	return sync.OnceFunc(func() { b.change(-1, false) })
}

// retire closes the Broker when nobody uses it any more.
func (b *sharedBroker) retire() { b.change(0, true) }

func (b *sharedBroker) change(users int, retired bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users, b.retired = b.users+users, b.retired || retired
	if b.retired && b.users == 0 {
		b.Close()
	}
}

// broker returns the permissions of the script file with this path. They are made when the script is
// loaded for the first time, and a reload does not change them. The caller holds s.reloading.
func (s *Scripts) broker(path string) (*sharedBroker, error) {
	if b := s.brokers[path]; b != nil {
		return b, nil
	}
	name := filepath.Base(path)
	b, err := s.opts.Permissions.Broker(path, func(text string) { s.opts.Log(name, slog.LevelWarn, text) })
	if err != nil {
		return nil, &LoadError{Text: path + ": " + err.Error()}
	}
	b.Watch(s.wantsActivities, func(u permit.Use) { s.showPermission(name, b, u) })
	s.brokers[path] = &sharedBroker{Broker: b}
	for _, warning := range b.Warnings() {
		s.opts.Log(name, slog.LevelWarn, warning)
	}
	return s.brokers[path], nil
}

// closeBrokers closes the permissions of all scripts. The caller holds s.reloading.
func (s *Scripts) closeBrokers() {
	for _, b := range s.brokers {
		b.Close()
	}
	clear(s.brokers)
}
