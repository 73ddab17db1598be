package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"moonlark/audio/device"
)

// What can be done once in a process, or ends it, is done by another one: this
// program again, see TestMain.
const elsewhere = "MOONLARK_TEST_ENGINE" // has the URL, if this is that process

// runElsewhere is what the other process does: it carries one conversation.
func runElsewhere(url string) int {
	dir, err := os.MkdirTemp("", "elsewhere")
	if err == nil {
		defer os.RemoveAll(dir)
		err = os.WriteFile(filepath.Join(dir, "a.lua"), nil, 0o600)
	}
	if err == nil {
		var e *Engine
		e, err = New(Options{
			Scripts: []string{filepath.Join(dir, "a.lua")}, Target: Target{URL: url},
			Voice: &Voice{Choice: device.Choice{
				Speaker: os.Getenv(elsewhere + "_SPEAKER"), Microphone: "pulse", Echo: os.Getenv(elsewhere + "_ECHO"),
			}},
		})
		if err == nil {
			err = e.Run(context.Background())
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
