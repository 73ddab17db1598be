//go:build !linux

package permit

// pin checks that the file is a socket, and returns its path.
func (s SocketPlace) pin() (path string, done func(), err error) {
	info, err := s.place.Root.Lstat(s.place.Name)
	if err == nil {
		err = s.checkSocket(info)
	}
	return s.place.Path, func() {}, err
}
