package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"moonlark/audio/device"
	"moonlark/audio/selftest"
	"moonlark/engine/face/terminal"
)

// listTimeout is the maximum time for the sound systems to list their devices.
const listTimeout = 10 * time.Second

type audioCommand struct {
	Devices audioDevicesCommand `cmd:"" help:"List the speakers and microphones."`
	Test    audioTestCommand    `cmd:"" help:"Play sounds and listen to them, to find out which echo canceller works here."`
}

type audioDevicesCommand struct{}

// Run lists the speakers and microphones. It returns an error when there are none.
func (audioDevicesCommand) Run(ctx context.Context, con *console) error {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	speakers, microphones, reasons := device.List(ctx)
	printDevices(con.stdout, "speakers", speakers)
	printDevices(con.stdout, "microphones", microphones)
	fmt.Fprintln(con.stdout, "speaker and microphone\n  browser                                  a page in a browser, with --inspect or --screen")
	for _, reason := range reasons {
		fmt.Fprintln(con.stderr, reason)
	}
	if len(speakers)+len(microphones) == 0 {
		return errors.New("no devices")
	}
	return nil
}

func printDevices(w io.Writer, title string, all []device.Entry) {
	fmt.Fprintln(w, title)
	for _, d := range all {
		note := ""
		if d.Default {
			note = " (the default)"
		}
		fmt.Fprintf(w, "  %-40s %s%s\n", d.Name, d.Description, note)
	}
}

type audioTestCommand struct {
	Speaker  string `placeholder:"DEVICE" help:"Speaker to test, named as for run."`
	Mic      string `placeholder:"DEVICE" help:"Microphone to test, named as for run."`
	logFlags `embed:""`
}

// Run plays test sounds, records them with the microphone, and prints the result.
func (c *audioTestCommand) Run(ctx context.Context, con *console) error {
	show := c.logFlags.terminal(con)
	show.Stdout = con.stderr
	screen := terminal.New(show)
	defer screen.Close()
	choice := device.Choice{Speaker: c.Speaker, Microphone: c.Mic}
	result, err := selftest.Run(ctx, choice, screen.Logger(), func(text string) { fmt.Fprintln(con.stderr, text) })
	if err != nil {
		return err
	}
	fmt.Fprint(con.stdout, result)
	return nil
}
