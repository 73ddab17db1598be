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

// recordingsFolder is the name of the folder, in that for the data of scripts, of recordings that the
// inspector begins without --record. No script has a folder of this name, because it begins with a dot.
const recordingsFolder = ".recordings"

// open returns a switch for recordings of the events. With --record, it begins one. data is the folder
// for the data of scripts, or empty. The caller must call end when no more events are published.
func (f recordFlags) open(events *bus.Bus, scripts func() []string, data string, log *slog.Logger, level slog.Level) (recordings *record.Switch, end func(), err error) {
	folder := f.Record
	if folder == "" && data != "" {
		folder = filepath.Join(data, recordingsFolder)
	}
	recordings = record.NewSwitch(events, record.Options{
		Folder: folder, Version: version.Version(), Log: log, Level: level,
		Scripts: func() []record.Script { return hashes(scripts()) },
	})
	if f.Record != "" {
		if _, err := recordings.Begin(); err != nil {
			return nil, nil, fmt.Errorf("--record: %w", err)
		}
	}
	return recordings, func() {
		if err := recordings.Close(); err != nil {
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
