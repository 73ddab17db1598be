package mcp

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"moonlark/engine/testkit"
)

// mcpRemote is the bridge of stdin and stdout to HTTP that clients without HTTP use.
const mcpRemote = "mcp-remote@0.15.1"

// startAgent starts an agent that offers the tools of a script by HTTP, and returns the URL.
func startAgent(t *testing.T, moonlark, script string) (agent *testkit.Process, url string) {
	t.Helper()
	agent = testkit.Start(t, testkit.Command{
		Path: moonlark, Args: []string{"run", "--headless", "--local", "--wait", "--no-watch", "--http", ":0", "--mcp", script},
		Input: testkit.NoInput, Env: append(os.Environ(), "MOONLARK_HTTP_TOKEN=secret"),
	})
	listening := regexp.MustCompile(`listening on (\S+)`)
	testkit.Until(t, "the address of the agent", func() bool {
		found := listening.FindStringSubmatch(agent.Stderr.String() + agent.Stdout.String())
		if found != nil {
			url = found[1] + HTTPPath
		}
		return found != nil
	})
	return agent, url
}

// The TypeScript SDKs are clients of a running agent: by HTTP, by our bridge, and by mcp-remote.
func TestTheTypeScriptSDKsAsClientsOfARunningAgent(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Node.js several times")
	}
	node := clientFolder(t, mcpRemote)
	moonlark := testkit.Moonlark(t)
	remote := func(url string) []string {
		return []string{"node", filepath.Join(node, "node_modules/mcp-remote/dist/proxy.js"), url, "--transport", "http-only", "--header", "Authorization: Bearer secret"}
	}
	direct := func(url string) []string { return []string{url, "secret"} }
	bridge := func(url string) []string { return []string{moonlark, "mcp", "--bridge", url} }
	for _, row := range []struct {
		kind, client, by string
		command          func(url string) []string
		reloads          int
	}{
		{"v1", "v1-test", "HTTP", direct, 100},
		{"legacy", "v2-test", "HTTP", direct, 10},
		{"auto", "v2-test", "HTTP", direct, 10},
		{"2026-07-28", "v2-test", "HTTP", direct, 100},
		{"v1", "v1-test", "bridge", bridge, 20},
		{"auto", "v2-test", "bridge", bridge, 10},
		{"2026-07-28", "v2-test", "bridge", bridge, 20},
		{"v1", "v1-test (via mcp-remote 0.15.1)", "mcp-remote", remote, 10},
	} {
		t.Run(row.kind+" by "+row.by, func(t *testing.T) {
			script := scriptForClients(t)
			agent, url := startAgent(t, moonlark, script)
			defer func() {
				if t.Failed() {
					t.Logf("the agent has written\n%s", agent.Stderr.String())
				}
			}()
			env := []string{fmt.Sprint("SERVER_PID=", agent.PID()), "MOONLARK_HTTP_TOKEN=secret", "HOME=" + t.TempDir()}
			got := runClient(t, node, env, append([]string{row.kind, script, fmt.Sprint(row.reloads)}, row.command(url)...)...)
			checkReport(t, got, row.client, row.reloads)
			if took := agent.Terminate(); took > 15*time.Second { // an idle machine needs less than 2 s
				t.Errorf("the agent took %v to end", took)
			}
		})
	}
}
