package cli

import (
	"fmt"
	"runtime"

	"moonlark/engine/version"
)

type versionCommand struct{}

// Run prints the versions of Moonlark and Go, and the platform.
func (versionCommand) Run(con *console) error {
	fmt.Fprintf(con.stdout, "moonlark %s %s %s/%s\n", version.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
