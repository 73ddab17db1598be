package doctor

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"moonlark/audio/device"
)

// checkMachine reports on the processors, the memory, the sound devices, the clock and the device. start is the
// time when the doctor started, and host is the time that the API's host reported; both are needed
// to check the clock.
func (c *checker) checkMachine(ctx context.Context, start clocks, host hostTime) {
	const group = "machine"
	if n := runtime.NumCPU(); n < 2 {
		c.warn(group, "processor", "only one: sound and Lua share it", "keep handlers short, and run few other programs")
	} else {
		c.ok(group, "processor", fmt.Sprintf("%d, of which %d are used", n, runtime.GOMAXPROCS(0)))
	}
	const minMemory = 32 << 20
	switch {
	case c.Memory == 0:
		c.skip(group, "memory", "the size is not known", "")
	case c.Memory < minMemory:
		c.warn(group, "memory", fmt.Sprintf("scripts may use only %d MiB", c.Memory>>20), "give the machine or its control group more, or run with --memory")
	default:
		c.ok(group, "memory", fmt.Sprintf("scripts may use %d MiB", c.Memory>>20))
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	speakers, microphones, reasons := c.Devices(ctx)
	c.checkDevices("speaker", speakers, reasons)
	c.checkDevices("microphone", microphones, reasons)
	c.checkClock(start, host)
	c.checkDevice(start.wall)
}

// checkDevices reports the sound devices of one kind, "speaker" or "microphone". reasons says why
// some devices could not be listed.
func (c *checker) checkDevices(kind string, all []device.Entry, reasons []string) {
	const group = "machine"
	if len(all) > 0 {
		text := plural(len(all), kind) + ": see moonlark audio devices"
		for _, d := range all {
			if d.Default {
				text = d.Name
			}
		}
		c.ok(group, kind, text)
		return
	}
	flag := map[string]string{"speaker": "--speaker", "microphone": "--mic"}[kind]
	fix := "run with --text or --headless, name a device with " + flag + ", or use a page with " + flag + " browser (docs/command.md, Sound)"
	if len(reasons) > 0 {
		c.skip(group, kind, "the devices cannot be listed ("+strings.Join(reasons, "; ")+")", fix)
		return
	}
	c.warn(group, kind, "there is none", fix)
}

// clocks has the times that the machine's two clocks showed at one moment.
type clocks struct {
	wall      time.Time     // the time of day, which a user can set
	monotonic time.Duration // the time since a fixed moment, which nobody can set
}

func (c *checker) readClocks() clocks {
	wall, monotonic := c.Clock()
	return clocks{wall, monotonic}
}

// checkClock reports whether the machine's clock is right. It compares the clock with the time that
// the host reported. It also detects that the clock was set after start.
func (c *checker) checkClock(start clocks, host hostTime) {
	const (
		group   = "machine"
		subject = "clock"
		fix     = "set the clock, and keep it right (timedatectl set-ntp true)"
		maxOff  = time.Minute
		maxJump = 2 * time.Second
	)
	now := c.readClocks()
	says := "the clock says " + now.wall.Format(time.DateTime)
	off := host.local.Sub(host.date)
	jump := now.wall.Sub(start.wall) - (now.monotonic - start.monotonic)
	switch {
	case isImpossible(now.wall):
		c.fail(group, subject, says+": TLS and signed URLs fail", fix)
	case jump.Abs() > maxJump:
		c.warn(group, subject, fmt.Sprintf("the clock was moved by %v during this check", jump.Round(time.Second)), "wait until the time is set before you start")
	case host.date.IsZero():
		c.skip(group, subject, says+", and there is nothing to compare it with", "")
	case off > maxOff:
		c.fail(group, subject, fmt.Sprintf("the clock is %v ahead: TLS and signed URLs fail", off.Round(time.Second)), fix)
	case off < -maxOff:
		c.fail(group, subject, fmt.Sprintf("the clock is %v behind: TLS and signed URLs fail", -off.Round(time.Second)), fix)
	default:
		c.ok(group, subject, "right within "+formatDuration(max(off.Abs().Round(time.Second), time.Second)))
	}
}
