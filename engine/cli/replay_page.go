package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"moonlark/engine/agentsettings"
	"moonlark/engine/face/control"
	"moonlark/engine/face/inspector"
	"moonlark/engine/face/record"
	"moonlark/engine/face/web"
	"moonlark/engine/health"
	"moonlark/engine/pins/sim"
	"moonlark/engine/script"
	"moonlark/engine/version"
)

const (
	// replayEvents and replayBytes limit how much of a recording the page shows: the newest events.
	replayEvents = 200_000
	replayBytes  = 64 << 20
)

// show serves the page of the inspector with a recording until ctx is done.
func (c *replayCommand) show(ctx context.Context, con *console) error {
	path, err := record.Find(c.File)
	if err != nil {
		return &usageError{err}
	}
	addr, isLoopback, err := control.Address(c.HTTP)
	if err == nil && !isLoopback {
		err = errors.New("a recording is shown on this machine only: want an address such as 127.0.0.1:8080")
	}
	if err != nil {
		return &usageError{fmt.Errorf("--http: %w", err)}
	}
	file, err := os.Open(path)
	if err != nil {
		return &usageError{err}
	}
	defer file.Close()
	stream := web.NewStream(web.StreamOptions{Version: version.Version(), MaxEvents: replayEvents, MaxBytes: replayBytes})
	header, err := record.Read(file, stream.Note)
	var sound *record.Sound
	if err == nil {
		sound, err = record.OpenSound(path, header)
	}
	if err != nil {
		return &usageError{fmt.Errorf("%s: %w", path, err)}
	}
	stream.AddField("replay", func() any { return filepath.Base(path) })
	server := control.New(control.Options{Addr: addr, Version: version.Version()})
	mountShared(server)
	for _, m := range inspector.Mounts(stream, nil, inspector.Options{Tabs: script.Tabs()}) {
		server.Mount(m)
	}
	if sound != nil {
		defer sound.Close()
		for _, m := range inspector.SoundMounts(stream, sound) {
			server.Mount(m)
		}
	}
	if err := server.Open(ctx, recordedAgent{}); err != nil {
		return err
	}
	defer server.Close()
	con.onExit(exitOK, func() {})
	fmt.Fprintln(con.stdout, "replay: open "+server.URL()+"/inspect")
	<-ctx.Done()
	return nil
}

// recordedAgent is the agent of a recording, which does nothing.
type recordedAgent struct{}

var errRecorded = errors.New("this is a recording: there is no agent")

func (recordedAgent) Health() health.Report {
	return health.Report{Status: "ended", Reason: "recording"}
}
func (recordedAgent) Silent(context.Context) []string          { return nil }
func (recordedAgent) Start(agentsettings.Settings, bool) error { return errRecorded }
func (recordedAgent) Stop() error                              { return errRecorded }
func (recordedAgent) Say(string) error                         { return errRecorded }
func (recordedAgent) Context(string, string) error             { return errRecorded }
func (recordedAgent) Raise(string, json.RawMessage) error      { return errRecorded }
func (recordedAgent) Reload()                                  {}
func (recordedAgent) Pins() ([]sim.State, error)               { return nil, errRecorded }
func (recordedAgent) SetPin(string, bool) error                { return errRecorded }
