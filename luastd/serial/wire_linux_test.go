package serial

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestTheSettingsOfTheSystem(t *testing.T) {
	const all = unix.CSIZE | unix.PARENB | unix.PARODD | unix.CMSPAR | unix.CSTOPB | unix.CRTSCTS
	for _, row := range []struct {
		settings settings
		want     uint32
	}{
		{settings{bits: 8, parity: "none", stop: "1"}, unix.CS8},
		{settings{bits: 7, parity: "even", stop: "2"}, unix.CS7 | unix.PARENB | unix.CSTOPB},
		{settings{bits: 6, parity: "odd", stop: "1", rtsFlow: true}, unix.CS6 | unix.PARENB | unix.PARODD | unix.CRTSCTS},
		{settings{bits: 5, parity: "mark", stop: "1.5"}, unix.CS5 | unix.PARENB | unix.PARODD | unix.CMSPAR | unix.CSTOPB},
		{settings{bits: 8, parity: "space", stop: "1"}, unix.CS8 | unix.PARENB | unix.CMSPAR},
	} {
		t.Run(row.settings.parity, func(t *testing.T) {
			before := unix.Termios{Cflag: all | unix.B9600, Lflag: unix.ECHO | unix.ICANON, Iflag: unix.IXON | unix.ICRNL, Oflag: unix.OPOST}
			row.settings.apply(&before)
			if got := before.Cflag & all; got != row.want {
				t.Errorf("got %x, want %x", got, row.want)
			}
			if before.Cflag&unix.CBAUD != unix.BOTHER || before.Lflag|before.Oflag != 0 || before.Iflag&(unix.IXON|unix.ICRNL) != 0 {
				t.Errorf("got %+v", before)
			}
		})
	}
}
