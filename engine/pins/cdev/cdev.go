// Package cdev has the GPIO chips of the machine, through the character devices of Linux (uAPI version
// 2, Linux 5.10 and later), and its PWM channels, through sysfs. On other systems, every method
// returns an error.
//
// Each line whose changes are watched has a goroutine, which reads them from the kernel.
package cdev

import (
	"os"
)

// A Board is the chips of the machine. It implements pins.Board.
type Board struct {
	open    func(path string) (*os.File, error)
	devices string // the folder of the device files, /dev outside of tests
	pwms    string // the folder of the PWM chips, /sys/class/pwm outside of tests
}

// New returns the chips of the machine. open opens the device file of a chip for reading and writing.
// Any goroutine may call it.
func New(open func(path string) (*os.File, error)) *Board {
	return &Board{open, "/dev", "/sys/class/pwm"}
}
