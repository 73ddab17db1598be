package cli

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"moonlark/engine/bus"
	"moonlark/engine/face/record"
	"moonlark/engine/version"
)

// recordFlags configure recordings.
type recordFlags struct {
	Record string `placeholder:"DIR" help:"Record everything that happens, with what people say and its sound, in files in DIR: at most 1 GiB, the oldest are removed. See moonlark replay."`
}

// open begins a recording of the events, and returns the recorder, which is nil without --record. The
// caller must call end when no more events are published.
func (f recordFlags) open(events *bus.Bus, scripts func() []string, log *slog.Logger, level slog.Level) (recorder *record.Recorder, end func(), err error) {
	if f.Record == "" {
		return nil, func() {}, nil
	}
	recorder, err = record.Open(record.Options{
		Folder: f.Record, Version: version.Version(), Log: log, Level: level,
		Scripts: func() []record.Script { return hashes(scripts()) },
	})
	if err != nil {
		return nil, nil, fmt.Errorf("--record: %w", err)
	}
	watched := recorder.Watch(events)
	return recorder, func() {
		watched.Close(stopTimeout)
		if err := recorder.Close(); err != nil {
			log.Warn("record: " + err.Error())
		}
	}, nil
}

// hashes returns the names of the scripts and the hashes of their files.
func hashes(paths []string) []record.Script {
	var all []record.Script
	for _, path := range paths {
		one := record.Script{Name: filepath.Base(path)}
		if text, err := os.ReadFile(path); err == nil {
			one.Hash = fmt.Sprintf("%x", sha256.Sum256(text))
		}
		all = append(all, one)
	}
	return all
}
