package wyoming

import (
	"errors"
	"net"
	"strconv"
)

// Address returns text, which is HOST or HOST:PORT, as a HOST:PORT address. If text has no port,
// the address has defaultPort. The error says what is wrong with text.
func Address(text, defaultPort string) (string, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port, err = net.SplitHostPort(text + ":" + defaultPort)
	}
	n, portErr := strconv.Atoi(port)
	switch {
	case err != nil:
		return "", errors.New("want HOST or HOST:PORT, with an IPv6 address in brackets")
	case host == "":
		return "", errors.New("there is no host")
	case portErr != nil || n < 1 || n > 65535:
		return "", errors.New("want a port from 1 to 65535")
	}
	return net.JoinHostPort(host, port), nil
}
