package install

import "path/filepath"

// userName is the name of the user and of the group of a service of the system.
const userName = "moonlark"

// packageBinary is where the Debian package installs the binary, which only the package may change.
const packageBinary = "/usr/bin/moonlark"

// EnvironmentFile is the name of the file with the environment variables of the service.
const EnvironmentFile = "environment"

// A layout says where the files of a service are on the device.
type layout struct {
	binary, unit string
	folder       string // the folder with the scripts and the settings
	data         string // the folder with the data of the scripts
	environment  string // the file with the environment variables of the service
	settings     string
	unitText     string // the text of the unit file
	flags        []string
	log          string // the command that shows the log of the service
}

func (o Options) layout() layout {
	l := layout{
		binary: "/usr/local/bin/moonlark", unit: "/etc/systemd/system/moonlark.service", folder: "/etc/moonlark",
		data: "/var/lib/moonlark", unitText: SystemUnit, log: "journalctl -u moonlark",
	}
	if o.Home != "" {
		l = layout{
			binary: filepath.Join(o.Home, ".local/bin/moonlark"), unit: filepath.Join(o.Home, ".config/systemd/user/moonlark.service"),
			folder: filepath.Join(o.Home, ".config/moonlark"), data: filepath.Join(o.Home, ".local/state/moonlark"),
			unitText: UserUnit, flags: []string{"--user"}, log: "journalctl --user -u moonlark",
		}
	}
	l.environment, l.settings = filepath.Join(l.folder, EnvironmentFile), filepath.Join(l.folder, "moonlark.toml")
	return l
}

// command returns the command with which the user drives the service, such as "systemctl --user
// restart moonlark".
func (l layout) command(verb string) string {
	text := "systemctl "
	for _, flag := range l.flags {
		text += flag + " "
	}
	return text + verb + " moonlark"
}

// SettingsFile returns where the settings of the service are on the device.
func (o Options) SettingsFile() string { return o.path(o.layout().settings) }
