package identity

import (
	"bufio"
	"fmt"
	"io"
)

// Config writes the account of the fleet, with all its members as users that have nkeys, in the form of
// a configuration file of nats-server: for a server that has no operator mode. Such a server knows no
// invitations, and must read the file again after each change.
func (f *Folder) Config(w io.Writer) error {
	members, err := f.Devices()
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "# The account of the fleet %s, made by Moonlark: include this file in nats.conf. The server\n", f.fleet)
	fmt.Fprintf(out, "# also needs a block jetstream, and TLS unless it listens on loopback.\n")
	fmt.Fprintf(out, "accounts {\n  %q {\n    jetstream: enabled\n    users = [\n", f.fleet)
	for _, m := range members {
		if !m.Revoked.IsZero() {
			continue
		}
		r := rightsOf(m.Role)
		fmt.Fprintf(out, "      { # %s %s\n        nkey: %s\n        permissions {\n", m.Role, m.Name, m.PublicKey)
		writeSubjects(out, "publish", expand(r.publish, m.Name, m.Groups))
		writeSubjects(out, "subscribe", expand(r.subscribe, m.Name, m.Groups))
		if r.responses > 0 {
			fmt.Fprintf(out, "          allow_responses { max: %d, expires: \"%s\" }\n", r.responses, responseTime)
		}
		fmt.Fprint(out, "        }\n        allowed_connection_types: [\"STANDARD\", \"WEBSOCKET\", \"IN_PROCESS\"]\n      }\n")
	}
	fmt.Fprint(out, "    ]\n  }\n}\n")
	return out.Flush()
}

// writeSubjects writes the subjects on which a user may publish or subscribe.
func writeSubjects(out io.Writer, verb string, subjects []string) {
	fmt.Fprintf(out, "          %s {\n            allow: [\n", verb)
	for _, subject := range subjects {
		fmt.Fprintf(out, "              %q\n", subject)
	}
	fmt.Fprint(out, "            ]\n          }\n")
}
