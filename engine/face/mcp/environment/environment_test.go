package environment_test

import (
	"os"
	"os/exec"
	"testing"

	_ "github.com/modelcontextprotocol/go-sdk/mcp" // whose packages must be initialised after environment

	"moonlark/engine/face/mcp/environment"
)

// The test runs itself with a value of the variable for which the library ends the process.
func TestTheVariableIsRemovedBeforeTheLibraryReadsIt(t *testing.T) {
	if environment.Removed != nil {
		t.Fatal(environment.Removed)
	}
	if os.Getenv("MCPGODEBUG_TEST") != "" {
		if value, ok := os.LookupEnv("MCPGODEBUG"); ok {
			t.Errorf("the variable is %q", value)
		}
		return
	}
	child := exec.Command(os.Args[0], "-test.run", t.Name())
	child.Env = append(os.Environ(), "MCPGODEBUG=no value", "MCPGODEBUG_TEST=1")
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
