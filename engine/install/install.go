// Package install makes a device run scripts as a service of systemd, and removes the service again.
//
// What it does is a list of steps, which is complete before the first step is carried out. So a dry
// run shows exactly the steps of a real one. Each step leaves the device in order if it is the last
// one: running the installation again does the rest.
package install

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Options say what to install. All methods run on the caller's goroutine.
type Options struct {
	// Root is the folder that takes the place of "/". Empty means "/".
	Root string
	// Home is the home folder of the user whose service it is. Empty means a service of the system,
	// which needs the rights of root.
	Home string

	Folder      string   // the folder of the scripts
	Files       []string // the files to copy, relative to Folder
	Settings    string   // the text of moonlark.toml if the device has none
	AgentID     string   // the id of the agent for the environment file; empty leaves the file as it is
	Groups      []string // groups of the devices that the scripts use, beside the sound card
	NamesAgent  bool     // whether the settings name an agent; if neither they nor the environment do, the service is not started
	Binary      string   // the path of the running binary
	DryRun      bool     // whether the steps are only shown
	Say         func(text string)
	RunProgram  func(ctx context.Context, path string, args ...string) error // nil runs the program
	FindProgram func(name string) string                                     // nil looks for the program in the folders of the system
}

// A step is one change of the device.
type step struct {
	text string // what the step does, for the user
	do   func(ctx context.Context) error
}

// note returns a step that only shows a text.
func note(format string, args ...any) step {
	return step{fmt.Sprintf(format, args...), func(context.Context) error { return nil }}
}

// Install installs the binary, the scripts and the service, or a new version of them, and starts the
// service. Settings, environment variables and data that the device has are kept.
func (o Options) Install(ctx context.Context) error {
	if o.findProgram("systemctl") == "" {
		return errors.New("there is no systemctl: a service needs systemd")
	}
	l := o.layout()
	var steps []step
	if o.Home == "" {
		user, err := o.userSteps()
		if err != nil {
			return err
		}
		steps = append(steps, user...)
	}
	steps = append(steps, o.binarySteps(l)...)
	configuration, err := o.configurationSteps(l)
	if err != nil {
		return err
	}
	steps = append(steps, configuration...)
	unit, err := o.unitSteps(l)
	if err != nil {
		return err
	}
	steps = append(steps, unit...)
	return o.carryOut(ctx, append(steps, o.startSteps(l)...))
}

// Remove stops and removes the service, and the binary unless a package of the system has installed
// it. The settings and the data stay, unless purge is true.
func (o Options) Remove(ctx context.Context, purge bool) error {
	l := o.layout()
	unit, err := o.readUnit(l)
	if err != nil {
		return err
	}
	var steps []step
	if unit != "" {
		steps = append(steps, o.stopSteps(l)...)
		if strings.Contains(unit, "ExecStart="+unitWord(l.binary)+" ") {
			steps = append(steps, o.deleteStep(l.binary))
		}
	}
	for _, folder := range []string{l.folder, l.data} {
		switch exists := o.exists(folder); {
		case exists && purge:
			steps = append(steps, o.deleteStep(folder))
		case exists:
			steps = append(steps, note("keep %s; --purge deletes it", folder))
		}
	}
	if purge && o.Home == "" && o.id("etc/passwd", userName) >= 0 {
		steps = append(steps, o.program("delete the user "+userName, "userdel", o.prefix(userName)...))
	}
	if len(steps) == 0 {
		return errors.New("there is nothing to remove: no service was installed")
	}
	return o.carryOut(ctx, steps)
}

// carryOut shows and carries out the steps, or only shows them in a dry run. It ends at the first
// error.
func (o Options) carryOut(ctx context.Context, steps []step) error {
	for _, s := range steps {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		o.Say(s.text)
		if o.DryRun {
			continue
		}
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.text, err)
		}
	}
	return nil
}

// deleteStep returns a step that deletes a file or a folder.
func (o Options) deleteStep(path string) step {
	return step{"delete " + path, func(context.Context) error { return os.RemoveAll(o.path(path)) }}
}

// path returns where the path of the device is.
func (o Options) path(path string) string {
	if o.Root == "" {
		return path
	}
	return filepath.Join(o.Root, path)
}

// exists reports whether the device has a file or a folder with this path.
func (o Options) exists(path string) bool {
	_, err := os.Stat(o.path(path))
	return err == nil
}
