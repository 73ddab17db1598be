package permit

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// pin opens the socket without connecting to it, and returns a path of the open file, so that the
// connection goes to the file that was checked even if its path meanwhile leads elsewhere. Call
// done after the connection has been made.
func (s SocketPlace) pin() (path string, done func(), err error) {
	f, err := s.place.Root.OpenFile(s.place.Name, unix.O_PATH, 0)
	if err != nil {
		return "", nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = s.checkSocket(info)
	}
	if err != nil {
		f.Close()
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d", f.Fd()), func() { f.Close() }, nil
}
