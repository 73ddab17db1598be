//go:build !linux

package testkit

import (
	"errors"
	"io"
	"os/exec"
)

// HasTerminals reports whether Start can give a process a terminal on this operating system.
const HasTerminals = false

type terminal struct{ io.WriteCloser }

func openTerminal(*exec.Cmd, io.Writer) (*terminal, error) {
	return nil, errors.New("tests have no terminals on this system")
}

func (*terminal) end() error { return nil }
