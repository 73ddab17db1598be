//go:build nohub

package hub

import (
	"strings"
	"testing"
)

func TestABuildWithoutTheHubSaysSo(t *testing.T) {
	if _, err := Start(Options{}); err == nil || !strings.Contains(err.Error(), "built without the hub") {
		t.Error(err)
	}
}
