package cli

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"moonlark/engine/fleet/identity"
	"moonlark/engine/testkit"
)

// The page of fleet serve has the state of the fleet, for clients with the token.
func TestFleetServeServesThePage(t *testing.T) {
	t.Setenv(tokenVariable, "secret")
	o := newOperatorTest(t, 0)
	folder := filepath.Join(t.TempDir(), "shop")
	keys, err := identity.Init(folder, "shop")
	if err == nil {
		_, err = keys.Credentials(identity.Device, "kiosk-00", nil) // so that nobody has to be invited
	}
	if err != nil {
		t.Fatal(err)
	}
	o.folder = folder
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, _, err := o.run(ctx, "fleet", "serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0")
		ended <- err
	}()
	var url string
	testkit.Until(t, "the address of the page", func() bool {
		select {
		case err := <-ended:
			t.Fatalf("fleet serve has ended: %v", err)
		default:
		}
		text, _ := os.ReadFile(filepath.Join(folder, "stdout")) // it does not exist at the beginning
		found := regexp.MustCompile(`(?m)^the page of the fleet is at (http://127\.0\.0\.1:\d+)/fleet$`).FindSubmatch(text)
		if found != nil {
			url = string(found[1])
		}
		return found != nil
	})
	if status, _, _ := testkit.Request(t, "GET", url+"/fleet/events", ""); status != http.StatusUnauthorized {
		t.Errorf("without the token, the status is %d", status)
	}
	if status, _, text := testkit.Request(t, "GET", url+"/fleet", ""); status != http.StatusOK || !strings.Contains(text, "fleet/app.js") {
		t.Errorf("the page has the status %d: %s", status, text)
	}
	status, _, text := testkit.Request(t, "POST", url+"/fleet/command", `{"device":"kiosk-00","verb":"start"}`, "Authorization", "Bearer secret")
	if status != http.StatusConflict || !strings.Contains(text, "the device is not connected") {
		t.Errorf("a command gets the status %d: %s", status, text)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestFleetServeNeedsATokenForOtherMachines(t *testing.T) {
	t.Setenv(tokenVariable, "")
	o := newOperatorTest(t, 0)
	o.folder = filepath.Join(t.TempDir(), "shop")
	if _, err := identity.Init(o.folder, "shop"); err != nil {
		t.Fatal(err)
	}
	o.fails("set a token", "fleet", "serve", "--listen", "127.0.0.1:0", "--http", "0.0.0.0:0")
	o.fails("--http-token needs --http", "fleet", "serve", "--listen", "127.0.0.1:0", "--http-token", "secret")
}
