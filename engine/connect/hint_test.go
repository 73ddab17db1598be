package connect

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/network"
	"moonlark/engine/rest"
)

func TestHintIsThatOfTheCause(t *testing.T) {
	for _, row := range []struct {
		name string
		err  error
		want string
	}{
		{"no error", nil, ""},
		{"an unknown error", errors.New("hm"), ""},
		{"a refused handshake", &convai.ConnectError{Err: &convai.HandshakeError{Status: 404, Hint: "a"}}, "a"},
		{"a close frame", fmt.Errorf("ended: %w", &convai.CloseError{Code: 1008, Hint: "b"}), "b"},
		{"a request that was refused", &rest.Error{Status: 401, Hint: "c"}, "c"},
		{"a proxy that refuses", &convai.ConnectError{Err: &network.ProxyError{Status: 407, Hint: "d"}}, "d"},
		{"a proxy that refuses a request", fmt.Errorf("signed URL: %w", &network.ProxyError{Status: 407, Hint: "d"}), "d"},
		{"another protocol", &convai.ConnectError{Err: convai.NotHTTPError("SSH-2.0")}, convai.NotHTTPError("SSH-2.0").Hint()},
		{"a silent server", fmt.Errorf("ended: %w", &convai.DeadError{After: time.Second}), new(convai.DeadError).Hint()},
		{"a certificate", &convai.ConnectError{Err: x509.UnknownAuthorityError{}}, network.CertificateHint(x509.UnknownAuthorityError{})},
		{"an unknown host", &convai.ConnectError{Err: &net.DNSError{IsNotFound: true}}, "check the network and the host name"},
		{"no server", fmt.Errorf("dial: %w", syscall.ECONNREFUSED), "nothing listens there: is the server running, and the port right?"},
	} {
		if got := Hint(row.err); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}
