// Package identity says who is who in a fleet: it keeps the keys of the fleet in a folder on the machine
// of its owner, issues the credentials of devices and people, and lets new devices join. Its rights
// table, in rights.go, says what each [Role] may do on the hub, which is a NATS server.
//
// A [Folder] needs no network. Its methods can be called from any goroutine, and several processes can
// use the same folder: each change locks it.
package identity

import (
	"errors"
	"fmt"
	"slices"

	"moonlark/engine/fleet/bundle"
)

// A Role is what somebody may do in the fleet.
type Role string

// The roles. The rights of each are in rights.go.
const (
	Device   Role = "device"   // runs bundles
	Worker   Role = "worker"   // carries out the tool calls of devices
	Host     Role = "host"     // runs conversations on demand, and carries out tool calls
	Operator Role = "operator" // a person who publishes bundles and commands devices
	Hub      Role = "hub"      // makes the streams of the fleet on the NATS server, and answers joiners
	Joiner   Role = "joiner"   // a new device that has only an invitation
)

// roles are the roles that have signing keys.
var roles = [...]Role{Device, Worker, Host, Operator, Hub, Joiner}

// maxGroups is how many groups a device can be in. The server makes rights of each.
const maxGroups = 32

// joinName is the name of all joiners. It is not allowed for others, who would read the replies to
// joiners.
const joinName = "join"

// InboxPrefix returns the prefix of the subjects on which the holder of credentials with this name
// receives replies. It is "_INBOX_join" for joiners, whose name is always "join".
func InboxPrefix(name string) string { return "_INBOX_" + name }

// CheckName returns an error unless name can be in credentials. The names of a fleet become parts of
// subjects: with the name *, somebody could hear the commands for all devices.
func CheckName(name string) error {
	if err := bundle.CheckName(name); err != nil {
		return err
	}
	if name == joinName {
		return fmt.Errorf("the name %q is reserved for devices that have no name yet", name)
	}
	return nil
}

// checkMember returns an error unless a new member can have this name. The names of OwnCredentials are for the owner
// of the folder.
func checkMember(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if name == string(Operator) || name == string(Hub) {
		return fmt.Errorf("the name %q is reserved for the owner of the fleet: choose another one", name)
	}
	return nil
}

// checkGroups returns an error unless these can be the groups of a device.
func checkGroups(groups []string) error {
	if len(groups) > maxGroups {
		return fmt.Errorf("%d groups are more than the %d allowed", len(groups), maxGroups)
	}
	for i, group := range groups {
		if err := bundle.CheckName(group); err != nil {
			return fmt.Errorf("group %w", err)
		}
		if slices.Contains(groups[:i], group) {
			return fmt.Errorf("group %q is given twice", group)
		}
	}
	return nil
}

// checkRole returns an error unless credentials for the role can be issued.
func checkRole(role Role) error {
	if role == Joiner {
		return errors.New("a joiner gets an invitation instead of credentials")
	}
	if !slices.Contains(roles[:], role) {
		return fmt.Errorf("no role is called %.40q", string(role))
	}
	return nil
}
