package install

import (
	"os"
	"slices"
	"strconv"
	"strings"
)

// userSteps makes the user of a service of the system.
func (o Options) userSteps() ([]step, error) {
	if o.id("etc/passwd", userName) >= 0 {
		return []step{note("keep the user %s", userName)}, nil
	}
	group := []string{"--user-group"}
	if o.id("etc/group", userName) >= 0 {
		group = []string{"--gid", userName}
	}
	args := []string{"--system", "--home-dir", "/var/lib/moonlark", "--no-create-home", "--shell", "/usr/sbin/nologin"}
	return []step{o.program("make the user "+userName, "useradd", o.prefix(append(append(args, group...), userName)...)...)}, nil
}

// prefix returns the arguments of useradd and userdel with the folder that takes the place of "/".
func (o Options) prefix(args ...string) []string {
	if o.Root == "" {
		return args
	}
	return append([]string{"--prefix", o.Root}, args...)
}

// id returns the number of a name in a file such as /etc/passwd, or -1 if the name is not in it.
// path is relative to the root.
func (o Options) id(path, name string) int {
	text, _ := os.ReadFile(o.path("/" + path))
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) > 2 && fields[0] == name {
			if id, err := strconv.Atoi(fields[2]); err == nil {
				return id
			}
		}
	}
	return -1
}

// groups returns those groups of the devices that exist, and those that do not. A unit with a group
// that does not exist cannot be started.
func (o Options) groups() (existing, missing []string) {
	for _, group := range slices.Compact(slices.Sorted(slices.Values(append([]string{"audio"}, o.Groups...)))) {
		if o.id("etc/group", group) >= 0 {
			existing = append(existing, group)
		} else {
			missing = append(missing, group)
		}
	}
	return existing, missing
}

// SoundUser returns the name of a user whose sound server runs, and so uses the sound card. It
// returns "" if there is no such user.
func (o Options) SoundUser() string {
	folders, _ := os.ReadDir(o.path("/run/user"))
	for _, folder := range folders {
		number := folder.Name()
		if number == "0" || !o.exists("/run/user/"+number+"/pulse/native") {
			continue
		}
		text, _ := os.ReadFile(o.path("/etc/passwd"))
		for line := range strings.Lines(string(text)) {
			if fields := strings.Split(line, ":"); len(fields) > 2 && fields[2] == number {
				return fields[0]
			}
		}
		return number
	}
	return ""
}
