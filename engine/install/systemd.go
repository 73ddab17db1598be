package install

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"moonlark/engine/process"
)

// startSteps makes systemd read the unit, start the service, and start it at each boot.
func (o Options) startSteps(l layout) []step {
	run := func(text string, args ...string) step {
		return o.program(text, "systemctl", append(slices.Clone(l.flags), args...)...)
	}
	var steps []step
	running := o.systemdRuns()
	if running {
		steps = append(steps, run("make systemd read the unit", "daemon-reload"))
	}
	enable := []string{"enable", "moonlark"}
	if o.Root != "" {
		enable = append([]string{"--root=" + o.Root}, enable...)
	}
	steps = append(steps, run("start the service at each boot", enable...))
	environment, _ := os.ReadFile(o.path(l.environment))
	switch {
	case !o.NamesAgent && o.AgentID == "" && variable(string(environment), agentVariable) == "":
		steps = append(steps, note("the service is not started, because no agent is named: set %s in %s, or local = true in %s for the embedded agent, and run: %s",
			agentVariable, l.environment, l.settings, l.command("restart")))
	case !running:
		steps = append(steps, note("the service is not started, because systemd does not run here: it starts at the next boot"))
	default:
		steps = append(steps, run("start the service; "+l.log+" shows its log", "restart", "moonlark"))
	}
	if o.Home != "" && running {
		steps = append(steps, o.program("start the services of this user at boot, and not at the login", "loginctl", "enable-linger"))
	}
	return steps
}

// systemdRuns reports whether systemd runs on the device. With Root, the device is a folder.
func (o Options) systemdRuns() bool {
	return o.Root == "" && (o.Home != "" || o.exists("/run/systemd/system"))
}

// stopSteps stops the service, and deletes its unit.
func (o Options) stopSteps(l layout) []step {
	disable := append(slices.Clone(l.flags), "disable", "--now", "moonlark")
	switch {
	case o.Root != "":
		disable = append(slices.Clone(l.flags), "--root="+o.Root, "disable", "moonlark")
	case !o.systemdRuns():
		disable = []string{"disable", "moonlark"}
	}
	steps := []step{o.program("stop the service", "systemctl", disable...), o.deleteStep(l.unit)}
	if o.systemdRuns() {
		steps = append(steps, o.program("make systemd forget the unit", "systemctl", append(slices.Clone(l.flags), "daemon-reload")...))
	}
	return steps
}

// program returns a step that runs a program of the system.
func (o Options) program(text, name string, args ...string) step {
	return step{text, func(ctx context.Context) error {
		path := o.findProgram(name)
		if path == "" {
			return fmt.Errorf("there is no program %s", name)
		}
		if o.RunProgram != nil {
			return o.RunProgram(ctx, path, args...)
		}
		return run(ctx, path, args)
	}}
}

// findProgram returns the path of a program of the system, or "".
func (o Options) findProgram(name string) string {
	if o.FindProgram != nil {
		return o.FindProgram(name)
	}
	for _, folder := range []string{"/usr/sbin", "/usr/bin", "/sbin", "/bin"} {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// run runs a program and waits for its end. The error has the last line that the program has written
// on its standard error.
func run(ctx context.Context, path string, args []string) error {
	c := process.Command{
		Path: path, Args: append([]string{path}, args...),
		Env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "SYSTEMD_PAGER="},
	}
	err := process.Run(ctx, c, nil, func(out io.Reader) error {
		_, err := io.Copy(io.Discard, out)
		return err
	})
	if ctx.Err() != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	return err
}
