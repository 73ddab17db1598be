package script

import (
	"log/slog"
	"path/filepath"

	"moonlark/engine/permit"
)

// broker returns the permissions of the script file with this path. They are made when the script is
// loaded for the first time, and a reload does not change them. The caller holds s.reloading.
func (s *Scripts) broker(path string) (*permit.Broker, error) {
	if b := s.brokers[path]; b != nil {
		return b, nil
	}
	name := filepath.Base(path)
	b, err := s.opts.Permissions.Broker(path, func(text string) { s.opts.Log(name, slog.LevelWarn, text) })
	if err != nil {
		return nil, &LoadError{Text: path + ": " + err.Error()}
	}
	b.Watch(s.wantsActivities, func(u permit.Use) { s.showPermission(name, b.Mask, u) })
	s.brokers[path] = b
	for _, warning := range b.Warnings() {
		s.opts.Log(name, slog.LevelWarn, warning)
	}
	return b, nil
}

// closeBrokers closes the permissions of all scripts. The caller holds s.reloading.
func (s *Scripts) closeBrokers() {
	for _, b := range s.brokers {
		b.Close()
	}
	clear(s.brokers)
}
