package install

import (
	_ "embed"
	"strings"
)

// SystemUnit is the unit file of a service of the system, and UserUnit that of a service of a user.
var (
	//go:embed units/system.service
	SystemUnit string
	//go:embed units/user.service
	UserUnit string
)

// ProjectUnit returns the unit file of a service of the system for the project name, whose folder is
// /etc/NAME. It is SystemUnit with other names, and with a user that exists only while the service
// runs.
func ProjectUnit(name string) string {
	return strings.NewReplacer(
		"# A voice agent as a service", "# "+name+" as a service",
		"Description=Moonlark,", "Description="+name+",",
		"/etc/moonlark", "/etc/"+name,
		"/var/lib/moonlark", "/var/lib/"+name,
		"StateDirectory=moonlark", "StateDirectory="+name,
		"User=moonlark", "DynamicUser=yes",
	).Replace(SystemUnit)
}
