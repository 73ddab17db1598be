package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"moonlark/audio/device"
	"moonlark/engine/connect"
	"moonlark/engine/voice"
)

// childVariable is the environment variable that makes this test program run an engine instead of
// the tests. Its value is the URL of the agent. Tests start such a child process for what a process
// can do only once, and to kill it.
const childVariable = "MOONLARK_TEST_ENGINE"

// runChildEngine holds one conversation in the child process and returns its exit code.
func runChildEngine(url string) int {
	if err := holdConversation(url); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func holdConversation(url string) error {
	dir, err := os.MkdirTemp("", "child")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	script := filepath.Join(dir, "a.lua")
	if err := os.WriteFile(script, nil, 0o600); err != nil {
		return err
	}
	e, err := New(Options{
		Scripts: []string{script}, Target: connect.Target{URL: url},
		Voice: &voice.Settings{Choice: device.Choice{
			Speaker: os.Getenv(childVariable + "_SPEAKER"), Microphone: "pulse", Echo: os.Getenv(childVariable + "_ECHO"),
		}},
	})
	if err != nil {
		return err
	}
	return e.Run(context.Background())
}
