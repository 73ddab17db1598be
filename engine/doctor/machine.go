package doctor

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"moonlark/audio/device"
)

// scripts says which scripts load.
func (e *examination) scripts() {
	const group = "scripts"
	for _, s := range e.Scripts {
		text := count(len(s.Tools), "tool")
		if len(s.On) > 0 {
			text += ", handles " + strings.Join(s.On, ", ")
		}
		e.ok(group, s.Name(), text)
	}
	switch {
	case e.LoadError != nil:
		e.fail(group, "", e.LoadError.Error(), e.LoadHint)
	case len(e.Scripts) == 0:
		e.skip(group, "", "none was named", "moonlark doctor SCRIPT...")
	}
}

// machine looks at what Moonlark runs on. What the clocks said before, and what
// the host's said, tells whether ours are right.
func (e *examination) machine(ctx context.Context, began clocks, served servedDate) {
	const group = "machine"
	if n := runtime.NumCPU(); n < 2 {
		e.warn(group, "processor", "one only: sound and Lua take turns on it", "keep handlers short, and other programs off")
	} else {
		e.ok(group, "processor", fmt.Sprintf("%d, of which %d are used", n, runtime.GOMAXPROCS(0)))
	}
	const little = 32 << 20
	switch {
	case e.Memory == 0:
		e.skip(group, "memory", "nobody says how much there is", "")
	case e.Memory < little:
		e.warn(group, "memory", fmt.Sprintf("scripts may use only %d MiB", e.Memory>>20), "give the machine or its control group more, or run with --memory")
	default:
		e.ok(group, "memory", fmt.Sprintf("scripts may use %d MiB", e.Memory>>20))
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	speakers, microphones, reasons := e.Devices(ctx)
	e.devices("speaker", speakers, reasons)
	e.devices("microphone", microphones, reasons)
	e.clock(began, served)
}

// devices says what there is of one kind, or why nobody knows.
func (e *examination) devices(kind string, all []device.Entry, reasons []string) {
	const group = "machine"
	if len(all) > 0 {
		text := count(len(all), kind) + ": see moonlark audio devices"
		for _, d := range all {
			if d.Default {
				text = d.Name
			}
		}
		e.ok(group, kind, text)
		return
	}
	flag := map[string]string{"speaker": "--speaker", "microphone": "--mic"}[kind]
	mend := "run with --text or --headless, or name a device with " + flag + " (docs/command.md, Sound)"
	if len(reasons) > 0 {
		e.skip(group, kind, "there is no list ("+strings.Join(reasons, "; ")+")", mend)
		return
	}
	e.warn(group, kind, "there is none", mend)
}

// clocks are what they say at one moment: the one that can be set, and the one
// that cannot.
type clocks struct {
	wall   time.Time
	steady time.Duration
}

func (e *examination) readClocks() clocks {
	wall, steady := e.Clock()
	return clocks{wall, steady}
}

// clock looks at the time of day.
func (e *examination) clock(began clocks, served servedDate) {
	const (
		group   = "machine"
		subject = "clock"
		mend    = "set the clock, and keep it set (timedatectl set-ntp true)"
		most    = time.Minute
		jump    = 2 * time.Second
	)
	now := e.readClocks()
	says := "it says " + now.wall.Format(time.DateTime)
	off := served.at.Sub(served.date)
	jumped := now.wall.Sub(began.wall) - (now.steady - began.steady)
	switch {
	case now.wall.Year() < 2025 || now.wall.Year() > 2100:
		e.fail(group, subject, says+": TLS and signed URLs fail", mend)
	case jumped.Abs() > jump:
		e.warn(group, subject, fmt.Sprintf("it was set by %v while we looked", jumped.Round(time.Second)), "wait for the time to be set before you start")
	case served.date.IsZero():
		e.skip(group, subject, says+", and there is nothing to compare it with", "")
	case off > most:
		e.fail(group, subject, fmt.Sprintf("it is %v ahead: TLS and signed URLs fail", off.Round(time.Second)), mend)
	case off < -most:
		e.fail(group, subject, fmt.Sprintf("it is %v behind: TLS and signed URLs fail", -off.Round(time.Second)), mend)
	default:
		e.ok(group, subject, "right within "+short(max(off.Abs().Round(time.Second), time.Second)))
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
