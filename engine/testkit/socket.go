package testkit

import (
	"net"
	"os"
	"path/filepath"
)

// openSocket returns the two ends of a socket: stdin for a program, and input to write to it.
func openSocket() (stdin *os.File, input *net.UnixConn, err error) {
	dir, err := os.MkdirTemp("", "socket")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	address := &net.UnixAddr{Name: filepath.Join(dir, "s"), Net: "unix"}
	listener, err := net.ListenUnix("unix", address)
	if err != nil {
		return nil, nil, err
	}
	defer listener.Close()
	if input, err = net.DialUnix("unix", nil, address); err != nil {
		return nil, nil, err
	}
	other, err := listener.AcceptUnix()
	if err == nil {
		defer other.Close()
		stdin, err = other.File()
	}
	if err != nil {
		input.Close()
	}
	return stdin, input, err
}
