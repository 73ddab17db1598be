package permit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
)

// A SocketPlace is a Unix socket that a script has named and may use.
type SocketPlace struct {
	place Place
}

// ResolveSocket returns the Unix socket with this path, which Resolve explains. The script must
// have the permission to change the file, because a connection can do whatever the other end does
// for it. The error is a *Denied if a grant is missing.
func (b *Broker) ResolveSocket(path string) (SocketPlace, error) {
	p, err := b.resolve(path, true, false) // connecting needs no data folder that does not exist
	return SocketPlace{p}, err
}

// Path returns the absolute path of the socket.
func (s SocketPlace) Path() string { return s.place.Path }

// DialContext connects to the socket. The file must be a socket: a symbolic link is refused.
func (s SocketPlace) DialContext(ctx context.Context) (net.Conn, error) {
	path, done, err := s.pin()
	if err != nil {
		return nil, s.place.Explain(err)
	}
	defer done()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	var op *net.OpError
	if errors.As(err, &op) {
		op.Addr = &net.UnixAddr{Name: s.place.Path, Net: "unix"} // path may be that of the open file
	}
	return conn, err
}

// checkSocket returns an error unless the file with this information is a socket.
func (s SocketPlace) checkSocket(info fs.FileInfo) error {
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is not a socket", s.place.Path)
	}
	return nil
}
