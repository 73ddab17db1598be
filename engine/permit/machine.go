package permit

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// maxSystemFile is how much of a file ReadSystem reads, in bytes.
const maxSystemFile = 64 << 10

// system returns the path of a device or of a file that describes the machine.
func (b *Broker) system(path string) string {
	if b.opts.Root == "" {
		return path
	}
	return filepath.Join(b.opts.Root, path)
}

// systemFile returns the path of a file in /dev, /proc or /sys. It returns an error for other
// paths.
func (b *Broker) systemFile(name string) (string, error) {
	folder, _, _ := strings.Cut(strings.TrimPrefix(path.Clean(name), "/"), "/")
	if !strings.HasPrefix(name, "/") || folder != "dev" && folder != "proc" && folder != "sys" {
		return "", fmt.Errorf("%s is not a file of the system", name)
	}
	return b.system(path.Clean(name)), nil
}

// ReadSystem returns the beginning of a file in /proc or /sys that describes the machine, at most
// 64 KiB, without white space at its ends. It checks no permission: the module decides which files
// a script gets to know. It may block when a driver is slow.
func (b *Broker) ReadSystem(name string) (string, error) {
	path, err := b.systemFile(name)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() { // opening a device can have an effect
		return "", fmt.Errorf("%s is not a regular file", name)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSystemFile))
	return strings.TrimSpace(string(text)), err
}

// ListSystem returns the names in a folder of /dev, /proc or /sys, sorted. It checks no permission.
func (b *Broker) ListSystem(name string) ([]string, error) {
	path, err := b.systemFile(name)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(path)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, err
}

// ResolveSystem returns the path of a file in /dev, /proc or /sys with all symbolic links followed.
func (b *Broker) ResolveSystem(name string) (string, error) {
	if _, err := b.systemFile(name); err != nil {
		return "", err
	}
	return b.ResolveDevice(name)
}

// ResolveDevice returns the path of a device with all symbolic links followed. It checks no
// permission.
func (b *Broker) ResolveDevice(name string) (string, error) {
	path, err := filepath.EvalSymlinks(b.system(name))
	if err != nil {
		return "", err
	}
	if inner, ok := strings.CutPrefix(path, b.opts.Root); ok && b.opts.Root != "" {
		return inner, nil
	}
	return path, nil
}

// FollowedFolder returns the path under which the system notifies of changes in a folder of
// devices, such as /dev.
func (b *Broker) FollowedFolder(name string) string { return b.system(name) }

// WriteSystem writes text into a file of /sys that controls the machine. what and ability are as
// for CheckDevice with the kind Sys.
func (b *Broker) WriteSystem(what, ability, name, text string) error {
	if err := b.CheckDevice(Sys, what, ability); err != nil {
		return err
	}
	path, err := b.systemFile(name)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if failure := f.Close(); err == nil {
		err = failure
	}
	return err
}
