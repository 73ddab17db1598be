package cdev

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"moonlark/engine/pins"
)

// A pwm is a PWM channel of sysfs: a pins.PWM.
type pwm struct {
	chip    string // the folder of the chip
	channel int
	lock    *os.File // the folder of the channel, which is locked until Close or the end of the process

	mu     sync.Mutex    // held during changes; guards period
	period time.Duration // 0 before the first Set
}

// PWM implements pins.Board.
func (b *Board) PWM(chip, channel int) (pins.PWM, error) {
	p := &pwm{chip: filepath.Join(b.pwms, fmt.Sprintf("pwmchip%d", chip)), channel: channel}
	count, err := os.ReadFile(filepath.Join(p.chip, "npwm"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &pins.Error{Code: "not_found", Text: fmt.Sprintf("there is no PWM chip %d: a Raspberry Pi needs the line dtoverlay=pwm-2chan in config.txt", chip)}
	}
	if n, _ := strconv.Atoi(strings.TrimSpace(string(count))); err == nil && channel >= n {
		return nil, &pins.Error{Code: "not_found", Text: fmt.Sprintf("the PWM chip %d has the channels 0 to %d, not %d", chip, n-1, channel)}
	}
	switch err := p.open(); {
	case errors.Is(err, unix.EBUSY), errors.Is(err, unix.EWOULDBLOCK):
		return nil, &pins.Error{Code: "busy", Text: fmt.Sprintf("the PWM channel %d of chip %d is in use", channel, chip)}
	case err != nil:
		return nil, explainPWM(err)
	}
	return p, nil
}

// open exports the channel and locks it. If a process was killed, its channel stays exported, but not
// locked. Then open takes the channel over and switches it off. The error is EBUSY if the kernel uses
// the channel, and EWOULDBLOCK if another pwm, of any process, has it.
func (p *pwm) open() error {
	_, err := os.Stat(p.folder())
	isExported := err == nil
	if !isExported {
		if err := writeFile(filepath.Join(p.chip, "export"), int64(p.channel)); err != nil {
			return err
		}
	}
	if p.lock, err = os.Open(p.folder()); err != nil {
		return err
	}
	if err := unix.Flock(int(p.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		p.lock.Close()
		return err
	}
	if isExported {
		writeFile(p.file("enable"), 0) // if this fails, so does the first Set
	}
	return nil
}

// folder returns the folder of the channel, which exists while the channel is exported.
func (p *pwm) folder() string { return filepath.Join(p.chip, fmt.Sprintf("pwm%d", p.channel)) }

func (p *pwm) file(name string) string { return filepath.Join(p.folder(), name) }

// Set implements pins.PWM. The kernel never allows a high part that is longer than the period, so the
// order of the changes depends on the period before.
func (p *pwm) Set(period, high time.Duration, on bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.period == 0 {
		p.write("duty_cycle", 0) // whoever had the channel before may have left a longer one; fails if there was none
	}
	if period >= p.period {
		if err := p.write("period", period); err != nil {
			return explainPWM(err)
		}
		p.period = period
	}
	if err := p.write("duty_cycle", high); err != nil {
		return explainPWM(err)
	}
	if period < p.period {
		if err := p.write("period", period); err != nil {
			return explainPWM(err)
		}
		p.period = period
	}
	enable := int64(0)
	if on {
		enable = 1
	}
	if err := writeFile(p.file("enable"), enable); err != nil {
		return explainPWM(err)
	}
	return nil
}

func (p *pwm) write(name string, d time.Duration) error {
	return writeFile(p.file(name), d.Nanoseconds())
}

// Close implements pins.PWM.
func (p *pwm) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	writeFile(p.file("enable"), 0)
	writeFile(filepath.Join(p.chip, "unexport"), int64(p.channel))
	p.lock.Close()
}

// writeFile writes a number to a file of sysfs, which exists.
func writeFile(path string, n int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(strconv.FormatInt(n, 10))
	return err
}

// explainPWM returns the *pins.Error for an error of sysfs. A file that does not exist yet counts as
// one that may not be used yet.
func explainPWM(err error) *pins.Error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return &pins.Error{Code: "denied", Text: "the system does not allow the use of the PWM channel: the user must be in the group gpio"}
	}
	return explain(err)
}
