// Package version knows the version of the program.
package version

import (
	"runtime/debug"
	"strings"
)

// Version returns the module version from the build information of the binary, "(devel)" when there
// is none.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// Date returns the day of the commit from which the binary was built, such as "2026-05-01", or "" if
// the build information does not have it.
func Date() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.time" {
			day, _, _ := strings.Cut(setting.Value, "T")
			return day
		}
	}
	return ""
}
