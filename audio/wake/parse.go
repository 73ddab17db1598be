package wake

import (
	"errors"
	"net"
	"strconv"
	"strings"
)

// wyomingPort is where Wyoming servers for wake words listen when nothing else
// is said.
const wyomingPort = "10400"

// parse makes a recogniser of what a person wrote.
func parse(spec string, opts Options) (recogniser, error) {
	kind, rest, _ := strings.Cut(spec, ":")
	rest = strings.TrimSpace(rest)
	switch {
	case kind != "wyoming" && kind != "exec":
		return nil, errors.New("it can be wyoming:HOST:PORT or exec:COMMAND")
	case rest == "":
		return nil, errors.New("there is nothing behind the colon")
	case kind == "exec":
		return &executed{line: rest, opts: opts}, nil
	}
	address, names, _ := strings.Cut(rest, ",")
	address, err := completed(address)
	if err != nil {
		return nil, err
	}
	w := &wyoming{address: address, log: opts.Log}
	for name := range strings.SplitSeq(names, ",") {
		if name = strings.TrimSpace(name); name != "" {
			w.names = append(w.names, name)
		}
	}
	return w, nil
}

// completed is an address with its port.
func completed(address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port, err = net.SplitHostPort(address + ":" + wyomingPort)
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
